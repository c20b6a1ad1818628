"""Columns of binary arrays (`array_recv` in PostgreSQL's arrayfuncs.c): where their elements are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import Struct

from sql.copy.wire_words import words_at_every_byte

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EMPTY_BYTES: Final = 12
"""The number of dimensions, flags, and the type of elements."""
_HEADER_BYTES: Final = 20
"""With the size of the one dimension, and its first subscript."""
_LENGTH_BYTES: Final = 4
_MOST_STEPS: Final = 4096
"""Arrays whose elements vary in length are walked through together: so many steps, at most."""


class WireElements(Struct, frozen=True):
    """The elements of a column of arrays, one behind the other."""

    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    """-1 for NULL."""
    offsets: NDArray[np.int32]
    """Where the elements of each row begin and end."""


def wire_elements(
    data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], element_oid: int, element_size: int | None
) -> WireElements | None:
    """Of arrays that are these slices of the data; `None` where one is unusual, or wrong.

    `element_size` is how many bytes each element has, if that is known.
    """
    given = lengths >= 0
    begins, ends = starts[given], (starts + lengths)[given]
    counts = _counts(data, begins, ends, element_oid)
    if counts is None:
        return None
    all_counts = np.zeros(len(starts), np.int64)
    all_counts[given] = counts
    offsets = np.zeros(len(starts) + 1, np.int32)
    np.cumsum(all_counts, out=offsets[1:])
    found = None
    if element_size is not None:
        found = _alike(data, begins, ends, counts, element_size)
    if found is None:
        found = _walked(data, begins, ends, counts)
    return None if found is None else WireElements(*found, offsets)


def _counts(
    data: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64], element_oid: int
) -> NDArray[np.int64] | None:
    """How many elements each array has."""
    counts = np.zeros(len(begins), np.int64)
    if len(begins) == 0:
        return counts
    sizes = ends - begins
    if (sizes < _EMPTY_BYTES).any():
        return None
    words = words_at_every_byte(data, "i4")
    dimensions, flags, oids = (words[begins + at] for at in (0, 4, 8))
    empty = dimensions == 0
    if ((dimensions != 1) & ~empty | (flags < 0) | (flags > 1) | (oids != element_oid)).any():
        return None
    if (sizes < np.where(empty, _EMPTY_BYTES, _HEADER_BYTES)).any() or (empty & (sizes != _EMPTY_BYTES)).any():
        return None
    full = begins[~empty]
    counts[~empty] = words[full + 12]
    return counts if (counts[~empty] > 0).all() and (words[full + 16] == 1).all() else None


def _alike(
    data: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64], counts: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Starts and lengths of elements that all have one length, and none of which is NULL."""
    step = _LENGTH_BYTES + size
    full = counts > 0
    if (ends - begins != _HEADER_BYTES + counts * step)[full].any():
        return None
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    places = np.repeat(begins + _HEADER_BYTES, counts) + number * step
    if (words_at_every_byte(data, "i4")[places] != size).any():
        return None
    return places + _LENGTH_BYTES, np.full(len(places), size, np.int64)


def _walked(
    data: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Starts and lengths of elements of any length: the first of each array, then the second, and so on."""
    most = int(counts.max(initial=0))
    if most > _MOST_STEPS:
        return None
    words = words_at_every_byte(data, "i4")
    starts = np.zeros(counts.sum(), np.int64)
    lengths = np.zeros_like(starts)
    first = np.cumsum(counts) - counts
    at = np.where(counts > 0, begins + _HEADER_BYTES, ends)
    for step in range(most):
        rows = np.flatnonzero(counts > step)
        place = at[rows]
        if (place + _LENGTH_BYTES > ends[rows]).any():
            return None
        length = words[place].astype(np.int64)
        after = place + _LENGTH_BYTES + np.maximum(length, 0)
        if (length < -1).any() or (after > ends[rows]).any():
            return None
        starts[first[rows] + step], lengths[first[rows] + step] = place + _LENGTH_BYTES, length
        at[rows] = after
    return (starts, lengths) if (at == ends).all() else None
