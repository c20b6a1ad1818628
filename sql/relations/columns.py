"""Reads the lists of columns of PostgreSQL's system relations (`pg_catalog_columns` and its sisters)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.relations.pg_types import BY_NAME
from sql.relations.relation import RelationColumn
from storage.types import INTEGER, NAME, TIMESTAMPTZ, VARCHAR, SqlType, varchar

if TYPE_CHECKING:
    from collections.abc import Iterator

_DOMAINS: Final = {
    "cardinal_number": INTEGER,
    "character_data": VARCHAR,
    "sql_identifier": NAME,
    "time_stamp": TIMESTAMPTZ,
    "yes_or_no": varchar(3),
}
"""The domains of information_schema, as what clients see of them: their base types."""


class Declaration(Struct, frozen=True):
    """A relation's oid, name and columns."""

    oid: int
    name: str
    columns: tuple[RelationColumn, ...]


def read_declarations(text: str) -> Iterator[Declaration]:
    """The relations of such a list."""
    for paragraph in text.strip().replace("\n  ", " ").splitlines():
        oid, name, *columns = paragraph.split()
        yield Declaration(int(oid), name, tuple(map(read_column, columns)))


def read_column(text: str) -> RelationColumn:
    """A column written `name:type`, or `name:type!` where it is NOT NULL."""
    name, _, type_name = text.partition(":")
    known = type_name.rstrip("!")
    column_type = _DOMAINS.get(known) or SqlType(BY_NAME[known].oid)
    return RelationColumn(name, column_type, type_name.endswith("!"))
