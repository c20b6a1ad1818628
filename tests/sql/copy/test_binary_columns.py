"""Columns of binary data: what is read at once is what the input functions read."""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sql.copy.binary_columns import stored_column
from sql.errors import SqlError
from sql.types import Codecs
from storage import types as t
from storage.rows import values_of
from tests.sql.types.strategies import STORED

if TYPE_CHECKING:
    from storage.types import SqlType

CODECS = Codecs()
ARRAYS = {
    f"{name}[]": (t.array_of(sql_type), st.lists(st.none() | stored, max_size=3))
    for name, (sql_type, stored) in STORED.items()
    if sql_type.modifier < 0 and not name.endswith(("[]", "vector"))
}
EVERY = {**STORED, **ARRAYS}
AT_ONCE = [name for name in EVERY if not name.startswith(("time", "oidvector"))]
DIGITS = st.one_of(st.sampled_from([0, 1, 10, 100, 1000, 9999, 5000]), st.integers(0, 10_001))


def column_of(sent: list[bytes | None]) -> tuple[bytes, np.ndarray, np.ndarray]:
    """Data with these values in it, where they start and how long they are."""
    data = b"?" + b"".join(value or b"" for value in sent) + b"?"
    lengths = np.array([-1 if value is None else len(value) for value in sent], np.int64)
    return data, 1 + np.cumsum(np.maximum(lengths, 0)) - np.maximum(lengths, 0), lengths


def check_column(sent: list[bytes | None], sql_type: SqlType, *, must_be_read: bool) -> None:
    """What is read at once is what is read one by one; a bad value is not."""
    found = stored_column(*column_of(sent), sql_type)
    assert found is not None or not must_be_read
    if found is not None:
        assert found.type == sql_type.arrow
        receive = CODECS.of(sql_type).receive
        assert values_of(found) == [None if value is None else receive(value) for value in sent]


@pytest.mark.parametrize("name", AT_ONCE)
def test_what_is_sent_is_read_at_once(name: str):
    """Of these types and their arrays, with nulls."""
    sql_type, stored = EVERY[name]
    codec = CODECS.of(sql_type)

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.none() | stored, min_size=1, max_size=5))
    def check(values: list[object]):
        sent = [None if value is None else codec.send(value) for value in values]
        # Numbers of which NaN is one are compared as they are sent.
        found = stored_column(*column_of(sent), sql_type)
        if "real" in name or "double" in name:
            assert found is not None
            assert [None if v is None else codec.send(v) for v in values_of(found)] == sent
            return
        # What is near the end of a type's range is left to the input function.
        check_column(sent, sql_type, must_be_read=not name.startswith(("date", "numeric")))

    check()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda digits, weight, sign, scale, more: (
                struct.pack(f"!HhHH{len(digits)}H", len(digits), weight, sign, scale, *digits) + more
            ),
            st.lists(DIGITS, max_size=5),
            st.integers(-3, 9),
            st.sampled_from([0, 0, 0, 0x4000, 0xC000, 7]),
            st.integers(0, 12),
            st.sampled_from([b"", b"", b"", b"\0"]),
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(
        [t.NUMERIC, t.numeric(12, 2), t.numeric(38, 0), t.numeric(5, 5), t.numeric(38, 37), t.numeric(18, 3)]
    ),
)
def test_numerics_of_any_digits_are_what_the_input_function_reads(sent: list[bytes], sql_type: SqlType):
    """Digits that are cut, rounded, too many or wrong are left to it."""
    check_column(list(sent), sql_type, must_be_read=False)


def test_common_numerics_are_read_at_once():
    """Up to many digits."""
    for sql_type, texts in (
        (t.numeric(12, 2), ["13.37", "-0.01", "9999999999.99", "0.00"]),
        (t.NUMERIC, ["1234567890123456789012345678.123456789", "-0.000000001", "5"]),
        (t.numeric(38, 0), ["99999999999999999999999999999999999999", "-1"]),
    ):
        send = CODECS.of(sql_type).send
        check_column([send(Decimal(text)) for text in texts], sql_type, must_be_read=texts[-1] != "-1")


HEADER = struct.pack("!iiI", 1, 0, t.TEXT.oid)
ODD_ARRAYS = {
    "nothing": b"",
    "two dimensions": struct.pack("!iiIiiii", 2, 0, t.TEXT.oid, 1, 1, 1, 1) + struct.pack("!i", -1),
    "from 0": HEADER + struct.pack("!iii", 1, 0, -1),
    "another type": struct.pack("!iiIiii", 1, 0, t.INTEGER.oid, 1, 1, -1),
    "flags": struct.pack("!iiIiii", 1, 2, t.TEXT.oid, 1, 1, -1),
    "an element too few": HEADER + struct.pack("!iii", 2, 1, -1),
    "an element too many": HEADER + struct.pack("!iiii", 1, 1, -1, -1),
    "a long element": HEADER + struct.pack("!iii", 1, 1, 5) + b"abcd",
    "a negative length": HEADER + struct.pack("!iii", 1, 1, -2),
    "a negative size": HEADER + struct.pack("!ii", -1, 1),
    "bytes behind": HEADER + struct.pack("!iii", 1, 1, 1) + b"ab",
    "no text": HEADER + struct.pack("!iii", 1, 1, 1) + b"\xff",
}


@pytest.mark.parametrize("name", ODD_ARRAYS)
def test_odd_arrays_are_left_to_the_input_function(name: str):
    """Also among others; it says what is wrong."""
    good = CODECS.of(t.array_of(t.TEXT)).send(["a", None])
    for sent in ([ODD_ARRAYS[name]], [good, None, ODD_ARRAYS[name]], [ODD_ARRAYS[name], good]):
        assert stored_column(*column_of(sent), t.array_of(t.TEXT)) is None


def test_what_is_no_json_is_left_to_the_input_function():
    """And a jsonb of another version."""
    for sql_type, sent in ((t.JSON, b"{"), (t.JSONB, b"\1{"), (t.JSONB, b"\2{}"), (t.JSONB, b"")):
        assert stored_column(*column_of([sent]), sql_type) is None
        with pytest.raises(SqlError):
            CODECS.of(sql_type).receive(sent)
