"""Type changes that stored values survive: what was written under the old type is read as the new one.

Only changes are here whose result is PostgreSQL's for every value that the old type can hold, so that no row has to be
looked at before the change is made.
"""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from storage import types

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.rows import PlainArray, Stored
    from storage.types import SqlType

    ValueCast = Callable[[Any], Any]

_INTEGER_DIGITS: Final = {types.SMALLINT.oid: 5, types.INTEGER.oid: 10, types.BIGINT.oid: 19}
"""The integers, narrow ones first, and how many digits they may have."""

_TEXTS: Final = (types.VARCHAR.oid, types.TEXT.oid)
_SINGLE: Final = struct.Struct("f")


def is_widening(old: SqlType, new: SqlType) -> bool:
    """Whether every value of the old type is one of the new type, to be read without rewriting it."""
    if old == new:
        return True
    if old.oid in _INTEGER_DIGITS:
        return _holds_integers(new, _INTEGER_DIGITS[old.oid])
    if old.oid == types.NUMERIC.oid:
        return new.oid == types.NUMERIC.oid and _holds_numerics(old, new)
    if old.oid == types.REAL.oid:
        return new.oid == types.DOUBLE.oid
    if old.oid in _TEXTS and new.oid in _TEXTS:
        return new.length is None or (old.length is not None and old.length <= new.length)
    return False


def keeps_key_bytes(old: SqlType, new: SqlType) -> bool:
    """Whether a widened value has the same bytes in an index as before (see `keys.part_encoder`)."""
    if old.oid == types.NUMERIC.oid:
        return old.precision_and_scale[1] == new.precision_and_scale[1]
    return old.oid != types.REAL.oid and (old.oid not in _INTEGER_DIGITS or new.oid in _INTEGER_DIGITS)


def value_cast(old: SqlType, new: SqlType) -> ValueCast | None:
    """What makes a stored value of the old type, not NULL, one of the new one; `None` where it is one already."""
    if new.oid == types.NUMERIC.oid and old != new:
        scale = new.precision_and_scale[1]
        return lambda value: _scaled(value, scale)
    if old.oid == types.REAL.oid and new.oid == types.DOUBLE.oid:
        return _single
    return None


def widened(value: Stored, old: SqlType, new: SqlType) -> Stored:
    """A stored value of the old type, or NULL, as one of the new type."""
    cast = value_cast(old, new)
    return value if value is None or cast is None else cast(value)


def widened_array(array: PlainArray, arrow_type: pa.DataType) -> PlainArray:
    """An Arrow column of stored values in the Arrow type of a wider type. In a worker."""
    if array.type == arrow_type:
        return array
    if pa.types.is_decimal(arrow_type) and pa.types.is_integer(array.type):
        # Arrow casts an integer only to a decimal that has room for every value of its width behind the point, too.
        array = pc.cast(array, pa.decimal128(19, 0))
    return pc.cast(array, arrow_type)


def _holds_integers(new: SqlType, digits: int) -> bool:
    if new.oid == types.NUMERIC.oid:
        precision, scale = new.precision_and_scale
        return precision - scale >= digits
    return _INTEGER_DIGITS.get(new.oid, 0) >= digits


def _holds_numerics(old: SqlType, new: SqlType) -> bool:
    precision, scale = old.precision_and_scale
    new_precision, new_scale = new.precision_and_scale
    return new_scale >= scale and new_precision - new_scale >= precision - scale


def _scaled(value: int | Decimal, scale: int) -> Decimal:
    """The same number with so many digits after the point, more than it has. Exact, whatever the context."""
    sign, digits, exponent = Decimal(value).as_tuple()
    assert isinstance(exponent, int), value
    return Decimal((sign, digits + (0,) * (exponent + scale), -scale)) if any(digits) else Decimal((0, (0,), -scale))


def _single(value: float) -> float:
    """A row may hold more digits of a real than its type has."""
    rounded: float = _SINGLE.unpack(_SINGLE.pack(value))[0]
    return rounded
