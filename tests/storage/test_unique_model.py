"""Rows with a primary key and two unique indexes against a dictionary: whatever is done, both refuse the same rows."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from storage import types
from storage.catalog_entries import Column, Index, PrimaryKey, Table
from storage.engine import Storage, prepare_load
from storage.errors import Blocked, DuplicateKeys, UniqueViolation
from storage.flush import plan_flush
from storage.index_build import build_index, plan_index_build
from storage.keys import KeyKind, key
from storage.rows import table_from_rows
from tests.storage.harness import SMALL_CACHES, compact, delete_prepared, finish_flush, rows_of

COLUMNS = (
    Column(1, "id", types.BIGINT, not_null=True),
    Column(2, "a", types.INTEGER),
    Column(3, "b", types.TEXT),
    Column(4, "c", types.INTEGER, not_null=True),
)

Row = tuple[int, int | None, str | None, int]

ROWS = st.tuples(
    st.integers(0, 7),
    st.none() | st.integers(0, 3),
    st.none() | st.sampled_from(["", "x", "\0", "xy"]),
    st.integers(0, 1),
)


def keys_of(row: Row) -> list[tuple[str, Any]]:
    """The keys that no other row may have."""
    keys: list[tuple[str, Any]] = [("id", row[0])]
    if row[1] is not None:
        keys.append(("a", row[1]))
    if row[2] is not None:
        keys.append(("b, c", row[2:]))
    return keys


class UniqueMachine(RuleBasedStateMachine):
    """One transaction after the other, beside one that stays open; flushes, compactions, indexes that come and go."""

    @initialize()
    def start(self) -> None:
        """A new data folder with one table."""
        self.folder = Path(tempfile.mkdtemp(prefix="siltdb-unique-"))
        self.storage = Storage.open(self.folder, SMALL_CACHES)
        transaction = self.storage.begin()
        oids = [transaction.new_oid() for _ in range(3)]
        indexes = (Index(oids[1], "t_a", (2,), unique=True), Index(oids[2], "t_b_c", (3, 4), unique=True))
        table = Table(oids[0], "public", "t", "admin", COLUMNS, PrimaryKey("t_pkey", (1,)), indexes=indexes)
        transaction.change_catalog(lambda catalog: catalog.with_table(table))
        self.storage.commit(transaction).result()
        self.oid = table.oid
        self.rows: dict[int, Row] = {}
        self.other = self.storage.begin()
        self.begin()

    def teardown(self) -> None:
        """Remove the folder."""
        self.storage.close()
        shutil.rmtree(self.folder)

    @property
    def table(self) -> Table:
        """As it is defined now."""
        return self.storage.catalog.tables[self.oid]

    def begin(self) -> None:
        """The transaction that the rules write in, and what it sees."""
        self.transaction = self.storage.begin()
        self.own = dict(self.rows)

    @rule(rows=st.lists(ROWS, min_size=1, max_size=3), load=st.booleans())
    def insert(self, rows: list[Row], load: bool) -> None:
        """All of them or none, as tuples or as a load."""
        keys = [each for row in (*self.own.values(), *rows) for each in keys_of(row)]
        mark = self.transaction.begin_statement()
        try:
            data: Any = rows
            if load:
                after = [] if self.oid not in self.transaction.overlays else self.transaction.overlays[self.oid].loads()
                data = prepare_load(self.storage, self.table, table_from_rows(rows, COLUMNS), after)
            self.transaction.insert(self.oid, data)
        except UniqueViolation:
            assert len(set(keys)) < len(keys)
            self.transaction.undo_to(mark)
        except Blocked:
            self.transaction.undo_to(mark)
        else:
            assert len(set(keys)) == len(keys), "a key is there twice"
            self.own.update({row[0]: row for row in rows})

    @rule(ids=st.sets(st.integers(0, 7), min_size=1), prepared=st.booleans(), undo=st.booleans())
    def delete(self, ids: set[int], prepared: bool, undo: bool) -> None:
        """Found by one of their keys; perhaps it is taken back."""
        mark = self.transaction.begin_statement()
        there = [self.own[each] for each in ids if each in self.own]
        seqs = [self.find(row, number)[1] for number, row in enumerate(there)]
        try:
            if prepared:
                delete_prepared(self.transaction, self.oid, seqs)
            else:
                self.transaction.delete(self.oid, seqs)
        except Blocked:
            self.transaction.undo_to(mark)
            return
        if undo:
            self.transaction.undo_to(mark)
        else:
            for row in there:
                del self.own[row[0]]

    def find(self, row: Row, number: int) -> tuple[Any, int]:
        """A row by one of the keys that it has."""
        indexes = {index.columns: index.oid for index in self.table.indexes}
        ways: list[tuple[tuple[Any, ...], int | None]] = [((row[0],), None)]
        if row[1] is not None:
            ways.append(((row[1],), indexes[2,]))
        if row[2] is not None:
            ways.append((row[2:], indexes[3, 4]))
        values, index_oid = ways[number % len(ways)]
        encoded = self.storage.key_of(self.table, values, index_oid)
        found = self.transaction.find(self.oid, encoded, None, index_oid)
        assert found is not None
        assert found[0] == row
        return found

    @rule(row=ROWS)
    def hold_keys(self, row: Row) -> None:
        """Another transaction has keys locked until it is rolled back."""
        self.storage.rollback(self.other)
        self.other = self.storage.begin()
        try:
            self.other.insert(self.oid, [row])
        except (UniqueViolation, Blocked):
            self.storage.rollback(self.other)

    @rule(commit=st.booleans())
    def end(self, commit: bool) -> None:
        """And the next one begins."""
        if commit:
            self.storage.commit(self.transaction).result()
            self.rows = self.own
        else:
            self.storage.rollback(self.transaction)
        self.begin()

    @rule()
    def flush(self) -> None:
        """What is committed becomes cold."""
        plan = plan_flush(self.storage, self.oid)
        if plan is not None:
            finish_flush(self.storage, plan)

    @rule()
    def compact(self) -> None:
        """Into one segment."""
        compact(self.storage, self.table)

    @precondition(lambda self: self.own == self.rows)
    @rule(position=st.integers(0, 1))
    def rebuild(self, position: int) -> None:
        """An index goes, rows come that it would not have had, and it is built anew unless they are in the way."""
        self.storage.rollback(self.transaction)
        self.storage.rollback(self.other)
        table = self.table
        index = table.indexes[position]
        transaction = self.storage.begin()
        transaction.begin_statement()
        again = replace(index, oid=transaction.new_oid())
        changed = replace(table, indexes=tuple(again if each is index else each for each in table.indexes))
        try:
            build = plan_index_build(transaction, self.storage.visible, changed, again.oid)
            build_index(build, lambda: False, self.storage.options.faults)
        except DuplicateKeys as error:
            raise AssertionError("the old index has let a key in twice") from error
        transaction.change_catalog(lambda catalog: catalog.with_table(changed))
        self.storage.commit(transaction).result()
        self.begin()

    @rule()
    def reopen(self) -> None:
        """What was not committed is gone."""
        self.storage.close()
        self.storage = Storage.open(self.folder, SMALL_CACHES)
        self.other = self.storage.begin()
        self.begin()

    @invariant()
    def rows_and_entries_are_the_same(self) -> None:
        """The transaction sees its rows, all others the committed ones, and there is an entry for each key."""
        self.transaction.begin_statement()
        assert sorted(rows_of(self.transaction.snapshot(self.oid)), key=repr) == sorted(self.own.values(), key=repr)
        assert sorted(rows_of(self.storage.snapshot(self.oid)), key=repr) == sorted(self.rows.values(), key=repr)
        for number, row in enumerate(self.own.values()):
            self.find(row, number)
        entries = [
            entry for kind in (KeyKind.INDEX, KeyKind.UNIQUE) for entry in self.storage.scan(key(kind, self.oid))
        ]
        assert len(entries) == sum(len(keys_of(row)) for row in self.rows.values())


UniqueMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestUniqueKeys = UniqueMachine.TestCase
