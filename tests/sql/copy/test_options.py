"""Options of COPY: what PostgreSQL takes is taken, what it refuses is refused with its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from server.errors import sqlstate_of
from sql.copy import CopyOptions
from sql.errors import SqlError
from tests.sql.copy.statements import statement_of

if TYPE_CHECKING:
    from sql.copy.options import OptionValue

CASES: list[tuple[dict[str, OptionValue], bool]] = [
    ({"format": "csv", "header": None}, False),
    ({"format": "csv", "header": "match"}, False),
    ({"format": "csv", "header": "match"}, True),
    ({"header": "maybe"}, False),
    ({"header": "on"}, True),
    ({"format": "excel"}, False),
    ({"colour": "red"}, False),
    ({"freeze": None}, False),
    ({"freeze": "perhaps"}, False),
    ({"delimiter": "|"}, False),
    ({"delimiter": "||"}, False),
    ({"delimiter": "é"}, False),
    ({"delimiter": "\n"}, False),
    ({"delimiter": "a"}, False),
    ({"delimiter": "a", "format": "csv"}, False),
    ({"delimiter": "\\"}, False),
    ({"null": "a\nb"}, False),
    ({"null": "a\tb"}, False),
    ({"null": '"', "format": "csv"}, False),
    ({"null": "", "format": "text"}, True),
    ({"quote": "'"}, False),
    ({"quote": "'", "format": "csv"}, False),
    ({"quote": "''", "format": "csv"}, False),
    ({"quote": ",", "format": "csv"}, False),
    ({"escape": "\\"}, False),
    ({"escape": "\\", "format": "csv"}, True),
    ({"escape": "\\\\", "format": "csv"}, True),
    ({"force_quote": "*"}, True),
    ({"force_quote": "*", "format": "csv"}, True),
    ({"force_quote": ("a",), "format": "csv"}, False),
    ({"force_not_null": ("a",), "format": "csv"}, False),
    ({"force_not_null": ("a",), "format": "csv"}, True),
    ({"force_not_null": ("a",)}, False),
    ({"force_null": ("a",), "format": "csv"}, False),
    ({"force_null": ("a",), "format": "csv"}, True),
    ({"force_null": ("a",)}, False),
    ({"encoding": "utf-8"}, False),
]


def _outcome(options: dict[str, OptionValue], to_client: bool) -> tuple[str | None, str] | None:
    try:
        CopyOptions.of(options, to_client=to_client)
    except SqlError as error:
        return sqlstate_of(error), error.message
    return None


@pytest.mark.parametrize(("options", "to_client"), CASES)
def test_options_are_judged_as_postgres_does(postgres: str, options: dict[str, OptionValue], to_client: bool):
    """The same SQLSTATE and message, or none."""
    with psycopg.connect(postgres) as connection:
        # With a row frozen into a table of its own transaction, FREEZE is allowed.
        connection.execute("CREATE TEMP TABLE t (a int)")
        expected = None
        try:
            with connection.cursor().copy(statement_of("t", options, to_client=to_client)) as copy:
                if to_client:
                    list(copy)
                elif options.get("header") == "match":
                    copy.write(b"a\n")
        except psycopg.Error as error:
            expected = error.sqlstate, error.diag.message_primary
    assert _outcome(options, to_client) == expected


def test_other_encodings_are_not_supported():
    """They are refused with 0A000, not read as something else."""
    with pytest.raises(SqlError) as refused:
        CopyOptions.of({"encoding": "latin1"}, to_client=False)
    assert sqlstate_of(refused.value) == "0A000"
