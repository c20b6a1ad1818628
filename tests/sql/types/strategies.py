"""Stored values of every type, for hypothesis."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from sql.types.jsonb import normalise
from storage import types
from storage.types import SqlType, array_of

DAY = 86_400_000_000
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SECONDS_OF_LONG_AGO = -210_866_803_200
"""4714-11-24 BC, the first day PostgreSQL knows."""


def _integers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)


def _decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    limit = 10**precision - 1
    return st.one_of(st.integers(-limit, limit), st.integers(-100, 100)).map(lambda n: Decimal(f"{n}e-{scale}"))


def _micros() -> st.SearchStrategy[int]:
    seconds = st.one_of(
        st.integers(-2_000_000_000, 4_000_000_000), st.integers(SECONDS_OF_LONG_AGO, 9_224_000_000_000 - 10**9)
    )
    fractions = st.one_of(st.just(0), st.integers(0, 999_999))
    infinities = st.sampled_from([2**63 - 1, -(2**63 - 1)])
    return st.one_of(st.builds(lambda s, f: s * 1_000_000 + f, seconds, fractions), infinities)


def _days() -> st.SearchStrategy[int]:
    return st.one_of(
        st.integers(-20_000, 40_000), st.integers(-2_440_588, 2_145_031_948), st.sampled_from([2**31 - 1, 1 - 2**31])
    )


def _reals() -> st.SearchStrategy[float]:
    return st.one_of(st.floats(width=32), st.integers(-(10**9), 10**9).map(lambda n: float(np.float32(n / 1000))))


def _doubles() -> st.SearchStrategy[float]:
    powers = st.builds(lambda m, e: float(f"{m}e{e}"), st.integers(-99999, 99999), st.integers(-20, 20))
    return st.one_of(st.floats(), powers, st.integers(-(10**17), 10**17).map(float))


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**30), 10**30), TEXT),
    lambda children: st.one_of(st.lists(children, max_size=3), st.dictionaries(TEXT, children, max_size=3)),
    max_leaves=5,
)

STORED: dict[str, tuple[SqlType, st.SearchStrategy[object]]] = {
    "boolean": (types.BOOLEAN, st.booleans()),
    "smallint": (types.SMALLINT, _integers(16)),
    "integer": (types.INTEGER, _integers(32)),
    "bigint": (types.BIGINT, _integers(64)),
    "oid": (types.OID, st.integers(0, 2**32 - 1)),
    "real": (types.REAL, _reals()),
    "double": (types.DOUBLE, _doubles()),
    "numeric": (types.NUMERIC, _decimals(38, 9)),
    "numeric(10,2)": (types.numeric(10, 2), _decimals(10, 2)),
    "numeric(38,0)": (types.numeric(38, 0), _decimals(38, 0)),
    "numeric(38,37)": (types.numeric(38, 37), _decimals(38, 37)),
    "text": (types.TEXT, TEXT),
    "varchar": (types.varchar(5), TEXT.map(lambda text: text[:5])),
    "char": (types.char(5), TEXT.map(lambda text: text[:5].ljust(5))),
    "bytea": (types.BYTEA, st.binary()),
    "date": (types.DATE, _days()),
    "time": (types.TIME, st.one_of(st.integers(0, DAY), st.integers(0, 86_400).map(lambda s: s * 1_000_000))),
    "timestamp": (types.TIMESTAMP, _micros()),
    "timestamptz": (types.TIMESTAMPTZ, _micros()),
    "interval": (
        types.INTERVAL,
        st.tuples(st.integers(-40, 40), st.integers(-3, 3), st.one_of(st.just(0), st.integers(-(10**15), 10**15))),
    ),
    "uuid": (types.UUID, st.binary(min_size=16, max_size=16)),
    "json": (types.JSON, _JSON.map(json.dumps)),
    "jsonb": (types.JSONB, _JSON.map(lambda value: json.dumps(value, ensure_ascii=False)).map(normalise)),
    "integer[]": (array_of(types.INTEGER), st.lists(st.one_of(st.none(), _integers(32)), max_size=4)),
    "text[]": (
        array_of(types.TEXT),
        st.lists(st.one_of(st.none(), TEXT, st.sampled_from(["", "null", "a b", '"', "\\"])), max_size=4),
    ),
    "boolean[]": (array_of(types.BOOLEAN), st.lists(st.one_of(st.none(), st.booleans()), max_size=4)),
    "oidvector": (SqlType(30), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4)),
}


def arrow_array(values: list[object], sql_type: SqlType) -> pa.Array:
    """Stored values as the column of a result."""
    if sql_type == types.UUID:
        return pa.ExtensionArray.from_storage(pa.uuid(), pa.array(values, pa.binary(16)))
    if sql_type == types.INTERVAL:
        names = ("months", "days", "micros")
        values = [None if value is None else dict(zip(names, value, strict=True)) for value in values]
    if sql_type == types.REAL:
        return pa.array([None if value is None else np.float32(value) for value in values], pa.float32())
    return pa.array(values, sql_type.arrow)
