"""to_number: the digits of a text, as a pattern says where they are."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from sql.errors import FeatureNotSupported, InvalidTextRepresentation, NumericValueOutOfRange
from sql.formatting.numbers import shape_of
from sql.formatting.pattern import number_pattern

if TYPE_CHECKING:
    from sql.formatting.pattern import Part


def to_number(text: str, pattern: str) -> str | None:
    """A number, as text. Raises 22P02 for a text without one, and 22003 for more digits than the pattern has."""
    if not pattern:
        return None
    shape = shape_of(pattern)
    for wrong, word in ((shape.roman, "RN"), (shape.exponent, "EEEE")):
        if wrong:
            raise FeatureNotSupported(f'"{word}" not supported for input')
    reader = _Reader(text, pattern)
    number = reader.read()
    try:
        value = Decimal(number)
    except ArithmeticError:
        raise InvalidTextRepresentation(f'invalid input syntax for type numeric: "{number}"') from None
    value = value.quantize(Decimal(1).scaleb(-reader.decimals), ROUND_HALF_UP)
    if abs(value) >= Decimal(10) ** (shape.whole + shape.shift):
        raise NumericValueOutOfRange("numeric field overflow")
    return format(value.scaleb(-shape.shift) if shape.shifts else value, "f")


class _Reader:
    """Goes through a text and its pattern at the same time."""

    def __init__(self, text: str, pattern: str) -> None:
        self._text = text
        self._parts = number_pattern(pattern)
        self._shape = shape_of(pattern)
        self._at = 0
        self._sign = " "
        self._digits = ""
        self._has_point = False
        self.decimals = 0
        """Digits behind the point that were read."""

    def read(self) -> str:
        """What was read, with its sign."""
        for part in self._parts:
            if self._at >= len(self._text):
                break
            if not part.word:
                self._at += 1
            else:
                self._keyword(part)
        return self._sign + self._digits.removesuffix(".")

    def _keyword(self, part: Part) -> None:
        match part.word:
            case "9" | "0" | "." | "D":
                self._number(part.word)
                self._at += 1
            case "," | "G":
                if not self._shape.trims and self._next() == ",":
                    self._at += 1
            case "L":
                self._skip(1)
            case "TH" | "th":
                self._skip(2)
            case "MI" | "PL" | "SG":
                signs = {"MI": "-", "PL": "+", "SG": "+-"}[part.word]
                if self._next() and self._next() in signs:
                    self._sign = self._next()
                    self._at += 1
                else:
                    self._skip(1)

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, count: int) -> None:
        """Go past what is no part of a number."""
        while count and self._next() and self._next() not in "0123456789.,+-":
            self._at += 1
            count -= 1

    def _number(self, word: str) -> None:
        if self._next() == " ":
            self._at += 1
        if not self._next():
            return
        has_digits = self._digits.strip(".") != ""
        if self._sign == " " and word in "09" and not has_digits:
            self._leading_sign()
        is_read = self._digit()
        if self._sign == " " and self._digits.strip(".") != "" and self._at < len(self._text):
            self._trailing_sign(is_read=is_read)

    def _leading_sign(self) -> None:
        character = self._next()
        if self._shape.sign == "before" or not self._shape.sign:
            bracket = self._shape.brackets and character == "<"
            if character == "-" or bracket:
                self._sign = "-"
                self._at += 1
            elif character == "+":
                self._sign = "+"
                self._at += 1

    def _digit(self) -> bool:
        character = self._next()
        if character and character in "0123456789":
            if self._has_point and self.decimals == self._shape.decimals:
                return False
            self._digits += character
            self.decimals += self._has_point
            return True
        if self._shape.has_point and not self._has_point and character == ".":
            self._digits += "."
            self._has_point = True
            return True
        return False

    def _trailing_sign(self, *, is_read: bool) -> None:
        if self._shape.sign and is_read:
            following = self._text[self._at + 1 : self._at + 2]
            if following and following in "+-":
                self._sign = following
                self._at += 1
        elif not is_read and not self._shape.sign and (self._shape.plus or self._shape.minus) and self._next() in "+-":
            self._sign = self._next()
