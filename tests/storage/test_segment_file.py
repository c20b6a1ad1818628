"""Damage inside of a segment's file is found where it is read, not passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import msgspec
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from storage import types
from storage.catalog_entries import Column
from storage.engine import Storage
from storage.errors import CorruptSegment
from storage.segment import Segment, decode_manifest_entry, encode_manifest_entry
from storage.segment_file import open_segment
from storage.segment_verifier import SegmentVerifier
from tests.storage.harness import SMALL_CACHES, compact, create_table, find, flush, insert, open_storage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.catalog_entries import Table

COLUMNS = (Column(1, "id", types.BIGINT, not_null=True), Column(2, "v", types.UUID))


def flip(path: Path, place: int) -> None:
    """Change one bit of a file; its size and its place stay."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def page_of(segment: Segment, column: int) -> int:
    """A place inside of the data of a column."""
    chunk = pq.ParquetFile(segment.path).metadata.row_group(0).column(column)
    return int(chunk.data_page_offset + chunk.total_compressed_size - 10)


def test_the_manifest_has_the_checksum_of_the_file(storage: Storage) -> None:
    """And gives it back. An entry of an older server has none."""
    table = create_table(storage)
    insert(storage, table, *[(n, "v" * n) for n in range(2_000)]).result()
    (segment,) = flush(storage, table)
    assert segment.checksum == crc32(segment.path.read_bytes())
    entry = encode_manifest_entry(segment, storage.cold_folder)
    assert decode_manifest_entry(entry, storage.cold_folder, table, None).checksum == segment.checksum
    older = msgspec.msgpack.encode(msgspec.msgpack.decode(entry)[:-1])
    assert decode_manifest_entry(older, storage.cold_folder, table, None).checksum is None


@pytest.mark.parametrize("is_on", [True, False])
@pytest.mark.parametrize("read", [compact, lambda storage, table: find(storage, table, 700)])
def test_a_changed_bit_in_a_page_is_found(
    tmp_path: Path, read: Callable[[Storage, Table], object], *, is_on: bool
) -> None:
    """By a look-up and by a compaction, which would make a good file of bad values: Arrow looks at the checksums of
    pages in any case. Values of uuids are any bytes.
    """
    storage = open_storage(tmp_path)
    table = create_table(storage, COLUMNS)
    for first in (0, 500):
        insert(storage, table, *[(n, n.to_bytes(2, "big") * 8) for n in range(first, first + 500)]).result()
        (segment,) = flush(storage, table)
    storage.close()
    flip(segment.path, page_of(segment, 1))
    storage = Storage.open(tmp_path, replace(SMALL_CACHES, verifier=SegmentVerifier(is_on)))
    with pytest.raises(CorruptSegment, match=f"segment {segment.path.name} cannot be read: .*checksum"):
        read(storage, table)
    assert find(storage, table, 3) == (3, b"\0\3" * 8)
    storage.close()


def test_another_file_is_not_taken_for_the_segment(storage: Storage) -> None:
    """One of the same size and name, which is a Parquet file as well."""
    table = create_table(storage)
    insert(storage, table, *[(n, "a") for n in range(10)]).result()
    (segment,) = flush(storage, table)
    insert(storage, table, *[(n, "a") for n in range(10, 30)]).result()
    (other,) = flush(storage, table)
    segment.path.write_bytes(other.path.read_bytes())
    with pytest.raises(CorruptSegment, match=f"segment {segment.path.name} cannot be read: it has 20 rows in 1 row"):
        open_segment(segment)
