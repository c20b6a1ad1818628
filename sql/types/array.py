"""Arrays of one dimension: `{1,2,NULL,"a b"}`. A stored value is a list of stored values, with `None` for NULL."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sql.errors import DatatypeMismatch, FeatureNotSupported, InvalidBinaryRepresentation, ProgramLimitExceeded
from sql.types.array_input import read_elements
from sql.types.arrow import Array, pa, pc
from sql.types.buffers import as_binary, fixed_size, join, valid_rows
from sql.types.codec import MALFORMED, Codec, malformed, wrong_size
from storage.types import SqlType

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEADER: Final = struct.Struct("!iiI")
_DIMENSION: Final = struct.Struct("!ii")
_LENGTH: Final = struct.Struct("!i")
_MOST_DIMENSIONS: Final = 6
_QUOTED: Final = r'[{}",\\\s\v]|^$|^[nN][uU][lL][lL]$'
_QUOTED_BYTES: Final = re.compile(rb'[{}",\\\s]|^\Z|^[nN][uU][lL][lL]\Z')


def array_codec(sql_type: SqlType, element: Codec, *, vector: bool = False) -> Codec:
    """The codec of arrays of `element`. A `vector` is an int2vector or oidvector: written `1 2`, counted from 0."""

    def parse(text: str) -> list[Any]:
        if vector:
            return [element.parse(item) for item in text.split()]
        return [None if item is None else element.parse(item) for item in read_elements(text)]

    def format_value(value: list[Any]) -> bytes:
        if vector:
            return b" ".join(map(element.format, value))
        return b"{%b}" % b",".join(b"NULL" if item is None else _quote(element.format(item)) for item in value)

    def receive(data: bytes) -> list[Any]:
        items = _wire_elements(bytes(data), 0 if vector else 1, element.type.oid)
        return [None if item is None else receive_element(item, number) for number, item in enumerate(items, start=1)]

    def receive_element(item: bytes, number: int) -> object:
        try:
            return element.receive(item)
        except InvalidBinaryRepresentation as error:
            if error.message != MALFORMED:
                raise
            raise InvalidBinaryRepresentation(f"improper binary format in array element {number}") from None

    def send(value: list[Any]) -> bytes:
        parts = [_wire_header(len(value), None in value, element.type.oid, vector=vector)]
        for item in value:
            sent = b"" if item is None else element.send(item)
            parts += (_LENGTH.pack(-1 if item is None else len(sent)), sent)
        return b"".join(parts)

    def coerce(value: list[Any]) -> list[Any]:
        return [None if item is None else element.coerce(item) for item in value]

    def format_array(array: Array) -> Array:
        text = as_binary(element.format_array(array.flatten()))
        if vector:
            return pc.binary_join(_regrouped(array, text), b" ")
        inner = pc.binary_join(_regrouped(array, _quote_all(text)), b",")
        return join(pa.scalar(b"{"), inner, pa.scalar(b"}"))

    def send_array(array: Array) -> Array:
        elements = as_binary(element.send_array(array.flatten()))
        valid = valid_rows(elements)
        lengths = np.where(valid, pc.fill_null(pc.binary_length(elements), 0).to_numpy(), -1).astype(">i4")
        prefix = as_binary(fixed_size(lengths))
        framed = join(prefix, elements, null_handling="replace")
        bodies = pc.binary_join(_regrouped(array, framed), b"")
        return join(_wire_headers(array, valid, element.type.oid, vector=vector), bodies)

    return Codec(sql_type, parse, format_value, receive, send, coerce, format_array, send_array)


def _quote(text: bytes) -> bytes:
    if not _QUOTED_BYTES.search(text):
        return text
    return b'"%b"' % text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def _quote_all(text: Array) -> Array:
    """Elements of many arrays, those quoted that need it, NULL written out."""
    needed = pc.fill_null(pc.match_substring_regex(text, _QUOTED), False)
    if pc.any(needed).as_py():
        escaped = pc.replace_substring(pc.replace_substring(text.filter(needed), b"\\", b"\\\\"), b'"', b'\\"')
        text = pc.replace_with_mask(text, needed, join(pa.scalar(b'"'), escaped, pa.scalar(b'"')))
    return pc.fill_null(text, b"NULL")


def _regrouped(array: Array, flat: Array) -> Array:
    """The lists of `array` around other elements, which are those of its `flatten()`."""
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy()
    offsets = np.zeros(len(array) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    mask = pa.array(~valid_rows(array)) if array.null_count else None
    return pa.ListArray.from_arrays(pa.array(offsets), flat, mask=mask)


def _wire_elements(data: bytes, lower: int, element_oid: int) -> list[bytes | None]:
    """The elements' bytes. Raises what PostgreSQL's array_recv raises."""
    position, count = _read_wire_header(data, lower, element_oid)
    found: list[bytes | None] = []
    for _ in range(count):
        _require(data, position + _LENGTH.size)
        (length,) = _LENGTH.unpack_from(data, position)
        position += _LENGTH.size
        if length < -1 or length > len(data) - position:
            raise InvalidBinaryRepresentation("insufficient data left in message")
        found.append(None if length < 0 else data[position : position + length])
        position += max(length, 0)
    if position != len(data):
        raise malformed()
    return found


def _read_wire_header(data: bytes, lower: int, element_oid: int) -> tuple[int, int]:
    """Where the elements begin, and how many there are."""
    _require(data, 4)
    dimensions = int.from_bytes(data[:4], "big", signed=True)
    if dimensions < 0:
        raise InvalidBinaryRepresentation(f"invalid number of dimensions: {dimensions}")
    if dimensions > _MOST_DIMENSIONS:
        raise ProgramLimitExceeded(
            f"number of array dimensions ({dimensions}) exceeds the maximum allowed ({_MOST_DIMENSIONS})"
        )
    _require(data, _HEADER.size)
    _, flags, given = _HEADER.unpack_from(data)
    if flags not in (0, 1):
        raise InvalidBinaryRepresentation("invalid array flags")
    if given != element_oid:
        raise DatatypeMismatch(
            f"binary data has array element type {given} ({_type_name(given)}) "
            f"instead of expected {element_oid} ({_type_name(element_oid)})"
        )
    if dimensions > 1:
        raise FeatureNotSupported("arrays of more than one dimension are not supported")
    if not dimensions:
        return _HEADER.size, 0
    _require(data, _HEADER.size + _DIMENSION.size)
    count, first = _DIMENSION.unpack_from(data, _HEADER.size)
    if first != lower and count:
        raise FeatureNotSupported(f"arrays with subscripts that do not start at {lower} are not supported")
    return _HEADER.size + _DIMENSION.size, max(count, 0)


def _type_name(oid: int) -> str:
    """As PostgreSQL's format_type_extended names what may not be there."""
    if not oid:
        return "-"
    try:
        return str(SqlType(oid))
    except KeyError:
        return "???"


def _require(data: bytes, size: int) -> None:
    if len(data) < size:
        raise wrong_size(len(data), size)


def _wire_header(count: int, has_null: bool, element_oid: int, *, vector: bool) -> bytes:
    if count == 0 and not vector:
        return _HEADER.pack(0, 0, element_oid)
    return _HEADER.pack(1, int(has_null), element_oid) + _DIMENSION.pack(count, 0 if vector else 1)


def _wire_headers(array: Array, valid: NDArray[np.bool_], element_oid: int, *, vector: bool) -> Array:
    """Headers of a column of arrays. Few differ: one is made for each length, with and without nulls."""
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy().astype(np.int64)
    ends = np.cumsum(lengths)
    nulls_until = np.concatenate([[0], np.cumsum(~valid)])
    has_null = nulls_until[ends] > nulls_until[ends - lengths]
    kinds, which = np.unique(lengths * 2 + has_null, return_inverse=True)
    made = [_wire_header(int(kind) // 2, bool(kind % 2), element_oid, vector=vector) for kind in kinds]
    return pa.array(made, pa.binary()).take(pa.array(which))
