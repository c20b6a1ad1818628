"""The file of a segment, opened to be read: it is as the manifest says, or `CorruptSegment` names it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from zlib import crc32

import pyarrow as pa
import pyarrow.parquet as pq

from storage.errors import CorruptSegment
from storage.units import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.segment import Segment

CHUNK_BYTES: Final = 1 << 20


@contextmanager
def reading(segment: Segment) -> Iterator[None]:
    """Whatever Arrow finds wrong with the file meanwhile is raised as `CorruptSegment`."""
    try:
        yield
    except (OSError, pa.ArrowException, LookupError) as error:
        # A LookupError: it is a file of other columns, or of fewer row groups.
        raise CorruptSegment(f"segment {segment.path.name} cannot be read: {error}") from error


def verify_file(segment: Segment) -> None:
    """Hold the whole file to its checksum, if it has one, and open it. Raises `CorruptSegment`."""
    segment.require_readable()
    if segment.checksum is not None:
        checksum = 0
        with reading(segment), segment.path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK_BYTES):
                checksum = crc32(chunk, checksum)
        if checksum != segment.checksum:
            raise CorruptSegment(
                f"segment {segment.path.name}: its checksum is {checksum:08x} instead of {segment.checksum:08x}"
            )
    open_segment(segment).close()


def open_segment(segment: Segment) -> pq.ParquetFile:
    """Open the file; pages are held to their checksums when they are read. Raises `CorruptSegment`."""
    segment.require_readable()
    with reading(segment):
        file = pq.ParquetFile(segment.path, page_checksum_verification=True)
    found = file.metadata.num_rows, file.metadata.num_row_groups
    if found != (segment.rows, len(segment.group_starts)):
        file.close()
        raise CorruptSegment(
            f"segment {segment.path.name} cannot be read: it has {counted(found[0], 'row')} in "
            f"{counted(found[1], 'row group')} instead of {segment.rows} in {len(segment.group_starts)}: it is not the "
            "file that was written"
        )
    return file
