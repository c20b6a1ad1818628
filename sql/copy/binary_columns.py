"""Columns of binary COPY data as Arrow arrays, without a call for each value, for the types where that is simple."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sql.copy.binary_arrays import wire_elements
from sql.copy.binary_numerics import numeric_column
from sql.copy.conversion import VECTORS, fitted
from sql.copy.wire_words import words_at_every_byte
from sql.errors import SqlError
from sql.types.arrow import Array, pa
from sql.types.calendar import DAY, POSTGRES_EPOCH_DAYS, POSTGRES_EPOCH_MICROS
from sql.types.json import validate
from sql.types.jsonb import normalise
from sql.types.versioned_text import VERSION
from storage import types
from storage.types import INTERVAL_STORED, element_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storage.types import SqlType

_NUMBERS: Final[dict[int, str]] = {
    types.SMALLINT.oid: "i2",
    types.INTEGER.oid: "i4",
    types.BIGINT.oid: "i8",
    types.OID.oid: "u4",
    types.REAL.oid: "f4",
    types.DOUBLE.oid: "f8",
    types.DATE.oid: "i4",
    types.TIMESTAMP.oid: "i8",
    types.TIMESTAMPTZ.oid: "i8",
}
_EPOCHS: Final = {
    types.DATE.oid: POSTGRES_EPOCH_DAYS,
    types.TIMESTAMP.oid: POSTGRES_EPOCH_MICROS,
    types.TIMESTAMPTZ.oid: POSTGRES_EPOCH_MICROS,
}
_LIMITS: Final = {
    types.DATE.oid: 2_000_000,
    types.TIMESTAMP.oid: 2_000_000 * DAY,
    types.TIMESTAMPTZ.oid: 2_000_000 * DAY,
}
"""Beyond them, which is 5,475 years from 2000, the type's own input function says what is infinite or out of range."""


_TEXTS: Final = frozenset({types.TEXT.oid, types.VARCHAR.oid, types.CHAR.oid, types.JSON.oid, types.JSONB.oid})
_OTHER_SIZES: Final = {types.BOOLEAN.oid: 1, types.TIME.oid: 8, types.INTERVAL.oid: 16, types.UUID.oid: 16}


def wire_size(sql_type: SqlType) -> int | None:
    """How many bytes a value of the type has; `None` if that varies."""
    number = _NUMBERS.get(sql_type.oid)
    return _OTHER_SIZES.get(sql_type.oid) if number is None else np.dtype(number).itemsize


def stored_column(
    data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], sql_type: SqlType
) -> Array | None:
    """Values of a column, which are these slices of the data; a length of -1 is NULL.

    `None` where each value has to be read by the type's input function: other types, and whatever may be wrong.
    """
    valid = lengths >= 0
    element = element_of(sql_type)
    if sql_type.oid == types.NUMERIC.oid:
        return numeric_column(data, starts, lengths, sql_type)
    if element is not None:
        return _arrays(data, starts, lengths, element) if sql_type.oid not in VECTORS else None
    if sql_type.oid in _TEXTS:
        return _texts(data, starts, lengths, sql_type)
    if sql_type.modifier >= 0:
        return None
    if sql_type.oid in (types.BOOLEAN.oid, types.UUID.oid):
        return _fixed(data, starts, lengths, valid, sql_type)
    if sql_type.oid in _NUMBERS:
        return _numbers(data, starts, lengths, valid, sql_type)
    if sql_type.oid == types.INTERVAL.oid:
        return _intervals(data, starts, lengths)
    if sql_type.oid == types.BYTEA.oid:
        return _bytes(data, starts, lengths, pa.binary())
    return None


def _arrays(data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], element: SqlType) -> Array | None:
    elements = wire_elements(data, starts, lengths, element.oid, wire_size(element))
    if elements is None:
        return None
    stored = stored_column(data, elements.starts, elements.lengths, element)
    if stored is None:
        return None
    mask = None if (lengths >= 0).all() else pa.array(lengths < 0)
    return pa.ListArray.from_arrays(pa.array(elements.offsets), stored, mask=mask)


def _texts(data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], sql_type: SqlType) -> Array | None:
    """Texts, and JSON: behind the version of its format if it is jsonb."""
    if sql_type.oid == types.JSONB.oid:
        valid = lengths >= 0
        places = starts[valid]
        if (lengths[valid] < 1).any() or (np.frombuffer(data, np.uint8)[places] != VERSION[0]).any():
            return None
        starts, lengths = starts + 1, np.where(valid, lengths - 1, -1)
    texts = _bytes(data, starts, lengths, pa.string())
    if texts is None or (sql_type.modifier < 0 and sql_type.oid in (types.TEXT.oid, types.VARCHAR.oid)):
        return texts
    if sql_type.oid in (types.JSON.oid, types.JSONB.oid):
        parse = validate if sql_type.oid == types.JSON.oid else normalise
        try:
            read = [None if text is None else parse(text) for text in texts.to_pylist()]
        except SqlError:
            return None
        return texts if sql_type.oid == types.JSON.oid else pa.array(read, pa.string())
    return fitted(texts, sql_type)


def _intervals(data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Array | None:
    valid = lengths >= 0
    if not (lengths[valid] == _OTHER_SIZES[types.INTERVAL.oid]).all():
        return None
    if not valid.any():
        return pa.nulls(len(starts), INTERVAL_STORED)
    places = np.where(valid, starts, starts[valid][0])
    micros = words_at_every_byte(data, "i8")[places].astype(np.int64)
    days, months = (words_at_every_byte(data, "i4")[places + at].astype(np.int32) for at in (8, 12))
    mask = None if valid.all() else pa.array(~valid)
    columns = [pa.array(months), pa.array(days), pa.array(micros)]
    return pa.StructArray.from_arrays(columns, fields=list(INTERVAL_STORED), mask=mask)


def _numbers(
    data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], valid: NDArray[np.bool_], sql_type: SqlType
) -> Array | None:
    kind = np.dtype(_NUMBERS[sql_type.oid])
    if not (lengths[valid] == kind.itemsize).all():
        return None
    taken = _taken(data, starts, valid, kind.itemsize)
    values = np.ascontiguousarray(taken).view(kind.newbyteorder(">")).reshape(len(starts)).astype(kind)
    epoch = _EPOCHS.get(sql_type.oid)
    if epoch is not None:
        limit = _LIMITS[sql_type.oid]
        if (np.abs(np.where(valid, values, 0) // 2) > limit // 2).any():
            return None
        values = values + kind.type(epoch)
    mask = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(sql_type.arrow, len(values), [mask, pa.py_buffer(values)])


def _fixed(
    data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], valid: NDArray[np.bool_], sql_type: SqlType
) -> Array | None:
    """Booleans, for which any byte but 0 is true, and UUIDs."""
    size = _OTHER_SIZES[sql_type.oid]
    if not (lengths[valid] == size).all():
        return None
    taken = _taken(data, starts, valid, size)
    mask = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    if sql_type.oid == types.BOOLEAN.oid:
        packed = np.packbits(taken[:, 0] != 0, bitorder="little")
        return pa.Array.from_buffers(pa.bool_(), len(starts), [mask, pa.py_buffer(packed)])
    stored = pa.Array.from_buffers(pa.binary(size), len(starts), [mask, pa.py_buffer(np.ascontiguousarray(taken))])
    return pa.ExtensionArray.from_storage(sql_type.arrow, stored)


def _taken(data: bytes, starts: NDArray[np.int64], valid: NDArray[np.bool_], size: int) -> NDArray[np.uint8]:
    """The bytes of each value, in a row of a matrix; of a NULL any bytes."""
    source = np.frombuffer(data, np.uint8)
    places = np.where(valid, starts, 0)[:, None] + np.arange(size)
    taken: NDArray[np.uint8] = source[np.minimum(places, len(source) - 1)]
    return taken


def _bytes(data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], kind: pa.DataType) -> Array | None:
    valid = lengths >= 0
    sizes = np.where(valid, lengths, 0)
    offsets = np.zeros(len(starts) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    total = int(offsets[-1])
    # For each byte of the result, where it is in the data.
    places = np.repeat(starts - offsets[:-1], sizes) + np.arange(total)
    content = np.frombuffer(data, np.uint8)[places]
    mask = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    if pa.types.is_string(kind) and (not (content != 0).all() or not _is_text(content, offsets)):
        return None
    buffers = [mask, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(content)]
    return pa.Array.from_buffers(kind, len(starts), buffers)


def _is_text(content: NDArray[np.uint8], offsets: NDArray[np.int64]) -> bool:
    """Whether all of it is UTF-8, and no character is torn between two values."""
    try:
        content.tobytes().decode()
    except UnicodeDecodeError:
        return False
    firsts: NDArray[Any] = offsets[:-1][offsets[:-1] < len(content)]
    return not ((content[firsts] & 0xC0) == 0x80).any()
