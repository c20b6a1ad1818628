"""The row stores that a transaction knows: those that are visible and those of tables that it has created itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.catalog_entries import Partition
from storage.errors import TableGone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from storage.catalog import Catalog
    from storage.catalog_entries import Role, Table
    from storage.table_state import TableState
    from storage.visible import Visible


class OwnStores:
    """The row stores of tables that a transaction has created: nobody else sees them before it commits."""

    __slots__ = ("_visible", "created")

    def __init__(self, visible: Visible) -> None:
        self._visible = visible
        self.created: Mapping[int, TableState] = {}
        """By their ids. Never changed in place, so that what it was can be put back."""

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

    def make_partition(self, table_oid: int, role: Role) -> int:
        """The id of a new store for a role in a user table. Raises `TableGone`, `WriteFailed`."""
        if table_oid in self._visible.stores:
            return self._visible.make_partition(table_oid, role).oid
        table = self.state(table_oid).table
        self.adopt([self._visible.new_state(table, Partition(self._visible.new_oid(), table_oid, role.oid, role.name))])
        return self._visible.next_oid - 1

    def create(self, table: Table) -> None:
        """The transaction has created a table, or changed the definition of one that it has created.

        Stores that it had adopted for exactly this table are those of it.
        """
        adopted = self.created.get(table.oid)
        if adopted is not None and adopted.table is table:
            return
        owners = [state.partition for state in self.created.values() if state.table.oid == table.oid]
        self.adopt([self._visible.new_state(table, owner) for owner in {None: None, **dict.fromkeys(owners)}])

    def adopt(self, states: Iterable[TableState]) -> None:
        """Take these stores for its own."""
        self.created = {**self.created, **{state.store_oid: state for state in states}}

    def forget(self) -> None:
        """The transaction has ended: they are everybody's, or nobody's."""
        if self.created:
            self.created = {}

    def to_commit(self, catalog: Catalog) -> tuple[TableState, ...]:
        """Those that committing makes visible: of the tables that are there."""
        return tuple([state for state in self.created.values() if state.table.oid in catalog.tables])
