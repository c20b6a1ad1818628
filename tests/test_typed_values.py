"""Every type × its values × the ways that a value takes: PostgreSQL's answers, to the letter and to the SQLSTATE.

What PostgreSQL 15 answers is in `typed_values/recorded`, a line for each statement of `typed_values.paths`. Where it is
installed, the record is checked; to write it anew on purpose, run with SILTDB_ACCEPT=1 and read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.typed_values.asking import answers, copied
from tests.typed_values.limits import LIMITS
from tests.typed_values.paths import NAMES, SCHEMA, SETUP, asks_of
from tests.typed_values.values import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

RECORDED = Path(__file__).parent / "typed_values" / "recorded"


@pytest.fixture(scope="module")
def connection(server: ServerProcess) -> Iterator[psycopg.Connection]:
    """To SiltDB, with the tables that values are stored in."""
    with server.connect() as made:
        _set_up(made)
        yield made


@pytest.fixture(scope="module")
def oracle(postgres: str) -> Iterator[psycopg.Connection]:
    """The same to PostgreSQL."""
    with psycopg.connect(postgres, autocommit=True) as made:
        _set_up(made)
        try:
            yield made
        finally:
            made.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


def _set_up(connection: psycopg.Connection) -> None:
    refused = [answer for answer in answers(connection.pgconn, SETUP) if answer.startswith("!")]
    assert refused == []


@pytest.mark.parametrize("path", NAMES)
def test_answers_are_those_of_postgres(path: str, connection: psycopg.Connection) -> None:
    """SiltDB answers what PostgreSQL does: values, types, modifiers and sizes, SQLSTATEs, messages and details."""
    asks = asks_of(path)
    expected = (RECORDED / f"{path}.txt").read_text().split("\n")[:-1]
    found = answers(connection.pgconn, asks)
    wrong = [
        f"{ask.sql} {list(ask.parameters) or ''}\n  PostgreSQL: {theirs}\n  SiltDB:     {ours}"
        for ask, theirs, ours in zip(asks, expected, found, strict=True)
        if ours != LIMITS.get((ask.sql, ask.parameters), theirs)
    ]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(asks)} differ", *wrong[:40]])


def test_copy_takes_what_postgres_takes(connection: psycopg.Connection) -> None:
    """A line for each text: COPY FROM takes and refuses it as PostgreSQL does."""
    assert _copied(connection) == (RECORDED / "copy.txt").read_text()


def test_record_of_copy_is_what_postgres_answers(oracle: psycopg.Connection) -> None:
    """The record is PostgreSQL's."""
    _check_record("copy", _copied(oracle))


def _copied(connection: psycopg.Connection) -> str:
    said = []
    for kind in KINDS:
        connection.execute(f"CREATE TABLE copied (v {kind.declared})")
        said += copied(connection.pgconn, "copied", map(_as_line, kind.texts))
        connection.execute("DROP TABLE copied")
    return "".join(f"{answer}\n" for answer in said)


def _as_line(text: str) -> bytes:
    return (text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t") + "\n").encode()


@pytest.mark.parametrize("path", NAMES)
def test_record_is_what_postgres_answers(path: str, oracle: psycopg.Connection) -> None:
    """The record is PostgreSQL's."""
    _check_record(path, "".join(f"{answer}\n" for answer in answers(oracle.pgconn, asks_of(path))))


def _check_record(path: str, found: str) -> None:
    recorded = RECORDED / f"{path}.txt"
    if os.environ.get("SILTDB_ACCEPT"):
        recorded.parent.mkdir(exist_ok=True)
        recorded.write_text(found)
    assert recorded.read_text() == found
