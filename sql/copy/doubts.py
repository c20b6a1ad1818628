"""Signs in a block of COPY data that Arrow may read a value where PostgreSQL reads another, or none.

Searched with numpy: looking for two characters in a row takes Python's own search ten times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sql.types.arrow import Array, pa, pc
from sql.types.buffers import values_of
from sql.types.calendar import DAY, HOUR, days_from_civil

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST_DAY: Final = int(days_from_civil(1, 1, 1))
"""Arrow knows a year 0, PostgreSQL does not."""


class Block:
    """A block of records and the bytes that may follow a field."""

    def __init__(self, data: bytes, delimiter: str, quote: str) -> None:
        self.data = data
        self._stops = [ord(stop) for stop in (delimiter, quote, "\n", "\r")]

    @property
    def _bytes(self) -> NDArray[np.uint8]:
        return np.frombuffer(self.data, np.uint8)

    def has_hexadecimal(self) -> bool:
        """`0x`, which Arrow takes for the start of an integer."""
        return self._has_pair(b"0", b"x") or self._has_pair(b"0", b"X")

    def is_doubtful(self, array: Array) -> bool:
        """Whether values that Arrow read may be none to PostgreSQL: as in year 0, an hour without minutes."""
        kind = array.type
        if pa.types.is_decimal(kind):
            # Arrow's CSV parser does not mind the precision.
            bounds = pc.min_max(array).as_py()
            limit = 10 ** (kind.precision - kind.scale)
            return bounds["max"] is not None and (bounds["max"] >= limit or bounds["min"] <= -limit)
        if pa.types.is_date32(kind):
            return bool((values_of(array, "<i4", under_null=0) < FIRST_DAY).any())
        if pa.types.is_timestamp(kind):
            micros = values_of(array, "<i8", under_null=1)
            return bool((micros < FIRST_DAY * DAY).any() or ((micros % HOUR == 0).any() and self._has_lone_hour()))
        if not pa.types.is_floating(kind):
            return False
        values = values_of(array, "<f4" if kind.bit_width == 32 else "<f8", under_null=1)
        if np.isinf(values).any():
            return True
        # A zero may have been a number too small; that takes an exponent or many digits.
        return not values.all() and (self._has_small_exponent() or b"0" * 40 in self.data)

    def _has_small_exponent(self) -> bool:
        return self._has_pair(b"e", b"-") or self._has_pair(b"E", b"-")

    def _has_pair(self, first: bytes, second: bytes) -> bool:
        if second not in self.data or first not in self.data:
            return False
        data = self._bytes
        at = np.flatnonzero(data == ord(second))
        return bool((data[at[at > 0] - 1] == ord(first)).any())

    def _has_lone_hour(self) -> bool:
        """A field that ends like `-31 10`: PostgreSQL wants minutes too."""
        data = self._bytes
        hyphens = np.flatnonzero(data == ord("-"))
        hyphens = hyphens[hyphens + 6 <= len(data)]
        after_day = data[hyphens + 3]
        hyphens = hyphens[(after_day == ord(" ")) | (after_day == ord("T"))]
        ends = hyphens + 6
        if len(ends) and ends[-1] == len(data):
            return True
        return bool(np.isin(data[ends], self._stops).any())
