"""Real tables for the job tests, and a disk that can be held up or full."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.durable import wait_durable
from jobs.flush import FlushBody, FlushParameters
from jobs.record import JobType
from jobs.request import JobRequest
from storage.catalog_entries import Column, PrimaryKey, Table
from storage.faults import FaultPoints
from storage.flush import commit_flush, plan_flush, write_segments
from storage.types import BIGINT, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jobs.record import JobId
    from storage.engine import Storage
    from tests.jobs.world import World


class Disk(FaultPoints):
    """Stands at the points that storage reaches while it writes files."""

    def __init__(self) -> None:
        super().__init__()
        self.held_at: str | None = None
        self._passes = 0
        self._lock = threading.Lock()
        self.reached = threading.Event()
        self.released = threading.Event()
        self.errors: list[OSError] = []
        """Raised one after the other, once a temporary file is there, or at another point."""
        self.fails_at = ".after_temporary_file"
        self.failures: dict[str, OSError] = {}
        """What the next one who reaches a point raises."""

    def hold_at(self, name: str, *, after: int = 0) -> None:
        """Have whoever reaches that point wait there for `release`; but let the first ones pass."""
        with self._lock:
            self._passes = after
            self.reached.clear()
            if self.released.is_set():
                # Another one: who was released may not have noticed yet.
                self.released = threading.Event()
            self.held_at = name

    def fail_at(self, name: str, error: OSError) -> None:
        """Have the next one who reaches that point fail."""
        self.fails_at = name
        self.errors.append(error)

    def hold_next_at(self, name: str) -> None:
        """Let go of who waits, and hold the next one who reaches that point."""
        with self._lock:
            held, self.released = self.released, threading.Event()
            self.reached.clear()
            self.held_at = name
        held.set()

    def release(self) -> None:
        """Let them go on, and hold nobody any more."""
        with self._lock:
            self.held_at = None
            self.released.set()

    def reach(self, name: str) -> None:
        """Called by storage."""
        released = None
        with self._lock:
            if name == self.held_at and self._passes:
                self._passes -= 1
            elif name == self.held_at:
                released = self.released
                self.reached.set()
        if released is not None:
            released.wait()
        if name.endswith(self.fails_at) and self.errors:
            raise self.errors.pop(0)
        if name in self.failures:
            raise self.failures.pop(name)


async def create_table(storage: Storage, name: str = "t", **options: str) -> Table:
    """A table with a bigint key and a text, and these options."""
    tx = storage.begin()
    columns = (Column(1, "id", BIGINT, not_null=True), Column(2, "note", TEXT))
    table = Table(tx.new_oid(), "public", name, "alice", columns, PrimaryKey(f"{name}_pkey", (1,)), options)
    tx.change_catalog(lambda catalog: catalog.with_table(table))
    await wait_durable(storage.commit(tx))
    return table


async def drop_table(storage: Storage, table: Table) -> None:
    """Drop it."""
    tx = storage.begin()
    tx.change_catalog(lambda catalog: catalog.without_table(table.oid))
    await wait_durable(storage.commit(tx))


async def insert(storage: Storage, table: Table, ids: Iterable[int]) -> None:
    """Commit a row for each id."""
    tx = storage.begin()
    tx.insert(table.oid, [(row_id, f"note {row_id}") for row_id in ids])
    await wait_durable(storage.commit(tx))


async def delete(storage: Storage, table: Table, ids: Iterable[int]) -> None:
    """Commit that these rows are gone."""
    tx = storage.begin()
    for row_id in ids:
        found = tx.find(table.oid, storage.key_of(table, (row_id,)))
        assert found is not None, row_id
        tx.delete(table.oid, [found[1]])
    await wait_durable(storage.commit(tx))


async def flush_now(storage: Storage, table: Table, store_oid: int | None = None) -> None:
    """Settle the hot rows, or those of one row store, without a job."""
    plan = plan_flush(storage, store_oid or table.oid)
    assert plan is not None
    await wait_durable(commit_flush(storage, plan, write_segments(plan, lambda done, total: None)))


async def insert_many(storage: Storage, table: Table, ids: range) -> None:
    """Commit many rows at once."""
    tx = storage.begin()
    data = pa.table({"id": pa.array(ids, pa.int64()), "note": pa.array(["a note"] * len(ids))})
    tx.insert(table.oid, data)
    await wait_durable(storage.commit(tx))


def row_ids(storage: Storage, table: Table) -> Counter[int]:
    """How often each id is there, hot and cold."""
    scan = storage.snapshot(table.oid).scan()
    found: Counter[int] = Counter() if scan.hot is None else Counter(scan.hot["id"].to_pylist())
    dead = set(scan.dead.to_pylist())
    for segment in (*scan.clean, *scan.dirty):
        rows = pq.read_table(segment.path, columns=["id", "_seq"]).to_pylist()
        found.update(row["id"] for row in rows if row["_seq"] not in dead)
    return found


def hot_rows(storage: Storage, table: Table) -> int:
    """Rows that are not in segments."""
    return storage.statistics(table.oid).hot_rows


def files(folder: Path) -> list[Path]:
    """The cold files, temporary ones too."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flush_of(table: Table, **fields: object) -> JobRequest:
    """What FLUSH TABLE asks for."""
    parameters = FlushParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name)
    return JobRequest(
        **{
            "job_type": JobType.FLUSH,
            "parameters": parameters,
            "owner": "alice",
            "namespace": table.namespace,
            "table_name": table.name,
            **fields,
        }
    )


async def held_flush(world: World, rows: int = 10) -> tuple[Storage, Table, JobId]:
    """A world with a table whose flush stands still with a temporary file; `world.disk.release()` lets it go on."""
    storage = world.open_storage()
    table = await create_table(storage)
    await insert(storage, table, range(rows))
    await world.open(FlushBody(storage))
    world.disk.hold_at("flush.after_temporary_file")
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    return storage, table, job_id
