"""Entries of another server's catalog under oids of this one, with all that they name by oid."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from storage.catalog_entries import Namespace, SequenceGenerator, Table, View
from storage.object_constants import with_other_oids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.catalog_entries import ForeignKey, Grant

E = TypeVar("E", Namespace, Table, View, SequenceGenerator)


class Moves(Struct, frozen=True):
    """From oids there to oids here: of relations, indexes, constraints and schemas, and of roles."""

    objects: Mapping[int, int]
    roles: Mapping[int, int]

    def granted(self, entry: E) -> E:
        """The entry with its privileges granted to the roles here; those of roles that are not here are gone."""
        return replace(
            entry, grants=tuple(moved for grant in entry.grants if (moved := self._grant(grant)) is not None)
        )

    def _grant(self, grant: Grant) -> Grant | None:
        grantee = 0 if grant.grantee == 0 else self.roles.get(grant.grantee)
        grantor = self.roles.get(grant.grantor)
        return None if grantee is None or grantor is None else replace(grant, grantee=grantee, grantor=grantor)

    def table(self, table: Table) -> Table:
        """A table, with its indexes and constraints, and the tables that it refers to or is referred to by."""
        objects, primary = self.objects, table.primary_key
        if primary is not None and primary.oid is not None:
            primary = replace(primary, oid=objects[primary.oid])
        moved = replace(
            table,
            oid=objects[table.oid],
            columns=tuple(replace(each, default=self._default(each.default)) for each in table.columns),
            primary_key=primary,
            indexes=tuple(replace(each, oid=objects[each.oid]) for each in table.indexes),
            checks=tuple(replace(each, oid=objects[each.oid]) for each in table.checks),
            foreign_keys=tuple(map(self._foreign_key, table.foreign_keys)),
            referenced_by=tuple(sorted(objects[oid] for oid in table.referenced_by)),
        )
        return self.granted(moved)

    def view(self, view: View) -> View:
        """A view, and what it uses."""
        uses = tuple((self.objects.get(oid, oid), number) for oid, number in view.uses)
        text = with_other_oids(view.text, self.objects)
        return self.granted(replace(view, oid=self.objects[view.oid], text=text, uses=uses))

    def sequence(self, sequence: SequenceGenerator) -> SequenceGenerator:
        """A sequence, and the column that it goes with."""
        owner = sequence.owned_by
        owned_by = None if owner is None or owner[0] not in self.objects else (self.objects[owner[0]], owner[1])
        return self.granted(replace(sequence, oid=self.objects[sequence.oid], owned_by=owned_by, store=0))

    def _foreign_key(self, foreign_key: ForeignKey) -> ForeignKey:
        index = foreign_key.referenced_index
        return replace(
            foreign_key,
            oid=self.objects[foreign_key.oid],
            referenced_table=self.objects[foreign_key.referenced_table],
            referenced_index=None if index is None else self.objects[index],
        )

    def _default(self, default: str | None) -> str | None:
        return None if default is None else with_other_oids(default, self.objects)
