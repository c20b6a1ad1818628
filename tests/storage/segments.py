"""What the tests of compaction and of dropped tables share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from storage.compaction import plan_compaction
from storage.faults import FaultPoints
from storage.flush import commit_flush, write_segments
from tests.storage.harness import FULL, ManualLoop, create_table, define, flush, insert

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.compaction import CompactionPlan
    from storage.compaction_policy import CompactionPolicy
    from storage.engine import Storage
    from storage.flush import FlushPlan
    from storage.syncer import Commit


def nothing(done: int, total: int) -> None:
    """A checkpoint that never stops anything."""


def files(storage: Storage) -> set[Path]:
    """All files in the cold folder."""
    return {path for path in storage.cold_folder.rglob("*") if path.is_file()}


def flushed(storage: Storage, *sizes: int, table: Table | None = None) -> Table:
    """A table with segments of these sizes; keys and seqs ascend, from 1."""
    table = table or create_table(storage)
    first = storage.last_seq(table.oid) + 1
    for size in sizes:
        insert(storage, table, *[(n, f"v{n}") for n in range(first, first + size)])
        flush(storage, table)
        first += size
    return table


def create_table_later(storage: Storage, loop: ManualLoop) -> Table:
    """Create a table in a storage whose commits settle when the loop turns."""
    creation = storage.begin()
    table = define(creation.new_oid())
    creation.change_catalog(lambda catalog: catalog.with_table(table))
    loop.finish(storage.commit(creation))
    return table


def finish_flush_later(storage: Storage, plan: FlushPlan) -> Commit:
    """Commit a flush; the commit settles when the loop turns."""
    return commit_flush(storage, plan, write_segments(plan, nothing))


def planned(storage: Storage, table: Table, policy: CompactionPolicy = FULL) -> CompactionPlan:
    """The plan of a compaction that has something to do."""
    plan = plan_compaction(storage, table.oid, policy)
    assert plan is not None
    return plan


def shape(storage: Storage, table: Table) -> list[tuple[int, int, int]]:
    """Lowest seq, highest seq and rows of each segment."""
    return [(segment.min_seq, segment.max_seq, segment.rows) for segment in storage.snapshot(table.oid).segments]


class HeldLoads(FaultPoints):
    """Holds loads up after their first slice until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def reach(self, name: str) -> None:
        """Called by storage."""
        if name == "load.after_slice":
            self.let_go.wait()
