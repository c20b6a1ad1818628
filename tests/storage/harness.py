"""What storage tests share: a small table, a loop that turns by hand, and short ways of saying what is done."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
from msgspec.structs import replace

from storage import types
from storage.catalog_entries import Column, PrimaryKey, SequenceGenerator, Table
from storage.compaction import commit_compaction, plan_compaction, write_compaction
from storage.compaction_policy import CompactionPolicy
from storage.engine import Storage, StorageOptions, prepare_deletion
from storage.flush import commit_flush, plan_flush, write_segments
from storage.rows import rows_from_table
from storage.snapshot import PROVISIONAL_SEQ
from storage.steady_clock import SteadyClock
from storage.undrop import commit_undrop, prepare_undrop, require_undroppable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from storage.compaction import CompactionPlan
    from storage.flush import FlushPlan
    from storage.segment import Segment
    from storage.snapshot import TableSnapshot
    from storage.syncer import Commit
    from storage.transaction import Transaction
    from storage.types import SqlType

SMALL_CACHES = StorageOptions(block_cache_bytes=8 << 20, cold_cache_bytes=8 << 20)

KEY_AND_TEXT = (Column(1, "id", types.BIGINT, not_null=True), Column(2, "v", types.TEXT))


FULL = CompactionPolicy(full=True)


class ManualLoop:
    """Stands in for the event loop: what is called soon runs when the test says so."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def call_soon(self, function: Callable[[], None]) -> None:
        """Run it in a later turn. Any thread."""
        self._calls.put(function)

    def finish(self, commit: Commit) -> Commit:
        """Turn until the commit is done."""
        while not commit.done:
            self._calls.get(timeout=60)()
        return commit

    def turn_once(self) -> None:
        """Wait for one call and run it."""
        self._calls.get(timeout=60)()


def open_storage(
    data_dir: Path, call_soon: Callable[..., object] | None = None, now_us: Callable[[], int] | None = None
) -> Storage:
    """Open a data folder with small caches."""
    return Storage.open(data_dir, replace(SMALL_CACHES, now_us=now_us or SteadyClock()), call_soon)


def define(
    oid: int,
    columns: Sequence[Column] = KEY_AND_TEXT,
    key: Sequence[int] = (1,),
    name: str = "t",
    options: dict[str, str] | None = None,
) -> Table:
    """The definition of a table."""
    primary_key = PrimaryKey(f"{name}_pkey", tuple(key)) if key else None
    return Table(oid, "public", name, "admin", tuple(columns), primary_key, options or {})


def create_table(
    storage: Storage,
    columns: Sequence[Column] = KEY_AND_TEXT,
    key: Sequence[int] = (1,),
    name: str = "t",
    options: dict[str, str] | None = None,
) -> Table:
    """Create a table and commit that."""
    transaction = storage.begin()
    table = define(transaction.new_oid(), columns, key, name, options)
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    storage.commit(transaction).result()
    return table


def create_owned_sequence(storage: Storage, table: Table, name: str = "t_id_seq") -> SequenceGenerator:
    """Create a sequence that the first column of a table owns, and commit that."""
    transaction = storage.begin()
    sequence = SequenceGenerator(
        transaction.new_oid(), "public", name, "admin", types.BIGINT, 1, 1, 1, 2**63 - 1, owned_by=(table.oid, 1)
    )
    transaction.change_catalog(lambda catalog: catalog.with_relation(sequence))
    storage.commit(transaction).result()
    return sequence


def undrop(storage: Storage, name: str = "t") -> Table:
    """Bring the last dropped table of that name back."""
    dropped = require_undroppable(storage, "public", name)
    commit_undrop(storage, prepare_undrop(storage, dropped)).result()
    return dropped.table


def columns_of(*sql_types: SqlType) -> tuple[Column, ...]:
    """Columns of these types."""
    return tuple(Column(number, f"c{number}", sql_type) for number, sql_type in enumerate(sql_types, 1))


def insert(storage: Storage, table: Table, *rows: tuple[Any, ...]) -> Commit:
    """Insert rows in a transaction of their own."""
    transaction = storage.begin()
    transaction.insert(table.oid, rows)
    return storage.commit(transaction)


def delete(storage: Storage, table: Table, *key_values: Any) -> Commit:
    """Delete rows by their (single) keys."""
    transaction = storage.begin()
    for value in key_values:
        found = transaction.find(table.oid, storage.key_of(table, (value,)))
        assert found is not None, value
        transaction.delete(table.oid, [found[1]])
    return storage.commit(transaction)


def delete_prepared(transaction: Transaction, store_oid: int, seqs: Sequence[int]) -> None:
    """Delete rows that a transaction sees as many are deleted, those of its own aside."""
    committed = np.array([seq for seq in seqs if seq < PROVISIONAL_SEQ], np.int64)
    if len(committed):
        deletion = prepare_deletion(transaction.snapshot(store_oid), store_oid, committed)
        transaction.delete_locked(deletion, transaction.lock_deletion(deletion)())
    transaction.delete(store_oid, [seq for seq in seqs if seq >= PROVISIONAL_SEQ])


def find(storage: Storage, table: Table, *key_values: Any) -> tuple[Any, ...] | None:
    """The row with a key."""
    found = storage.find(table.oid, storage.key_of(table, key_values))
    return None if found is None else found[0]


def flush(storage: Storage, table: Table) -> tuple[Segment, ...]:
    """Flush a table that has something to flush."""
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    return finish_flush(storage, plan)


def finish_flush(storage: Storage, plan: FlushPlan) -> tuple[Segment, ...]:
    """Write and commit what a plan says."""
    segments = write_segments(plan, lambda done, total: None)
    commit_flush(storage, plan, segments).result()
    return segments


def compact(storage: Storage, table: Table, policy: CompactionPolicy = FULL) -> int:
    """Compact a table until its policy is content. Returns how many segments were written."""
    written = 0
    while (plan := plan_compaction(storage, table.oid, policy)) is not None:
        written += len(finish_compaction(storage, plan))
    return written


def finish_compaction(storage: Storage, plan: CompactionPlan) -> tuple[Segment, ...]:
    """Write and commit what a plan says."""
    compacted = write_compaction(plan, lambda done, total: None)
    commit_compaction(storage, plan, compacted).result()
    return compacted.segments


def rows_of(snapshot: TableSnapshot) -> list[tuple[Any, ...]]:
    """All rows of a snapshot, ascending by `_seq`, through `scan` and the Parquet files."""
    scan = snapshot.scan()
    dead = set(scan.dead.to_pylist())
    rows = [] if scan.hot is None else rows_from_table(scan.hot)
    for segment in scan.clean:
        rows += rows_from_table(pq.ParquetFile(segment.path).read())
    for segment in scan.dirty:
        rows += [row for row in rows_from_table(pq.ParquetFile(segment.path).read()) if row[-1] not in dead]
    rows.sort(key=lambda row: row[-1])
    assert len({row[-1] for row in rows}) == len(rows), "a row is there twice"
    assert len(rows) == snapshot.row_count
    return [row[:-1] for row in rows]
