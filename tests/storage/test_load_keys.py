"""The keys of many rows in one index."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import types
from storage.keys import key_encoder
from storage.load_keys import LoadKeys, encoded_keys

LEAST, GREATEST = -(1 << 63), (1 << 63) - 1


def keys_of(values: list[int | None]) -> LoadKeys:
    """The keys of rows of one integer."""
    return LoadKeys(b"i", encoded_keys([types.BIGINT], [pa.array(values, pa.int64())]))


@pytest.mark.parametrize("first", [LEAST, -3, 7, GREATEST - 4])
def test_integers_that_follow_each_other_are_a_run(first: int) -> None:
    """All of them lie between its ends, and nothing else can: they are removed as a range."""
    keys = keys_of(list(range(first, first + 5)))
    entries = keys.entries(0, 5)
    assert keys.run(0, 5) == (entries[0], entries[4])
    assert keys.run(1, 3) == (entries[1], entries[3])
    assert entries == sorted(entry for entry in entries if entry is not None)


@pytest.mark.parametrize("values", [[1, 3], [2, 1], [1, 1], [1, None], [GREATEST, LEAST]])
def test_other_keys_are_no_run(values: list[int | None]) -> None:
    """Others may lie between them, or the range would be none at all."""
    assert keys_of(values).run(0, len(values)) is None


def test_which_rows_have_entries_of_others() -> None:
    """Whatever the order, without those that have no entry."""
    mine = keys_of([5, None, 2, 9])
    assert mine.are_in(keys_of([9, 5, None])).tolist() == [True, False, False, True]
    assert mine.are_in(mine).tolist()[0]
    assert not mine.are_in(keys_of([100])).any()
    assert [len(mine.without(other)) for other in (mine, keys_of([9, 5]), keys_of([100]))] == [0, 2, 4]
    assert mine.among([b"i", b"j", *mine.entries(3, 1), *keys_of([3]).entries(0, 1)]) == mine.entries(3, 1)


@given(st.lists(st.tuples(st.none() | st.integers(LEAST, GREATEST), st.none() | st.text(max_size=4)), max_size=9))
def test_columns_are_encoded_as_single_rows_are(rows: list[tuple[int | None, str | None]]) -> None:
    """Integers, text, both and more than that: a row that is looked up must be found."""
    columns = {types.BIGINT: pa.array([row[0] for row in rows], pa.int64())}
    columns[types.TEXT] = pa.array([row[1] for row in rows], pa.string())
    columns[types.BOOLEAN] = pa.array([True] * len(rows), pa.bool_())
    for key in ([types.BIGINT], [types.TEXT], [types.TEXT, types.BIGINT], [types.TEXT, types.BOOLEAN, types.BIGINT]):
        encode = key_encoder(key)
        values = list(zip(*(columns[each].to_pylist() for each in key), strict=True))
        expected = [None if None in row else encode(row) for row in values]
        assert encoded_keys(key, [columns[each] for each in key]).to_pylist() == expected


def test_rows_in_the_order_of_their_keys() -> None:
    """Each with its own, without those that have none."""
    seqs, keys = keys_of([5, None, 2, 9]).in_order(np.array([10, 11, 12, 13]))
    assert seqs.tolist() == [12, 10, 13]
    assert keys.entries(0, 3) == keys_of([2, 5, 9]).entries(0, 3)
