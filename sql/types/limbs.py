"""Long division of whole columns of wide integers: decimal128 and decimal256 as base-10000 digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sql.types.arrow import Array


def limbs_of(array: Array) -> tuple[NDArray[np.bool_], list[NDArray[np.uint64]]]:
    """Signs (true is negative) and magnitudes of a decimal array: 32 bits a limb, the most significant first."""
    width = array.type.byte_width
    data = array.buffers()[1]
    words = np.frombuffer(data, "<u4")[array.offset * width // 4 :][: len(array) * width // 4]
    words = words.reshape(len(array), width // 4)
    negative = (words[:, -1] >> np.uint32(31)).astype(np.bool_)
    limbs: list[NDArray[np.uint64]] = []
    carry: NDArray[np.uint64] = negative.astype(np.uint64)
    mask = np.where(negative, np.uint64(0xFFFFFFFF), np.uint64(0))
    for position in range(words.shape[1]):
        # Two's complement: invert and add one, the carry running upwards.
        total = (words[:, position].astype(np.uint64) ^ mask) + carry
        carry = total >> np.uint64(32)
        limbs.insert(0, total & np.uint64(0xFFFFFFFF))
    while len(limbs) > 1 and not limbs[0].any():
        limbs.pop(0)
    return negative, limbs


def divide(limbs: list[NDArray[np.uint64]], divisor: int) -> tuple[list[NDArray[np.uint64]], NDArray[np.uint64]]:
    """Quotients (limbs that are zero everywhere dropped) and remainders."""
    if len(limbs) == 1:
        quotient, rest = np.divmod(limbs[0], np.uint64(divisor))
        return [quotient], rest
    quotients: list[NDArray[np.uint64]] = []
    remainder: NDArray[Any] = np.zeros(len(limbs[0]), np.uint64)
    for limb in limbs:
        quotient, remainder = np.divmod((remainder << np.uint64(32)) | limb, np.uint64(divisor))
        if quotients or quotient.any():
            quotients.append(quotient)
    return quotients or [np.zeros(len(limbs[0]), np.uint64)], remainder
