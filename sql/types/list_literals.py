"""Columns of array literals (`{1,2,NULL,"a b"}`) taken apart without a loop over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import Struct

from sql.types.arrow import Array, pa, pc
from sql.types.buffers import offsets_of
from sql.types.escapes import escaping_backslashes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OPEN, _CLOSE, _COMMA, _QUOTE, _BACKSLASH = b'{},"\\'
_NULL: Final = np.frombuffer(b"null", np.uint8)
_LOWER: Final = 0x20


class Elements(Struct, frozen=True):
    """The elements of a column of arrays, one behind the other."""

    texts: Array
    """Unquoted; null for NULL."""
    offsets: NDArray[np.int32]
    """Where the elements of each row begin and end; a row that is null has none."""


def elements_of(literals: Array) -> Elements | None:
    """The elements of a `string` array of literals; `None` where one is unusual, or wrong."""
    if literals.null_count:
        literals = pc.fill_null(literals, "")
    offsets = offsets_of(literals).astype(np.int64)
    buffer = literals.buffers()[2]
    data = np.frombuffer(buffer, np.uint8)[offsets[0] : offsets[-1]] if buffer is not None else np.zeros(0, np.uint8)
    offsets -= offsets[0]
    return _Column(data, offsets).elements()


class _Column:
    """The bytes of all literals; which of them are quotes, escape, and stand between elements."""

    def __init__(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self._data = data
        self._offsets = offsets
        self._escapes = escaping_backslashes(data)
        quotes = np.flatnonzero(data == _QUOTE)
        marks = np.flatnonzero(_IS_MARK[data])
        if len(self._escapes):
            quotes = quotes[~np.isin(quotes, self._escapes + 1)]
            marks = marks[~np.isin(marks, self._escapes + 1)]
        if len(quotes):
            # Behind an odd number of quotes a mark is text.
            marks = marks[np.searchsorted(quotes, marks) % 2 == 0]
        self._quotes = quotes
        self._marks = marks

    def elements(self) -> Elements | None:
        """The elements; `None` for what is not plain."""
        data, marks = self._data, self._marks
        rows = np.flatnonzero(np.diff(self._offsets))
        kinds = data[marks]
        opening = kinds == _OPEN
        closing = kinds == _CLOSE
        if not (
            np.array_equal(marks[opening], self._offsets[rows])
            and np.array_equal(marks[closing], self._offsets[rows + 1] - 1)
        ):
            return None
        before = np.flatnonzero(~closing)
        begins, ends = marks[before] + 1, marks[before + 1]
        empty_array = (begins == ends) & opening[before] & closing[before + 1]
        kept = ~empty_array
        # The elements of a row are those between the numbers of its opening mark and of the next row's.
        counts = np.zeros(len(self._offsets) - 1, np.int64)
        if len(rows):
            counts[rows] = np.add.reduceat(kept.astype(np.int64), np.flatnonzero(opening[before]))
        texts = self._texts(begins[kept], ends[kept])
        if texts is None:
            return None
        list_offsets = np.zeros(len(self._offsets), np.int32)
        np.cumsum(counts, out=list_offsets[1:])
        return Elements(texts, list_offsets)

    def _texts(self, begins: NDArray[np.int64], ends: NDArray[np.int64]) -> Array | None:
        """What stands from each beginning to the end: all in quotes, or without any and without space around it."""
        data = self._data
        if len(begins) == 0:
            return pa.array([], pa.string())
        if (begins >= ends).any() or _IS_SPACE[data[begins]].any() or _IS_SPACE[data[ends - 1]].any():
            return None
        lengths = ends - begins
        is_null = np.zeros(len(begins), np.bool_)
        four = np.flatnonzero(lengths == len(_NULL))
        if len(four):
            is_null[four] = ((data[begins[four, None] + np.arange(4)] | _LOWER) == _NULL).all(axis=1)
        left_out = [self._marks]
        if len(self._quotes):
            first = np.searchsorted(self._quotes, begins)
            inside = np.searchsorted(self._quotes, ends) - first
            quoted = inside > 0
            pairs = first[quoted]
            if not (
                (inside[quoted] == 2).all()
                and (self._quotes[pairs] == begins[quoted]).all()
                and (self._quotes[pairs + 1] == ends[quoted] - 1).all()
            ):
                return None
            lengths = lengths - inside
            left_out.append(self._quotes)
        if len(self._escapes):
            lengths = lengths - (np.searchsorted(self._escapes, ends) - np.searchsorted(self._escapes, begins))
            left_out.append(self._escapes)
        content = np.ones(len(data), np.bool_)
        for places in left_out:
            content[places] = False
        offsets = np.zeros(len(begins) + 1, np.int32)
        np.cumsum(lengths, out=offsets[1:])
        valid = pa.py_buffer(np.packbits(~is_null, bitorder="little")) if is_null.any() else None
        buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(data[content])]
        return pa.Array.from_buffers(pa.string(), len(begins), buffers)


def _table_of(characters: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[list(characters)] = True
    return table


_IS_MARK: Final = _table_of(b"{},")
_IS_SPACE: Final = _table_of(b" \t\n\v\f\r")
