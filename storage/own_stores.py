"""The row stores that a transaction knows: those that are visible and those of tables that it has created itself.

And the definitions that it has changed: until it commits nobody else knows of them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from storage.catalog_entries import Partition
from storage.errors import TableGone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from storage.catalog import Catalog
    from storage.catalog_entries import Role, Table
    from storage.overlay import TableOverlay
    from storage.table_state import TableState
    from storage.visible import Visible


class OwnTables(Struct, frozen=True):
    """What a transaction has created and defined anew. Never changed in place, so that what it was can be put back."""

    created: Mapping[int, TableState]
    """The row stores of tables that it has created, by their ids."""
    redefined: Mapping[int, Table]
    """Tables of others, by oid, as it has defined them."""


_NONE: Final = OwnTables(MappingProxyType({}), MappingProxyType({}))


class OwnStores:
    """The row stores as a transaction sees them: nobody else sees its own ones before it commits."""

    __slots__ = ("_definitions", "_visible", "tables")

    def __init__(self, visible: Visible) -> None:
        self._visible = visible
        self.tables = _NONE
        self._definitions: dict[int, TableState] = {}

    @property
    def created(self) -> Mapping[int, TableState]:
        """The row stores of tables that it has created, by their ids."""
        return self.tables.created

    def has_redefined(self, store_oid: int) -> bool:
        """Whether a row store is one of a table that it has defined anew."""
        redefined = self.tables.redefined
        return bool(redefined) and self.state(store_oid).table.oid in redefined

    def definition(self, state: TableState) -> TableState:
        """A store with the definition that the transaction has given its table: an empty one, if it has.

        What is asked of it is how rows are encoded, and their keys.
        """
        redefined = self.tables.redefined
        table = redefined.get(state.table.oid) if redefined else None
        if table is None:
            return state
        known = self._definitions.get(state.store_oid)
        if known is None or known.table is not table:
            known = self._definitions[state.store_oid] = self._visible.new_state(table, state.partition)
        return known

    def state(self, store_oid: int) -> TableState:
        """The state of a row store, perhaps one of its own. Raises `TableGone`."""
        state = self._visible.stores.get(store_oid) or self.created.get(store_oid)
        if state is None:
            raise TableGone
        return state

    def of_table(self, table_oid: int) -> tuple[int, ...]:
        """The ids of the stores with a table's rows. Raises `TableGone`."""
        created = [state for state in self.created.values() if state.table.oid == table_oid and state.takes_rows]
        if not created and table_oid not in self.created:
            created = self._visible.stores_of(table_oid)
        return tuple([state.store_oid for state in created])

    def find_partition(self, table_oid: int, owner_oid: int) -> int | None:
        """The id of a role's store in a user table, if it is there."""
        found = self._visible.partitions.get(table_oid, {}).get(owner_oid)
        if found is not None:
            return found.oid
        for store_oid, state in self.created.items():
            partition = state.partition
            if partition is not None and (partition.table_oid, partition.owner_oid) == (table_oid, owner_oid):
                return store_oid
        return None

    def partition(self, table_oid: int, role: Role) -> int:
        """The id of a role's store in a user table, made if it is not there. Raises `TableGone`, `WriteFailed`."""
        found = self.find_partition(table_oid, role.oid)
        if found is not None:
            return found
        self._visible.require_writable()
        if table_oid in self._visible.stores:
            return self._visible.make_partition(table_oid, role).oid
        table = self.state(table_oid).table
        self.adopt([self._visible.new_state(table, Partition(self._visible.new_oid(), table_oid, role.oid, role.name))])
        return self._visible.next_oid - 1

    def defining(self, tables: Iterable[Table]) -> OwnTables:
        """What there is when the transaction has created these tables, or changed their definitions.

        Stores that it has adopted for exactly such a table are those of it.
        """
        created, redefined = dict(self.created), dict(self.tables.redefined)
        for table in tables:
            if table.oid in self._visible.stores:
                redefined[table.oid] = table
                continue
            adopted = created.get(table.oid)
            if adopted is None or adopted.table is not table:
                owners = [state.partition for state in created.values() if state.table.oid == table.oid]
                states = [self._visible.new_state(table, owner) for owner in {None: None, **dict.fromkeys(owners)}]
                created.update({state.store_oid: state for state in states})
        return OwnTables(created, redefined)

    def put(self, tables: OwnTables, overlays: Mapping[int, TableOverlay]) -> None:
        """This is what there is now: the transaction's rows, in overlays by store, are of tables so defined."""
        self.tables = tables
        for store_oid, overlay in overlays.items():
            state = self._visible.stores.get(store_oid) or tables.created.get(store_oid)
            if state is not None:
                definition = self.definition(state)
                overlay.redefine(definition.formats, definition.keys)

    def adopt(self, states: Iterable[TableState]) -> None:
        """Take these stores for its own."""
        created = {**self.created, **{state.store_oid: state for state in states}}
        self.tables = replace(self.tables, created=created)

    def forget(self) -> None:
        """The transaction has ended: they are everybody's, or nobody's."""
        self.tables = _NONE
        self._definitions.clear()

    def to_commit(self, catalog: Catalog) -> tuple[TableState, ...]:
        """Those that committing makes visible: of the tables that are there."""
        return tuple([state for state in self.created.values() if state.table.oid in catalog.tables])
