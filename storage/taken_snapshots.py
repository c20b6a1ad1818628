"""The snapshots that a transaction has taken of what others have committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from storage.errors import SerializationFailure
from storage.layout import is_rewritten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.catalog import Catalog
    from storage.load import PreparedLoad
    from storage.overlay import TableOverlay
    from storage.own_stores import OwnStores
    from storage.snapshot import TableSnapshot
    from storage.visible import Visible

Isolation = Literal["read committed", "repeatable read", "serializable"]


class TakenSnapshots:
    """READ COMMITTED takes one of a row store when a statement first asks for it.

    So a statement asks for all that it needs before it waits for anything. The other levels take one of everything at
    their first statement.
    """

    __slots__ = (
        "_defined",
        "_is_serializable",
        "_own",
        "_taken",
        "_transaction_id",
        "_visible",
        "is_repeatable",
        "reads",
    )

    def __init__(self, visible: Visible, own: OwnStores, transaction_id: int, isolation: Isolation) -> None:
        self._visible = visible
        self._own = own
        self._transaction_id = transaction_id
        self.is_repeatable = isolation != "read committed"
        """Whether it has one for all its statements."""
        self._is_serializable = isolation == "serializable"
        self._taken: dict[int, TableSnapshot] | None = None
        self._defined: dict[int, TableSnapshot] = {}
        """Some of them, under the definition that the transaction last had of the table."""
        self.reads: dict[int, TableSnapshot] = {}
        """What a SERIALIZABLE transaction has read."""

    def begin_statement(self) -> None:
        """A statement begins."""
        if self.is_repeatable:
            self._take_all()
        else:
            self._taken = None
            self._defined.clear()

    def of(self, store_oid: int) -> TableSnapshot:
        """The one of a row store, without the transaction's own changes. Raises `TableGone`."""
        if self.is_repeatable:
            self._take_all()
        taken = self._taken = {} if self._taken is None else self._taken
        snapshot = taken.get(store_oid)
        if snapshot is None:
            state = self._own.state(store_oid)
            # What came after the one snapshot of a repeatable transaction has no rows for it.
            seen = self._visible.new_state(state.table, state.partition) if self.is_repeatable else state
            snapshot = taken[store_oid] = seen.snapshot()
        if self._is_serializable:
            self.reads[store_oid] = snapshot
        return snapshot

    def under(self, store_oid: int, catalog: Catalog) -> TableSnapshot:
        """The same, as the table is defined in a catalog.

        Raises `TableGone`, `DefinitionChanged`, and `SerializationFailure` where the rows of the one snapshot were
        rewritten since: what they would be with the definition of now is not known.
        """
        snapshot = self.of(store_oid)
        table = catalog.table_by_oid(snapshot.table.oid)
        if table is None or table is snapshot.table:
            return snapshot
        if self.is_repeatable:
            now = self._visible.catalog.table_by_oid(table.oid)
            if now is not None and is_rewritten(snapshot.table, now):
                raise SerializationFailure
        known = self._defined.get(store_oid)
        if known is None or known.table is not table:
            known = self._defined[store_oid] = snapshot.as_of(table)
        return known

    def seen(self, store_oid: int) -> TableSnapshot | None:
        """The one of a row store, if it has been taken."""
        return None if self._taken is None else self._taken.get(store_oid)

    def require_not_superseded(
        self, store_oid: int, overlay: TableOverlay, entries: Iterable[bytes | None] | PreparedLoad
    ) -> None:
        """Raise `SerializationFailure` for a new key that the one snapshot has, deleted since: it would be twice."""
        base = self.of(store_oid)
        superseded = self._visible.superseded.seqs_with(entries)
        if any(base.is_live(seq) and not overlay.has_deleted(seq) for seq in superseded):
            raise SerializationFailure

    def forget(self) -> None:
        """The transaction has ended: whoever still has it at hand must not keep rows and segments alive with it."""
        if self.is_repeatable and self._taken is not None:
            del self._visible.repeatable_since_us[self._transaction_id]
            if not self._visible.repeatable_since_us:
                self._visible.superseded.clear()
        self._taken = None
        self._defined.clear()
        self.reads.clear()

    def _take_all(self) -> None:
        if self._taken is None:
            self._taken = {oid: state.snapshot() for oid, state in self._visible.stores.items()}
            self._visible.repeatable_since_us[self._transaction_id] = self._visible.now_us()
