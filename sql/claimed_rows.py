"""The rows of a large INSERT … ON CONFLICT sorted out at once: those whose keys are free, and the others."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from msgspec import Struct, field

from sql.point_conflicts import affected_twice
from storage.errors import RowChanged
from storage.key_claims import NO_ROW, claim_keys, prepare_claim
from storage.rows import rows_from_table, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from sql.plan import OnConflict
    from sql.session_state import SessionState
    from storage.catalog_entries import Table
    from storage.dead import Seqs
    from storage.load import PreparedLoad
    from storage.load_keys import LoadKeys
    from storage.rows import Row
    from storage.snapshot import TableSnapshot
    from storage.transaction import Transaction


ROWS_A_STEP: Final = 5_000
"""Rows taken out of Arrow in one go: no other thread runs meanwhile."""


class Conflict(NamedTuple):
    """A row that was to be inserted, the row that has its key, and that one's seq."""

    place: int
    new: Row
    old: Row
    seq: int


class SortedOut(Struct):
    """Rows that were to be inserted: by place those to insert, and the others."""

    new: dict[int, Row] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)


async def sort_out_at_once(
    session: SessionState,
    transaction: Transaction,
    table: Table,
    conflict: OnConflict,
    store_oid: int,
    proposed: pa.Table,
) -> SortedOut | None:
    """Lock the keys of rows, and sort these out; `None` where that has to be done one by one.

    What DO NOTHING is about is left out. Raises `CardinalityViolation`, and what locking raises.
    """
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    claim = await in_worker(prepare_claim, table, store_oid, proposed, conflict.arbiters)
    search = claim_keys(session.shared.storage, transaction, claim)
    if search is None:
        return None
    found = await in_worker(search)
    updates = conflict.update is not None
    snapshot = transaction.snapshot(store_oid)
    return await in_worker(_sorted_out, claim, found, snapshot, proposed, updates)


def _sorted_out(
    claim: PreparedLoad, found: Sequence[Seqs], snapshot: TableSnapshot, proposed: pa.Table, updates: bool
) -> SortedOut:
    taken = np.full(proposed.num_rows, NO_ROW, np.int64)
    for seqs in reversed(found):
        # The first key of which there is a row says which row it is.
        taken = np.where(seqs == NO_ROW, taken, seqs)
    rows = rows_in_steps(proposed)
    seen: set[bytes] = set()
    result = SortedOut()
    met: list[tuple[int, int]] = []
    of_rows = [_all_entries(keys) for keys in claim.keys]
    for place, seq in enumerate(taken.tolist()):
        mine = [entries[place] for entries in of_rows]
        if any(entry in seen for entry in mine):
            if updates:
                raise affected_twice()
        elif seq == NO_ROW:
            seen.update(entry for entry in mine if entry is not None)
            result.new[place] = rows[place]
        elif updates:
            met.append((place, seq))
    if met:
        there = _rows_with(np.unique([seq for _, seq in met]), snapshot)
        result.conflicts = [Conflict(place, rows[place], there[seq], seq) for place, seq in met]
    return result


def rows_in_steps(table: pa.Table) -> list[Row]:
    """An Arrow table as rows; other threads get their turn in between."""
    rows: list[Row] = []
    for start in range(0, table.num_rows, ROWS_A_STEP):
        rows += rows_from_table(table.slice(start, ROWS_A_STEP))
    return rows


def _all_entries(keys: LoadKeys) -> list[bytes | None]:
    return [entry for _, entries in keys.steps() for entry in entries]


def _rows_with(seqs: Seqs, snapshot: TableSnapshot) -> dict[int, Row]:
    """Rows by their seqs. Raises `RowChanged` if one has come since the snapshot was taken."""
    if snapshot.fetch(seqs.item(-1), ()) is None:
        raise RowChanged
    columns = snapshot.take(seqs, range(len(snapshot.table.columns)))
    if len(columns[0]) != len(seqs):
        raise RowChanged
    return dict(zip(seqs.tolist(), zip(*map(values_of, columns), strict=True), strict=True))
