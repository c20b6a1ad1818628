"""What the deferred constraints of a transaction have still to look at, and which constraints are deferred now.

All of it is undone with the statements that it came from, and gone with the transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection

    from sql.types.arrow import Table as ArrowTable
    from storage.catalog_entries import ForeignKey, Table
    from storage.transaction import Transaction


class PendingKeys(Struct, frozen=True):
    """Keys, each once, that rows refer to since, or, where they are `gone`, that were taken away."""

    table_oid: int
    """Of the table that has the foreign key."""
    foreign_key_oid: int
    gone: bool
    keys: ArrowTable


class DeferredConstraints:
    """Of the transactions of one session, one after the other."""

    def __init__(self) -> None:
        self._pending: list[PendingKeys] = []
        self._all: bool | None = None
        """What SET CONSTRAINTS ALL has said last."""
        self._modes: dict[int, bool] = {}
        """What was said since of others, by oid."""

    def forget(self) -> None:
        """The transaction is over."""
        self._pending = []
        self._set_modes(None, {})

    @property
    def is_pending(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self._pending)

    def is_deferred(self, foreign_key: ForeignKey) -> bool:
        """Whether a constraint is deferred now."""
        if not foreign_key.deferrable:
            return False
        said = self._modes.get(foreign_key.oid, self._all)
        return foreign_key.deferred if said is None else said

    def set_modes(self, transaction: Transaction, oids: Collection[int] | None, *, deferred: bool) -> None:
        """SET CONSTRAINTS, of these or, with `None`, of all."""
        transaction.on_undo(self._set_modes, self._all, self._modes)
        if oids is None:
            self._set_modes(deferred, {})
        else:
            self._set_modes(self._all, {**self._modes, **dict.fromkeys(oids, deferred)})

    def add(
        self, transaction: Transaction, table: Table, foreign_key: ForeignKey, keys: ArrowTable, *, gone: bool
    ) -> None:
        """Have keys be looked at later."""
        self._pending.append(PendingKeys(table.oid, foreign_key.oid, gone, keys))
        transaction.on_undo(self._forget_last)

    def take(self, transaction: Transaction, *, immediate_only: bool) -> list[PendingKeys]:
        """What is to be looked at now, which is pending no longer. `immediate_only`: of constraints not deferred."""
        before = self._pending
        taken: list[PendingKeys] = []
        left: list[PendingKeys] = []
        for each in before:
            (left if immediate_only and self._stays_deferred(each, transaction) else taken).append(each)
        self._set_pending(left)
        transaction.on_undo(self._set_pending, before)
        return taken

    def _stays_deferred(self, pending: PendingKeys, transaction: Transaction) -> bool:
        table = transaction.catalog.table_by_oid(pending.table_oid)
        keys = () if table is None else table.foreign_keys
        return any(self.is_deferred(each) for each in keys if each.oid == pending.foreign_key_oid)

    def _set_modes(self, of_all: bool | None, modes: dict[int, bool]) -> None:
        self._all, self._modes = of_all, modes

    def _set_pending(self, pending: list[PendingKeys]) -> None:
        self._pending = pending

    def _forget_last(self) -> None:
        self._pending.pop()
