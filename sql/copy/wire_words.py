"""Big-endian integers that begin at any byte of some data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def words_at_every_byte(data: bytes, kind: str) -> NDArray[Any]:
    """An integer of a kind (`i4`) for each byte but the last ones: a view, in which they overlap."""
    word = np.dtype(kind).newbyteorder(">")
    return np.ndarray(max(len(data) - word.itemsize + 1, 0), word, data, strides=(1,))
