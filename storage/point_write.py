"""A statement about single rows that commits at once: what `Transaction` and `Committer` do, by a shorter way.

Nothing else runs on the loop from its first look to its write. So it has no overlay and nothing to undo, the locks that
others hold are only looked at, and its own are taken with the write: they keep others off until that is durable.
Whatever is not just so raises `NotAtOnce`, with nothing done: a transaction meets the same again, and waits or tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from storage.dead import pack_death
from storage.errors import Blocked, WriteFailed
from storage.keys import pack_seq
from storage.kv import new_batch
from storage.syncer import Commit
from storage.table_locks import LockMode, LockTag
from storage.table_state import TableState
from storage.unique_keys import index_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.advisory import LockParty
    from storage.rows import Row
    from storage.table_locks import ModeLock
    from storage.visible import Visible


ROWS_MAX: Final = 1_000
"""Of more the loop would notice."""


class NotAtOnce(Exception):
    """It takes a transaction: something is locked, taken, or of a kind that needs more."""


class PointWrite:
    """The rows of one row store that a statement inserts and deletes. On the loop.

    To others it is the transaction that holds the locks, while it is being committed.
    """

    __slots__ = (
        "_commit",
        "_deleted",
        "_died_at_us",
        "_entries",
        "_first_seq",
        "_lock",
        "_number",
        "_rows",
        "_size_bytes",
        "_state",
        "_visible",
        "id",
        "party",
        "releases",
    )

    is_open = False

    def __init__(self, visible: Visible, transaction_id: int, party: LockParty) -> None:
        self.id = transaction_id
        self.party = party
        self.releases = 0
        """How often it has let go of locks."""
        self._visible = visible
        self._state: TableState | None = None
        self._deleted: dict[int, list[bytes]] = {}
        """Rows that it deletes, by seq, with their index entries."""
        self._rows: list[Row] = []
        self._entries: dict[bytes, int] = {}
        """Index entries of its new rows, and which of these each is of."""

    def find(
        self, store_oid: int, key: bytes, columns: Sequence[int] | None = None, index_oid: int | None = None
    ) -> tuple[Row, int] | None:
        """As `Transaction.find`, before it has changed anything."""
        prefix = self._enter(store_oid).index_prefix if index_oid is None else index_prefix(store_oid, index_oid)
        return self._visible.find(store_oid, prefix + key, columns)

    def delete(self, store_oid: int, seqs: Sequence[int], rows: Sequence[Row]) -> None:
        """Delete rows that `find` has found. Raises `NotAtOnce`."""
        state = self._enter(store_oid)
        locks = self._visible.locks
        locked_rows, locked_keys = locks.rows[store_oid], locks.keys[store_oid]
        for seq, row in zip(seqs, rows, strict=True):
            if seq in locked_rows or seq in state.hot_dead or seq in state.cold_dead:
                raise NotAtOnce
            entries = self._deleted[seq] = []
            for key in state.keys:
                entry = key.entry_of(row)
                if entry is not None:
                    if entry in locked_keys:
                        raise NotAtOnce
                    entries.append(entry)

    def insert(self, store_oid: int, rows: Sequence[Row]) -> None:
        """Insert a few rows. Raises `NotAtOnce`, `HotTierFull`, `DiskAlmostFull`."""
        state = self._enter(store_oid)
        if len(rows) > ROWS_MAX:
            raise NotAtOnce
        visible = self._visible
        visible.require_room(0)
        locked_keys, get = visible.locks.keys[store_oid], visible.kv.get
        freed = [entry for entries in self._deleted.values() for entry in entries] if self._deleted else ()
        taken = self._entries
        for place, row in enumerate(rows, len(self._rows)):
            for key in state.keys:
                entry = key.entry_of(row)
                if entry is None:
                    continue
                # Without a lock on it no commit of this key is under way: what the index has is visible.
                if entry in taken or entry in locked_keys or (entry not in freed and get(entry) is not None):
                    raise NotAtOnce
                taken[entry] = place
        self._rows += rows

    def commit(self) -> Commit | None:
        """Write it; `None` where it has changed nothing. Raises `NotAtOnce`, and `WriteFailed`."""
        state = self._state
        if state is None or not (self._rows or self._deleted):
            return None
        try:
            tag = LockTag("relation", state.table.oid)
            self._lock: ModeLock = self._visible.locks.take(tag, self, LockMode.ROW_EXCLUSIVE, _never_granted)
        except Blocked:
            raise NotAtOnce from None
        self._take_locks(state)
        try:
            self._write(state)
        except BaseException:
            self._release(state)
            raise
        self._commit = Commit(self._apply)
        self._visible.syncer.submit(self._commit)
        return self._commit

    def row_after(self, _store_oid: int, seq: int) -> int | None:
        """As `Transaction.row_after`."""
        entries = self._deleted.get(seq)
        return seq if entries is None else self._visible.row_of(entries)

    def on_end(self, callback: Callable[[], None]) -> None:
        """As `Transaction.on_end`, for one that others have met while it is being committed."""
        self._commit.on_done(lambda _: callback())

    def _enter(self, store_oid: int) -> TableState:
        """The state of the row store, if it can be written to at once."""
        state = self._state
        if state is None:
            visible = self._visible
            state, locks = visible.stores.get(store_oid), visible.locks
            # Streams note when rows came, a load under way has to hear of keys, and large ones are locked as a whole.
            is_plain = type(state) is TableState and not state.watches and not locks.loads and not locks.deletions
            if state is None or not is_plain or visible.syncer.failure is not None:
                raise NotAtOnce
            self._state = state
        return state

    def _write(self, state: TableState) -> None:
        visible = self._visible
        batch = new_batch()
        put = batch.put
        rows, entries = self._rows, self._entries
        if self._deleted:
            self._died_at_us = visible.now_us()
            died, delete = pack_death(self._died_at_us), batch.delete
            for seq, gone in self._deleted.items():
                put(state.dead_prefix + pack_seq(seq), died)
                for entry in gone:
                    if entry not in entries:
                        delete(entry)
        if rows:
            self._first_seq = first_seq = state.next_seq
            state.next_seq = first_seq + len(rows)
            value = state.formats.current.encode_rows(rows)
            self._size_bytes = len(value)
            put(state.hot_prefix + pack_seq(first_seq), value)
            for entry, place in entries.items():
                put(entry, pack_seq(first_seq + place))
        try:
            visible.kv.write(batch)
        except WriteFailed as error:
            visible.syncer.fail(error)
            raise
        visible.last_written = state.written_version = self._number = visible.last_written + 1
        for seq, gone in self._deleted.items():
            state.pending_deaths[seq] = self._died_at_us
            for entry in gone:
                state.pending_keys[entry] = seq

    def _apply(self, error: Exception | None) -> None:
        """It is durable, or has failed: make it visible, and let go of its locks."""
        state = self._state
        assert state is not None, "it has been written"
        try:
            if error is None:
                self._make_visible(state)
        finally:
            self._release(state)

    def _make_visible(self, state: TableState) -> None:
        visible = self._visible
        visible.last_visible = state.version = self._number
        if self._deleted:
            self._apply_deletions(state)
        if self._rows:
            state.hot.append(self._first_seq, self._rows, self._size_bytes, state.formats.current)
            growth = visible.growth.get(state.table.oid)
            if growth is not None:
                growth.add(len(self._rows), self._size_bytes)
        state.changed()
        visible.recount(state)

    def _apply_deletions(self, state: TableState) -> None:
        superseded = self._visible.superseded if self._visible.repeatable_since_us else None
        for seq, gone in self._deleted.items():
            state.add_deaths(((seq, state.pending_deaths.pop(seq)),))
            for entry in gone:
                state.pending_keys.pop(entry, None)
                if superseded is not None:
                    superseded.add(entry, seq)

    def _take_locks(self, state: TableState) -> None:
        locks = self._visible.locks
        keys = locks.keys[state.store_oid]
        for entry in self._entries:
            keys[entry] = self
        if self._deleted:
            rows = locks.rows[state.store_oid]
            for seq, gone in self._deleted.items():
                rows[seq] = self
                for entry in gone:
                    keys[entry] = self

    def _release(self, state: TableState) -> None:
        locks = self._visible.locks
        keys = locks.keys[state.store_oid]
        for entry in self._entries:
            del keys[entry]
        if self._deleted:
            rows = locks.rows[state.store_oid]
            for seq, gone in self._deleted.items():
                del rows[seq]
                for entry in gone:
                    keys.pop(entry, None)
        locks.give_back(self._lock, self, LockMode.ROW_EXCLUSIVE)
        self.releases = 1
        locks.waits.pass_on(self)


def _never_granted() -> None:
    """Nobody waits for a lock in its place."""
