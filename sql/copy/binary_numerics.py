"""Columns of binary numerics (base 10000, `numeric_recv` in PostgreSQL's numeric.c) as decimals of 128 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sql.copy.wire_words import words_at_every_byte
from sql.types.arrow import Array, pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storage.types import SqlType

_HEADER_BYTES: Final = 8
_BASE: Final = 10_000
_NEGATIVE: Final = 0x4000
_MOST_SCALE: Final = 0x3FFF
_MOST_DIGITS: Final = 12
"""Of base 10000; a longer number is for the input function."""
_DECIMAL_DIGITS: Final = 38
_LIMB: Final = np.uint64(4)
"""Digits of base 10000 that are summed up in one integer of 64 bits."""
_POWERS: Final = np.array([_BASE**power for power in range(int(_LIMB))], np.uint64)
_HALF: Final = np.uint64(32)
_LOW_HALF: Final = np.uint64(0xFFFFFFFF)


def numeric_column(
    data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], sql_type: SqlType
) -> Array | None:
    """Numerics, which are these slices of the data; a length of -1 is NULL. `None` where one is unusual, or wrong."""
    precision, scale = sql_type.precision_and_scale
    valid = lengths >= 0
    parts = _magnitudes(data, starts[valid], lengths[valid], scale) if scale >= 0 else None
    if parts is None:
        return None
    negative, (high, low) = parts
    limit_high, limit_low = divmod(10**precision, 1 << 64)
    if ((high > limit_high) | ((high == limit_high) & (low >= np.uint64(limit_low)))).any():
        return None
    # Two's complement: invert and add one.
    low = np.where(negative, ~low + np.uint64(1), low)
    high = np.where(negative, ~high + (low == 0), high)
    words = np.zeros((len(starts), 2), "<u8")
    words[valid, 0], words[valid, 1] = low, high
    mask = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(sql_type.arrow, len(starts), [mask, pa.py_buffer(words)])


def _magnitudes(
    data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], scale: int
) -> tuple[NDArray[np.bool_], tuple[NDArray[np.uint64], NDArray[np.uint64]]] | None:
    """Which are negative, and the numbers without a sign or a point, with so many digits behind where that would be."""
    nothing = np.zeros(len(starts), np.uint64)
    if len(starts) == 0:
        return np.zeros(0, np.bool_), (nothing, nothing)
    if (lengths < _HEADER_BYTES).any():
        return None
    words = words_at_every_byte(data, "u2")
    count, sign, shown = (words[starts + at].astype(np.int64) for at in (0, 4, 6))
    weight = words[starts + 2].astype(np.int16).astype(np.int64)
    wrong = (lengths != _HEADER_BYTES + 2 * count) | ((sign != 0) & (sign != _NEGATIVE)) | (shown > _MOST_SCALE)
    too_large = (count > 0) & (4 * (weight + 1) + scale > _DECIMAL_DIGITS)
    if wrong.any() or too_large.any() or (count > _MOST_DIGITS).any():
        return None
    most_ranks = int((weight * (count > 0)).max()) + scale // 4 + 1
    limbs = [nothing.copy() for _ in range(max(-(-most_ranks // int(_LIMB)), 1))]
    shift = np.uint64(10 ** (scale % 4))
    for place in range(int(count.max())):
        there = place < count
        digit = np.where(there, words[np.where(there, starts + _HEADER_BYTES + 2 * place, 0)], 0).astype(np.int64)
        if (digit >= _BASE).any() or _is_cut(digit, 4 * (place - weight), shown).any():
            return None
        amount = digit.astype(np.uint64) * shift
        # Where the digit belongs among those of the result, which is counted from its end.
        rank = weight - place + scale // 4
        split = rank == -1
        lost = (rank < -1) & (digit != 0) | split & (amount % np.uint64(_BASE) != 0)
        if lost.any():
            return None
        amount = np.where(split, amount // np.uint64(_BASE), amount)
        rank = np.where(digit == 0, 0, np.maximum(rank, 0)).astype(np.uint64)
        amount *= _POWERS[rank % _LIMB]
        if len(limbs) == 1:
            limbs[0] += amount
            continue
        for number in range(len(limbs)):
            limbs[number] += np.where(rank // _LIMB == number, amount, np.uint64(0))
    return sign == _NEGATIVE, _wide(limbs)


def _is_cut(digit: NDArray[np.int64], end: NDArray[np.int64], shown: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a digit that ends so many decimal places behind the point has some behind those that are shown."""
    if not (end > shown).any():
        return np.zeros(len(digit), np.bool_)
    hidden = np.where(end > 0, np.clip(end - shown, 0, 4), 0)
    cut: NDArray[np.bool_] = digit % 10**hidden != 0
    return cut


def _wide(limbs: list[NDArray[np.uint64]]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The sum of limbs, the least one first, each worth 10000 to the fourth of the one before it."""
    high, low = np.zeros_like(limbs[0]), limbs[-1]
    for limb in limbs[-2::-1]:
        for _ in range(2):
            high, low = _times(high, low, np.uint64(_BASE**2))
        added = low + limb
        high = high + (added < low)
        low = added
    return high, low


def _times(
    high: NDArray[np.uint64], low: NDArray[np.uint64], factor: np.uint64
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Times a factor of at most 32 bits."""
    first = (low & _LOW_HALF) * factor
    second = (low >> _HALF) * factor + (first >> _HALF)
    return high * factor + (second >> _HALF), (second << _HALF) | (first & _LOW_HALF)
