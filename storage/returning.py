"""What comes back when a table is undropped: the table, its indexes and its sequences, under names that are free."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.catalog import Catalog
    from storage.catalog_entries import DroppedTable, Grant, Role, SequenceGenerator, Table

_SEQUENCE: Final = re.compile(r"nextval\('(\d+)'::regclass\)")
"""How the default of a column names a sequence."""


class Returning(Struct, frozen=True):
    """A dropped table as it will be, and the sequences that its columns own."""

    table: Table
    sequences: tuple[SequenceGenerator, ...]

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """All names that they will take, each with the namespace."""
        table = self.table
        sequences = ((sequence.namespace, sequence.name) for sequence in self.sequences)
        return ((table.namespace, table.name), *table.index_names, *sequences)

    def added_to(self, catalog: Catalog) -> Catalog:
        """The catalog with them."""
        catalog = catalog.with_table(self.table)
        for sequence in self.sequences:
            catalog = catalog.with_relation(sequence)
        return catalog


def as_it_comes_back(
    catalog: Catalog, dropped: DroppedTable, owner: Role | None = None, new_name: str | None = None
) -> Returning:
    """What comes back of a dropped table.

    `owner` is the role that it will belong to, and `new_name` its name, where these are not the ones of before. Its
    indexes and sequences have names that are free, and nothing is granted to roles that are gone. A column that took
    numbers from another sequence, which is not there any more, has no default. It has no foreign keys, and none refers
    to it: what the other tables had to be like for that, nobody has seen to meanwhile.
    """
    name = new_name or dropped.table.name
    free = _free_names(catalog, dropped, name)
    table = dropped.table
    sequences = tuple(
        replace(
            each,
            namespace=table.namespace,
            name=free(each.name),
            owner=owner.name if owner else each.owner,
            grants=_left(each.grants, catalog, dropped, owner),
        )
        for each in dropped.sequences
    )
    known = catalog.sequences.keys() | {each.oid for each in sequences}
    key = table.primary_key
    table = replace(
        table,
        name=name,
        owner=owner.name if owner else table.owner,
        primary_key=None if key is None else replace(key, name=free(key.name)),
        indexes=tuple(replace(index, name=free(index.name)) for index in table.indexes),
        foreign_keys=(),
        referenced_by=(),
        grants=_left(table.grants, catalog, dropped, owner),
        columns=tuple(
            replace(column, default=None, identity=None)
            if any(int(oid) not in known for oid in _SEQUENCE.findall(column.default or ""))
            else column
            for column in table.columns
        ),
    )
    return Returning(table, sequences)


def _free_names(catalog: Catalog, dropped: DroppedTable, table_name: str) -> Callable[[str], str]:
    """What gives each index and sequence its own name, or one with a number behind it where that is taken."""
    namespace = dropped.table.namespace
    own = {name for _, name in dropped.table.index_names} | {each.name for each in dropped.sequences} | {table_name}

    def free(name: str) -> str:
        if name != table_name and not catalog.is_taken(namespace, name):
            return name
        names = (f"{name}{number}" for number in count(1))
        chosen = next(each for each in names if each not in own and not catalog.is_taken(namespace, each))
        own.add(chosen)
        return chosen

    return free


def _left(grants: tuple[Grant, ...], catalog: Catalog, dropped: DroppedTable, owner: Role | None) -> tuple[Grant, ...]:
    """The grants to roles that are still there. Those of an owner that is gone are the new owner's."""
    if owner is not None:
        heirs = {dropped.owner_oid: owner.oid}
        grants = tuple(
            replace(each, grantee=heirs.get(each.grantee, each.grantee), grantor=heirs.get(each.grantor, each.grantor))
            for each in grants
        )
    there = (each for each in grants if not each.grantee or catalog.role_by_oid(each.grantee) is not None)
    # One of a kind, should the new owner have been granted something before.
    return tuple({(each.grantee, each.grantor): each for each in reversed(tuple(there))}.values())[::-1]
