"""Single cold rows, and the bounded cache that they come from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from storage.cold import ColdReader
from storage.errors import NotCached
from tests.storage.harness import create_table, delete, find, flush, insert

if TYPE_CHECKING:
    from pathlib import Path

    from storage.engine import Storage


def test_a_look_up_decodes_only_what_it_needs_and_only_once(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """One column of one row group, and `_seq`; the next look-up there reads nothing."""
    monkeypatch.setattr("storage.segment_writer.GROUP_ROWS_MAX", 100)
    table = create_table(storage)
    insert(storage, table, *[(n, f"v{n}") for n in range(300)])
    flush(storage, table)
    reads: list[tuple[int, str]] = []
    read_row_group = pq.ParquetFile.read_row_group

    def counted(self: pq.ParquetFile, group: int, columns: list[str], **options: object) -> object:
        reads.append((group, columns[0]))
        return read_row_group(self, group, columns=columns, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counted)
    for n in (150, 151, 150):
        assert storage.find(table.oid, storage.key_of(table, (n,)), (1,)) == ((f"v{n}",), n + 1)
    assert reads == [(1, "_seq"), (1, "v")]
    assert find(storage, table, 299) == (299, "v299")
    assert reads[2:] == [(2, "_seq"), (2, "id"), (2, "v")]


def test_the_cache_is_bounded_and_right_when_it_is_too_small(storage: Storage, tmp_path: Path) -> None:
    """With room for hardly anything every row is found all the same."""
    table = create_table(storage)
    insert(storage, table, *[(n, f"v{n}") for n in range(300)])
    delete(storage, table, 100)
    (segment,) = flush(storage, table)
    reader = ColdReader(1)
    for seq in (1, 300, 101, 102):
        row = reader.row(segment, seq, range(len(table.columns)))
        assert row == (None if seq == 101 else (seq - 1, f"v{seq - 1}"))
        assert reader.count(segment, np.array([seq])) == (seq != 101)
        assert len(reader._columns) == 1
    assert reader.row(segment, 301, range(len(table.columns))) is None


def test_what_is_used_again_and_again_stays(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many other row groups are read once meanwhile, in a cache with room for two."""
    monkeypatch.setattr("storage.segment_writer.GROUP_ROWS_MAX", 100)
    table = create_table(storage)
    insert(storage, table, *[(n, "v") for n in range(900)])
    (segment,) = flush(storage, table)
    reader = ColdReader(4 * 800)
    for group in range(1, 9):
        assert reader.row(segment, 1, (0,)) == (0,)
        assert reader.row(segment, 1, (0,)) == (0,)
        assert reader.row(segment, 100 * group + 1, (0,)) == (100 * group,)
        groups = {kept for _, kept, _ in reader._columns}
        assert groups == {0, group}


@pytest.mark.parametrize("limit_bytes", [1, 1 << 20])
def test_what_must_not_read_is_told_what_to_have_read(storage: Storage, limit_bytes: int) -> None:
    """And finds the row then, even if the cache has no room for it; other threads read meanwhile."""
    table = create_table(storage)
    insert(storage, table, (1, "one"), (2, "two"))
    (segment,) = flush(storage, table)
    cold = storage.visible.cold = ColdReader(limit_bytes)
    with ThreadPoolExecutor(1) as worker:

        def attempt() -> object:
            assert worker.submit(ColdReader(1).row, segment, 1, (0,)).result() == (1,)
            return cold.row(segment, 1, (0, 1))

        with pytest.raises(NotCached) as raised:
            storage.from_cache(attempt)
        worker.submit(raised.value.read).result()
        assert storage.from_cache(attempt, ahead=raised.value.ahead) == (1, "one")
    assert cold.row(segment, 2, (1,)) == ("two",)
    if limit_bytes > 1:
        assert storage.from_cache(cold.row, segment, 2, (0, 1)) == (2, "two")


def test_threads_that_read_one_segment_read_it_one_after_the_other(storage: Storage) -> None:
    """An open Parquet file is for one reader at a time: two ended the server. Every row is right, and none crashes."""
    table = create_table(storage)
    insert(storage, table, *[(n, f"v{n}") for n in range(300)])
    (segment,) = flush(storage, table)
    reader = ColdReader(1)

    def read(first: int) -> None:
        for seq in range(first, first + 600, 7):
            assert reader.row(segment, seq % 300 + 1, (0, 1)) == (seq % 300, f"v{seq % 300}")

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(read, 13 * number) for number in range(32)]:
            done.result()
