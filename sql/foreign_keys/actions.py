"""What becomes of rows that refer to keys which are gone: the actions of foreign keys."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sql.foreign_keys.changes import changes_since
from sql.foreign_keys.own_queries import Keys, delete_text, plan_change, referring_seqs, update_text
from sql.foreign_keys.referred import lock_gone, require_unreferenced, without_those_there
from sql.foreign_keys.steps import run_step, table_to_read
from sql.writes import write_rows
from storage.errors import SerializationFailure
from storage.snapshot import PROVISIONAL_SEQ
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.foreign_keys.changes import Changes, Link
    from sql.session_state import SessionState
    from sql.types.arrow import Table as ArrowTable
    from storage.catalog_entries import Table
    from storage.transaction import Transaction


async def act(session: SessionState, transaction: Transaction, changes: Changes) -> list[Changes]:
    """Do what foreign keys to a table say of its keys that are gone. Returns what that has changed in other tables.

    Raises `ForeignKeyViolation`.
    """
    if changes.read_gone is None:
        return []
    in_worker = asyncio.get_running_loop().run_in_executor
    gone = await in_worker(None, changes.read_gone)
    actions = _Actions(session, transaction, changes.table)
    if gone.deleted.num_rows:
        for link in changes.links:
            keys = await in_worker(None, gone.deleted_keys, link.columns)
            if keys.num_rows:
                await actions.delete(link, keys)
    if gone.before.num_rows:
        for link in changes.links:
            before, after = await in_worker(None, gone.changed_keys, link.columns)
            if before.num_rows:
                await actions.update(link, before, after)
    return actions.changes


class _Actions:
    """The actions for keys of one table."""

    def __init__(self, session: SessionState, transaction: Transaction, referenced: Table) -> None:
        self._session = session
        self._transaction = transaction
        self._referenced = referenced
        self.changes: list[Changes] = []

    async def delete(self, link: Link, keys: ArrowTable) -> None:
        """ON DELETE."""
        foreign_key = link.foreign_key
        set_columns = foreign_key.set_columns or foreign_key.columns
        match foreign_key.on_delete:
            case "cascade":
                await self._change(link, keys, None, ())
            case "set null":
                await self._change(link, keys, None, [(number, "NULL") for number in set_columns])
            case "set default":
                await self._set_default(link, keys, set_columns)
            case action:
                await self._refuse(link, keys, is_restrict=action == "restrict")

    async def update(self, link: Link, before: ArrowTable, after: ArrowTable) -> None:
        """ON UPDATE, of keys that have become others."""
        columns = link.foreign_key.columns
        match link.foreign_key.on_update:
            case "cascade":
                values = [(number, f"k.n{place}") for place, number in enumerate(columns, start=1)]
                await self._change(link, before, after, values)
            case "set null":
                await self._change(link, before, None, [(number, "NULL") for number in columns])
            case "set default":
                await self._set_default(link, before, columns)
            case action:
                await self._refuse(link, before, is_restrict=action == "restrict")

    async def _refuse(self, link: Link, keys: ArrowTable, *, is_restrict: bool) -> None:
        session, transaction, foreign_key = self._session, self._transaction, link.foreign_key
        deferred = session.block.deferred
        if not is_restrict and deferred.is_deferred(foreign_key):
            table = transaction.catalog.table_by_oid(link.table_oid)
            assert table is not None, "it has the foreign key"
            deferred.add(transaction, table, foreign_key, keys, gone=True)
            return
        await lock_gone(session, transaction, self._referenced, foreign_key, keys)
        await self._require_unreferenced(link, keys, even_if_there=is_restrict)

    async def _require_unreferenced(self, link: Link, keys: ArrowTable, *, even_if_there: bool = False) -> None:
        session, transaction, foreign_key = self._session, self._transaction, link.foreign_key
        if not even_if_there:
            keys = await without_those_there(session, transaction, self._referenced, foreign_key, keys)
        await require_unreferenced(session, transaction, link.table_oid, foreign_key, self._referenced, keys)

    async def _set_default(self, link: Link, keys: ArrowTable, columns: Sequence[int]) -> None:
        await self._change(link, keys, None, [(number, "DEFAULT") for number in columns])
        # The default may be the key that is gone: then the rows refer to it as before.
        await self._require_unreferenced(link, keys)

    async def _change(
        self, link: Link, before: ArrowTable, after: ArrowTable | None, values: Sequence[tuple[int, str]]
    ) -> None:
        """Give columns of the rows that refer to the keys these values; delete the rows where there are none."""
        session, transaction, foreign_key = self._session, self._transaction, link.foreign_key
        await lock_gone(session, transaction, self._referenced, foreign_key, before)
        keys = Keys(self._referenced, foreign_key.referenced_columns, before, after)

        async def attempt() -> Changes | None:
            transaction.lock_table(link.table_oid, LockMode.ROW_EXCLUSIVE)
            table = transaction.catalog.table_by_oid(link.table_oid)
            assert table is not None, "it has the foreign key"
            text = update_text(table, foreign_key, values) if values else delete_text(table, foreign_key)
            plan = plan_change(session, table, text, keys)
            mark = transaction.references.changes_mark(table.oid)
            with session.roles.acting_as(session.catalog.roles[table.owner]):
                written = await write_rows(session, transaction, plan, ())
            if not written.count:
                return None
            return changes_since(transaction, table, mark, () if written.replaced is None else (written.replaced,))

        changed = await run_step(session, transaction, attempt)
        if changed is not None:
            self.changes.append(changed)
        if transaction.repeatable:
            await self._require_all_seen(link, before)

    async def _require_all_seen(self, link: Link, keys: ArrowTable) -> None:
        """Raise `SerializationFailure` if rows refer to the keys that the transaction's one snapshot does not have."""
        session, transaction, foreign_key = self._session, self._transaction, link.foreign_key
        gone = await without_those_there(session, transaction, self._referenced, foreign_key, keys)
        table = await table_to_read(session, transaction, link.table_oid)
        handed_in = Keys(self._referenced, foreign_key.referenced_columns, gone, None)
        seqs = (await referring_seqs(session, transaction, table, foreign_key, handed_in)).column(0).to_numpy()
        # Its own rows may refer to them: those that were set to a default which is gone.
        if (seqs < PROVISIONAL_SEQ).any():
            raise SerializationFailure
