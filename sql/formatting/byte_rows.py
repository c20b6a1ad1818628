"""Texts that are written as rows of bytes: every row has the same places, and NUL where it has nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sql.types.arrow import Array, pa
from sql.types.buffers import validity_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


def strings_of(rows: NDArray[np.uint8], like: Array) -> Array:
    """The rows as strings, with the nulls of another array."""
    shown = rows != 0
    offsets = np.zeros(len(rows) + 1, np.int32)
    if shown.all():
        offsets[1:] = np.arange(1, len(rows) + 1) * rows.shape[1]
    else:
        np.cumsum(shown.sum(axis=1), out=offsets[1:])
        rows = rows[shown]
    buffers = [validity_of(like), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))]
    return pa.Array.from_buffers(pa.string(), len(like), buffers)
