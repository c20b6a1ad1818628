"""to_char of numbers: what PostgreSQL's pattern processor writes, place by place."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from sql.errors import SqlSyntaxError
from sql.formatting.moments import ordinal_suffix
from sql.formatting.pattern import number_pattern
from sql.remembered_texts import remembered

if TYPE_CHECKING:
    from sql.formatting.pattern import Part

_DOUBLE_DIGITS: Final = 15
_REAL_DIGITS: Final = 6
_ROMAN: Final = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL")),
    *((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)


class Shape(Struct, frozen=True):
    """What a pattern asks for as a whole."""

    whole: int = 0
    """Places before the point."""
    decimals: int = 0
    shift: int = 0
    """Digits behind `V`: the number is multiplied by ten as often."""
    zero_start: int = -1
    """The first place that shows a zero; -1 without."""
    zero_end: int = 0
    sign: str = ""
    """Where `S` puts the sign: before or behind."""
    sign_at: int = 0
    has_point: bool = False
    trims: bool = False
    """`FM`: no blanks."""
    brackets: bool = False
    minus: bool = False
    plus: bool = False
    roman: bool = False
    exponent: bool = False
    blank: bool = False
    shifts: bool = False

    @property
    def has_zero(self) -> bool:
        """Whether there is a `0` before the point."""
        return self.zero_start >= 0


@remembered(256)
def shape_of(pattern: str) -> Shape:
    """The shape of a pattern. Raises 42601 for what cannot stand together."""
    shape = Shape()
    for part in number_pattern(pattern):
        if part.word:
            if shape.exponent and part.word != "EEEE":
                raise SqlSyntaxError('"EEEE" must be the last pattern used')
            shape = _shaped(shape, part.word)
    return shape


def _shaped(shape: Shape, word: str) -> Shape:
    match word:
        case "9" | "0":
            return _digit(shape, word)
        case "B":
            unset = not (shape.whole or shape.decimals or shape.has_zero)
            return replace(shape, blank=True) if unset else shape
        case "D" | ".":
            _refuse(shape.has_point, "multiple decimal points")
            _refuse(shape.shifts, 'cannot use "V" and decimal point together')
            return replace(shape, has_point=True)
        case "FM":
            return replace(shape, trims=True)
        case "S":
            _refuse(bool(shape.sign), 'cannot use "S" twice')
            together = shape.plus or shape.minus or shape.brackets
            _refuse(together, 'cannot use "S" and "PL"/"MI"/"SG"/"PR" together')
            if not shape.has_point:
                return replace(shape, sign="before", sign_at=shape.whole)
            return replace(shape, sign="behind")
        case "MI" | "PL" | "SG":
            _refuse(bool(shape.sign), f'cannot use "S" and "{word}" together')
            return replace(shape, minus=shape.minus or word != "PL", plus=shape.plus or word != "MI")
        case "PR":
            _refuse(bool(shape.sign) or shape.plus or shape.minus, 'cannot use "PR" and "S"/"PL"/"MI"/"SG" together')
            return replace(shape, brackets=True)
        case "RN" | "rn":
            return replace(shape, roman=True)
        case "V":
            _refuse(shape.has_point, 'cannot use "V" and decimal point together')
            return replace(shape, shifts=True)
        case "EEEE":
            return _scientific(shape)
    return shape


def _digit(shape: Shape, word: str) -> Shape:
    _refuse(shape.brackets, f'"{word}" must be ahead of "PR"')
    if word == "9" and shape.shifts:
        return replace(shape, shift=shape.shift + 1)
    if word == "0" and not shape.has_zero and not shape.has_point:
        shape = replace(shape, zero_start=shape.whole)
    before, behind = (0, 1) if shape.has_point else (1, 0)
    shape = replace(shape, whole=shape.whole + before, decimals=shape.decimals + behind)
    return replace(shape, zero_end=shape.whole + shape.decimals) if word == "0" else shape


def _scientific(shape: Shape) -> Shape:
    _refuse(shape.exponent, 'cannot use "EEEE" twice')
    other = (shape.blank, shape.trims, shape.sign, shape.brackets, shape.minus, shape.plus, shape.roman, shape.shifts)
    _refuse(any(other), '"EEEE" is incompatible with other formats')
    return replace(shape, exponent=True)


def _refuse(wrong: bool, message: str) -> None:
    if wrong:
        raise SqlSyntaxError(message)


def number_to_char(number: str, kind: str, pattern: str) -> str | None:
    """to_char of a number, given as text; `kind` is `integer`, `numeric`, `real` or `double precision`."""
    if not pattern:
        return ""
    shape = shape_of(pattern)
    value = Decimal(number)
    if shape.roman:
        return _Writer(pattern, replace(Shape(), roman=True, trims=shape.trims), _roman(value, kind), "+", 0).written()
    if shape.exponent:
        return _exponent(value, shape, kind)
    if shape.shifts:
        value = value.scaleb(shape.shift) if value.is_finite() else value
        shape = replace(shape, whole=shape.whole + shape.shift)
    if not value.is_finite():
        digits, sign = _not_finite(number), "-" if value.is_signed() else "+"
    else:
        shape, digits = _digits(value, shape, kind)
        sign = "-" if value.is_signed() and _is_shown_negative(value, digits, kind) else "+"
    before = len(digits.partition(".")[0])
    if before > shape.whole:
        digits = "#" * shape.whole + "." + "#" * shape.decimals
    return _Writer(pattern, shape, digits, sign, max(shape.whole - before, 0)).written()


def _is_shown_negative(value: Decimal, digits: str, kind: str) -> bool:
    # A double that is rounded to zero keeps its sign; a numeric has none then.
    return value != 0 and (kind in ("real", "double precision") or any(digit in "123456789" for digit in digits))


def _not_finite(number: str) -> str:
    return "NaN" if "nan" in number.lower() else "Infinity"


def _digits(value: Decimal, shape: Shape, kind: str) -> tuple[Shape, str]:
    """The number without its sign, rounded to the places behind the point."""
    if kind in ("real", "double precision"):
        most = _REAL_DIGITS if kind == "real" else _DOUBLE_DIGITS
        double = float(value)
        before = len(f"{abs(double):.0f}")
        decimals = 0 if before >= most else min(shape.decimals, most - before)
        return replace(shape, decimals=decimals), f"{abs(double):.{decimals}f}"
    rounded = abs(value).quantize(Decimal(1).scaleb(-shape.decimals), ROUND_HALF_UP)
    return shape, format(rounded, "f")


def _exponent(value: Decimal, shape: Shape, kind: str) -> str:
    if not value.is_finite():
        return " " + "#" * shape.whole + "." + "#" * (shape.decimals + 4)
    if value == 0:
        return f" {0:.{shape.decimals}f}e+00"
    if kind == "numeric":
        # By the power of ten that it had before it was rounded: 99.99 may become 10.0e+01.
        power = value.adjusted()
        mantissa = format(value.scaleb(-power).quantize(Decimal(1).scaleb(-shape.decimals), ROUND_HALF_UP), "f")
        written = f"{mantissa}e{power:+03d}"
    else:
        written = f"{float(value):.{shape.decimals}e}"
    return written if written.startswith("-") else " " + written


def _roman(value: Decimal, kind: str) -> str:
    rounding = ROUND_HALF_UP if kind == "numeric" else ROUND_HALF_EVEN
    number = int(value.to_integral_value(rounding)) if value.is_finite() else 0
    if not 0 < number < 4000:
        return "#" * 15
    written = ""
    for amount, letters in _ROMAN:
        while number >= amount:
            written += letters
            number -= amount
    return written


class _Writer:
    """Goes through a pattern and the digits at the same time."""

    def __init__(self, pattern: str, shape: Shape, digits: str, sign: str, blanks: int) -> None:
        self._parts = number_pattern(pattern)
        self._digits = digits
        self._sign = sign
        self._blanks = blanks
        """Places before the first digit."""
        self._at = 0
        self._place = 0
        self._in_number = False
        self._last = self._last_relevant(shape)
        self._sign_written = self._needs_no_sign(shape)
        if not (shape.plus or shape.minus) and shape.sign == "before" and shape.whole == shape.sign_at:
            shape = replace(shape, sign="behind")
        if shape.brackets and shape.trims and sign != "-":
            shape = replace(shape, brackets=False)
        self._shape = shape
        self._count = shape.decimals + shape.whole - 1
        if not self._sign_written and blanks == 0:
            self._count += 1
        self._out: list[str] = []

    def _needs_no_sign(self, shape: Shape) -> bool:
        if shape.roman:
            return False
        if shape.plus or shape.minus:
            return not (shape.plus and not shape.minus)
        return self._sign == "+" and shape.trims and not shape.sign

    def _last_relevant(self, shape: Shape) -> int | None:
        """Behind the point: the last digit that `FM` leaves."""
        if not (shape.trims and shape.has_point) or "." not in self._digits:
            return None
        point = self._digits.index(".")
        last = max((i for i in range(point, len(self._digits)) if self._digits[i] not in "0."), default=point)
        if shape.zero_end > self._blanks:
            last = max(last, min(len(self._digits) - 1, shape.zero_end - self._blanks))
        return last

    def written(self) -> str:
        """The number in its pattern."""
        for part in self._parts:
            if part.word:
                self._keyword(part)
            else:
                self._out.append(part.text)
        return "".join(self._out)

    def _keyword(self, part: Part) -> None:
        trims = self._shape.trims
        match part.word:
            case "9" | "0" | "." | "D":
                self._number(part.word)
            case "," | "G":
                self._out.append("," if self._in_number else "" if trims else " ")
            case "L":
                self._out.append(" ")
            case "RN":
                self._out.append(self._digits if trims else self._digits.rjust(15))
            case "rn":
                self._out.append((self._digits if trims else self._digits.rjust(15)).lower())
            case "TH" | "th":
                shape = self._shape
                if not (shape.roman or shape.has_point or self._sign == "-" or self._digits.startswith("#")):
                    self._out.append(ordinal_suffix(self._digits, part.word))
            case "MI":
                self._out.append("-" if self._sign == "-" else "" if trims else " ")
            case "PL":
                self._out.append("+" if self._sign == "+" else "" if trims else " ")
            case "SG":
                self._out.append(self._sign)

    def _leads_with_zero(self) -> bool:
        """Whether the digit that comes is the zero of `0.5`, which nothing asks for."""
        return not self._shape.has_zero and self._at == 0 and self._digits[:1] == "0" and self._shape.decimals != 0

    def _only_point_is_left(self) -> bool:
        return self._last is not None and self._digits[self._last] == "."

    def _number(self, word: str) -> None:
        shape = self._shape
        if shape.roman:
            return
        self._in_number = False
        begins = self._place >= self._blanks or (shape.has_zero and shape.zero_start == self._place)
        if not self._sign_written and begins and (not self._leads_with_zero() or self._only_point_is_left()):
            self._write_sign()
        if self._place < self._blanks and (not shape.has_zero or shape.zero_start > self._place):
            self._out.append("" if shape.trims else " ")
        elif self._place < self._blanks and shape.has_zero:
            self._out.append("0")
            self._in_number = True
        else:
            self._write_digit(word)
        self._write_end()
        self._place += 1

    def _write_sign(self) -> None:
        shape = self._shape
        if shape.sign:
            if shape.sign == "before":
                self._out.append(self._sign)
                self._sign_written = True
            return
        if shape.brackets:
            self._out.append(" " if self._sign == "+" else "<")
        elif self._sign == "+":
            self._out.append("" if shape.trims else " ")
        else:
            self._out.append("-")
        self._sign_written = True

    def _write_digit(self, word: str) -> None:
        digit = self._digits[self._at : self._at + 1]
        if digit == ".":
            self._out.append(".")
        elif self._last is not None and self._at > self._last and word != "0":
            pass
        elif self._leads_with_zero():
            if not self._shape.trims:
                self._out.append(" ")
            elif self._only_point_is_left():
                self._out.append("0")
        else:
            self._out.append(digit)
            self._in_number = True
        if digit:
            self._at += 1

    def _write_end(self) -> None:
        end = self._count + (1 if self._blanks else 0) + (1 if self._shape.has_point else 0)
        if self._last is not None and self._last == self._at:
            end = self._place
        if self._place + 1 != end:
            return
        if self._sign_written and self._shape.brackets:
            self._out.append(" " if self._sign == "+" else ">")
        elif self._shape.sign == "behind":
            self._out.append(self._sign)
