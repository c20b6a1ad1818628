"""Keys sort as their values do."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import types
from storage.keys import KeyKind, entry_encoder, key, key_encoder, prefix_end
from tests.storage.values import VALUES

if TYPE_CHECKING:
    from storage.types import SqlType


def in_order(sql_type: SqlType, value: Any) -> Any:
    """What Python compares as PostgreSQL compares the value."""
    if sql_type in (types.REAL, types.DOUBLE):
        return (1, 0.0) if math.isnan(value) else (0, value)
    if sql_type == types.INTERVAL:
        months, days, micros = value
        return (months * 30 + days) * 86_400_000_000 + micros
    return value.encode() if isinstance(value, str) else value


@pytest.mark.parametrize("sql_type", VALUES, ids=str)
def test_encoded_keys_compare_as_their_values(sql_type: SqlType) -> None:
    """For any two values the bytes are less, equal or greater as PostgreSQL's C collation says."""

    @given(VALUES[sql_type], VALUES[sql_type])
    def check(one: Any, other: Any) -> None:
        encode = key_encoder([sql_type])
        left, right = encode((one,)), encode((other,))
        assert (left < right) == (in_order(sql_type, one) < in_order(sql_type, other))
        assert (left == right) == (in_order(sql_type, one) == in_order(sql_type, other))

    check()


@given(st.data())
def test_keys_of_several_columns_compare_column_by_column(data: st.DataObject) -> None:
    """A multi-column key compares as the tuple of its values does, whatever their types."""
    sql_types = data.draw(st.lists(st.sampled_from(list(VALUES)), min_size=2, max_size=3))
    one, other = (tuple(data.draw(VALUES[sql_type]) for sql_type in sql_types) for _ in range(2))
    if data.draw(st.booleans()):
        other = (one[0], *other[1:])
    encode = key_encoder(sql_types)
    left, right = ([in_order(t, v) for t, v in zip(sql_types, values, strict=True)] for values in (one, other))
    assert (encode(one) < encode(other)) == (left < right)


def test_arrays_compare_element_by_element() -> None:
    """As in PostgreSQL: NULL above all others, and the beginning of an array before it, whatever the elements are."""
    texts = key_encoder([types.array_of(types.TEXT)])
    ascending: list[list[Any]] = [[], ["", ""], ["", None], ["a"], ["a", "a"], ["a", "b"], ["a\1"], [None], [None, "a"]]
    encoded = [texts((value,)) for value in ascending]
    assert encoded == sorted(encoded)
    assert len(set(encoded)) == len(encoded)


def test_special_values_are_where_postgresql_puts_them() -> None:
    """Zeros are equal, NaN is the greatest float, and a text that goes on after a NUL comes after the shorter one."""
    double = key_encoder([types.DOUBLE])
    assert double((0.0,)) == double((-0.0,))
    floats = [-math.inf, -1.5, -1e-300, 0.0, 1e-300, 1.5, math.inf, math.nan]
    assert all(double((low,)) < double((high,)) for low, high in pairwise(floats))
    text = key_encoder([types.TEXT])
    texts = ["", "\0", "\0\0", "\0a", "\1", "a", "a\0", "a\0b", "a\1", "ab", "é", "\U0001f600"]
    assert all(text((low,)) < text((high,)) for low, high in pairwise(texts))


def test_a_rows_entry_is_that_of_its_key_columns_in_the_keys_order() -> None:
    """`entry_encoder` takes the values from their positions in the row, and makes nothing of a NULL."""
    row = (7, "x", -3, None)

    def entry(sql_types: list[types.SqlType], positions: list[int], nullable: bool = False) -> bytes | None:
        return entry_encoder(b"i1", sql_types, positions, nullable=nullable)(row)

    both = [types.TEXT, types.INTEGER]
    for nullable in (False, True):
        assert entry([types.BIGINT], [2], nullable) == b"i1" + key_encoder([types.BIGINT])((-3,))
        assert entry([types.TEXT], [1], nullable) == b"i1" + key_encoder([types.TEXT])(("x",))
        assert entry(both, [1, 0], nullable) == b"i1" + key_encoder(both)(("x", 7))
    assert entry(both, [1, 3], nullable=True) is None
    assert entry([types.TEXT], [3], nullable=True) is None


@given(st.binary(min_size=1).filter(lambda prefix: set(prefix) != {0xFF}), st.binary())
def test_prefix_end_bounds_exactly_the_keys_with_the_prefix(prefix: bytes, other: bytes) -> None:
    """A key is between prefix and end if and only if it starts with the prefix."""
    assert (prefix <= other < prefix_end(prefix)) == other.startswith(prefix)
    assert prefix <= prefix + other < prefix_end(prefix)


def test_no_kind_is_a_prefix_of_another_one() -> None:
    """A scan of one kind never meets keys of another one."""
    kinds = list(KeyKind)
    assert not [(a, b) for a in kinds for b in kinds if a is not b and b.value.startswith(a.value)]


@given(st.text(), st.text(), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_parts_of_keys_sort_in_turn(one: str, other: str, left: int, right: int) -> None:
    """Keys of jobs, say, sort by their first part and then by the second."""
    a, b = key(KeyKind.JOB_EVENT, one, left), key(KeyKind.JOB_EVENT, other, right)
    assert (a < b) == ((one.encode(), left) < (other.encode(), right))
