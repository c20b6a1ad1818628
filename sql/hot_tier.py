"""The hot tier's limits, as statements meet them: waiting for room, and the error when there is none in time."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Final

from sql.errors import OutOfMemory
from sql.relations.context import HOT_MEMORY
from sql.waiting import wake
from storage.hot_tables import hot_tables
from storage.units import about_duration, about_size

if TYPE_CHECKING:
    from sql.session_state import SessionState
    from storage.engine import Storage
    from storage.errors import HotTierFull
    from storage.transaction import Transaction

HOLDERS_NAMED: Final = 3
"""Tables that the error names, those that hold most."""


class RoomWait:
    """A statement's waiting for room: however often it has to, only so long in all."""

    __slots__ = ("_deadline_s", "_session")

    def __init__(self, session: SessionState) -> None:
        self._session = session
        self._deadline_s: float | None = None

    async def wait(self, transaction: Transaction, full: HotTierFull) -> None:
        """Return when the rows may be inserted. Flushes of what fills the hot tier are under way by themselves.

        Raises `OutOfMemory` when that takes too long, and at once when it is the transaction that fills it.
        """
        session, loop = self._session, asyncio.get_running_loop()
        memory, timeout_s = session.shared.storage.hot_memory, session.shared.hot_tier.wait_timeout_s
        if self._deadline_s is None:
            self._deadline_s = loop.time() + timeout_s
        own_bytes = transaction.memory.held_bytes + full.needed_bytes
        if own_bytes >= memory.limit_bytes:
            raise _transaction_too_large(own_bytes, memory.limit_bytes)
        future: asyncio.Future[None] = loop.create_future()
        stop = memory.wait(lambda: wake(future), full.needed_bytes)
        session.waits_for = HOT_MEMORY
        try:
            async with asyncio.timeout_at(self._deadline_s):
                if not memory.has_room(full.needed_bytes):
                    await future
        except TimeoutError:
            raise _no_room(session.shared.storage, timeout_s) from None
        finally:
            session.waits_for = None
            stop()


def _transaction_too_large(own_bytes: int, limit_bytes: int) -> OutOfMemory:
    return OutOfMemory(
        f"the transaction's rows do not fit into hot memory (hot.memory_limit = {about_size(limit_bytes)})",
        detail=f"It has inserted, or is about to insert, {about_size(own_bytes)} of rows.",
        hint="Insert fewer rows in a transaction, or raise hot.memory_limit in config.toml.",
    )


def _no_room(storage: Storage, timeout_s: float) -> OutOfMemory:
    memory = storage.hot_memory
    tables = hot_tables(storage)
    holders = [
        f'{"table" if each.can_be_flushed else "stream"} "{each.table.namespace}.{each.table.name}" '
        f"{about_size(each.held_bytes)}"
        for each in islice(tables, HOLDERS_NAMED)
    ]
    uncommitted_bytes = memory.held_bytes - sum(each.held_bytes for each in tables)
    if uncommitted_bytes > 0:
        holders.append(f"open transactions {about_size(uncommitted_bytes)}")
    return OutOfMemory(
        f"hot memory is full: no room within {about_duration(timeout_s)} "
        f"(hot.memory_limit = {about_size(memory.limit_bytes)})",
        detail=f"{about_size(memory.held_bytes)} are held: {', '.join(holders)}.",
        hint="Flush tables with FLUSH TABLE, see system.jobs for flushes that fail, or raise hot.memory_limit in "
        "config.toml.",
    )
