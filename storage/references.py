"""What foreign keys ask of storage: the keys that they refer to, whether these are there, and locks of references."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from storage.changes import ChangesMark, GoneRows, NewRows, mark_of, no_rows
from storage.errors import SerializationFailure, TooManyLocks
from storage.table_locks import LockTag
from storage.unique_keys import find_key, row_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    import pyarrow as pa

    from storage.catalog_entries import ForeignKey, Table
    from storage.locks import HeldLocks
    from storage.overlay import TableOverlay
    from storage.own_stores import OwnStores
    from storage.snapshot import TableSnapshot
    from storage.table_locks import LockMode
    from storage.taken_snapshots import TakenSnapshots
    from storage.unique_keys import RowKey
    from storage.visible import Visible

FEW_KEYS: Final = 1_000
"""Of more keys a statement locks none, but the foreign key as a whole."""

KEY_LOCKS_MAX: Final = 4_000
"""A transaction with so many locks locks no more keys, but foreign keys as a whole: all are freed in one go, each in
about two microseconds."""

NO_CHANGES: Final = ChangesMark()


def referenced_key(table: Table, foreign_key: ForeignKey, store_oid: int) -> RowKey:
    """The key of the referenced table, of which this is a row store, that a foreign key refers to."""
    return find_key(row_keys(table, store_oid), foreign_key.referenced_index)


def reference_encoder(referenced: Table, foreign_key: ForeignKey) -> Callable[[tuple[Any, ...]], bytes | None]:
    """From values of the referencing columns, in their order, to the index entry of the row that they refer to.

    `None` where one of them is NULL. A value that the referenced type cannot hold makes an entry that nothing has.
    """
    key = referenced_key(referenced, foreign_key, referenced.oid)
    prefix, of_values = key.prefix, key.of_values
    places = tuple([foreign_key.referenced_columns.index(number) for number in key.columns])
    if len(places) == 1:
        return lambda values: None if values[0] is None else prefix + of_values(values)
    if places == tuple(range(len(places))):
        return lambda values: None if None in values else prefix + of_values(values)
    return lambda values: None if None in values else prefix + of_values(tuple([values[place] for place in places]))


class References:
    """What foreign keys ask of one transaction. On the loop."""

    __slots__ = ("_held", "_overlays", "_own", "_taken", "_visible")

    def __init__(
        self,
        visible: Visible,
        own: OwnStores,
        taken: TakenSnapshots,
        overlays: Mapping[int, TableOverlay],
        held: HeldLocks,
    ) -> None:
        self._visible = visible
        self._own = own
        self._taken = taken
        self._overlays = overlays
        self._held = held

    def lock(self, foreign_key_oid: int, mode: LockMode, entry: bytes | None = None) -> None:
        """Take the lock of a foreign key, or of the references to one key, until the transaction ends.

        Who refers to some keys takes ROW SHARE of the first and SHARE of each key; who takes some away ROW EXCLUSIVE
        and EXCLUSIVE. Of all keys it is SHARE or EXCLUSIVE of the foreign key, which a transaction with very many keys
        comes to by itself. Raises `Blocked`.
        """
        held = self._held
        whole = LockTag("object", foreign_key_oid)
        if entry is None:
            held.take_once(whole, mode)
            return
        if any(mode <= each for each in held.modes_of(whole)):
            return
        if held.mode_count >= KEY_LOCKS_MAX:
            held.take_once(whole, mode)
            return
        try:
            held.take_once(LockTag("object", foreign_key_oid, entry), mode)
        except TooManyLocks:
            held.take_once(whole, mode)

    def has_key(self, store_oid: int, entry: bytes) -> bool:
        """Whether a row has a key now: one of its own, or a committed one, of whatever snapshot, it has not deleted.

        Raises `TableGone`. A cold row is not read: the index knows it.
        """
        overlay = self._overlays.get(store_oid)
        if overlay is not None and overlay.find(entry) is not None:
            return True
        state = self._own.state(store_oid)
        if store_oid in self._own.created:
            return False
        seq = self._visible.seq_of(state, entry)
        if seq is None or (overlay is not None and overlay.has_deleted(seq)):
            return False
        # What an index leads to may be of a commit that is under way.
        return state.snapshot().has(seq)

    def require_not_gone(self, store_oid: int, entry: bytes) -> None:
        """Raise `SerializationFailure` if the one snapshot of a transaction has a row with a key that is gone since.

        For who is about to say that the key is not there. Raises `TableGone`.
        """
        if not self._taken.is_repeatable:
            return
        base, overlay = self._taken.of(store_oid), self._overlays.get(store_oid)
        for seq in self._visible.superseded.seqs_of(entry):
            if base.has_live(seq) and (overlay is None or not overlay.has_deleted(seq)):
                raise SerializationFailure

    def newest_snapshot(self, store_oid: int) -> TableSnapshot:
        """What is committed now with its own changes, whatever its isolation. Raises `TableGone`."""
        newest = self._newest(store_oid)
        overlay = self._overlays.get(store_oid)
        return newest if overlay is None else newest.with_overlay(overlay.view())

    def changes_mark(self, store_oid: int) -> ChangesMark:
        """A place in the changes of a row store, from which on `rows_since` and `rows_deleted_since` tell."""
        overlay = self._overlays.get(store_oid)
        return NO_CHANGES if overlay is None else mark_of(overlay)

    def rows_since(self, store_oid: int, mark: ChangesMark, columns: Sequence[int]) -> Callable[[], pa.Table]:
        """What reads, in a worker, columns by their numbers of the rows that were inserted since and are there.

        In Arrow types as scans have them. Raises `TableGone`; the worker raises `CorruptSegment`.
        """
        overlay = self._overlays.get(store_oid)
        if overlay is None:
            return partial(no_rows, self._table(store_oid), columns, with_seqs=False)
        return NewRows(overlay, mark, columns).read

    def rows_deleted_since(self, store_oid: int, mark: ChangesMark, columns: Sequence[int]) -> Callable[[], pa.Table]:
        """The same of the rows that were deleted since and had been there before; with their `_seq` first."""
        overlay = self._overlays.get(store_oid)
        if overlay is None:
            return partial(no_rows, self._table(store_oid), columns, with_seqs=True)
        return GoneRows(overlay, mark, columns, self._newest(store_oid)).read

    def _newest(self, store_oid: int) -> TableSnapshot:
        return self._own.state(store_oid).snapshot().as_of(self._table(store_oid))

    def _table(self, store_oid: int) -> Table:
        return self._own.definition(self._own.state(store_oid)).table
