"""pg_depend: sequences that go with a column, and what foreign keys stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.relations.foreign_keys import references_of
from sql.relations.pg_descriptions import CLASS_OIDS
from sql.relations.relation import Content, content_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.relations.context import RelationContext
    from storage.catalog import Catalog

    Row = tuple[int, int, int, int, int, int, str]

_CLASS = CLASS_OIDS["pg_class"]
_CONSTRAINT = CLASS_OIDS["pg_constraint"]


def pg_depend(context: RelationContext) -> Content:
    """The rows of pg_depend."""
    rows = [*_of_sequences(context.catalog), *_of_foreign_keys(context.catalog)]
    return content_of("classid objid objsubid refclassid refobjid refobjsubid deptype", rows)


def _of_sequences(catalog: Catalog) -> Iterator[Row]:
    """That of an identity column is a part of it (`i`); that of another column goes with it (`a`)."""
    for each in catalog.sequences.values():
        table = None if each.owned_by is None else catalog.table_by_oid(each.owned_by[0])
        if table is None or each.owned_by is None:
            continue
        number = each.owned_by[1]
        identity = any(column.number == number and column.identity for column in table.columns)
        yield (_CLASS, each.oid, 0, _CLASS, table.oid, number, "i" if identity else "a")


def _of_foreign_keys(catalog: Catalog) -> Iterator[Row]:
    """They go with their columns (`a`); what they refer to, and its index, is dropped with CASCADE only (`n`)."""
    for each in references_of(catalog):
        of_key = (_CONSTRAINT, each.key.oid, 0, _CLASS)
        for number in each.key.columns:
            yield (*of_key, each.table.oid, number, "a")
        for number in each.key.referenced_columns:
            yield (*of_key, each.referenced.oid, number, "n")
        yield (*of_key, each.index_oid, 0, "n")
