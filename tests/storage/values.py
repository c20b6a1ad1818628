"""Hypothesis strategies for stored values of every type."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from storage import types

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from storage.types import SqlType

_INT16 = st.integers(-(2**15), 2**15 - 1)
_INT32 = st.integers(-(2**31), 2**31 - 1)
_INT64 = st.integers(-(2**63), 2**63 - 1)
_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8) | st.text("\0\1a\xff", max_size=4)


def _numeric(precision: int, scale: int) -> SearchStrategy[Decimal]:
    limit = 10**precision - 1

    def value(unscaled: int) -> Decimal:
        return Decimal((int(unscaled < 0), tuple(map(int, str(abs(unscaled)))), -scale))

    return st.integers(-limit, limit).map(value)


VALUES: dict[SqlType, SearchStrategy[object]] = {
    types.BOOLEAN: st.booleans(),
    types.SMALLINT: _INT16,
    types.INTEGER: _INT32,
    types.BIGINT: _INT64,
    types.REAL: st.floats(width=32),
    types.DOUBLE: st.floats(),
    types.numeric(12, 3): _numeric(12, 3),
    types.numeric(38, 0): _numeric(38, 0),
    types.NUMERIC: _numeric(*types.NUMERIC_DEFAULT),
    types.TEXT: _TEXT,
    types.varchar(20): _TEXT,
    types.BYTEA: st.binary(max_size=8) | st.sampled_from([b"", b"\0", b"\0\0", b"\0\xff", b"\xff"]),
    types.DATE: _INT32,
    types.TIME: st.integers(0, 86_400_000_000),
    types.TIMESTAMP: _INT64,
    types.TIMESTAMPTZ: _INT64,
    types.INTERVAL: st.tuples(_INT32, _INT32, _INT64),
    types.UUID: st.binary(min_size=16, max_size=16),
    types.JSON: _TEXT,
    types.OID: st.integers(0, 2**32 - 1),
}
"""For each type of single values, its stored values but NULL."""

ARRAYS: dict[SqlType, SearchStrategy[object]] = {
    types.array_of(element): st.lists(st.none() | values, max_size=3) for element, values in VALUES.items()
}
"""The same for arrays."""
