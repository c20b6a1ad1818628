"""Foreign keys of columns that get another type, at either side: they must hold for what the columns become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.foreign_keys.definition import require_types
from sql.foreign_keys.links import references_to, with_links
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.alter.alteration import Alteration
    from storage.catalog_entries import Column, ForeignKey, Table


def hold_to_references(alteration: Alteration) -> None:
    """See to it that foreign keys of the retyped columns are tested, where rows are written anew.

    Raises `DatatypeMismatch` and `FeatureNotSupported` where columns cannot refer to each other any more, `Blocked`.
    """
    known = {foreign_key.oid for _, foreign_key in alteration.foreign_keys}
    transaction = alteration.session.block.for_writing("ALTER TABLE")
    for table, referenced, foreign_key in _concerned(alteration):
        columns, key = _columns(table, foreign_key.columns), _columns(referenced, foreign_key.referenced_columns)
        require_types(foreign_key.name, columns, key)
        transaction.lock_table(table.oid, LockMode.ACCESS_EXCLUSIVE)
        transaction.lock_table(referenced.oid, LockMode.ACCESS_EXCLUSIVE)
        if alteration.rewrites and foreign_key.validated and foreign_key.oid not in known:
            known.add(foreign_key.oid)
            alteration.foreign_keys.append((table.oid, foreign_key))


def _concerned(alteration: Alteration) -> Iterator[tuple[Table, Table, ForeignKey]]:
    """The foreign keys of the retyped columns, each with the table that has it and the one that it refers to."""
    itself, retyped = alteration.table, alteration.retyped
    catalog = with_links(alteration.session.catalog, itself)
    for foreign_key in itself.foreign_keys:
        if not retyped.isdisjoint(foreign_key.columns):
            yield itself, catalog.tables[foreign_key.referenced_table], foreign_key
    for other, foreign_key in references_to(catalog, catalog.tables[itself.oid]):
        if not retyped.isdisjoint(foreign_key.referenced_columns):
            yield other, itself, foreign_key


def _columns(table: Table, numbers: tuple[int, ...]) -> list[Column]:
    by_number = {column.number: column for column in table.columns}
    return [by_number[number] for number in numbers]
