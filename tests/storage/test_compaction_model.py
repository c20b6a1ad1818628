"""Storage that is compacted all the time, against a plain dictionary: both hold the same rows, whatever is done."""

from __future__ import annotations

import shutil
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from storage.compaction import commit_compaction, plan_compaction, write_compaction
from storage.compaction_policy import CompactionPolicy
from storage.errors import CompactionConflict, TableGone
from storage.flush import discard, plan_flush
from storage.keys import KeyKind, key
from storage.undrop import commit_undrop, prepare_undrop, require_undroppable
from tests.storage.harness import create_table, find, finish_flush, open_storage, rows_of
from tests.storage.segments import nothing

if TYPE_CHECKING:
    from storage.catalog_entries import Table
    from storage.compaction import Compacted, CompactionPlan
    from storage.engine import Storage
    from storage.snapshot import TableSnapshot

KEYS = range(16)
DELETED = "(deleted)"
"""Longer than any text that is drawn."""
CHANGES = st.lists(
    st.tuples(st.sampled_from(KEYS), st.just(DELETED) | st.none() | st.text(max_size=2)), min_size=1, max_size=6
)
POLICIES = st.sampled_from(
    [
        CompactionPolicy(min_segments=2, target_rows=8),
        CompactionPolicy(dead_fraction=0.5),
        CompactionPolicy(full=True),
        CompactionPolicy(full=True, target_rows=6),
    ]
)


class CompactionMachine(RuleBasedStateMachine):
    """Rows come and go, are flushed, and segments are merged at leisure: planned, written, committed or given up."""

    @initialize()
    def start(self) -> None:
        """A new data folder with one table."""
        self.folder = Path(tempfile.mkdtemp(prefix="siltdb-compaction-"))
        self.storage: Storage = open_storage(self.folder)
        self.table: Table = create_table(self.storage)
        self.rows: dict[int, str | None] = {}
        self.under_way: list[tuple[CompactionPlan, Compacted | None]] = []
        self.snapshots: list[tuple[TableSnapshot, dict[int, str | None]]] = []

    def teardown(self) -> None:
        """Remove the folder."""
        self.storage.close()
        shutil.rmtree(self.folder)

    @rule(changes=CHANGES, flush=st.booleans())
    def write(self, changes: list[tuple[int, str | None]], flush: bool) -> None:
        """Commit inserts, updates and deletes, and perhaps settle the hot rows."""
        transaction = self.storage.begin()
        for row_key, value in changes:
            found = transaction.find(self.table.oid, self.storage.key_of(self.table, (row_key,)))
            if found is not None:
                transaction.delete(self.table.oid, [found[1]])
                del self.rows[row_key]
            if value != DELETED:
                transaction.insert(self.table.oid, [(row_key, value)])
                self.rows[row_key] = value
        self.storage.commit(transaction).result()
        plan = plan_flush(self.storage, self.table.oid) if flush else None
        if plan is not None:
            finish_flush(self.storage, plan)

    @rule(policy=POLICIES)
    def plan(self, policy: CompactionPolicy) -> None:
        """Plan a compaction, if the policy wants one."""
        plan = plan_compaction(self.storage, self.table.oid, policy)
        if plan is not None:
            self.under_way.append((plan, None))

    @rule(data=st.data(), outcome=st.sampled_from(["write", "commit", "commit", "give up"]))
    def go_on(self, data: st.DataObject, outcome: str) -> None:
        """Write one of the plans, commit it, or give it up."""
        if not self.under_way:
            return
        plan, compacted = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        if compacted is None and outcome != "give up":
            compacted = write_compaction(plan, nothing)
        if outcome == "write":
            self.under_way.append((plan, compacted))
        elif outcome == "give up" and compacted is not None:
            discard(compacted.segments)
        elif compacted is not None:
            self._commit(plan, compacted)

    def _commit(self, plan: CompactionPlan, compacted: Compacted) -> None:
        state = self.storage.visible.store(self.table.oid)
        is_current = plan.state is state and plan.number == state.compactions_written
        try:
            commit_compaction(self.storage, plan, compacted).result()
            assert is_current
        except (CompactionConflict, TableGone):
            assert not is_current
            discard(compacted.segments)

    @rule()
    def take_snapshot(self) -> None:
        """Keep a snapshot of now."""
        self.snapshots.append((self.storage.snapshot(self.table.oid), dict(self.rows)))

    @rule()
    def drop_and_undrop(self) -> None:
        """What was planned before is of a table that is no more, though it is back."""
        dropping = self.storage.begin()
        dropping.change_catalog(lambda catalog: catalog.without_table(self.table.oid))
        self.storage.commit(dropping).result()
        dropped = require_undroppable(self.storage, "public", "t")
        commit_undrop(self.storage, prepare_undrop(self.storage, dropped)).result()

    @rule(crash=st.booleans())
    def reopen(self, crash: bool) -> None:
        """A restart, clean or from the folder as it is at this moment: what was under way is gone."""
        self.under_way.clear()
        self.snapshots.clear()
        image = self.folder.with_name(f"{self.folder.name}x")
        if crash:
            shutil.copytree(self.folder, image)
        self.storage.close()
        if crash:
            shutil.rmtree(self.folder)
            self.folder = image
        self.storage = open_storage(self.folder)
        files = set(self.storage.cold_folder.rglob("*.*"))
        assert files == {segment.path for segment in self.storage.snapshot(self.table.oid).segments}

    @invariant()
    def rows_are_those_of_the_model(self) -> None:
        """Scans and look-ups, of now and of old snapshots, see what they should."""
        if not hasattr(self, "storage"):
            return
        snapshot = self.storage.snapshot(self.table.oid)
        assert sorted(rows_of(snapshot)) == sorted(self.rows.items())
        for row_key in KEYS:
            expected = (row_key, self.rows[row_key]) if row_key in self.rows else None
            assert find(self.storage, self.table, row_key) == expected
        for old, rows in self.snapshots:
            assert sorted(rows_of(old)) == sorted(rows.items())

    @invariant()
    def segments_do_not_overlap(self) -> None:
        """Ranges ascend, the dead of each are in it, and RocksDB knows exactly the same dead."""
        if not hasattr(self, "storage"):
            return
        state = self.storage.visible.store(self.table.oid)
        segments = state.segments.segments
        for one, other in pairwise(segments):
            assert one.max_seq < other.min_seq
        known = {seq for log in (state.hot_dead, state.cold_dead) for seq in log.since(0)[0].tolist()}
        stored = self.storage.scan(key(KeyKind.DEAD, self.table.oid))
        assert known == {int.from_bytes(name[-8:], "big") for name, _ in stored}


CompactionMachine.TestCase.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestCompaction = CompactionMachine.TestCase
