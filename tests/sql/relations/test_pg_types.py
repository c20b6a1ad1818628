"""pg_type and the other catalogs whose rows never change, compared with a PostgreSQL 15."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sql.relations.pg_procs import PROCS
from sql.relations.pg_types import BY_OID, TYPES, formatted_name
from storage import types

if TYPE_CHECKING:
    import psycopg

    from sql.relations import RelationContext, Relations


# What differs on purpose: argument names are not kept, and statistics functions have no meaning here.
UNLIKE = {
    "pg_proc": {
        "proargnames",
        "proallargtypes",
        "proargmodes",
        "proargdefaults",
        "pronargdefaults",
        "procost",
        "prorows",
    }
    | {
        "prosupport",
        "proparallel",
        "proacl",
        "prosqlbody",
        "prosrc",
        "proleakproof",
        "proconfig",
        "prolang",
        "protrftypes",
    },
    "pg_tablespace": {"spcacl"},
    "pg_language": {"lanacl", "lanvalidator"},
}


@pytest.mark.parametrize(
    "name", ["pg_type", "pg_proc", "pg_am", "pg_collation", "pg_language", "pg_opclass", "pg_tablespace"]
)
def test_rows_are_those_of_postgres(
    name: str, relations: Relations, context: RelationContext, oracle: psycopg.Connection
) -> None:
    """Every row that SiltDB has, PostgreSQL has too, under the same oid and with the same values."""
    relation = relations.find("pg_catalog", name)
    assert relation is not None
    compared = [column for column in relation.columns if column.name not in UNLIKE.get(name, set())]
    numbers = [f"{column.name}::{'oid::' if column.type.name.startswith('reg') else ''}text" for column in compared]
    theirs = {row[0]: row for row in oracle.execute(f"SELECT {', '.join(numbers)} FROM pg_catalog.{name}")}
    ours = relation.rows(context).select([column.name for column in compared]).to_pylist()
    assert ours
    for row in ours:
        assert tuple(map(_text, row.values())) == theirs[str(row["oid"])], row


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(map(str, value))
    return None if value is None else str(value)


def test_every_supported_type_has_a_row() -> None:
    """A column of any type that storage knows finds its row, and its arrays theirs."""
    for value in vars(types).values():
        if isinstance(value, types.SqlType):
            assert value.oid in BY_OID, value
            assert BY_OID[value.oid].array in BY_OID or not BY_OID[value.oid].array


def test_names_are_those_of_format_type(oracle: psycopg.Connection) -> None:
    """Types are called what format_type() calls them."""
    oids = [each.oid for each in TYPES]
    theirs = dict(oracle.execute("SELECT t, format_type(t, NULL) FROM unnest(%s::oid[]) t", (oids,)).fetchall())
    assert {oid: formatted_name(oid) for oid in oids} == theirs


def test_functions_that_types_name_are_there() -> None:
    """pg_type.typinput and its sisters lead to rows of pg_proc."""
    known = {proc.oid for proc in PROCS} | {0}
    for each in TYPES:
        assert {each.input, each.output, each.receive, each.send, each.modin, each.modout, each.subscript} <= known
