"""Writes one segment: a Parquet file that appears whole or not at all."""

from __future__ import annotations

import io
import os
import secrets
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from storage.rows import SEQ_COLUMN, PlainArray, plain
from storage.segment import SEQ_FIELD_ID, ColumnStatistics, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from typing_extensions import Buffer

    from storage.catalog_entries import Column, LayoutColumn, Table
    from storage.faults import FaultPoints

    Step = Callable[[int], None]

GROUP_ROWS_MAX: Final = 122_880
"""Rows of a row group: a multiple of DuckDB's vectors, and its own unit of parallel scanning."""

GROUP_BYTES_MAX: Final = 16 << 20
"""Of wide rows fewer make a group, so that a cancel, which is seen between two columns, is seen soon."""

BOUND_LENGTH_MAX: Final = 64
"""Characters or bytes kept of a minimum or maximum."""

DECIMAL_INTEGER_DIGITS_MAX: Final = 18
"""Decimals of more digits do not fit the integers of Parquet."""

TEMPORARY_SUFFIX: Final = ".tmp"
OWNER_FOLDER: Final = "user="
"""What the names of folders with the rows of one role begin with."""


def table_folder(cold_folder: Path, table: Table, owner: str | None = None) -> Path:
    """Where a table's segments are, or those of one owner in it.

    Names are escaped: they may hold anything; the oid makes the folder unique.
    """
    folder = cold_folder / _escaped(table.namespace) / f"{_escaped(table.name)}-{table.oid}"
    return folder if owner is None else folder / f"{OWNER_FOLDER}{_escaped(owner)}"


def _escaped(name: str) -> str:
    return quote(name, safe="").replace(".", "%2E")[:180]


def segment_schema(columns: Sequence[Column | LayoutColumn]) -> pa.Schema:
    """The columns of a segment, with their numbers as field ids, and `_seq`."""
    fields = [_field(column.name, column.type.arrow, column.number) for column in columns]
    return pa.schema([*fields, _field(SEQ_COLUMN, pa.int64(), SEQ_FIELD_ID)])


def _field(name: str, arrow_type: pa.DataType, field_id: int) -> pa.Field[Any]:
    return pa.field(name, arrow_type, metadata={"PARQUET:field_id": str(field_id)})


def _is_integer_in_file(field: pa.Field[Any]) -> bool:
    """Whether Parquet has the column's values as integers of 32 or 64 bits."""
    if "." in field.name:
        # Arrow takes names for paths: `a.months` might be the months of the intervals in `a`, or `a.list.element` text.
        return False
    kind: Any = field.type
    if pa.types.is_decimal(kind):
        return bool(kind.precision <= DECIMAL_INTEGER_DIGITS_MAX)
    return pa.types.is_integer(kind) or pa.types.is_temporal(kind)


class SegmentWriter:
    """Writes segments of one row store. In a worker; several threads may write at once.

    `task` is who writes: the first part of the names of the fault points on the way.
    """

    def __init__(
        self, table: Table, owner: str | None, cold_folder: Path, faults: FaultPoints, task: str = "flush"
    ) -> None:
        self._columns = table.columns
        self._layout = table.layout
        self._owner = owner
        self._cold_folder = cold_folder
        self._folder = table_folder(cold_folder, table, owner)
        self._faults = faults
        self._task = task
        self._schema = segment_schema(table.columns)
        # Repeated text shrinks to half with a dictionary; numbers only get slower.
        self._dictionary = [column.name for column in table.columns if pa.types.is_string(column.type.arrow)]
        # Integers take a third of the time to read when they are written as differences, random ones too:
        # docs/decisions/integers-as-differences.md.
        self._encodings = {field.name: "DELTA_BINARY_PACKED" for field in self._schema if _is_integer_in_file(field)}

    def write(self, tables: Iterable[pa.Table], step: Step) -> Segment | None:
        """Write rows, which come with their seqs and in their order, as one segment; `None` if there are none.

        `step(rows)` is called after each row group with its rows, and often in between with 0. When it raises, or
        anything else does, no file is left.
        """
        groups = _row_groups(tables)
        first = next(groups, None)
        if first is None:
            return None
        self._faults.reach(f"{self._task}.before_write")
        self._folder.mkdir(parents=True, exist_ok=True)
        token = secrets.token_hex(8)
        temporary = self._folder / f"{token}.parquet{TEMPORARY_SUFFIX}"
        try:
            measures = SegmentMeasures(self._columns)
            self._write_groups(temporary, first, groups, measures, step)
            self._faults.reach(f"{self._task}.sync_file")
            sync_path(temporary)
            self._faults.reach(f"{self._task}.after_temporary_file")
            path = self._folder / f"{measures.min_seq}-{measures.max_seq}-{token}.parquet"
            temporary.rename(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        try:
            self._faults.reach(f"{self._task}.sync_folder")
            self._sync_folders()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self._faults.reach(f"{self._task}.after_rename")
        return measures.segment(path, self._owner, self._layout)

    def _write_groups(
        self, path: Path, first: pa.Table, rest: Iterator[pa.Table], measures: SegmentMeasures, step: Step
    ) -> None:
        with (
            _StoppableFile(path, step) as file,
            pq.ParquetWriter(
                file,
                self._schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=self._dictionary,  # type: ignore[arg-type]  # the stubs know no list of columns
                column_encoding=self._encodings,
                store_decimal_as_integer=True,
                write_page_checksum=True,
            ) as writer,
        ):
            group: pa.Table | None = first
            while group is not None:
                step(0)
                writer.write_table(pa.Table.from_arrays(group.columns, schema=self._schema), group.num_rows)
                measures.add(group, step)
                step(group.num_rows)
                group = next(rest, None)
        measures.checksum = file.checksum

    def _sync_folders(self) -> None:
        # The folders above may be new, too: each is durable only once its parent is.
        folder = self._folder
        while folder != self._cold_folder:
            sync_path(folder)
            folder = folder.parent
        sync_path(folder)


class _StoppableFile(io.FileIO):
    """A file that is written only as long as a step may be taken.

    Arrow writes a row group column by column: what raises here stops it in the middle of the group, which takes some
    fifty milliseconds.
    """

    def __init__(self, path: Path, step: Step) -> None:
        super().__init__(path, "wb")
        self._step = step
        self.checksum = 0
        """CRC-32 of what was written."""

    def write(self, data: Buffer) -> int:
        """Write all of it. Raises what the step raises."""
        self._step(0)
        left = memoryview(data).cast("B")
        written = len(left)
        self.checksum = crc32(left, self.checksum)
        while left:
            left = left[super().write(left) or 0 :]
        return written


def sync_path(path: Path) -> None:
    """Bring a file, or the entries of a folder, to disk. Raises an OSError that names it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        os.close(descriptor)


def _row_groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows, in pieces of the size of row groups."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        rest = table
        limit = min(GROUP_ROWS_MAX, max(1, GROUP_BYTES_MAX * rest.num_rows // max(rest.nbytes, 1)))
        while rest.num_rows:
            taken = rest.slice(0, max(limit - count, 1))
            rest = rest.slice(taken.num_rows)
            waiting.append(taken)
            count += taken.num_rows
            if count >= limit:
                yield pa.concat_tables(waiting)
                waiting, count = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


class SegmentMeasures:
    """What is known of the rows written so far."""

    def __init__(self, columns: Sequence[Column | LayoutColumn]) -> None:
        self._columns = columns
        self.statistics: dict[int, ColumnStatistics] = {}
        """By column number, with whole bounds."""
        self._group_starts: list[int] = []
        self._rows = 0
        self.max_seq = 0
        self.checksum = 0
        """CRC-32 of the file, once that is there."""

    @property
    def min_seq(self) -> int:
        """The first seq."""
        return self._group_starts[0]

    def add(self, group: pa.Table, step: Step) -> None:
        """The next row group. `step(0)` is called after each column."""
        seqs = group.column(SEQ_COLUMN)
        self._group_starts.append(seqs[0].as_py())
        self.max_seq = seqs[-1].as_py()
        self._rows += group.num_rows
        for column, values in zip(self._columns, group.columns, strict=False):
            known = column_statistics(plain(values))
            if known is not None:
                earlier = self.statistics.get(column.number)
                self.statistics[column.number] = known if earlier is None else _widened(earlier, known)
            step(0)

    def segment(self, path: Path, owner: str | None, layout: int) -> Segment:
        """The segment that was written."""
        return Segment(
            path=path,
            rows=self._rows,
            bytes=path.stat().st_size,
            min_seq=self.min_seq,
            max_seq=self.max_seq,
            group_starts=tuple(self._group_starts),
            statistics={number: _shortened(known) for number, known in self.statistics.items()},
            created_at=time.time_ns() // 1000,
            owner=owner,
            layout=layout,
            checksum=self.checksum,
        )


def column_statistics(values: PlainArray) -> ColumnStatistics | None:
    """The range of a column's plain values; `None` for a type that has no order here."""
    if pa.types.is_nested(values.type):
        return None
    bounds: dict[str, Any] = pc.min_max(values).as_py()  # type: ignore[assignment]  # a struct scalar
    low, high = bounds["min"], bounds["max"]
    if pa.types.is_floating(values.type) and pc.any(pc.is_nan(values)).as_py():
        # Arrow leaves NaN out of the range. In SQL it is greater than infinity, and predicates on NaN prune nothing.
        low, high = (np.inf if low is None or np.isnan(low) else low), np.inf
    return ColumnStatistics(low, high, values.null_count)


def _widened(one: ColumnStatistics, other: ColumnStatistics) -> ColumnStatistics:
    # In one group `None` means that there are only nulls, so the other group has the bounds.
    lows = [known.minimum for known in (one, other) if known.minimum is not None]
    highs = [known.maximum for known in (one, other) if known.maximum is not None]
    return ColumnStatistics(min(lows, default=None), max(highs, default=None), one.null_count + other.null_count)


def _shortened(known: ColumnStatistics) -> ColumnStatistics:
    """With bounds of bounded length. The beginning of a minimum is a minimum; that of a maximum is not a maximum."""
    low, high = known.minimum, known.maximum
    if isinstance(low, str | bytes):
        low = low[:BOUND_LENGTH_MAX]
    if isinstance(high, str | bytes) and len(high) > BOUND_LENGTH_MAX:
        high = None
    return ColumnStatistics(low, high, known.null_count)
