"""Steps of enforcement: each waits for locks by itself, and what the statement has written meanwhile stays written.

A step begins as a statement does, so that it sees what others have committed until then.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from sql.foreign_keys.owners import require_owner_may_look
from sql.lock_waits import lock_table, run_until_free, wait_for_lock
from storage.errors import Blocked, DefinitionChanged
from storage.references import FEW_KEYS
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sql.session_state import SessionState
    from storage.catalog_entries import Table
    from storage.transaction import Transaction

T = TypeVar("T")

KEYS_A_TURN: Final = 200
"""Keys that are locked and looked up before the loop is let go: some microseconds each."""


async def run_step(session: SessionState, transaction: Transaction, attempt: Callable[[], Awaitable[T]]) -> T:
    """Run a step that writes, as often as it meets a lock, a row or a definition that was changed, or full memory."""
    while True:
        try:
            return await run_until_free(session, transaction, attempt)
        except DefinitionChanged:
            # It is planned in the attempt, and the next one begins with the definitions of now.
            continue


async def table_to_read(session: SessionState, transaction: Transaction, table_oid: int) -> Table:
    """A table as it is defined now, locked so that it stays so, and that whoever locks all of it is waited for.

    Raises `InsufficientPrivilege`.
    """
    transaction.begin_statement()
    # It has the lock nevertheless.
    with suppress(DefinitionChanged):
        await lock_table(session, transaction, table_oid, LockMode.ROW_SHARE)
    transaction.see_definitions()
    table = transaction.catalog.table_by_oid(table_oid)
    assert table is not None, "who drops a table takes the foreign keys to it, and whoever writes to these keeps it out"
    require_owner_may_look(transaction.catalog, table)
    return table


async def lock_keys(
    session: SessionState,
    transaction: Transaction,
    foreign_key_oid: int,
    entries: Sequence[bytes] | None,
    *,
    takes_away: bool,
) -> None:
    """Lock references to keys, by the entries of these, or, with `None`, all references of a foreign key."""
    whole, each = (LockMode.ROW_EXCLUSIVE, LockMode.EXCLUSIVE) if takes_away else (LockMode.ROW_SHARE, LockMode.SHARE)
    if entries is None:
        await _lock(session, transaction, foreign_key_oid, each)
        return
    await _lock(session, transaction, foreign_key_oid, whole)
    for place, entry in enumerate(entries, start=1):
        await _lock(session, transaction, foreign_key_oid, each, entry)
        if not place % KEYS_A_TURN:
            await asyncio.sleep(0)


def are_few(count: int) -> bool:
    """Whether so many keys are locked and looked up one by one."""
    return count <= FEW_KEYS


async def _lock(
    session: SessionState,
    transaction: Transaction,
    foreign_key_oid: int,
    mode: LockMode,
    entry: bytes | None = None,
) -> None:
    try:
        transaction.references.lock(foreign_key_oid, mode, entry)
    except Blocked as blocked:
        await wait_for_lock(session, transaction, blocked)
