"""Storage against a plain dictionary: whatever is done, in whatever order, both hold the same rows."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule
from msgspec.structs import replace

from storage.bulk_load import reserve_segment, write_segment_load
from storage.catalog_entries import Role
from storage.drop import reclaim
from storage.engine import Storage, prepare_load
from storage.errors import Blocked, LoadedRowChanged, RowChanged, SerializationFailure, UniqueViolation
from storage.eviction import commit_eviction, key_slices, plan_eviction, remove_keys
from storage.flush import commit_flush, discard, plan_flush, write_segments
from storage.rows import table_from_rows
from storage.snapshot import PROVISIONAL_SEQ, TableSnapshot
from tests.storage.harness import SMALL_CACHES, create_table, delete_prepared, rows_of

if TYPE_CHECKING:
    from storage.catalog_entries import Table
    from storage.transaction import Transaction

KEYS = st.integers(0, 11)
TEXTS = st.none() | st.text(max_size=3)

DELETED = "(deleted)"
"""Longer than any text that is drawn."""

CHANGES = st.lists(st.tuples(KEYS, st.just(DELETED) | TEXTS), min_size=1, max_size=4)

Rows = dict[int, str | None]


Taken = tuple[TableSnapshot, list[tuple[int, str | None]], int]
"""A snapshot, the rows that it must have, and in which opening of the folder it was taken."""


class OpenTransaction:
    """A transaction, and the rows that it should see."""

    def __init__(self, transaction: Transaction, repeatable: Rows | None) -> None:
        self.transaction = transaction
        self.snapshot = repeatable
        """The committed rows that it sees; `None` for whatever is committed now."""
        self.written: Rows = {}
        self.deleted: set[int] = set()
        self.marks: list[tuple[int, Rows, set[int]]] = []

    def rows(self, committed: Rows) -> Rows:
        """What it should see, given what is committed."""
        base = committed if self.snapshot is None else self.snapshot
        return {key: value for key, value in base.items() if key not in self.deleted} | self.written


class StorageMachine(RuleBasedStateMachine):
    """Transactions that come and go, flushes that are planned, written and committed at their leisure, restarts."""

    options: ClassVar[dict[str, str]] = {}
    """Of the table."""

    transactions: Bundle[OpenTransaction] = Bundle("transactions")
    snapshots: Bundle[Taken] = Bundle("snapshots")

    @initialize()
    def start(self) -> None:
        """A new data folder with one table."""
        self.folder = Path(tempfile.mkdtemp(prefix="siltdb-model-"))
        self.now_us = 1_700_000_000_000_000
        self.storage: Storage = self.open_folder()
        self.create()
        self.committed: Rows = {}
        self.open: list[OpenTransaction] = []
        self.openings = 0

    def open_folder(self) -> Storage:
        """Open the folder."""
        return Storage.open(self.folder, replace(SMALL_CACHES, now_us=lambda: self.now_us))

    def create(self) -> None:
        """Make the table, and the row store that the rows go into."""
        self.table: Table = create_table(self.storage, options=self.options)
        self.store = self.table.oid

    def teardown(self) -> None:
        """Remove the folder."""
        self.storage.close()
        shutil.rmtree(self.folder)

    @rule(changes=CHANGES)
    def write(self, changes: list[tuple[int, str | None]]) -> None:
        """A transaction that begins, writes and commits at once; a key that is locked, or not there, is left out."""
        self._end_transaction(self._written(changes), commit=True)

    @rule(target=transactions, repeatable=st.booleans(), changes=st.lists(st.tuples(KEYS, TEXTS), max_size=2))
    def write_and_stay_open(self, repeatable: bool, changes: list[tuple[int, str | None]]) -> OpenTransaction:
        """A transaction that has written and goes on."""
        return self._written(changes, repeatable)

    def _written(self, changes: list[tuple[int, str | None]], repeatable: bool = False) -> OpenTransaction:
        opened = self.begin(repeatable)
        for key, value in changes:
            expected = opened.rows(self.committed)
            if key in expected and not self._delete(opened, key, prepared=False):
                continue
            if value != DELETED:
                self.insert(opened, key, value, how="tuple")
        return opened

    def begin(self, repeatable: bool) -> OpenTransaction:
        """Begin a transaction, not yet known to any rule."""
        transaction = self.storage.begin("repeatable read" if repeatable else "read committed")
        transaction.begin_statement()
        opened = OpenTransaction(transaction, dict(self.committed) if repeatable else None)
        self.open.append(opened)
        return opened

    @rule(opened=transactions, key=KEYS, value=TEXTS, how=st.sampled_from(["tuple", "load", "segment"]))
    def insert(self, opened: OpenTransaction, key: int, value: str | None, how: str) -> None:
        """Insert a row: as a tuple, as a prepared load, or in a segment of its own, as a bulk load does."""
        if not opened.transaction.is_open:
            return
        mark = opened.transaction.begin_statement()
        taken = key in opened.written or (key in self.committed and key not in opened.deleted)
        superseded = key in (opened.snapshot or ()) and key not in opened.deleted and key not in self.committed
        try:
            rows: Any = [(key, value)]
            data = table_from_rows(rows, self.table.columns)
            if how == "segment" and self.table.type != "stream":
                work = reserve_segment(self.storage, opened.transaction, self.store, data)
                rows = write_segment_load(self.storage, work)
            elif how != "tuple":
                rows = prepare_load(self.storage, self.table, data, store_oid=self.store)
            opened.transaction.insert(self.store, rows)
        except UniqueViolation:
            assert taken
            opened.transaction.undo_to(mark)
        except Blocked:
            opened.transaction.undo_to(mark)
        except SerializationFailure:
            assert superseded
            opened.transaction.undo_to(mark)
        else:
            assert not taken
            assert not superseded
            opened.written[key] = value

    @rule(opened=transactions, key=KEYS, prepared=st.booleans())
    def delete(self, opened: OpenTransaction, key: int, prepared: bool) -> None:
        """Delete a row, if it is there and free: by itself, or in the way of many."""
        self._delete(opened, key, prepared)

    @rule(opened=transactions, key=KEYS, value=TEXTS, prepared=st.booleans())
    def update(self, opened: OpenTransaction, key: int, value: str | None, prepared: bool) -> None:
        """Delete and insert, as an UPDATE does."""
        if self._delete(opened, key, prepared):
            opened.transaction.insert(self.store, [(key, value)])
            opened.written[key] = value

    def _delete(self, opened: OpenTransaction, key: int, prepared: bool) -> bool:
        if not opened.transaction.is_open:
            return False
        mark = opened.transaction.begin_statement()
        found = opened.transaction.find(self.store, self.storage.key_of(self.table, (key,)))
        expected = opened.rows(self.committed)
        assert (found and found[0]) == ((key, expected[key]) if key in expected else None)
        if found is None:
            return False
        try:
            if prepared:
                delete_prepared(opened.transaction, self.store, [found[1]])
            else:
                opened.transaction.delete(self.store, [found[1]])
        except Blocked:
            opened.transaction.undo_to(mark)
            return False
        except SerializationFailure:
            assert opened.snapshot is not None
            opened.transaction.undo_to(mark)
            return False
        except LoadedRowChanged:
            assert key in opened.written
            assert found[1] < PROVISIONAL_SEQ
            opened.transaction.undo_to(mark)
            return False
        except RowChanged:  # pragma: no cover - nothing happens between find and delete
            raise AssertionError from None
        if key in opened.written:
            del opened.written[key]
        else:
            opened.deleted.add(key)
        return True

    @rule(opened=transactions)
    def savepoint(self, opened: OpenTransaction) -> None:
        """Remember this moment of the transaction."""
        if opened.transaction.is_open:
            mark = opened.transaction.begin_statement()
            opened.marks.append((mark, dict(opened.written), set(opened.deleted)))

    @rule(opened=transactions)
    def rollback_to_savepoint(self, opened: OpenTransaction) -> None:
        """Go back to the last moment that was remembered."""
        if opened.transaction.is_open and opened.marks:
            mark, opened.written, opened.deleted = opened.marks.pop()
            opened.transaction.undo_to(mark)

    @rule(opened=consumes(transactions), commit=st.sampled_from([True, True, False]))
    def end_transaction(self, opened: OpenTransaction, commit: bool) -> None:
        """Commit or roll back."""
        self._end_transaction(opened, commit)

    def _end_transaction(self, opened: OpenTransaction, commit: bool) -> None:
        if not opened.transaction.is_open:
            return
        self.open.remove(opened)
        if not commit:
            self.storage.rollback(opened.transaction)
            return
        self.storage.commit(opened.transaction).result()
        for key in opened.deleted:
            del self.committed[key]
        self.committed |= opened.written

    @rule(target=snapshots)
    def take_snapshot(self) -> Taken:
        """Take a snapshot, to be read later."""
        return self.storage.snapshot(self.store), sorted(self.committed.items()), self.openings

    @rule(taken=snapshots)
    def read_old_snapshot(self, taken: Taken) -> None:
        """A snapshot has the rows that it had, whatever happened since, but for a restart."""
        snapshot, expected, opening = taken
        if opening == self.openings:
            assert sorted(rows_of(snapshot)) == expected

    @precondition(lambda self: self.committed)
    @rule(meanwhile=CHANGES, outcome=st.sampled_from(["commit", "commit, reopen", "give up"]))
    def flush(self, meanwhile: list[tuple[int, str | None]], outcome: str) -> None:
        """A flush, with changes committed between its plan and its end."""
        plan = plan_flush(self.storage, self.store)
        self._end_transaction(self._written(meanwhile), commit=True)
        if plan is not None:
            segments = write_segments(plan, lambda done, total: None)
            if outcome == "give up":
                discard(segments)
            else:
                commit_flush(self.storage, plan, segments).result()
        if outcome == "commit, reopen":
            self.reopen()

    @rule()
    def reopen(self) -> None:
        """A clean restart: open transactions are gone, committed rows are not."""
        self._forget_open()
        self.storage.close()
        self.storage = self.open_folder()
        self.openings += 1
        assert not list(self.storage.cold_folder.rglob("*.tmp"))

    @rule()
    def drop_and_create_again(self) -> None:
        """A dropped table is gone with all its rows, and its name is free."""
        self._forget_open()
        transaction = self.storage.begin()
        transaction.change_catalog(lambda catalog: catalog.without_table(self.table.oid))
        self.storage.commit(transaction).result()
        reclaim(self.storage, self.table.oid, lambda done, total: None)
        assert self.storage.dropped() == ()
        self.create()
        self.committed = {}

    def _forget_open(self) -> None:
        for opened in self.open:
            self.storage.rollback(opened.transaction)
        self.open.clear()

    @invariant()
    def committed_rows_are_visible(self) -> None:
        """Scans and look-ups see exactly the committed rows."""
        if not hasattr(self, "storage"):
            return
        assert sorted(rows_of(self.storage.snapshot(self.store))) == sorted(self.committed.items())
        for key in range(12):
            expected = (key, self.committed[key]) if key in self.committed else None
            found = self.storage.find(self.store, self.storage.key_of(self.table, (key,)))
            assert (found and found[0]) == expected

    @invariant()
    def transactions_see_their_own_rows(self) -> None:
        """An open transaction sees its snapshot (or what is committed) with its own changes on top."""
        for opened in getattr(self, "open", ()):
            opened.transaction.begin_statement()
            expected = opened.rows(self.committed)
            assert sorted(rows_of(opened.transaction.snapshot(self.store))) == sorted(expected.items())
            for key in range(12):
                found = opened.transaction.find(self.store, self.storage.key_of(self.table, (key,)))
                assert (found and found[0]) == ((key, expected[key]) if key in expected else None)


class UserTableMachine(StorageMachine):
    """The same in the rows of one role, beside another one's with the same keys, which nothing ever changes."""

    options: ClassVar[dict[str, str]] = {"type": "user"}

    def create(self) -> None:
        """Make the table and both roles' stores."""
        super().create()
        transaction = self.storage.begin()
        self.store = transaction.partition(self.table.oid, Role(20_001, "this one"))
        self.other = transaction.partition(self.table.oid, Role(20_002, "the other"))
        transaction.insert(self.other, [(key, "other") for key in range(12)])
        self.storage.commit(transaction).result()

    @rule()
    def flush_the_other(self) -> None:
        """Settle the other role's rows, too."""
        plan = plan_flush(self.storage, self.other)
        if plan is not None:
            commit_flush(self.storage, plan, write_segments(plan, lambda done, total: None)).result()

    @invariant()
    def the_other_has_its_rows(self) -> None:
        """As they were."""
        if hasattr(self, "storage"):
            assert rows_of(self.storage.snapshot(self.other)) == [(key, "other") for key in range(12)]


class StreamMachine(StorageMachine):
    """The same in a stream, which is never flushed; all its rows expire at times, and are evicted, or not yet."""

    options: ClassVar[dict[str, str]] = {"type": "stream", "ttl": "1h"}

    @precondition(lambda self: self.committed)
    @rule(meanwhile=CHANGES, outcome=st.sampled_from(["leave", "evict", "evict, reopen", "reopen"]))
    def flush(self, meanwhile: list[tuple[int, str | None]], outcome: str) -> None:
        """Let all rows expire, with rows that come, whose keys may be those of expired ones, before these are evicted.

        Transactions that are open would see the time pass: they are rolled back before.
        """
        self._forget_open()
        self.now_us += 3_600_000_000
        self.committed = {}
        plan = plan_eviction(self.storage, self.store)
        self._end_transaction(self._written(meanwhile), commit=True)
        if plan is not None and outcome.startswith("evict"):
            for keys in key_slices(plan):
                remove_keys(self.storage, plan, keys).result()
            commit_eviction(self.storage, plan).result()
        if outcome.endswith("reopen"):
            self.reopen()


for machine in (StorageMachine, UserTableMachine, StreamMachine):
    machine.TestCase.settings = settings(
        max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
TestStorage = StorageMachine.TestCase
TestUserTable = UserTableMachine.TestCase
TestStream = StreamMachine.TestCase
