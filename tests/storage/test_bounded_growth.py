"""What a table takes stays within bounds under a steady load: segments, dead rows, files, keys in RocksDB."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from storage.compaction_policy import CompactionPolicy
from storage.keys import KeyKind, key
from tests.storage.harness import compact, create_table, delete, flush, insert, open_storage, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.engine import Storage

ROWS = 1_000
ROUNDS = 200
POLICY = CompactionPolicy()
"""That of a server by itself."""

SEGMENTS_MAX = POLICY.min_segments * (1 + math.ceil(math.log(ROWS, POLICY.min_segments)))
"""Fewer than `min_segments` of a like size, of each size up to that of all rows."""


def keys_of(storage: Storage, table: Table, kind: KeyKind) -> int:
    """How many keys of a kind a table has in RocksDB."""
    return sum(1 for _ in storage.scan(key(kind, table.oid)))


def files(storage: Storage) -> set[Path]:
    """Those in the cold folder."""
    return {path for path in storage.cold_folder.rglob("*") if path.is_file()}


def update(storage: Storage, table: Table, numbers: list[int], value: str) -> None:
    """Give rows another value."""
    transaction = storage.begin()
    for number in numbers:
        found = transaction.find(table.oid, storage.key_of(table, (number,)))
        assert found is not None
        transaction.delete(table.oid, [found[1]])
    transaction.insert(table.oid, [(number, value) for number in numbers])
    storage.commit(transaction).result()


def test_a_steady_load_of_updates(tmp_path: Path) -> None:
    """200 times 1 % of the rows are updated, flushed, and compacted by the policy.

    There is a logarithmic number of segments all the time, less than a fifth of the rows in them is dead, and there are
    no other files, deaths, index entries or hot keys than theirs. All of it is so after a restart.
    """
    storage = open_storage(tmp_path)
    table = create_table(storage)
    insert(storage, table, *[(number, "new") for number in range(ROWS)])
    chance = random.Random(1)
    one_file_bytes = 0
    for turn in range(ROUNDS):
        if turn:
            update(storage, table, chance.sample(range(ROWS), ROWS // 100), f"turn {turn}")
        flush(storage, table)
        compact(storage, table, POLICY)
        statistics = storage.statistics(table.oid)
        one_file_bytes = one_file_bytes or statistics.cold_bytes
        assert statistics.cold_rows == ROWS
        assert statistics.segments <= SEGMENTS_MAX
        # Of each segment, and so of all of them.
        assert statistics.dead_rows < POLICY.dead_fraction * (statistics.cold_rows + statistics.dead_rows)
        assert files(storage) == {segment.path for segment in storage.snapshot(table.oid).segments}
        # Each file has its own overhead, of about 2 kB.
        assert statistics.cold_bytes < 3 * one_file_bytes + statistics.segments * 3_000
    assert keys_of(storage, table, KeyKind.HOT) == 0
    assert keys_of(storage, table, KeyKind.INDEX) == ROWS
    assert keys_of(storage, table, KeyKind.DEAD) == statistics.dead_rows
    assert keys_of(storage, table, KeyKind.MANIFEST) == statistics.segments
    rows = rows_of(storage.snapshot(table.oid))
    storage.close()
    storage = open_storage(tmp_path)
    assert rows_of(storage.snapshot(table.oid)) == rows
    assert storage.statistics(table.oid).segments == statistics.segments
    assert len(files(storage)) == statistics.segments
    storage.close()


def test_rows_that_come_and_go_hot_leave_nothing(tmp_path: Path) -> None:
    """A queue: rows are inserted and soon deleted. A flush of dead rows frees what they took, without any file."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    for turn in range(50):
        first = turn * 20
        insert(storage, table, *[(number, "job") for number in range(first, first + 20)])
        delete(storage, table, *range(first, first + 20))
        if turn % 10 == 9:
            flush(storage, table)
            statistics = storage.statistics(table.oid)
            assert (statistics.hot_rows, statistics.dead_rows, statistics.segments) == (0, 0, 0)
            assert files(storage) == set()
            for kind in (KeyKind.HOT, KeyKind.INDEX, KeyKind.DEAD, KeyKind.MANIFEST):
                assert keys_of(storage, table, kind) == 0, kind
            assert storage.visible.store(table.oid).hot.chunks == ()
    storage.close()


def test_replaced_files_live_as_long_as_somebody_reads_them(tmp_path: Path) -> None:
    """Through many rounds with a reader over the first of them: its files stay, those between do not."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    insert(storage, table, *[(number, "new") for number in range(100)])
    flush(storage, table)
    snapshot = storage.snapshot(table.oid)
    read = {segment.path for segment in snapshot.segments}
    before = rows_of(snapshot)
    for turn in range(20):
        update(storage, table, list(range(turn, 100, 3)), f"turn {turn}")
        flush(storage, table)
        compact(storage, table)
        now = {segment.path for segment in storage.snapshot(table.oid).segments}
        assert len(now) == 1
        assert files(storage) == now | read
    assert rows_of(snapshot) == before
    del snapshot
    assert files(storage) == now
    storage.close()
