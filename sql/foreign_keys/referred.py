"""Keys that are gone, or are to go: whether rows refer to them still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sql.foreign_keys.own_queries import Keys, referring_seqs, run_newest, select_text
from sql.foreign_keys.referring import entries_of, keys_there
from sql.foreign_keys.steps import are_few, lock_keys, table_to_read
from sql.foreign_keys.violations import still_referenced
from sql.lock_waits import wait_for_lock
from sql.privileges import has_privilege
from storage.errors import Blocked
from storage.rows import row_at
from storage.snapshot import PROVISIONAL_SEQ

if TYPE_CHECKING:
    from sql.session_state import SessionState
    from sql.types.arrow import Table as ArrowTable
    from storage.catalog_entries import ForeignKey, Table
    from storage.transaction import Transaction


async def lock_gone(
    session: SessionState, transaction: Transaction, referenced: Table, foreign_key: ForeignKey, keys: ArrowTable
) -> None:
    """Keep others from referring to keys that are gone, and wait for those who have just done so."""
    entries = entries_of(referenced, foreign_key, keys) if are_few(keys.num_rows) else None
    await lock_keys(session, transaction, foreign_key.oid, entries, takes_away=True)


async def without_those_there(
    session: SessionState, transaction: Transaction, referenced: Table, foreign_key: ForeignKey, keys: ArrowTable
) -> ArrowTable:
    """The keys that no row has again. They are locked."""
    if are_few(keys.num_rows):
        there = await keys_there(transaction, referenced.oid, entries_of(referenced, foreign_key, keys))
        return keys if not any(there) else keys.take(np.flatnonzero(~np.array(there, np.bool_)))
    handed_in = Keys(referenced, foreign_key.referenced_columns, keys, None)
    text = select_text(referenced, foreign_key.referenced_columns, "k.n")
    again = (await run_newest(session, transaction, referenced, text, handed_in)).column(0).to_numpy()
    gone = np.ones(keys.num_rows, np.bool_)
    gone[again] = False
    return keys.take(np.flatnonzero(gone))


async def require_unreferenced(
    session: SessionState,
    transaction: Transaction,
    table_oid: int,
    foreign_key: ForeignKey,
    referenced: Table,
    keys: ArrowTable,
) -> None:
    """Look for rows that refer to keys, which are locked. Raises `ForeignKeyViolation` for the first such key."""
    if not keys.num_rows:
        return
    handed_in = Keys(referenced, foreign_key.referenced_columns, keys, None)
    locked: set[int] = set()
    while True:
        table = await table_to_read(session, transaction, table_oid)
        text = select_text(table, foreign_key.columns, "min(k.n)")
        (first,) = (await run_newest(session, transaction, table, text, handed_in)).column(0).to_pylist()
        if first is None:
            return
        key = keys.slice(first, 1)
        one = Keys(referenced, foreign_key.referenced_columns, key, None)
        seqs = (await referring_seqs(session, transaction, table, foreign_key, one)).column(0)
        if len(seqs) and not await _may_go(session, transaction, table_oid, seqs[0].as_py(), locked):
            values = row_at(key, 0) if has_privilege(session.role, referenced, "SELECT") else None
            raise still_referenced(table, foreign_key, referenced, values, session.codecs)


async def _may_go(session: SessionState, transaction: Transaction, store_oid: int, seq: int, locked: set[int]) -> bool:
    """Whether a row that is there was being changed by another transaction, or was until now: then one looks again."""
    if seq >= PROVISIONAL_SEQ or seq in locked:
        return False
    try:
        transaction.held.take_row(store_oid, seq)
        locked.add(seq)
    except Blocked as blocked:
        try:
            await wait_for_lock(session, transaction, blocked)
        finally:
            transaction.held.has_tried()
    return True
