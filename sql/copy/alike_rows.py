"""Rows of binary COPY data whose values have the same lengths: found with numpy, not field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import Struct

from sql.copy.binary import COUNT, LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_LOOK: Final = 16
"""Rows that are compared before it is worth comparing all that there are."""


class AlikeRows(Struct, frozen=True):
    """Rows behind another one that are laid out as that one is."""

    count: int
    row_bytes: int

    @property
    def bytes(self) -> int:
        """How long they are together."""
        return self.count * self.row_bytes

    def starts(self, before: Sequence[int]) -> list[int]:
        """Where their values start, row by row; `before` says it of the row before them."""
        steps = np.arange(1, self.count + 1, dtype=np.int64) * self.row_bytes
        starts: list[int] = (steps[:, None] + np.array(before, np.int64)).ravel().tolist()
        return starts


def rows_alike(data: bytes, start: int, end: int, values: Sequence[int]) -> AlikeRows:
    """The rows behind the one from `start` to `end`, whose values start where `values` says, that are like it."""
    size = end - start
    first = np.frombuffer(data, np.uint8, size, start)
    places = [*range(COUNT.size), *(at - start - byte for at in values for byte in range(LENGTH.size, 0, -1))]
    there = (len(data) - end) // size
    count = 0
    for most in (FIRST_LOOK, there):
        if count == min(most, there) or (most == there and count < FIRST_LOOK):
            break
        rows = np.frombuffer(data, np.uint8, min(most, there) * size, end).reshape(-1, size)
        same = (rows[:, places] == first[places]).all(axis=1)
        count = len(same) if same.all() else int(same.argmin())
    return AlikeRows(count, size)
