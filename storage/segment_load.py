"""A prepared load whose rows are in a segment, and their keys in a file that is mapped into memory."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING

from storage.load import PreparedLoad
from storage.segment import encode_manifest_entry
from storage.segment_file import open_segment, reading
from storage.segment_writer import TEMPORARY_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from storage.cold import ColdReader
    from storage.rows import Row
    from storage.segment import Segment


class SegmentLoad(PreparedLoad):
    """Rows for one row store that have their seqs. Made by `bulk_load.write_segment_load`, in a worker."""

    __slots__ = ("_cold", "keep", "manifest_entry", "segment")

    def __init__(
        self,
        load: PreparedLoad,
        segment: Segment,
        keep: Callable[[], None],
        cold: ColdReader,
        cold_folder: Path,
    ) -> None:
        # A name that a start after a crash sweeps.
        path = cold_folder / f"{token_hex(8)}.keys{TEMPORARY_SUFFIX}"
        keys = [each.in_file(path) for each in load.keys]
        super().__init__(load.table, load.store_oid, load.data.schema.empty_table(), load.row_keys, keys)
        self.row_count = load.row_count
        self.held_bytes = 0
        self.existing, self.existing_seqs = load.existing, load.existing_seqs
        self.rows_meeting = load.rows_meeting
        self.watch = load.watch
        self.segment = segment
        self.keep = keep
        """To be called when a commit is about to put the segment into the manifest."""
        self.manifest_entry = encode_manifest_entry(segment, cold_folder)
        self._cold = cold

    @property
    def first_seq(self) -> int:
        """The seq of the first row; those of the others follow."""
        return self.segment.min_seq

    @property
    def last_seq(self) -> int:
        """The seq of the last row."""
        return self.segment.max_seq

    def row(self, position: int, columns: Sequence[int] | None) -> Row:
        """One row, or some of its columns by position. Raises `CorruptSegment`."""
        wanted = range(len(self.table.columns)) if columns is None else columns
        row = self._cold.row(self.segment, self.first_seq + position, wanted)
        assert row is not None, position
        return row

    def read(self, columns: Sequence[int] | None = None) -> pa.Table:
        """All rows, or some columns of them by position. In a worker. Raises `CorruptSegment`."""
        wanted = self.data.schema.names if columns is None else [self.data.schema.names[place] for place in columns]
        with open_segment(self.segment) as file, reading(self.segment):
            # A name that another one begins with, and a point, would bring that one, too.
            return file.read(wanted).select(wanted).combine_chunks()
