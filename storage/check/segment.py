"""One segment against its manifest entry: the file, its footer, every page, every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from storage.check.values import validate
from storage.errors import CorruptSegment
from storage.layout import layout_columns
from storage.rows import SEQ_COLUMN
from storage.segment_file import open_segment, reading, verify_file
from storage.segment_writer import SegmentMeasures, segment_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from storage.catalog_entries import LayoutColumn, Table
    from storage.dead import Seqs
    from storage.segment import ColumnStatistics, Segment

_FIELD_ID: Final = b"PARQUET:field_id"


def read_segment(segment: Segment, table: Table) -> Iterator[tuple[Seqs, pa.Table]]:
    """Its rows as they are in the file, a row group after the other, with their seqs.

    Raises `CorruptSegment` for the first thing that is wrong: rows that were given before are as they should be.
    """
    verify_file(segment)
    columns = layout_columns(table, segment.layout)
    measures = SegmentMeasures(columns)
    last_seq = segment.min_seq - 1
    with open_segment(segment) as file:
        _check_columns(segment, columns, file.schema_arrow)
        for number, group_start in enumerate(segment.group_starts):
            with reading(segment):
                group = file.read_row_group(number, use_threads=False)
                validate(group)
            seqs = _seqs_of(segment, group, number, last_seq)
            if seqs.item(0) != group_start:
                raise _fault(segment, f"row group {number} begins with row {seqs.item(0)} instead of {group_start}")
            last_seq = seqs.item(-1)
            measures.add(group, lambda _rows: None)
            yield seqs, group
    if (measures.min_seq, last_seq) != (segment.min_seq, segment.max_seq):
        raise _fault(segment, f"its last row is {last_seq} instead of {segment.max_seq}")
    # A column that was replaced has the negative of its number in its layout.
    names = {abs(column.number): column.name for column in columns}
    measured = {abs(number): known for number, known in measures.statistics.items()}
    for column_number, known in segment.statistics.items():
        found = measured.get(column_number)
        if found is None or not _holds(known, found):
            name = names.get(column_number)
            raise _fault(segment, f'the statistics of column "{name}" are {known}, and its values are {found}')


def _fault(segment: Segment, what: str) -> CorruptSegment:
    return CorruptSegment(f"segment {segment.path.name}: {what}")


def _check_columns(segment: Segment, columns: Sequence[LayoutColumn], found: pa.Schema) -> None:
    expected = _columns_of(segment_schema(columns))
    if _columns_of(found) != expected:
        raise _fault(segment, f"it has the columns {_columns_of(found)} instead of {expected}")


def _columns_of(schema: pa.Schema) -> list[tuple[str, pa.DataType, int]]:
    return [(field.name, field.type, abs(int((field.metadata or {}).get(_FIELD_ID, 0)))) for field in schema]


def _seqs_of(segment: Segment, group: pa.Table, number: int, last_seq: int) -> Seqs:
    column = group.column(SEQ_COLUMN)
    if not group.num_rows or column.null_count:
        raise _fault(segment, f"row group {number} has no rows, or rows without a number")
    seqs: Seqs = column.to_numpy()
    if seqs.item(0) <= last_seq or not bool((seqs[1:] > seqs[:-1]).all()):
        raise _fault(segment, f"the rows of row group {number} do not ascend behind row {last_seq}")
    if seqs.item(-1) > segment.max_seq:
        raise _fault(segment, f"it has row {seqs.item(-1)}, behind its last one, {segment.max_seq}")
    return seqs


def _holds(known: ColumnStatistics, found: ColumnStatistics) -> bool:
    if known.null_count != found.null_count:
        return False
    return _in_order(known.minimum, found.minimum) and _in_order(found.maximum, known.maximum)


def _in_order(low: Any, high: Any) -> bool:  # noqa: ANN401 - bounds of any type
    return low is None or high is None or bool(low <= high)
