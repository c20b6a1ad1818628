"""to_char of columns of numbers, by patterns of digits, commas and a point: each place is written for all rows at once.

A text is a row of bytes, in which every place of the pattern has its own; what `FM` leaves out is NUL, and is cut out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import Struct

from sql.errors import SqlError
from sql.formatting.byte_rows import strings_of
from sql.formatting.numbers import shape_of
from sql.formatting.pattern import number_pattern
from sql.native.function import Partial
from sql.remembered_texts import remembered
from sql.types.arrow import Array, pa, pc
from sql.types.buffers import offsets_of, valid_rows, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_PLACES: Final = 18
"""Digits of an integer of 64 bits."""
_FLOAT_DIGITS: Final = {"real": 6, "double precision": 15}
_BLANK, _COMMA, _POINT, _MINUS, _ZERO = b" ,.-0"
_DIGITS: Final = frozenset({"9", "0"})
_COMMAS: Final = frozenset({",", "G"})


class _Layout(Struct, frozen=True):
    """A plain pattern: a whole part with commas, and digits behind a point."""

    before: bytes
    """What stands before the number as it is."""
    whole: tuple[str, ...]
    """`9` for a digit, `,` for a comma."""
    decimals: int
    kept_decimals: int
    """So many are shown with `FM`, too, if they are zeros."""
    zero_start: int | None
    """From this place on zeros are shown."""
    trims: bool
    after: bytes

    @property
    def places(self) -> int:
        """Digits before the point."""
        return self.whole.count("9")


class _Scaled(Struct, frozen=True):
    """Numbers without their point, rounded to the digits that the pattern has behind it."""

    magnitudes: NDArray[np.int64]
    negative: NDArray[np.bool_]
    unusual: NDArray[np.bool_]


def number_column_to_char(numbers: Array, kind: str, pattern: str) -> Array | Partial | None:
    """to_char of numbers that are given as text; `kind` is `integer`, `numeric`, `real` or `double precision`."""
    layout = _layout(pattern)
    if layout is None:
        return None
    scaled = _floats(numbers, layout, kind) if kind in _FLOAT_DIGITS else _decimals(numbers, layout)
    if scaled is None:
        return None
    unit = 10**layout.decimals
    whole = scaled.magnitudes // unit
    left = scaled.unusual | (whole >= 10**layout.places)
    if layout.decimals and layout.zero_start is None:
        # Nothing asks for the zero of `0.5`.
        left |= whole == 0
    left &= valid_rows(numbers)
    columns = [*_whole_part(whole, scaled.negative, layout), *_fraction(scaled.magnitudes % unit, layout)]
    rows = len(numbers)
    edges = [
        np.broadcast_to(np.frombuffer(text, np.uint8), (rows, len(text))) for text in (layout.before, layout.after)
    ]
    texts = strings_of(np.concatenate([edges[0], np.stack(columns, axis=1), edges[1]], axis=1), numbers)
    return Partial(texts, pa.array(left)) if left.any() else texts


@remembered(256)
def _layout(pattern: str) -> _Layout | None:
    """The layout of a plain pattern; `None` of other ones, and of wrong ones."""
    try:
        shape = shape_of(pattern)
    except SqlError:
        return None
    parts = [part for part in number_pattern(pattern) if part.word != "FM"]
    words = [part.word for part in parts]
    at = next((n for n, word in enumerate(words) if word), len(words))
    end = next((n for n in range(at, len(words)) if not words[n]), len(words))
    number = words[at:end]
    point = next((n for n, word in enumerate(number) if word in (".", "D")), len(number))
    whole, fraction = number[:point], number[point + 1 :]
    if any(words[end:]) or not all(word in _DIGITS | _COMMAS for word in whole) or not set(fraction) <= _DIGITS:
        return None
    # Of zeros behind nines it matters where the last one is.
    kept = fraction.count("0")
    mixed = kept and fraction != ["0"] * kept + ["9"] * (len(fraction) - kept)
    places = sum(word in _DIGITS for word in whole)
    point_alone = point < len(number) and not fraction
    if not places or places + len(fraction) > _MOST_PLACES or mixed or point_alone:
        return None
    return _Layout(
        "".join(part.text for part in parts[:at]).encode(),
        tuple("9" if word in _DIGITS else "," for word in whole),
        len(fraction),
        kept,
        shape.zero_start if shape.has_zero else None,
        shape.trims,
        "".join(part.text for part in parts[end:]).encode(),
    )


def _decimals(numbers: Array, layout: _Layout) -> _Scaled | None:
    """Numbers with the same number of digits behind the point, rounded half away from zero."""
    if numbers.null_count:
        numbers = pc.fill_null(numbers, "0")
    points = values_of(pc.find_substring(numbers, "."), "<i4")
    lengths = np.diff(offsets_of(numbers)) if len(numbers) else points
    scales = np.where(points < 0, 0, lengths - points - 1)
    scale = int(scales.max(initial=0))
    if (scales[points >= 0] != scale).any() or scale > _MOST_PLACES:
        return None
    try:
        digits = pc.cast(pc.replace_substring(numbers, ".", ""), pa.int64())
    except pa.ArrowInvalid:
        return None
    values = values_of(digits, "<i8")
    if scale:
        values = np.where(points < 0, 0, values)
    magnitudes = np.abs(values)
    unusual = (points < 0) & (scale > 0) & valid_rows(numbers) & (values_of(digits, "<i8") != 0)
    more = layout.decimals - scale
    if more < 0:
        unit = 10**-more
        magnitudes = magnitudes // unit + (magnitudes % unit >= (unit + 1) // 2)
    else:
        unusual |= magnitudes >= 10 ** (_MOST_PLACES - more)
        magnitudes = np.where(unusual, 0, magnitudes) * 10**more
    return _Scaled(magnitudes, (values < 0) & (magnitudes != 0), unusual | (magnitudes < 0))


def _floats(numbers: Array, layout: _Layout, kind: str) -> _Scaled | None:
    """Rounded as C prints them, if they have no more digits than that shows."""
    try:
        values = values_of(pc.cast(numbers, pa.float64()), "<f8", under_null=0.0)
    except pa.ArrowInvalid:
        return None
    most = 10 ** (_FLOAT_DIGITS[kind] - layout.decimals) if layout.decimals < _FLOAT_DIGITS[kind] else 0
    with np.errstate(invalid="ignore"):
        unusual = ~(np.abs(values) < most - 1)
    decimals = layout.decimals
    printed = [f"{value:.{decimals}f}".replace(".", "") for value in np.where(unusual, 0, np.abs(values)).tolist()]
    return _Scaled(np.array(list(map(int, printed)), np.int64), values < 0, unusual)


def _whole_part(whole: NDArray[np.int64], negative: NDArray[np.bool_], layout: _Layout) -> list[NDArray[np.uint8]]:
    """A column of bytes for each place and comma, and one for the sign, which stands right before the first digit."""
    blank = np.uint8(0 if layout.trims else _BLANK)
    places = layout.places
    digits, rest = [], whole
    for _ in range(places):
        rest, digit = np.divmod(rest, 10)
        digits.append(digit.astype(np.uint8) + np.uint8(_ZERO))
    digits.reverse()
    first = places - np.maximum(sum((whole >= 10**power).astype(np.int64) for power in range(places)), 1)
    if layout.zero_start is not None:
        first = np.minimum(first, layout.zero_start)
    sign = np.where(negative, np.uint8(_MINUS), blank)
    columns = [np.full(len(whole), blank)]
    place = 0
    for word in layout.whole:
        if word == "9":
            # Before the first digit is the sign, in the column that was left for it.
            columns[-1] = np.where(first == place, sign, columns[-1])
            columns.append(np.where(place >= first, digits[place], blank))
            place += 1
        else:
            columns.append(np.where(place > first, np.uint8(_COMMA), blank))
    return columns


def _fraction(fraction: NDArray[np.int64], layout: _Layout) -> list[NDArray[np.uint8]]:
    if not layout.decimals:
        return []
    columns = [np.full(len(fraction), np.uint8(_POINT))]
    for place in range(1, layout.decimals + 1):
        rest = fraction % 10 ** (layout.decimals - place + 1)
        digit = (rest // 10 ** (layout.decimals - place)).astype(np.uint8) + np.uint8(_ZERO)
        if layout.trims and place > layout.kept_decimals:
            # Zeros at the end are left out.
            digit = np.where(rest == 0, np.uint8(0), digit)
        columns.append(digit)
    return columns
