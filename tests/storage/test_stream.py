"""Streams: rows are gone once they are older than the ttl, whatever happens, and eviction removes them for good."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from storage.engine import Storage, StorageOptions, prepare_load
from storage.errors import RowChanged, StorageError, UniqueViolation
from storage.eviction import commit_eviction, evict, key_slices, plan_eviction, remove_keys
from storage.faults import FaultPoints
from storage.flush import plan_flush
from storage.keys import STORE_KINDS, KeyKind, key
from tests.storage.harness import KEY_AND_TEXT, ManualLoop, define, delete, find, insert, rows_of
from tests.storage.harness import create_table as create

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.syncer import CallSoon

HOUR_US = 3_600_000_000
SECOND_US = 1_000_000
STREAM = {"type": "stream", "ttl": "1h"}


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.us = 1_700_000_000_000_000

    def __call__(self) -> int:
        """The time."""
        return self.us


@pytest.fixture
def clock() -> Clock:
    """The clock of the storage."""
    return Clock()


def open_with(
    folder: Path, clock: Clock, call_soon: CallSoon | None = None, faults: FaultPoints | None = None
) -> Storage:
    """Open a data folder whose time is the clock's."""
    options = StorageOptions(
        block_cache_bytes=8 << 20, cold_cache_bytes=8 << 20, now_us=clock, faults=faults or FaultPoints()
    )
    return Storage.open(folder, options, call_soon)


@pytest.fixture
def storage(tmp_path: Path, clock: Clock) -> Iterator[Storage]:
    """A new data folder, open."""
    opened = open_with(tmp_path, clock)
    yield opened
    opened.close()


def create_stream(storage: Storage, ttl: str = "1h", key: tuple[int, ...] = (1,), name: str = "t") -> Table:
    """A stream with a key and a text."""
    return create(storage, KEY_AND_TEXT, key, name, {"type": "stream", "ttl": ttl})


def ids(storage: Storage, table: Table) -> list[int]:
    """The keys of all rows."""
    return [row[0] for row in rows_of(storage.snapshot(table.oid))]


def refuse(storage: Storage, table: Table, row_id: int) -> None:
    """See that a key is taken."""
    transaction = storage.begin()
    with pytest.raises(UniqueViolation):
        transaction.insert(table.oid, [(row_id, "a second")])
    storage.rollback(transaction)


def entries(storage: Storage, table: Table) -> dict[str, int]:
    """How many keys of each kind RocksDB has of the table."""
    counts = {kind.name: sum(1 for _ in storage.scan(key(kind, table.oid))) for kind in STORE_KINDS}
    return {kind: count for kind, count in counts.items() if count}


def go_on(_done: int, _total: int) -> None:
    """A checkpoint that never stops anything."""


def test_rows_are_gone_at_their_age(storage: Storage, clock: Clock) -> None:
    """A row is there until it is as old as the ttl, and then in no result: scan, look-up, count, statistics."""
    table = create_stream(storage)
    for number in range(4):
        insert(storage, table, (number, "v"))
        clock.us += 60 * SECOND_US
    clock.us += HOUR_US - 4 * 60 * SECOND_US - 1
    assert ids(storage, table) == [0, 1, 2, 3]
    clock.us += 1
    assert ids(storage, table) == [1, 2, 3]
    assert find(storage, table, 0) is None
    assert find(storage, table, 1) == (1, "v")
    assert storage.snapshot(table.oid).row_count == storage.statistics(table.oid).hot_rows == 3
    clock.us += HOUR_US
    assert ids(storage, table) == []
    assert storage.snapshot(table.oid).row_count == 0


def test_a_cut_through_a_chunk(storage: Storage, clock: Clock) -> None:
    """Rows expire one commit at a time even when they share a chunk with later ones, with dead rows among them."""
    table = create_stream(storage)
    for number in range(10):
        insert(storage, table, *((100 * number + n, "v") for n in range(1000)[:100]))
        clock.us += SECOND_US
    delete(storage, table, 50, 450, 950)
    storage.visible.store(table.oid).hot.seal()
    assert storage.snapshot(table.oid).row_count == 997
    clock.us += HOUR_US - 6 * SECOND_US
    found = ids(storage, table)
    assert found == [n for n in range(500, 1000) if n != 950]


def test_an_expired_key_is_free_at_once(storage: Storage, clock: Clock) -> None:
    """A key whose row has expired can be inserted again, before any eviction; one that has not cannot."""
    table = create_stream(storage)
    insert(storage, table, (1, "old"), (2, "old"))
    refuse(storage, table, 1)
    clock.us += HOUR_US
    insert(storage, table, (1, "new"))
    assert (find(storage, table, 1), find(storage, table, 2)) == ((1, "new"), None)
    assert rows_of(storage.snapshot(table.oid)) == [(1, "new")]
    refuse(storage, table, 1)
    load = prepare_load(storage, table, pa.table({"id": [2, 3], "v": ["load", "load"]}))
    transaction = storage.begin()
    transaction.insert(table.oid, load)
    storage.commit(transaction).result()
    assert sorted(rows_of(storage.snapshot(table.oid))) == [(1, "new"), (2, "load"), (3, "load")]


def test_the_new_row_of_an_expired_key_can_be_taken_back(storage: Storage, clock: Clock) -> None:
    """Undoing the insertion leaves nothing of either row."""
    table = create_stream(storage)
    insert(storage, table, (1, "old"))
    clock.us += HOUR_US
    transaction = storage.begin()
    mark = transaction.begin_statement()
    transaction.insert(table.oid, [(1, "new")])
    assert rows_of(transaction.snapshot(table.oid)) == [(1, "new")]
    transaction.undo_to(mark)
    assert rows_of(transaction.snapshot(table.oid)) == []
    storage.rollback(transaction)
    insert(storage, table, (1, "newer"))
    assert ids(storage, table) == [1]


def test_one_snapshot_keeps_what_it_saw(storage: Storage, clock: Clock) -> None:
    """REPEATABLE READ sees its rows however old they get, by scan and by key, even when they were replaced, and an
    eviction leaves them to it; afterwards they go.
    """
    table = create_stream(storage)
    insert(storage, table, (1, "a"), (2, "b"))
    reader = storage.begin("repeatable read")
    reader.begin_statement()
    clock.us += 2 * HOUR_US
    insert(storage, table, (1, "new"))
    assert evict(storage, table.oid, go_on) == 0
    assert rows_of(reader.snapshot(table.oid)) == [(1, "a"), (2, "b")]
    assert [reader.find(table.oid, storage.key_of(table, (n,)))[0] for n in (1, 2)] == [(1, "a"), (2, "b")]
    assert ids(storage, table) == [1]
    storage.rollback(reader)
    assert evict(storage, table.oid, go_on) == 2
    assert find(storage, table, 1) == (1, "new")


def test_a_snapshot_outlives_eviction(storage: Storage, clock: Clock) -> None:
    """A reader that has taken a snapshot reads on while its rows are evicted."""
    table = create_stream(storage)
    insert(storage, table, (1, "a"), (2, "b"))
    snapshot = storage.snapshot(table.oid)
    clock.us += HOUR_US
    assert evict(storage, table.oid, go_on) == 2
    assert rows_of(snapshot) == [(1, "a"), (2, "b")]


def test_a_row_that_was_evicted_cannot_be_deleted(storage: Storage, clock: Clock) -> None:
    """A statement that saw a row which is gone when it writes runs again."""
    table = create_stream(storage)
    insert(storage, table, (1, "a"))
    transaction = storage.begin()
    transaction.begin_statement()
    transaction.snapshot(table.oid)
    clock.us += HOUR_US
    evict(storage, table.oid, go_on)
    with pytest.raises(RowChanged):
        transaction.delete(table.oid, [1])
    storage.rollback(transaction)


def test_eviction_leaves_nothing_of_expired_rows(storage: Storage, clock: Clock) -> None:
    """Hot values, index entries, the dead and marks are gone, from disk and memory; what has not expired is there."""
    table = create_stream(storage)
    insert(storage, table, *((n, "old") for n in range(5_000)))
    delete(storage, table, 7)
    clock.us += HOUR_US
    insert(storage, table, (3, "again"))
    assert evict(storage, table.oid, go_on) == 5_000
    assert rows_of(storage.snapshot(table.oid)) == [(3, "again")]
    assert find(storage, table, 3) == (3, "again")
    assert entries(storage, table) == {"HOT": 1, "INDEX": 1, "MARK": 1, "HIGH_WATER": 1}
    assert storage.visible.store(table.oid).hot.row_count < 1_000, "at most what shares a chunk with a row that is left"
    assert plan_eviction(storage, table.oid) is None


def test_no_seq_is_given_twice(tmp_path: Path, clock: Clock) -> None:
    """After everything was evicted and the server restarted, new rows have new seqs."""
    storage = open_with(tmp_path, clock)
    table = create_stream(storage)
    insert(storage, table, (1, "a"), (2, "b"))
    clock.us += HOUR_US
    evict(storage, table.oid, go_on)
    storage.close()
    again = open_with(tmp_path, clock)
    insert(again, table, (1, "c"))
    assert again.last_seq(table.oid) == 3
    assert rows_of(again.snapshot(table.oid)) == [(1, "c")]
    again.close()


def test_ages_survive_a_restart(tmp_path: Path, clock: Clock) -> None:
    """What was old stays old, and what was young stays young, whether or not there was an eviction."""
    storage = open_with(tmp_path, clock)
    table = create_stream(storage)
    insert(storage, table, (1, "a"))
    clock.us += HOUR_US // 2
    insert(storage, table, (2, "b"))
    storage.close()
    for elapsed_us, expected in ((HOUR_US // 2 - 1, [1, 2]), (1, [2]), (HOUR_US // 2, [])):
        clock.us += elapsed_us
        storage = open_with(tmp_path, clock)
        assert ids(storage, table) == expected
        evict(storage, table.oid, go_on)
        storage.close()


def test_the_clock_may_jump(tmp_path: Path, clock: Clock) -> None:
    """Rows that are gone never come back, and rows that come while the clock is behind live at least as long as they
    should, after a restart too.
    """
    storage = open_with(tmp_path, clock)
    table = create_stream(storage)
    insert(storage, table, (1, "a"))
    clock.us += HOUR_US
    assert ids(storage, table) == []
    clock.us -= HOUR_US // 2
    assert ids(storage, table) == []
    insert(storage, table, (2, "b"))
    clock.us -= 5 * HOUR_US
    insert(storage, table, (3, "c"))
    storage.close()
    storage = open_with(tmp_path, clock)
    assert ids(storage, table) == [2, 3]
    clock.us += HOUR_US
    insert(storage, table, (4, "d"))
    assert ids(storage, table) == [2, 3, 4]
    clock.us += 10 * HOUR_US
    assert ids(storage, table) == []
    storage.close()


class HeldLoad(FaultPoints):
    """Holds a large load up once it has written something."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.released = threading.Event(), threading.Event()

    def reach(self, name: str) -> None:
        """Called by storage."""
        if name == "load.after_slice":
            self.reached.set()
            self.released.wait(60)


def test_rows_that_come_during_a_load_are_young(tmp_path: Path, clock: Clock) -> None:
    """Rows that are committed while a large load is staged keep their age when a crash undoes the load, whose mark
    stood for them, too; and the marks of the load do not make later rows old.
    """
    loop, held = ManualLoop(), HeldLoad()
    storage = open_with(tmp_path / "before", clock, loop.call_soon, held)
    transaction = storage.begin()
    table = define(transaction.new_oid(), options=STREAM)
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    loop.finish(storage.commit(transaction))
    loop.finish(insert(storage, table, (-1, "first")))
    clock.us += 30 * HOUR_US
    loading = storage.begin()
    loading.insert(table.oid, [(n, "load") for n in range(6_000)])
    loaded = storage.commit(loading)
    held.reached.wait(60)
    loop.finish(insert(storage, table, (-2, "meanwhile")))
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    held.released.set()
    loop.finish(loaded)
    storage.close()
    storage = open_with(tmp_path / "after", clock)
    assert ids(storage, table) == [-2]
    clock.us += HOUR_US // 2
    insert(storage, table, (-3, "after"))
    clock.us += HOUR_US // 2
    assert ids(storage, table) == [-3]
    storage.close()


def test_marks_are_few(storage: Storage, clock: Clock) -> None:
    """However many commits come, there are at most a hundred thousand marks in a ttl, and one in a millisecond."""
    table = create_stream(storage)
    for number in range(200):
        insert(storage, table, (number, "v"))
        clock.us += 1_000
    assert sum(1 for _ in storage.scan(key(KeyKind.MARK, table.oid))) == 200_000 // 36_000 + 1
    short = create_stream(storage, "1s", name="short")
    for number in range(100):
        insert(storage, short, (number, "v"))
        clock.us += 100
    assert sum(1 for _ in storage.scan(key(KeyKind.MARK, short.oid))) == 10


@pytest.mark.parametrize("steps", range(4))
def test_an_eviction_that_stops_anywhere_is_made_up_for(tmp_path: Path, clock: Clock, steps: int) -> None:
    """After a stop between any two steps, and a restart, expired rows are out of sight and an eviction finishes."""
    storage = open_with(tmp_path, clock)
    table = create_stream(storage)
    insert(storage, table, *((n, "old") for n in range(4_500)))
    clock.us += HOUR_US
    insert(storage, table, (1, "new"))
    plan = plan_eviction(storage, table.oid)
    for _, keys in zip(range(steps), key_slices(plan), strict=False):
        remove_keys(storage, plan, keys).result()
    storage.close()
    storage = open_with(tmp_path, clock)
    assert rows_of(storage.snapshot(table.oid)) == [(1, "new")]
    insert(storage, table, (2, "new"))
    assert evict(storage, table.oid, go_on) == 4_500
    assert sorted(ids(storage, table)) == [1, 2]
    assert entries(storage, table)["INDEX"] == 2
    storage.close()


def test_a_key_that_is_taken_during_the_eviction_stays(storage: Storage, clock: Clock) -> None:
    """An index entry that a new row has taken between the reading of keys and their removal is left alone."""
    table = create_stream(storage)
    insert(storage, table, (1, "old"), (2, "old"))
    clock.us += HOUR_US
    plan = plan_eviction(storage, table.oid)
    (keys,) = key_slices(plan)
    insert(storage, table, (2, "new"))
    remove_keys(storage, plan, keys).result()
    commit_eviction(storage, plan).result()
    assert (find(storage, table, 1), find(storage, table, 2)) == (None, (2, "new"))
    assert entries(storage, table) == {"HOT": 1, "INDEX": 1, "MARK": 1, "HIGH_WATER": 1}


def test_a_stream_without_a_key(storage: Storage, clock: Clock) -> None:
    """It is evicted in one step, with nothing to read."""
    table = create_stream(storage, key=())
    insert(storage, table, *((n, "old") for n in range(5_000)))
    clock.us += HOUR_US
    insert(storage, table, (1, "new"))
    assert evict(storage, table.oid, go_on) == 5_000
    assert entries(storage, table) == {"HOT": 1, "MARK": 1, "HIGH_WATER": 1}


def test_a_stream_is_never_flushed(storage: Storage) -> None:
    """`plan_flush` refuses it."""
    table = create_stream(storage)
    insert(storage, table, (1, "a"))
    with pytest.raises(StorageError, match="stream"):
        plan_flush(storage, table.oid)
