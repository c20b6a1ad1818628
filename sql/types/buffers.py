"""Arrow arrays as numpy arrays and back, without a copy where possible.

Arrays of results are often slices: every function here minds the offset. What lies under a null is arbitrary, so
`values_of` can put something harmless there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sql.types.arrow import Array, pa, pc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import DTypeLike, NDArray


def values_of(array: Array, dtype: DTypeLike, under_null: object = None) -> NDArray[Any]:
    """The values of a fixed-width array (not boolean). With `under_null`, a copy that has it where a null is."""
    data = array.buffers()[1]
    if data is None or len(array) == 0:
        return np.zeros(len(array), dtype)
    values = np.frombuffer(data, dtype)[array.offset : array.offset + len(array)]
    if under_null is not None and array.null_count:
        values = np.where(valid_rows(array), values, np.array(under_null, dtype))
    return values


def as_stored(array: Array, expected: pa.DataType) -> Array:
    """What a query computed in the type of its column: it may be narrower or wider. A numeric may have any scale."""
    if array.type.equals(expected) or pa.types.is_decimal(array.type):
        return array
    if pa.types.is_list(array.type) and pa.types.is_decimal(array.type.value_type):
        return array
    return array.cast(expected)


def bits_of(array: Array) -> NDArray[np.uint8]:
    """The values of a boolean array as 0 and 1; arbitrary under a null."""
    data = array.buffers()[1]
    if data is None or len(array) == 0:
        return np.zeros(len(array), np.uint8)
    first_byte = array.offset // 8
    last_byte = (array.offset + len(array) + 7) // 8
    bits = np.unpackbits(np.frombuffer(data, np.uint8)[first_byte:last_byte], bitorder="little")
    start = array.offset - first_byte * 8
    return bits[start : start + len(array)]


def valid_rows(array: Array) -> NDArray[np.bool_]:
    """True where there is a value."""
    if not array.null_count:
        return np.ones(len(array), np.bool_)
    return bits_of(array.is_valid()).astype(np.bool_)


def offsets_of(array: Array) -> NDArray[np.int32]:
    """The n + 1 offsets of a binary, string or list array, into its data as it lies (not from 0 in a slice)."""
    offsets = array.buffers()[1]
    if offsets is None or len(array) == 0:
        return np.zeros(1, np.int32)
    return np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]


def validity_of(array: Array) -> pa.Buffer | None:
    """The validity bitmap for a new array of the same nulls at offset 0; `None` without nulls."""
    if not array.null_count:
        return None
    if array.offset == 0:
        return array.buffers()[0]
    return pa.py_buffer(np.packbits(valid_rows(array), bitorder="little"))


def fixed_size(matrix: NDArray[Any], like: Array | None = None) -> Array:
    """A `fixed_size_binary` array of a row's bytes each, with the nulls of `like`."""
    width = matrix.dtype.itemsize * (matrix.shape[1] if matrix.ndim == 2 else 1)
    data = pa.py_buffer(np.ascontiguousarray(matrix))
    validity = None if like is None else validity_of(like)
    return pa.Array.from_buffers(pa.binary(width), len(matrix), [validity, data])


def as_binary(array: Array) -> Array:
    """A string, binary or `fixed_size_binary` array as `binary`."""
    if not pa.types.is_fixed_size_binary(array.type):
        return array if pa.types.is_binary(array.type) else array.cast(pa.binary())
    width = array.type.byte_width
    offsets = np.arange(0, (len(array) + 1) * width, width, dtype=np.int32) if width else np.zeros(len(array) + 1, "i4")
    data = array.buffers()[1]
    data = None if data is None else data.slice(array.offset * width)
    return pa.Array.from_buffers(pa.binary(), len(array), [validity_of(array), pa.py_buffer(offsets), data])


def join(*parts: Array | pa.Scalar, null_handling: str = "emit_null") -> Array:
    """The concatenation of each row's parts. By default a null part makes a null."""
    options = pc.JoinOptions(null_handling=null_handling, null_replacement="")
    return pc.binary_join_element_wise(*parts, pa.scalar(b"", pa.binary()), options=options)


def replaced(array: Array, rows: NDArray[np.bool_], values: Sequence[Any], text_of: Callable[[Any], bytes]) -> Array:
    """`array` with the text of the value in each of the marked rows: the few that the fast way cannot write."""
    texts = [text_of(value) for value in values]
    return pc.replace_with_mask(as_binary(array), pa.array(rows), pa.array(texts, pa.binary()))
