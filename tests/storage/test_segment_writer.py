"""How the columns of a segment are encoded, and that other programs read them as what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import types
from storage.catalog_entries import Column
from storage.faults import FaultPoints
from storage.hot import with_seqs
from storage.rows import table_from_rows
from storage.segment_writer import SegmentWriter
from tests.storage.harness import columns_of, define
from tests.storage.values import VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from storage.rows import Row
    from storage.types import SqlType

DIFFERENCES = "DELTA_BINARY_PACKED"

INTEGERS = [
    types.SMALLINT, types.INTEGER, types.BIGINT, types.OID, types.DATE, types.TIME, types.TIMESTAMP, types.TIMESTAMPTZ,
    types.numeric(9, 2), types.numeric(18, 6),
]  # fmt: skip
"""Types whose values are integers in the file."""

OTHERS = [
    types.BOOLEAN, types.REAL, types.DOUBLE, types.TEXT, types.BYTEA, types.UUID, types.INTERVAL, types.numeric(19, 2),
    types.array_of(types.BIGINT), types.array_of(types.DATE),
]  # fmt: skip


def written(folder: Path, columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Path, pa.Table]:
    """The file of a segment of these rows, and what was given to be written."""
    table = define(20000, tuple(columns), key=())
    given_rows = with_seqs(table_from_rows(rows, table.columns), 1)
    segment = SegmentWriter(table, None, folder, FaultPoints()).write([given_rows], lambda rows: None)
    assert segment is not None
    return segment.path, given_rows


def encodings(path: Path) -> dict[str, set[str]]:
    """How the values of each leaf column are encoded, by its path."""
    group = pq.read_metadata(path).row_group(0)
    leaves = [group.column(number) for number in range(group.num_columns)]
    return {leaf.path_in_schema: set(leaf.encodings) for leaf in leaves}


def test_integers_are_written_as_differences(tmp_path: Path) -> None:
    """Of every type that Parquet has as integers, and `_seq`; nothing else is, also not what is in arrays."""
    columns = columns_of(*INTEGERS, *OTHERS)
    path, rows = written(tmp_path, columns, [(None,) * len(columns)] * 3)
    found = {leaf for leaf, kinds in encodings(path).items() if DIFFERENCES in kinds}
    assert found == {"_seq", *(column.name for column in columns[: len(INTEGERS)])}
    assert pq.read_table(path).equals(rows)


def test_a_name_that_looks_like_a_path_is_a_name(tmp_path: Path) -> None:
    """Arrow would take it for the path of what is inside another column, and could not write texts as differences."""
    columns = (
        Column(1, "a", types.array_of(types.TEXT)),
        Column(2, "a.list.element", types.BIGINT),
        Column(3, "b", types.INTERVAL),
        Column(4, "b.months", types.INTEGER),
    )
    path, rows = written(tmp_path, columns, [(["x", None], 1, (1, 2, 3), 4), (None, None, None, None)])
    assert pq.read_table(path).equals(rows)


@pytest.mark.parametrize("sql_type", [kind for kind in INTEGERS if kind in VALUES], ids=str)
def test_duckdb_reads_integers_of_any_size(sql_type: SqlType, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Also where the difference of two neighbours does not fit the type, and between NULLs; and so does Arrow."""
    folder = tmp_path_factory.mktemp("cold")
    with duckdb.connect(config={"threads": 1}) as connection:

        @settings(max_examples=15)
        @given(st.lists(st.none() | VALUES[sql_type], min_size=1, max_size=300))
        def check(values: list[Any]) -> None:
            path, rows = written(folder, columns_of(sql_type), [(value,) for value in values])
            assert pq.read_table(path).equals(rows)
            query = f"SELECT c1, _seq FROM read_parquet('{path}') WHERE _seq % 3 = 1 ORDER BY _seq"
            found = connection.sql(query).to_arrow_table()
            assert comparable(found["c1"]) == comparable(rows["c1"])[::3]
            path.unlink()

        check()


def comparable(values: pa.ChunkedArray[Any]) -> list[Any]:
    """The values; integers for dates and times, which Python has not so many of."""
    if not pa.types.is_temporal(values.type):
        return values.to_pylist()
    is_long = values.type.bit_width == 64
    return [value for chunk in values.chunks for value in chunk.cast(pa.int64() if is_long else pa.int32()).to_pylist()]
