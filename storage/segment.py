"""A segment: one immutable Parquet file of cold rows, and what is known of it without opening it."""

from __future__ import annotations

import threading
from bisect import bisect_right
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from msgspec import Struct, field

from storage import types
from storage.errors import CorruptSegment
from storage.hot_value import FIRST_LAYOUT
from storage.layout import layout_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.rows import Stored

SEQ_FIELD_ID: Final = 2_147_483_540
"""The Parquet field id of `_seq`: from the top of the range, which Iceberg keeps for metadata columns."""

Operator = Literal["=", "<", "<=", ">", ">=", "is_null"]


class Predicate(Struct, frozen=True):
    """Something that holds for every row that matters to a reader: `column operator value`, the value stored."""

    column_number: int
    op: Operator
    value: Any = None


class ColumnStatistics(Struct, frozen=True):
    """The range of a column's values in a segment. A bound that is `None` is not known."""

    minimum: Any
    maximum: Any
    null_count: int


class Integrity:
    """What is known of the file of a segment: shared by all who have the segment, whichever snapshot they have it from.

    Once it is verified, or has a fault, that stays so. `turn` is held by whoever finds it out.
    """

    __slots__ = ("fault", "is_verified", "turn")

    def __init__(self, *, is_verified: bool = True, fault: str | None = None) -> None:
        self.is_verified = is_verified
        """Whether this process has written the file, or held it to its checksum."""
        self.fault = fault
        """Why it cannot be read: seen when the data folder was opened, or when it was to be read for the first time."""
        self.turn = threading.Lock()


class Segment(Struct, frozen=True, eq=False, weakref=True):
    """A Parquet file of rows with seqs from `min_seq` to `max_seq`, ascending, perhaps with gaps.

    Whoever holds a `Segment` can open its file: the file of a retired one lives as long as any reference to it.
    """

    path: Path
    rows: int
    bytes: int
    min_seq: int
    max_seq: int
    group_starts: tuple[int, ...]
    """The first seq of each row group."""
    statistics: Mapping[int, ColumnStatistics]
    """By column number; a column may be missing."""
    created_at: int
    """In microseconds since the epoch."""
    owner: str | None = None
    """The role whose rows these are, if the table is split by roles."""
    integrity: Integrity = field(default_factory=Integrity)
    layout: int = FIRST_LAYOUT
    """Which of the table's layouts its columns are of."""
    checksum: int | None = None
    """CRC-32 of the file, if it was written by a server that kept that."""

    @property
    def fault(self) -> str | None:
        """Why it cannot be read, as far as that is known."""
        return self.integrity.fault

    def may_match(self, predicates: Iterable[Predicate]) -> bool:
        """Whether any of its rows can satisfy all predicates, which are about columns of its layout."""
        get, rows = self.statistics.get, self.rows
        for predicate in predicates:
            known = get(predicate.column_number)
            if known is not None and not may_match(predicate, known, rows):
                return False
        return True

    def require_readable(self) -> None:
        """Raise `CorruptSegment` if it is known to be unreadable."""
        fault = self.integrity.fault
        if fault is not None:
            raise CorruptSegment(f"segment {self.path.name} cannot be read: {fault}")


def may_match(predicate: Predicate, known: ColumnStatistics, rows: int) -> bool:
    """Whether any of so many rows, of whose column this is known, can satisfy a predicate."""
    if predicate.op == "is_null":
        return known.null_count > 0
    if known.null_count == rows:
        return False
    value = predicate.value
    if value is None or value != value:
        return True
    above = known.minimum is None or _in_order(known.minimum, value, strict=predicate.op == "<")
    below = known.maximum is None or _in_order(value, known.maximum, strict=predicate.op == ">")
    match predicate.op:
        case "=":
            return above and below
        case "<" | "<=":
            return above
        case _:
            return below


def _in_order(low: Stored, high: Stored, *, strict: bool) -> bool:
    return bool(low < high if strict else low <= high)


class SegmentList:
    """The segments of a table, ascending; their ranges of seqs do not overlap. Immutable."""

    __slots__ = ("row_count", "segments", "starts")

    def __init__(self, segments: Iterable[Segment] = ()) -> None:
        self.segments = tuple(sorted(segments, key=lambda segment: segment.min_seq))
        self.starts = tuple(segment.min_seq for segment in self.segments)
        self.row_count = sum(segment.rows for segment in self.segments)

    def holding(self, seq: int) -> Segment | None:
        """The segment whose range has the seq."""
        at = bisect_right(self.starts, seq) - 1
        if at < 0 or seq > self.segments[at].max_seq:
            return None
        return self.segments[at]

    def exchanging(self, old: Iterable[Segment], new: Iterable[Segment]) -> SegmentList:
        """With new segments in the place of old ones."""
        gone = {segment.min_seq for segment in old}
        return SegmentList((*(segment for segment in self.segments if segment.min_seq not in gone), *new))

    def adding(self, segments: Sequence[Segment]) -> SegmentList:
        """With these segments, too."""
        return SegmentList((*self.segments, *segments))


class _ManifestEntry(msgspec.Struct, array_like=True):
    file_name: str
    rows: int
    bytes: int
    min_seq: int
    max_seq: int
    group_starts: tuple[int, ...]
    statistics: list[tuple[int, Any, Any, int]]
    created_at: int
    layout: int = FIRST_LAYOUT
    """Entries of older servers do not have it."""
    checksum: int | None = None
    """Nor this."""


def encode_manifest_entry(segment: Segment, folder: Path) -> bytes:
    """A segment as the manifest has it: its path relative to the folder of cold files."""
    statistics = [
        (number, known.minimum, known.maximum, known.null_count) for number, known in segment.statistics.items()
    ]
    entry = _ManifestEntry(
        str(segment.path.relative_to(folder)),
        segment.rows,
        segment.bytes,
        segment.min_seq,
        segment.max_seq,
        segment.group_starts,
        statistics,
        segment.created_at,
        segment.layout,
        segment.checksum,
    )
    return msgspec.msgpack.encode(entry)


def decode_manifest_entry(value: bytes, folder: Path, table: Table, owner: str | None) -> Segment:
    """The segment of a manifest entry of a table, or of an owner's part of it."""
    entry = msgspec.msgpack.decode(value, type=_ManifestEntry)
    columns = layout_columns(table, entry.layout)
    numerics = {column.number for column in columns if column.type.oid == types.NUMERIC.oid}
    statistics = {
        number: ColumnStatistics(_bound(low, number in numerics), _bound(high, number in numerics), nulls)
        for number, low, high, nulls in entry.statistics
    }
    return Segment(
        folder / entry.file_name,
        entry.rows,
        entry.bytes,
        entry.min_seq,
        entry.max_seq,
        entry.group_starts,
        statistics,
        entry.created_at,
        owner,
        Integrity(is_verified=False, fault=_fault(folder / entry.file_name, entry.bytes)),
        entry.layout,
        entry.checksum,
    )


def manifest_path(value: bytes, folder: Path) -> Path:
    """The file that a manifest entry names, without knowing its table."""
    return folder / msgspec.msgpack.decode(value, type=_ManifestEntry).file_name


def _bound(value: Stored, numeric: bool) -> Stored:
    return Decimal(value) if numeric and value is not None else value


def _fault(path: Path, size: int) -> str | None:
    """What is wrong with a file, as far as a glance shows it."""
    try:
        with path.open("rb") as file:
            found = file.seek(0, 2)
            if found != size:
                return f"it has {found} bytes instead of {size}"
            file.seek(-4, 2)
            return None if file.read(4) == b"PAR1" else "it does not end as a Parquet file does"
    except OSError as error:
        return str(error)
