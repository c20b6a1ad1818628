"""What is known of a segment without opening it: statistics, pruning, the manifest entry."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from storage import types
from storage.faults import FaultPoints
from storage.hot import with_seqs
from storage.rows import table_from_rows
from storage.segment import Predicate, Segment, SegmentList, decode_manifest_entry, encode_manifest_entry
from storage.segment_writer import BOUND_LENGTH_MAX, SegmentWriter
from tests.storage.harness import columns_of, define
from tests.storage.values import VALUES

if TYPE_CHECKING:
    import pyarrow as pa

    from storage.types import SqlType

COLD = Path("/nowhere")

ORDERED = [sql_type for sql_type in VALUES if sql_type != types.INTERVAL]

COMPARISONS = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def comparable(value: Any) -> Any:
    """What Python compares as SQL compares the value: NaN is the greatest float."""
    if isinstance(value, float):
        return (1, 0.0) if math.isnan(value) else (0, value)
    return value


def written(folder: Path, sql_type: SqlType, groups: list[list[Any]]) -> Segment:
    """A segment of one column, a row group for each list."""
    table = define(20000, columns_of(sql_type), key=())
    writer = SegmentWriter(table, None, folder, FaultPoints())
    seq, tables = 1, []
    for values in groups:
        tables.append(with_seqs(table_from_rows([(value,) for value in values], table.columns), seq))
        seq += len(values)
    segment = writer.write(tables, lambda rows: None)
    assert segment is not None
    return segment


@pytest.mark.parametrize("sql_type", ORDERED, ids=str)
def test_pruning_never_loses_a_row(sql_type: SqlType, tmp_path_factory: pytest.TempPathFactory) -> None:
    """If any row satisfies a predicate, the segment may match: for every type, NaN, NULL and long texts included."""
    folder = tmp_path_factory.mktemp("cold")
    values = st.none() | VALUES[sql_type]
    if sql_type == types.TEXT:
        values |= st.text("ab\U0010ffff", min_size=BOUND_LENGTH_MAX, max_size=BOUND_LENGTH_MAX + 2)

    @given(st.lists(values, min_size=1, max_size=4), VALUES[sql_type], st.sampled_from(list(COMPARISONS)))
    def check(rows: list[Any], value: Any, op: Any) -> None:
        segment = written(folder, sql_type, [rows])
        present = [row for row in rows if row is not None]
        matches = any(COMPARISONS[op](comparable(row), comparable(value)) for row in present)
        assert segment.may_match([Predicate(1, op, value)]) or not matches
        assert segment.may_match([Predicate(1, "is_null")]) == (len(present) < len(rows))
        table = define(20000, columns_of(sql_type), key=())
        again = decode_manifest_entry(encode_manifest_entry(segment, folder), folder, table, None)
        assert repr(again) == repr(replace(segment, integrity=again.integrity))
        segment.path.unlink()

    check()


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("=", 9, False), ("=", 10, True), ("=", 20, True), ("=", 21, False),
        ("<", 10, False), ("<", 11, True), ("<=", 10, True), ("<=", 9, False),
        (">", 20, False), (">", 19, True), (">=", 20, True), (">=", 21, False), ("is_null", None, False),
    ],
)  # fmt: skip
def test_pruning_is_worth_something(tmp_path: Path, op: Any, value: Any, *, expected: bool) -> None:
    """A segment of values from 10 to 20, over several row groups, is left out just outside of them."""
    segment = written(tmp_path, types.INTEGER, [[15, 20], [10, 12]])
    assert segment.may_match([Predicate(1, op, value)]) == expected
    assert segment.may_match([Predicate(2, "=", 0)]), "nothing is known of a column that it does not have"


def test_a_segment_of_nulls_matches_nothing_but_is_null(tmp_path: Path) -> None:
    """Comparing with NULL is never true."""
    segment = written(tmp_path, types.TEXT, [[None, None]])
    assert not segment.may_match([Predicate(1, "=", "a")])
    assert segment.may_match([Predicate(1, "is_null")])


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), max_size=6), st.integers(0, 80))
def test_the_segment_holding_a_seq_is_found(sizes: list[tuple[int, int]], seq: int) -> None:
    """Exactly the one whose range has it; between ranges there is none."""
    segments, start = [], 1
    for gap, length in sizes:
        start += gap
        segments.append(Segment(COLD, length, 0, start, start + length - 1, (), {}, 0))
        start += length
    expected = [segment for segment in segments if segment.min_seq <= seq <= segment.max_seq]
    found = SegmentList(reversed(segments)).holding(seq)
    assert ([found] if found else []) == expected


def test_writing_no_rows_makes_no_file(tmp_path: Path) -> None:
    """Neither a segment nor a folder."""
    writer = SegmentWriter(define(1), None, tmp_path, FaultPoints())
    empty: pa.Table = with_seqs(table_from_rows([], define(1).columns), 1)
    assert writer.write([empty], lambda rows: None) is None
    assert list(tmp_path.iterdir()) == []
