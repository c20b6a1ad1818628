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
    from collections.abc import Callable, Iterator
    from pathlib import Path

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
        with reading(segment):
            fault = _fault_of_file(segment.path, segment.checksum, lambda: None)
        if fault is not None:
            raise CorruptSegment(f"segment {segment.path.name}: {fault}")
    open_segment(segment).close()


def find_fault(segment: Segment, step: Callable[[], None]) -> str | None:
    """What is wrong with the bytes of the file: all of them are read. In a worker; `step` is called now and then.

    A file of an older server, without a checksum, is held to those of its pages. Raises `CorruptSegment` if the file
    cannot be opened or read, which may be otherwise the next time.
    """
    with reading(segment):
        if segment.checksum is not None:
            return _fault_of_file(segment.path, segment.checksum, step)
        return _fault_of_pages(segment, step)


def _fault_of_file(path: Path, expected: int, step: Callable[[], None]) -> str | None:
    checksum, chunk = 0, bytearray(CHUNK_BYTES)
    view = memoryview(chunk)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(chunk):
            checksum = crc32(view[:count], checksum)
            step()
    return None if checksum == expected else f"its checksum is {checksum:08x} instead of {expected:08x}"


def _fault_of_pages(segment: Segment, step: Callable[[], None]) -> str | None:
    with open_segment(segment) as file:
        for group in range(file.num_row_groups):
            for column in file.schema_arrow.names:
                step()
                try:
                    file.read_row_group(group, columns=[column], use_threads=False)
                except (OSError, pa.ArrowException) as error:
                    return str(error)
    return None


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
