"""Backslashes in columns of text: which of them escape, and the text without those, for all values at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BACKSLASH: Final = ord("\\")


def escaping_backslashes(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where a backslash escapes what follows it: in a run of backslashes the first, the third, and so on."""
    at = np.flatnonzero(data == _BACKSLASH)
    if len(at) == 0:
        return at
    begins = np.ones(len(at), np.bool_)
    begins[1:] = np.diff(at) != 1
    first_of_run = np.flatnonzero(begins)
    number = np.arange(len(at)) - first_of_run[np.cumsum(begins) - 1]
    escaping: NDArray[np.int64] = at[number % 2 == 0]
    return escaping
