"""Rows that a statement deletes and inserts: few at once, many prepared in a worker."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from storage.engine import prepare_deletion, prepare_load
from storage.snapshot import PROVISIONAL_SEQ

if TYPE_CHECKING:
    from sql.session_state import SessionState
    from sql.types.arrow import pa
    from storage.catalog_entries import Table
    from storage.dead import Seqs
    from storage.transaction import Transaction

PREPARED_FROM_ROWS: Final = 2_000
"""Rows from which their keys are read and encoded in a worker: that takes some microseconds each."""

OWN_ROWS_A_STEP: Final = 1_000
"""Rows of its own that a transaction deletes before it lets go of the loop."""


async def delete_rows(transaction: Transaction, store_oid: int, seqs: Seqs) -> None:
    """Delete rows of a row store that the statement has found. Many are prepared in a worker."""
    if len(seqs) < PREPARED_FROM_ROWS:
        transaction.delete(store_oid, seqs.tolist())
        return
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    own, committed = await in_worker(_own_and_committed, seqs)
    if len(committed):
        snapshot = transaction.snapshot(store_oid)
        deletion = await in_worker(prepare_deletion, snapshot, store_oid, committed)
        transaction.delete_locked(deletion, await in_worker(transaction.lock_deletion(deletion)))
    for start in range(0, len(own), OWN_ROWS_A_STEP):
        transaction.delete(store_oid, own[start : start + OWN_ROWS_A_STEP].tolist())
        await asyncio.sleep(0)


def _own_and_committed(seqs: Seqs) -> tuple[Seqs, Seqs]:
    is_own = seqs >= PROVISIONAL_SEQ
    return (seqs[is_own], seqs[~is_own]) if is_own.any() else (seqs[:0], seqs)


async def insert_rows(
    session: SessionState, transaction: Transaction, table: Table, store_oid: int, rows: pa.Table
) -> None:
    """Insert rows in Arrow into a row store. Many are prepared in a worker, so that the loop is not held up."""
    if rows.num_rows >= PREPARED_FROM_ROWS:
        overlay = transaction.overlays.get(store_oid)
        # Named, earlier loads and deletions of the transaction are compared with this one in the worker, too.
        after, deleted = ((), ()) if overlay is None else (overlay.loads(), tuple(overlay.deletions))
        prepare = partial(prepare_load, session.shared.storage, table, rows, after, store_oid, deleted)
        transaction.insert(store_oid, await asyncio.get_running_loop().run_in_executor(None, prepare))
    elif rows.num_rows:
        transaction.insert(store_oid, rows)
