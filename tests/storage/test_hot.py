"""Hot rows in memory against a plain dictionary from seq to row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from storage import hot as hot_module
from storage.cold import ColdReader
from storage.hot import TAIL_ROWS, HotRows
from storage.hot_value import RowFormat
from storage.rows import rows_from_table
from storage.table_state import TableState
from tests.storage.harness import define

if TYPE_CHECKING:
    from storage.catalog_entries import Table

TABLE: Table = define(20000)
FORMAT = RowFormat(TABLE.columns)


def rows(first: int, count: int) -> list[tuple[int, str]]:
    """As many rows, telling their seqs."""
    return [(seq, f"v{seq}") for seq in range(first, first + count)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["rows", "table", "late table", "die", "scan", "seal"]),
        st.integers(1, 9),
        st.sampled_from([0, 0, 1, 5]),
    ),
    max_size=25,
)


@given(STEPS)
@settings(deadline=None, max_examples=60)
def test_every_snapshot_has_the_rows_it_had(steps: list[tuple[str, int, int]]) -> None:
    """Appends with and without gaps, late loads, deaths, conversions and merges: scans and look-ups agree, for ever."""
    tail_rows, hot_module.TAIL_ROWS = hot_module.TAIL_ROWS, 8  # type: ignore[misc]
    try:
        state = TableState(TABLE, ColdReader(0))
        model: dict[int, tuple[int, str]] = {}
        next_seq, reserved, taken = 1, [], []
        for action, count, gap in steps:
            match action:
                case "rows":
                    if gap:
                        reserved.append((next_seq, gap))
                        next_seq += gap
                    state.hot.append(next_seq, rows(next_seq, count), 10)
                    model |= dict(zip(range(next_seq, next_seq + count), rows(next_seq, count), strict=True))
                    next_seq += count
                case "table":
                    state.hot.append_table(next_seq, FORMAT.table(rows(next_seq, count)), 10)
                    model |= dict(zip(range(next_seq, next_seq + count), rows(next_seq, count), strict=True))
                    next_seq += count
                case "late table" if reserved:
                    first, size = reserved.pop()
                    state.hot.append_table(first, FORMAT.table(rows(first, size)), 10)
                    model |= dict(zip(range(first, first + size), rows(first, size), strict=True))
                case "die" if model:
                    seq = sorted(model)[count % len(model)]
                    state.add_deaths([(seq, 0)])
                    del model[seq]
                case "scan":
                    state.snapshot().scan()
                case "seal":
                    state.hot.seal()
            state.changed()
            taken.append((state.snapshot(), dict(model)))
        for snapshot, expected in taken:
            table = snapshot.scan().hot
            found = [] if table is None else rows_from_table(table)
            assert [row[-1] for row in found] == sorted(expected)
            assert all(row[:-1] == expected[row[-1]] for row in found)
            assert snapshot.row_count == snapshot.hot_row_count == len(expected)
            for seq in range(next_seq + 1):
                assert snapshot.is_live(seq) == (seq in expected)
                if seq in expected:
                    assert snapshot.fetch(seq) == expected[seq]
                    assert snapshot.fetch(seq, (1,)) == expected[seq][1:]
    finally:
        hot_module.TAIL_ROWS = tail_rows  # type: ignore[misc]


def test_the_number_of_chunks_grows_with_the_logarithm_of_the_rows() -> None:
    """Sealed chunks are merged into ever larger ones."""
    hot = HotRows(FORMAT)
    for chunk in range(200):
        hot.append(1 + chunk * TAIL_ROWS, rows(1, TAIL_ROWS), 1)
    assert hot.row_count == 200 * TAIL_ROWS
    assert len(hot.chunks) < 20


def test_no_chunk_is_merged_over_a_boundary_that_is_kept() -> None:
    """A flush can forget its rows without splitting a chunk."""
    hot = HotRows(FORMAT)
    hot.append(1, rows(1, 10), 5)
    hot.seal()
    hot.keep_boundary(10)
    hot.append(11, rows(11, 10), 7)
    hot.seal()
    hot.append(21, rows(21, 10), 7)
    hot.seal()
    assert [(chunk.first_seq, chunk.end_seq) for chunk in hot.chunks] == [(1, 11), (11, 31)]
    hot.settle([(1, 10)])
    assert (hot.starts, hot.row_count, hot.byte_count) == ((11,), 20, 14)
