"""A transaction: what it sees, what it has changed, and the locks that it holds. Lives on the loop."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from storage.catalog_entries import Table
from storage.catalog_locks import lock_changed
from storage.deletion_work import are_live
from storage.errors import DefinitionChanged, LoadedRowChanged, RowChanged, SerializationFailure, TableGone
from storage.hot_memory import UncommittedRows
from storage.key_checks import lock_new_keys
from storage.key_search import KeySearch
from storage.load import PreparedLoad, prepare
from storage.locks import HeldLocks
from storage.overlay import TableOverlay
from storage.own_stores import OwnStores, OwnTables
from storage.references import References
from storage.segment_load import SegmentLoad
from storage.snapshot import PROVISIONAL_SEQ, TableSnapshot
from storage.table_locks import LockMode, LockTag
from storage.taken_snapshots import Isolation, TakenSnapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from storage.advisory import LockParty
    from storage.catalog import Catalog, CatalogChange
    from storage.catalog_entries import Role
    from storage.deletion import PreparedDeletion
    from storage.rows import Row
    from storage.table_state import TableState
    from storage.unique_keys import RowKey
    from storage.visible import Visible


class Transaction:
    """Changes on top of a snapshot, visible to itself only until it is committed.

    Every change is on the undo log, and so is the beginning of each statement, with the locks held then; a mark is a
    place in it.
    """

    __slots__ = (
        "__weakref__",
        "_catalog_base",
        "_end_callbacks",
        "_references",
        "_search",
        "_undo",
        "_visible",
        "catalog",
        "catalog_change",
        "held",
        "id",
        "is_open",
        "memory",
        "overlays",
        "own",
        "party",
        "repeatable",
        "taken",
    )

    def __init__(self, visible: Visible, transaction_id: int, isolation: Isolation, party: LockParty | None) -> None:
        self.id = transaction_id
        self.repeatable = isolation != "read committed"
        self.is_open = True
        """Whether it may still be changed, committed or rolled back."""
        self.catalog = self._catalog_base = visible.catalog
        """The catalog as it sees it."""
        self.catalog_change: CatalogChange | None = None
        self.memory = UncommittedRows(visible.hot_memory)
        self.overlays: dict[int, TableOverlay] = {}
        """Its changes, by row store."""
        self.own = OwnStores(visible)
        """The row stores of tables that it has created."""
        self.party: LockParty | Transaction = self if party is None else party
        """As which it waits for others."""
        self._visible = visible
        self.taken = TakenSnapshots(visible, self.own, transaction_id, isolation)
        self._search = KeySearch(visible, self.own, self.taken, self.overlays, repeatable=self.repeatable)
        self.held = HeldLocks(visible.locks, self)
        self._references: References | None = None
        self._undo: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        self._end_callbacks: list[Callable[[], None]] | None = []

    def begin_statement(self) -> int:
        """A statement begins: what others have committed is seen from now on (READ COMMITTED). Returns a mark."""
        self.taken.begin_statement()
        for overlay in self.overlays.values():
            overlay.measure()
        self.see_definitions()
        return self.mark()

    def see_definitions(self) -> None:
        """What others have committed of the catalog is seen from now on: before a statement is planned."""
        visible, change = self._visible.catalog, self.catalog_change
        if self._catalog_base is not visible:
            self._catalog_base = visible
            self.catalog = visible if change is None else visible.apply(change)

    def mark(self) -> int:
        """A place to which what is done from now on, and the locks taken, can be undone."""
        mark = len(self._undo)
        self._undo.append((self.held.release_since, (self.held.mark(),)))
        return mark

    def undo_to(self, mark: int) -> None:
        """Take back everything done since the mark, and the locks taken since."""
        while len(self._undo) > mark:
            function, arguments = self._undo.pop()
            function(*arguments)

    @property
    def has_changes(self) -> bool:
        """Whether committing it changes anything."""
        changes_catalog = self.catalog_change is not None and bool(self.catalog_change.entries)
        return changes_catalog or any(not overlay.is_empty for overlay in self.overlays.values())

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call back on the loop once its changes are visible or undone and its locks are free; at once if they are."""
        if self._end_callbacks is None:
            callback()
        else:
            self._end_callbacks.append(callback)

    @property
    def releases(self) -> int:
        """How often it has let go of locks."""
        return self.held.releases

    def row_after(self, store_oid: int, seq: int) -> int | None:
        """Where a row is, now that its lock is free: if it was updated, that of the same key. `None`: nobody knows."""
        return self._search.row_after(store_oid, seq)

    def on_undo(self, function: Callable[..., object], *arguments: object) -> None:
        """Have a function called when what is done from now on is undone, as far back as here."""
        self._undo.append((function, arguments))

    # Reading

    def stores(self, table_oid: int) -> tuple[int, ...]:
        """The ids of a table's row stores, as far as they are there now. Raises `TableGone`."""
        return self.own.of_table(table_oid)

    def find_partition(self, table_oid: int, owner_oid: int) -> int | None:
        """The id of a role's row store in a user table; `None` as long as nobody has asked for it to write."""
        return self.own.find_partition(table_oid, owner_oid)

    def partition(self, table_oid: int, role: Role) -> int:
        """The id of a role's row store in a user table, to write into. It is made if it is not there.

        That is not undone when the transaction is rolled back: others may be writing into it. Raises `TableGone`,
        `WriteFailed`.
        """
        return self.own.partition(table_oid, role)

    def snapshot(self, store_oid: int) -> TableSnapshot:
        """What this statement sees of a row store, with the transaction's own changes. Raises `TableGone`."""
        base = self.taken.under(store_oid, self.catalog)
        overlay = self.overlays.get(store_oid)
        return base if overlay is None else base.with_overlay(overlay.view())

    def keys(self, store_oid: int) -> tuple[RowKey, ...]:
        """The keys of the rows of a row store, as it sees its table. Raises `TableGone`."""
        return self.own.definition(self.own.state(store_oid)).keys

    def find(
        self, store_oid: int, key: bytes, columns: Sequence[int] | None = None, index_oid: int | None = None
    ) -> tuple[Row, int] | None:
        """The row with a key, also one of an index, or some columns by position, and its seq. Raises `TableGone`."""
        return self._search.find(store_oid, self._search.entry(store_oid, key, index_oid), columns, self.catalog)

    def lock_key(self, store_oid: int, key: bytes, index_oid: int | None = None) -> tuple[Row, int] | None:
        """Lock a key, so that nobody else inserts or deletes it, and give what `find` gives for it from now on.

        Raises `Blocked`, `TableGone`; `SerializationFailure` if the one snapshot has not the row that has it now.
        """
        self._visible.require_writable()
        self._overlay(self.own.state(store_oid))
        entry = self._search.entry(store_oid, key, index_oid)
        self.held.take_key(store_oid, entry)
        return self._search.find_newest(store_oid, entry, self.catalog)

    # Changing rows, and locks

    def insert(self, store_oid: int, rows: Sequence[Row] | pa.Table | PreparedLoad) -> range:
        """Insert rows into a row store. Returns their seqs, which are provisional unless they are in a segment.

        Many rows (some thousands) should come as a `PreparedLoad`: an Arrow table is prepared here and now.
        Raises `UniqueViolation`, `Blocked`, `HotTierFull`, `DiskAlmostFull`, `SerializationFailure`, `TableGone`; undo
        to a mark then.
        """
        self._visible.require_writable()
        state = self._visible.stores.get(store_oid) or self.own.state(store_oid)
        if isinstance(rows, pa.Table):
            rows = self._prepare(state, rows)
        if not isinstance(rows, SegmentLoad):
            self._visible.require_room(rows.held_bytes if isinstance(rows, PreparedLoad) else 0)
        overlay = self._overlay(state)
        if isinstance(rows, PreparedLoad):
            return self._insert_load(state, overlay, rows)
        entries: list[list[bytes | None]] = []
        if overlay.keys:
            is_taken = partial(self._is_taken, state, overlay)
            entries = lock_new_keys(self.held, self._visible.kv, store_oid, overlay, rows, is_taken)
            if self.repeatable:
                self.taken.require_not_superseded(store_oid, overlay, chain.from_iterable(entries))
        first = overlay.insert_rows(rows, entries)
        self._undo.append((overlay.uninsert_rows, (len(rows),)))
        return range(first, first + len(rows))

    def delete(self, store_oid: int, seqs: Iterable[int], rows: Sequence[Row] | None = None) -> None:
        """Delete rows of a row store that this statement sees.

        `rows` are the rows, in the same order: otherwise they are read here and now for their keys. Of many (some
        thousands) the committed ones should be a `PreparedDeletion`: see `lock_deletion`. Raises `Blocked`,
        `LoadedRowChanged`, `RowChanged`, `SerializationFailure`, `TableGone`, `WriteFailed`; undo to a mark then.
        """
        self._visible.require_writable()
        state = self.own.state(store_oid)
        overlay = self._overlay(state)
        take_key = self.held.take_key
        done: list[int] = []
        self._undo.append((overlay.undelete, (done,)))
        for position, seq in enumerate(seqs):
            if seq >= PROVISIONAL_SEQ:
                if seq not in overlay.dead:
                    overlay.delete_provisional(seq)
                    done.append(seq)
            elif overlay.segments and overlay.is_loaded(seq):
                raise LoadedRowChanged
            elif not overlay.has_deleted(seq):
                self._lock_live_row(state, seq)
                entries = (
                    state.entries_of(seq, overlay.keys, overlay.formats.table)
                    if rows is None
                    else [entry for each in overlay.keys if (entry := each.entry_of(rows[position])) is not None]
                )
                for entry in entries:
                    take_key(store_oid, entry)
                overlay.delete(seq, entries)
                done.append(seq)

    def lock_row(self, store_oid: int, seq: int) -> None:
        """Lock a row that this statement sees. Raises as `delete`; one may go on with others then."""
        overlay = self.overlays.get(store_oid)
        if seq < PROVISIONAL_SEQ and (overlay is None or not overlay.is_loaded(seq)):
            self._lock_live_row(self.own.state(store_oid), seq)

    def lock_deletion(self, deletion: PreparedDeletion) -> Callable[[], bool]:
        """Lock many rows that this statement sees. Returns what tells, in a worker, whether all are still there.

        Raises `Blocked`, `LoadedRowChanged`, `TableGone`; undo to a mark then. The worker raises `CorruptSegment`.
        """
        self._visible.require_writable()
        state = self.own.state(deletion.store_oid)
        self._overlay(state).require_not_loaded(deletion.seqs)
        seen = self.taken.of(deletion.store_oid)
        self.held.take_deletion(deletion)
        return partial(are_live, deletion.seqs, seen, state.snapshot())

    def delete_locked(self, deletion: PreparedDeletion, all_there: bool) -> None:
        """Delete them; `all_there` says the worker. Raises `RowChanged`, `SerializationFailure`, `TableGone`."""
        if not all_there:
            raise SerializationFailure if self.repeatable else RowChanged
        overlay = self._overlay(self.own.state(deletion.store_oid))
        overlay.delete_many(deletion)
        self._undo.append((overlay.undelete_many, ()))

    def lock_table(self, table_oid: int, mode: LockMode) -> None:
        """Lock a table. Raises `Blocked`, and `DefinitionChanged` if it was altered since the statement began."""
        self.held.take_table(table_oid, mode)
        base, visible = self._catalog_base, self._visible.catalog
        if visible is not base and visible.table_by_oid(table_oid) is not base.table_by_oid(table_oid):
            raise DefinitionChanged

    def lock_advisory(self, tag: LockTag, mode: LockMode) -> None:
        """Take an advisory lock until it ends. Raises `Blocked`."""
        self.held.take_advisory(tag, mode)

    @property
    def references(self) -> References:
        """What foreign keys ask of it: locks of references, keys that are there now, changes since a mark."""
        if self._references is None:
            self._references = References(self._visible, self.own, self.taken, self.overlays, self.held)
        return self._references

    # Changing the catalog

    def new_oid(self) -> int:
        """An oid for an object that it is about to create."""
        return self._visible.new_oid()

    def change_catalog(self, function: Callable[[Catalog], Catalog]) -> None:
        """Make a change of the catalog.

        Raises `Blocked` when another open transaction has changed the same object or name, and `RowChanged` when one
        has since this statement began.
        """
        self._visible.require_writable()
        before = self.catalog
        after = function(before)
        change = before.change_to(after)
        if not lock_changed(self.held, before, change, (self._catalog_base, self._visible.catalog)):
            raise SerializationFailure if self.repeatable else RowChanged
        self._undo.append((self._set_catalog, (before, self.catalog_change, self.own.tables)))
        tables = [entry for entry in change.entries.values() if isinstance(entry, Table)]
        self._set_catalog(after, self._catalog_base.change_to(after), self.own.defining(tables))

    def adopt(self, states: Iterable[TableState]) -> None:
        """These are the row stores of tables that a change of the catalog, just made, brings back. See `recovery`."""
        self.own.adopt(states)

    # The end

    def ended(self) -> None:
        """Its changes are visible or gone: free its locks and wake those who wait. Called by storage, once."""
        self.is_open = False
        self.memory.release()
        leftovers = self._visible.leftovers
        self.held.release_all(leftovers)
        self.taken.forget()
        leftovers.empty(self._undo)
        while self.overlays:
            self.overlays.popitem()[1].forget(leftovers)
        self.own.forget()
        callbacks, self._end_callbacks = self._end_callbacks or (), None
        for callback in callbacks:
            callback()

    def _overlay(self, state: TableState) -> TableOverlay:
        overlay = self.overlays.get(state.store_oid)
        if overlay is None:
            assert state.takes_rows, "the rows of a user table go into the partition of a role"
            if state.store_oid not in self.own.created:
                self.lock_table(state.table.oid, LockMode.ROW_EXCLUSIVE)
            definition = self.own.definition(state)
            overlay = self.overlays[state.store_oid] = TableOverlay(definition.formats, definition.keys, self.memory)
            self._undo.append((self.overlays.pop, (state.store_oid,)))
        return overlay

    def _prepare(self, state: TableState, data: pa.Table) -> Sequence[Row] | PreparedLoad:
        earlier = self._overlay(state).loads()
        watches = state.watches if state.store_oid in self._visible.stores else None
        load = prepare(self.own.definition(state).table, state.store_oid, data, watches, self._visible.kv, earlier)
        return load.as_it_suits()

    def _is_taken(self, state: TableState, overlay: TableOverlay, entry: bytes, seq: int) -> bool:
        """Whether the row that the index has for an entry, whose lock is held, keeps others from having it.

        One that has expired does not: it is deleted together with what takes its place.
        """
        if overlay.has_deleted(seq):
            return False
        if not state.has_expired(seq):
            return True
        # Others may be about to take the place of the same row, for another key of it.
        self.held.take_row(state.store_oid, seq)
        overlay.delete(seq, state.entries_of(seq, overlay.keys, overlay.formats.table))
        self._undo.append((overlay.undelete, ((seq,),)))
        return False

    def _insert_load(self, state: TableState, overlay: TableOverlay, load: PreparedLoad) -> range:
        load.require_made_for(overlay.formats.table)
        if load.keys:
            if load.watch is not None and not state.watches.has(load.watch):
                # The table was dropped and brought back since: nobody has watched the keys in between.
                raise TableGone
            self.held.take_load(load)

            def is_taken(entry: bytes, seq: int) -> bool:
                # A key that was watched may be none of the load's: if its row has expired, that one is left alone.
                is_other = state.has_expired(seq) and load.position_of(entry) is None
                return not is_other and self._is_taken(state, overlay, entry, seq)

            overlay.require_new(load, self._visible.kv, is_taken)
            if self.repeatable:
                self.taken.require_not_superseded(state.store_oid, overlay, load)
        first = overlay.insert_load(load)
        self._undo.append((overlay.uninsert_load, (load,)))
        return range(first, first + load.row_count)

    def _lock_live_row(self, state: TableState, seq: int) -> None:
        self.held.take_row(state.store_oid, seq)
        # With the lock held nobody can kill it any more, so what is visible now is what counts.
        if not state.is_live(seq, self.taken.seen(state.store_oid)):
            raise SerializationFailure if self.repeatable else RowChanged

    def _set_catalog(self, catalog: Catalog, change: CatalogChange | None, tables: OwnTables) -> None:
        self.catalog = catalog
        self.catalog_change = change
        self.own.put(tables, self.overlays)
