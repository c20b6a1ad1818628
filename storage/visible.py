"""Everything that is visible, and what guards it: what transactions, commits and readers share. On the loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from storage.catalog import FIRST_OID, Catalog
from storage.errors import TableGone, WriteFailed
from storage.keys import unpack_seq
from storage.locks import LockTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.catalog import CatalogChange
    from storage.cold import ColdReader
    from storage.growth import TableGrowth
    from storage.kv import KeyValueStore
    from storage.rows import Row
    from storage.syncer import Syncer
    from storage.table_state import TableState


@dataclass(slots=True)
class Visible:
    """The visible state of the database."""

    kv: KeyValueStore
    syncer: Syncer
    cold: ColdReader
    now_us: Callable[[], int]
    """The time, in microseconds since the epoch."""
    catalog: Catalog = field(default_factory=Catalog)
    written_catalog: Catalog = field(default_factory=Catalog)
    """With the changes of commits that are under way."""
    tables: dict[int, TableState] = field(default_factory=dict)
    growth: dict[int, TableGrowth] = field(default_factory=dict)
    """By table oid, what counts the rows that commits add, for tables with a flush policy."""
    catalog_listeners: list[Callable[[CatalogChange], None]] = field(default_factory=list)
    """Called on the loop once a change of the catalog is visible."""
    locks: LockTable = field(default_factory=LockTable)
    next_oid: int = FIRST_OID
    repeatable_count: int = 0
    """Open transactions with one snapshot for all statements."""
    superseded: dict[tuple[int, bytes], list[int]] = field(default_factory=dict)
    """For those: seqs that were found under a key until they were deleted. Empty when there are none."""

    def table(self, table_oid: int) -> TableState:
        """The state of a table. Raises `TableGone`."""
        state = self.tables.get(table_oid)
        if state is None:
            raise TableGone
        return state

    def seq_of(self, state: TableState, key: bytes) -> int | None:
        """The seq that the index has for a key: a visible row's, or one's that is not visible yet."""
        if state.pending_keys:
            pending = state.pending_keys.get(key)
            if pending is not None:
                return pending
        found = self.kv.get(state.index_prefix + key)
        return None if found is None else unpack_seq(found)

    def find(self, table_oid: int, key: bytes, columns: Sequence[int] | None) -> tuple[Row, int] | None:
        """The visible row with a key, and its seq."""
        state = self.tables.get(table_oid)
        if state is None:
            raise TableGone
        seq = self.seq_of(state, key)
        if seq is None:
            return None
        row = (state._snapshot or state.snapshot()).fetch(seq, columns)
        return None if row is None else (row, seq)

    def new_oid(self) -> int:
        """An oid that was never used."""
        oid = self.next_oid
        self.next_oid = oid + 1
        return oid

    def require_writable(self) -> None:
        """Raise `WriteFailed` if a write or sync has failed before."""
        if self.syncer.failure is not None:
            raise WriteFailed
