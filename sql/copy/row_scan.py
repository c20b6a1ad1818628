"""Where the rows of binary COPY data are: found for a whole block, not field by field.

Whatever looks like the start of a row is measured as if it were one, all at once; then the rows are those that follow
one another from the first on. The others were parts of values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from msgspec import Struct

from sql.copy.binary import COUNT, LENGTH
from sql.copy.wire_words import words_at_every_byte

if TYPE_CHECKING:
    from numpy.typing import NDArray


WINDOW_BYTES: Final = 1 << 20
"""Searched at once: the room that it takes is many times that."""
_MOST_CELLS: Final = 1 << 20
"""Values that are measured at once."""


class ScannedRows(Struct, frozen=True):
    """Complete rows, one behind the other."""

    starts: NDArray[np.int64]
    """Where each value starts: a row of numbers for each row."""
    lengths: NDArray[np.int64]
    """-1 for NULL."""
    end: int

    @classmethod
    def none(cls, columns: int, position: int) -> ScannedRows:
        """No rows."""
        return cls(np.zeros((0, columns), np.int64), np.zeros((0, columns), np.int64), position)


def scan_rows(data: bytes, position: int, columns: int, *, window_bytes: int = WINDOW_BYTES) -> ScannedRows:
    """The rows of so many columns, from a position to where the next is not complete, or wrong."""
    found = [ScannedRows.none(columns, position)]
    while True:
        rows = _scan_window(data, found[-1].end, columns, window_bytes)
        if rows is None:
            break
        found.append(rows)
    if len(found) <= 2:
        return found[-1]
    starts, lengths = (
        np.concatenate(parts) for parts in zip(*((rows.starts, rows.lengths) for rows in found), strict=True)
    )
    return ScannedRows(starts, lengths, found[-1].end)


def _scan_window(data: bytes, position: int, columns: int, window_bytes: int) -> ScannedRows | None:
    """Rows that begin within a window, the first one at its start; `None` if there is none."""
    candidates = _candidates(data, position, columns, window_bytes)
    starts, lengths, ends, well_formed = _measured(data, candidates, columns)
    if not well_formed.all():
        candidates, ends = candidates[well_formed], ends[well_formed]
        starts, lengths = starts[well_formed], lengths[well_formed]
    if len(candidates) == 0 or candidates[0] != position:
        return None
    if (ends[:-1] == candidates[1:]).all():
        return ScannedRows(starts, lengths, int(ends[-1]))
    rows = _chain(candidates, ends)
    return ScannedRows(starts[rows], lengths[rows], int(ends[rows[-1]]))


def _candidates(data: bytes, position: int, columns: int, window_bytes: int) -> NDArray[np.int64]:
    """Where the number of columns stands, with room for the lengths behind it. Values may be full of that."""
    after = min(len(data) - COUNT.size - LENGTH.size * columns + 1, position + window_bytes)
    if after <= position:
        return np.zeros(0, np.int64)
    high, low = divmod(columns, 256)
    values = np.frombuffer(data, np.uint8)
    found = (values[position:after] == high) & (values[position + 1 : after + 1] == low)
    most = max(_MOST_CELLS // max(columns, 1), 1)
    candidates: NDArray[np.int64] = position + np.flatnonzero(found)[:most]
    return candidates


def _measured(
    data: bytes, candidates: NDArray[np.int64], columns: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Starts and lengths of the values, the ends of the rows, and which of them are rows."""
    size = len(data)
    words = words_at_every_byte(data, "i4")
    starts = np.empty((len(candidates), columns), np.int64)
    lengths = np.empty_like(starts)
    at = candidates + COUNT.size
    well_formed = np.ones(len(candidates), np.bool_)
    for column in range(columns):
        well_formed &= at + LENGTH.size <= size
        at = np.where(well_formed, at, 0)
        length = words[at].astype(np.int64) if len(words) else at
        at = at + LENGTH.size
        starts[:, column], lengths[:, column] = at, length
        at = at + np.maximum(length, 0)
        well_formed &= (length >= -1) & (at <= size)
    return starts, lengths, at, well_formed


def _chain(candidates: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[Any]:
    """Which of the candidates are rows: those that begin where another one ends, from the first on."""
    places = np.searchsorted(candidates, ends)
    begins = candidates[np.minimum(places, len(candidates) - 1)] == ends
    following = np.where(begins, places, -1).tolist()
    rows = []
    row = 0
    while row >= 0:
        rows.append(row)
        row = following[row]
    return np.array(rows)
