"""Tables whose columns change all the time, against plain Python: whatever is done, both hold the same rows."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from storage import types as t
from storage.catalog_entries import Column
from storage.compaction import commit_compaction, plan_compaction, write_compaction
from storage.engine import prepare_load
from storage.errors import CompactionConflict, StorageError
from storage.flush import commit_flush, discard, plan_flush, write_segments
from storage.layout import can_retype
from storage.rows import table_from_rows
from tests.storage.harness import FULL, create_table, delete_prepared, finish_flush, open_storage
from tests.storage.layouts import (
    SAMPLES,
    WIDER,
    adding,
    alter_in,
    dropping,
    read,
    renaming,
    retyping,
    shown,
    widened,
)
from tests.storage.segments import nothing

if TYPE_CHECKING:
    from storage.catalog_entries import Table
    from storage.compaction import Compacted, CompactionPlan
    from storage.engine import Storage
    from storage.flush import FlushPlan
    from storage.segment import Segment
    from storage.snapshot import TableSnapshot
    from storage.transaction import Transaction

KEYS = st.integers(0, 7)
WRITES = st.lists(st.tuples(KEYS, st.integers(0, 99)), max_size=4)
"""Keys, and which sample values their new rows have."""

Rows = dict[int, dict[int, Any]]
"""Values by column number, by key."""


class LayoutMachine(RuleBasedStateMachine):
    """Columns come, go and change, in transactions that also write; rows are flushed and compacted at leisure."""

    @initialize()
    def start(self) -> None:
        """A new data folder with one table."""
        self.folder = Path(tempfile.mkdtemp(prefix="siltdb-layouts-"))
        self.storage: Storage = open_storage(self.folder)
        columns = (Column(1, "c1", t.INTEGER, not_null=True), Column(2, "c2", t.varchar(3)))
        self.oid = create_table(self.storage, columns).oid
        self.rows: Rows = {}
        self.flushes: list[tuple[FlushPlan, tuple[Segment, ...] | None]] = []
        self.compactions: list[tuple[CompactionPlan, Compacted | None]] = []
        self.snapshots: list[tuple[TableSnapshot, list[str]]] = []
        self.reader: tuple[Transaction, Rows] | None = None

    def teardown(self) -> None:
        """Remove the folder."""
        self.storage.close()
        shutil.rmtree(self.folder)

    @rule(before=WRITES, changes=st.lists(st.integers(0, 10_000), max_size=3), after=WRITES, data=st.data())
    def transact(
        self, before: list[tuple[int, int]], changes: list[int], after: list[tuple[int, int]], data: st.DataObject
    ) -> None:
        """A transaction that writes, changes columns and writes again; perhaps some or all of it is taken back."""
        transaction, rows = (
            self.storage.begin(data.draw(st.sampled_from(["read committed", "repeatable read"]))),
            dict(self.rows),
        )
        transaction.begin_statement()
        rows = self._write(transaction, rows, before, data)
        if data.draw(st.booleans()):
            mark = transaction.begin_statement()
            self._write(transaction, self._change(transaction, rows, changes, data), after, data)
            transaction.undo_to(mark)
            self._require(transaction, rows)
        rows = self._change(transaction, rows, changes, data)
        self._require(transaction, rows)
        rows = self._write(transaction, rows, after, data)
        self._require(transaction, rows)
        if data.draw(st.integers(0, 3)):
            self.storage.commit(transaction).result()
            self.rows = rows
        else:
            self.storage.rollback(transaction)

    def _write(self, transaction: Transaction, rows: Rows, writes: list[tuple[int, int]], data: st.DataObject) -> Rows:
        """Put rows in the place of those with their keys, or delete them."""
        table = transaction.catalog.tables[self.oid]
        rows, new = dict(rows), {}
        for key, sample in writes:
            transaction.begin_statement()
            found = transaction.find(self.oid, self.storage.key_of(table, (key,)))
            if found is not None:
                assert shown([found[0]]) == shown(_tuples({key: rows.pop(key)}, table))
                delete_prepared(transaction, self.oid, [found[1]])
            if sample % 4:
                new[key] = {c.number: key if c.number == 1 else _sample(c, sample) for c in table.columns}
        tuples = [tuple(row[c.number] for c in table.columns) for row in new.values()]
        match data.draw(st.sampled_from(["tuples", "load", "table"])) if tuples else "nothing":
            case "tuples":
                transaction.insert(self.oid, tuples)
            case "load" if table is self.storage.catalog.tables[self.oid]:
                load = prepare_load(self.storage, table, table_from_rows(tuples, table.columns))
                transaction.insert(self.oid, load)
            case "load" | "table":
                transaction.insert(self.oid, table_from_rows(tuples, table.columns))
        return rows | new

    def _change(self, transaction: Transaction, rows: Rows, changes: list[int], data: st.DataObject) -> Rows:
        """Change columns; `changes` say what is done, more or less."""
        for number in changes:
            table = transaction.catalog.tables[self.oid]
            column = table.columns[number // 7 % len(table.columns)]
            wider = [each for each in WIDER.get(column.type, ()) if can_retype(table, column.number, each)]
            if number % 4 == 0 and len(table.columns) < 6:
                new_type = list(SAMPLES)[number // 4 % len(SAMPLES)]
                name = f"c{table.next_column_number}" if number % 3 else "again"
                if table.column(name) is not None:
                    continue
                value = _sample(Column(0, name, new_type), number // 50)
                after = alter_in(transaction, self.oid, adding(Column(0, name, new_type), value))
                rows = {key: {**row, after.columns[-1].number: value} for key, row in rows.items()}
            elif number % 4 == 1 and column.number != 1:
                alter_in(transaction, self.oid, dropping(column.number))
            elif number % 4 == 2 and table.column(f"r{number}") is None:
                alter_in(transaction, self.oid, renaming(column.number, f"r{number}"))
            elif wider:
                new_type = wider[number // 4 % len(wider)]
                alter_in(transaction, self.oid, retyping(column.number, new_type))
                of = column.number
                rows = {key: {**row, of: widened(row[of], new_type)} for key, row in rows.items()}
        return rows

    def _require(self, transaction: Transaction, rows: Rows) -> None:
        table = transaction.catalog.tables[self.oid]
        _require_equal(read(transaction.snapshot(self.oid)), _tuples(rows, table))
        for key in range(8):
            found = transaction.find(self.oid, self.storage.key_of(table, (key,)), (0,))
            assert (found is not None) == (key in rows)

    @rule(steps=st.lists(st.sampled_from(["plan", "write", "commit", "give up"]), min_size=1, max_size=3))
    def flush(self, steps: list[str]) -> None:
        """Plan a flush, write one that was planned, commit one that was written."""
        for step in steps:
            if step == "plan":
                plan = plan_flush(self.storage, self.oid)
                self.flushes += [] if plan is None else [(plan, None)]
            elif self.flushes:
                plan, segments = self.flushes.pop(0)
                segments = write_segments(plan, nothing) if segments is None else segments
                if step == "write":
                    self.flushes.append((plan, segments))
                elif step == "give up":
                    discard(segments)
                else:
                    self._commit_flush(plan, segments)

    def _commit_flush(self, plan: FlushPlan, segments: tuple[Segment, ...]) -> None:
        try:
            commit_flush(self.storage, plan, segments).result()
        except StorageError:
            assert plan.flush_number != plan.state.flush_count
            discard(segments)

    @rule()
    def flush_at_once(self) -> None:
        """Settle the hot rows."""
        plan = plan_flush(self.storage, self.oid)
        if plan is not None:
            finish_flush(self.storage, plan)

    @rule(steps=st.lists(st.sampled_from(["plan", "write", "commit"]), min_size=1, max_size=3))
    def compact(self, steps: list[str]) -> None:
        """Plan a compaction, write one that was planned, commit one that was written."""
        for step in steps:
            if step == "plan":
                plan = plan_compaction(self.storage, self.oid, FULL)
                self.compactions += [] if plan is None else [(plan, None)]
            elif self.compactions:
                plan, compacted = self.compactions.pop(0)
                compacted = write_compaction(plan, nothing) if compacted is None else compacted
                if step == "write":
                    self.compactions.append((plan, compacted))
                    continue
                try:
                    commit_compaction(self.storage, plan, compacted).result()
                except CompactionConflict:
                    discard(compacted.segments)

    @rule()
    def take_snapshot(self) -> None:
        """Keep a snapshot of now, under the definition of now."""
        snapshot = self.storage.snapshot(self.oid)
        self.snapshots.append((snapshot, shown(read(snapshot))))

    @rule()
    def begin_reading(self) -> None:
        """A transaction with one snapshot for all its statements."""
        if self.reader is None:
            reader = self.storage.begin("repeatable read")
            reader.begin_statement()
            self.reader = reader, self.rows

    @rule(crash=st.booleans())
    def reopen(self, crash: bool) -> None:
        """A restart, clean or from the folder as it is at this moment."""
        self.flushes, self.compactions, self.snapshots, self.reader = [], [], [], None
        image = self.folder.with_name(f"{self.folder.name}x")
        if crash:
            shutil.copytree(self.folder, image)
        self.storage.close()
        if crash:
            shutil.rmtree(self.folder)
            self.folder = image
        self.storage = open_storage(self.folder)

    @invariant()
    def rows_are_those_of_the_model(self) -> None:
        """Snapshots of now, older ones under their definition and under that of now, and segments as they say."""
        if not hasattr(self, "storage"):
            return
        snapshot = self.storage.snapshot(self.oid)
        table = snapshot.table
        _require_equal(read(snapshot), _tuples(self.rows, table))
        for older, expected in self.snapshots[-2:]:
            assert shown(read(older)) == expected
            assert len(read(older.as_of(table))) == len(expected)
        if self.reader is not None:
            reader, rows = self.reader
            reader.begin_statement()
            seen = read(reader.snapshot(self.oid))
            assert {row[0] for row in seen} == set(rows)
        for segment in snapshot.segments:
            names = pa.parquet.read_schema(segment.path).names
            assert names[:-1] == [column.name for column in snapshot.formats.layout_columns(segment.layout)]


def _sample(column: Column, number: int) -> Any:
    samples = SAMPLES.get(column.type)
    if samples is None:
        return None
    return (None, *samples)[number % (len(samples) + 1)]


def _tuples(rows: Rows, table: Table) -> list[tuple[Any, ...]]:
    return [tuple(row[column.number] for column in table.columns) for row in rows.values()]


def _require_equal(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    difference = set(shown(found)) ^ set(shown(expected))
    assert not difference, difference
    assert len(found) == len(expected)


TestLayouts = LayoutMachine.TestCase
TestLayouts.settings = settings(
    max_examples=20, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
)
