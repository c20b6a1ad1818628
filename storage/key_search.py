"""Rows by their keys, as a transaction sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.errors import SerializationFailure
from storage.snapshot import PROVISIONAL_SEQ
from storage.unique_keys import index_prefix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storage.catalog import Catalog
    from storage.overlay import TableOverlay
    from storage.own_stores import OwnStores
    from storage.rows import Row
    from storage.taken_snapshots import TakenSnapshots
    from storage.visible import Visible


class KeySearch:
    """Looks rows up by index entries: in what a transaction has changed, and in what it sees besides. On the loop."""

    __slots__ = ("_overlays", "_own", "_repeatable", "_taken", "_visible")

    def __init__(
        self,
        visible: Visible,
        own: OwnStores,
        taken: TakenSnapshots,
        overlays: Mapping[int, TableOverlay],
        *,
        repeatable: bool,
    ) -> None:
        self._visible = visible
        self._own = own
        self._taken = taken
        self._overlays = overlays
        self._repeatable = repeatable

    def entry(self, store_oid: int, key: bytes, index_oid: int | None) -> bytes:
        """The entry of a key, of the primary key or of a unique index. Raises `TableGone`."""
        if index_oid is not None:
            return index_prefix(store_oid, index_oid) + key
        return self._own.definition(self._own.state(store_oid)).index_prefix + key

    def find(
        self, store_oid: int, entry: bytes, columns: Sequence[int] | None, catalog: Catalog
    ) -> tuple[Row, int] | None:
        """The row with an entry, or some of its columns by position, and its seq.

        The row is as the table is defined in the transaction's catalog. Raises `TableGone`, `DefinitionChanged`.
        """
        overlay = self._overlays.get(store_oid)
        if overlay is not None:
            own = overlay.find(entry)
            if own is not None and own < PROVISIONAL_SEQ:
                row = self._taken.under(store_oid, catalog).with_overlay(overlay.view()).fetch(own, columns)
                return None if row is None else (row, own)
            if own is not None:
                row = overlay.view().row(own, columns)
                return None if row is None else (row, own)
        if self._repeatable or self._own.has_redefined(store_oid):
            return self._find_in_snapshot(store_oid, entry, columns, catalog)
        if store_oid in self._own.created:
            return None
        found = self._visible.find(store_oid, entry, columns)
        if found is not None and overlay is not None and overlay.has_deleted(found[1]):
            return None
        return found

    def find_newest(self, store_oid: int, entry: bytes, catalog: Catalog) -> tuple[Row, int] | None:
        """The row with an entry whose lock is held, and its seq.

        Raises `SerializationFailure` if the one snapshot of a transaction does not have it, or has another one;
        `TableGone`.
        """
        found = self.find(store_oid, entry, None, catalog)
        overlay = self._overlays.get(store_oid)
        is_own = found is not None and (
            found[1] >= PROVISIONAL_SEQ or (overlay is not None and overlay.is_loaded(found[1]))
        )
        if self._repeatable and not is_own and store_oid not in self._own.created:
            newest = self._visible.find(store_oid, entry, ())
            gone = newest is None or (overlay is not None and overlay.has_deleted(newest[1]))
            if (None if gone or newest is None else newest[1]) != (None if found is None else found[1]):
                raise SerializationFailure
        return found

    def row_after(self, store_oid: int, seq: int) -> int | None:
        """Where a row is, now that the transaction has let go of it: see `Transaction.row_after`."""
        overlay = self._overlays.get(store_oid)
        entries = None if overlay is None else overlay.deleted.get(seq)
        return seq if entries is None else self._visible.row_of(entries)

    def _find_in_snapshot(
        self, store_oid: int, entry: bytes, columns: Sequence[int] | None, catalog: Catalog
    ) -> tuple[Row, int] | None:
        base = self._taken.under(store_oid, catalog)
        overlay = self._overlays.get(store_oid)
        state = self._visible.stores.get(store_oid)
        newest = None if state is None else self._visible.seq_of(state, entry)
        for seq in (*self._visible.superseded.seqs_of(entry), newest):
            if seq is not None and base.is_live(seq):
                row = None if overlay is not None and overlay.has_deleted(seq) else base.fetch(seq, columns)
                return None if row is None else (row, seq)
        return None
