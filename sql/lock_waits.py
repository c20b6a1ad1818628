"""Waiting for locks, and running again what met one.

A statement that meets a lock undoes what it did, waits, and runs again on a fresh snapshot: READ COMMITTED as
PostgreSQL defines it. In REPEATABLE READ storage raises `SerializationFailure` instead.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from sql.cold_rows import read_cold_row
from sql.constraints import unique_violation
from sql.deadlocks import in_words
from sql.errors import LockNotAvailable
from sql.hot_tier import RoomWait
from sql.settings import milliseconds_of
from sql.waiting import wait_for_commit, wake
from storage.errors import (
    Blocked,
    DeadlockDetected,
    DefinitionChanged,
    HotTierFull,
    NotCached,
    NumbersNotReserved,
    RowChanged,
    UniqueViolation,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sql import errors
    from sql.session_state import SessionState
    from storage.advisory import LockParty
    from storage.table_locks import LockMode
    from storage.transaction import Transaction

T = TypeVar("T")

Conflict: TypeAlias = Blocked | RowChanged | NumbersNotReserved | HotTierFull | NotCached
"""Why a statement has to be run again: a lock, a changed row, numbers of a sequence that are not durable yet, no room
in hot memory, or a cold row that has to be read."""


async def wait_for_lock(session: SessionState, waiter: Transaction | LockParty, blocked: Blocked) -> None:
    """Return when what blocked the waiter may be free. A lock with a queue is the waiter's then.

    Raises `DeadlockDetected`, and `LockNotAvailable` after the session's lock_timeout.
    """
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    timeout_ms = milliseconds_of(session.settings.get("lock_timeout"))
    storage = session.shared.storage
    try:
        storage.wait_begins(waiter, blocked, lambda: wake(future))
    except DeadlockDetected as deadlock:
        raise in_words(deadlock, session.shared.pids_of_parties) from None
    session.waits_for = "transactionid" if blocked.request is None else blocked.request.lock.tag.kind
    try:
        async with asyncio.timeout(timeout_ms / 1000 if timeout_ms else None):
            await future
    except TimeoutError:
        raise LockNotAvailable from None
    finally:
        session.waits_for = None
        storage.wait_ends(waiter)


async def lock_table(session: SessionState, transaction: Transaction, table_oid: int, mode: LockMode) -> None:
    """Lock a table, waiting in its queue; what is locked already stays so. Raises as `wait_for_lock`."""
    try:
        transaction.lock_table(table_oid, mode)
    except Blocked as blocked:
        await wait_for_lock(session, transaction, blocked)


def run_at_once(session: SessionState, command: str, attempt: Callable[[], T]) -> T | Awaitable[T]:
    """Run a write that need not wait, unless it meets a lock: then there is something to await.

    Raises `DefinitionChanged`, with nothing done, when it should be planned again first.
    """
    transaction = session.block.for_writing(command)
    mark = transaction.begin_statement()
    try:
        return session.shared.storage.from_cache(attempt)
    except (Blocked, RowChanged, NumbersNotReserved, HotTierFull, NotCached) as conflict:
        transaction.undo_to(mark)
        return _run_again(session, transaction, attempt, conflict)
    except DefinitionChanged:
        transaction.undo_to(mark)
        raise
    except UniqueViolation as violation:
        raise _in_words(session, violation) from None


async def _run_again(
    session: SessionState, transaction: Transaction, attempt: Callable[[], T], conflict: Conflict
) -> T:
    # Each attempt finds what was read for those before it, so that a statement of many cold rows comes to its end.
    ahead = conflict.ahead if isinstance(conflict, NotCached) else {}

    async def once_more() -> T:
        return session.shared.storage.from_cache(attempt, ahead=ahead)

    return await run_until_free(session, transaction, once_more, conflict)


async def run_until_free(
    session: SessionState,
    transaction: Transaction,
    attempt: Callable[[], Awaitable[T]],
    met: Conflict | None = None,
) -> T:
    """Run a write as often as it meets a lock, a row that was changed, or full memory; `met` by an attempt before this.

    Raises `DefinitionChanged`, with nothing done, when it should be planned again first.
    """
    if met is None:
        mark = transaction.begin_statement()
    catalog = transaction.catalog
    room = RoomWait(session)
    try:
        while True:
            if met is not None:
                await _wait_until_worth_trying(session, transaction, met, room)
                mark = transaction.begin_statement()
                if transaction.catalog is not catalog:
                    raise DefinitionChanged
            try:
                return await attempt()
            except (Blocked, RowChanged, NumbersNotReserved, HotTierFull, NotCached) as conflict:
                transaction.undo_to(mark)
                met = conflict
            except DefinitionChanged:
                transaction.undo_to(mark)
                raise
            except UniqueViolation as violation:
                raise _in_words(session, violation) from None
    finally:
        transaction.held.has_tried()


async def _wait_until_worth_trying(
    session: SessionState, transaction: Transaction, met: Conflict, room: RoomWait
) -> None:
    if isinstance(met, Blocked):
        await wait_for_lock(session, transaction, met)
        return
    # Who waits behind it for a lock need not wait for what it waits for now.
    transaction.held.has_tried()
    if isinstance(met, NotCached):
        await read_cold_row(met)
    elif isinstance(met, NumbersNotReserved):
        await wait_for_commit(met.reservation)
    elif isinstance(met, HotTierFull):
        await room.wait(transaction, met)


async def run_part(session: SessionState, transaction: Transaction, attempt: Callable[[], Awaitable[T]]) -> T:
    """Run a part of a statement as often as it meets a lock or full memory; what it has done before stays."""
    room = RoomWait(session)
    try:
        while True:
            mark = transaction.mark()
            try:
                return await attempt()
            except (Blocked, HotTierFull) as conflict:
                transaction.undo_to(mark)
                await _wait_until_worth_trying(session, transaction, conflict, room)
            except UniqueViolation as violation:
                raise _in_words(session, violation) from None
    finally:
        transaction.held.has_tried()


def _in_words(session: SessionState, violation: UniqueViolation) -> errors.UniqueViolation:
    table = session.catalog.table_by_oid(violation.table_id)
    assert table is not None, "the transaction wrote to it"
    return unique_violation(violation, table, session.codecs)
