"""The keys of many rows in one index."""

from __future__ import annotations

import pyarrow as pa
import pytest

from storage import types
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
