"""Both sides of foreign keys in step: a table that is referred to knows the oids of those that refer to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from storage.catalog import Catalog
    from storage.catalog_entries import ForeignKey, Table


def with_links(catalog: Catalog, table: Table) -> Catalog:
    """The catalog with a table, new or changed, and the tables that it refers to, or did so far, in step with it.

    Each of these whose references are other ones now is a new version, so that its writers know.
    """
    before = catalog.table_by_oid(table.oid)
    earlier = () if before is None else before.foreign_keys
    if before is not None:
        table = replace(table, referenced_by=before.referenced_by)
    catalog = catalog.with_table(_referred(table, table.foreign_keys, table.oid))
    for oid in sorted({each.referenced_table for each in (*earlier, *table.foreign_keys)} - {table.oid}):
        other = catalog.table_by_oid(oid)
        if other is not None and _those_to(oid, table.foreign_keys) != _those_to(oid, earlier):
            changed = _referred(other, table.foreign_keys, table.oid)
            catalog = catalog.with_table(replace(changed, version=other.version + 1))
    return catalog


def with_tables_replaced(catalog: Catalog, successors: Mapping[int, Table]) -> Catalog:
    """The catalog with other tables in the place of some, by oid: foreign keys between them are between those then."""
    gone = [catalog.tables[oid] for oid in successors]
    for table in gone:
        if table.foreign_keys:
            catalog = with_links(catalog, replace(table, foreign_keys=()))
    catalog = catalog.without_relation(*gone)
    for table in successors.values():
        catalog = catalog.with_table(replace(table, foreign_keys=(), referenced_by=()))
    oids = {oid: table.oid for oid, table in successors.items()}
    for table in successors.values():
        foreign_keys = [
            replace(each, referenced_table=oids.get(each.referenced_table, each.referenced_table))
            for each in table.foreign_keys
        ]
        if foreign_keys:
            catalog = with_links(catalog, replace(table, foreign_keys=tuple(foreign_keys)))
    return catalog


def without_foreign_key(catalog: Catalog, table_oid: int, oid: int) -> Catalog:
    """The catalog without a foreign key of a table."""
    table = catalog.tables[table_oid]
    left = tuple(each for each in table.foreign_keys if each.oid != oid)
    return with_links(catalog, replace(table, foreign_keys=left, version=table.version + 1))


def _those_to(oid: int, foreign_keys: Sequence[ForeignKey]) -> list[ForeignKey]:
    return [each for each in foreign_keys if each.referenced_table == oid]


def _referred(table: Table, foreign_keys: Sequence[ForeignKey], by: int) -> Table:
    """A table as it is when another one, by its oid, has these foreign keys."""
    others = {oid for oid in table.referenced_by if oid != by}
    oids = others | {by} if _those_to(table.oid, foreign_keys) else others
    return table if oids == set(table.referenced_by) else replace(table, referenced_by=tuple(sorted(oids)))


def references_to(catalog: Catalog, table: Table) -> Iterator[tuple[Table, ForeignKey]]:
    """The foreign keys that refer to a table, its own included, with the tables that have them."""
    for oid in table.referenced_by:
        other = catalog.table_by_oid(oid)
        if other is not None:
            yield from ((other, each) for each in _those_to(table.oid, other.foreign_keys))
