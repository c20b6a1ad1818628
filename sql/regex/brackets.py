"""Bracket expressions, escapes and classes of characters."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, get_args

from sql.errors import InvalidRegularExpression
from sql.regex.tree import At, Characters, ClassName, Node

if TYPE_CHECKING:
    from sql.regex.options import Options

_CLASS_NAMES: Final[tuple[ClassName, ...]] = get_args(ClassName)
_SHORTHANDS: Final[dict[str, ClassName]] = {"d": "digit", "s": "space", "w": "word"}
_CODES: Final = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "B": "\\"}
_HEX: Final = "0123456789abcdefABCDEF"


def _invalid(what: str) -> InvalidRegularExpression:
    return InvalidRegularExpression(f"invalid regular expression: {what}")


def shorthand(letter: str) -> Characters | None:
    """`\\d`, `\\s`, `\\w` and their complements."""
    name = _SHORTHANDS.get(letter.lower())
    return None if name is None else Characters(classes=(name,), negated=letter.isupper())


def in_class(character: str, name: ClassName) -> bool:
    """Whether a character is in a class, as Unicode has it; digits are those of ASCII, as in C's libraries."""
    match name:
        case "digit":
            return "0" <= character <= "9"
        case "xdigit":
            return character in _HEX
        case "alpha":
            return character.isalpha() or (character.isnumeric() and not "0" <= character <= "9")
        case "alnum":
            return character.isalnum()
        case "word":
            return character.isalnum() or unicodedata.category(character) == "Pc"
        case "upper":
            return character.isupper()
        case "lower":
            return character.islower()
        case "space":
            return character.isspace() and character not in "\x1c\x1d\x1e\x1f\x85\xa0\u2007\u202f"
        case "blank":
            return character == "\t" or (
                unicodedata.category(character) == "Zs" and character not in "\xa0\u2007\u202f"
            )
        case "cntrl":
            return unicodedata.category(character) in ("Cc", "Zl", "Zp")
        case "graph":
            return character.isprintable() and not character.isspace()
        case "print":
            return character.isprintable()
        case "punct":
            return in_class(character, "graph") and not character.isalnum()


class BracketReader:
    """Reads characters, escapes and bracket expressions."""

    def __init__(self, text: str, options: Options) -> None:
        self.text = text
        self.options = options
        self.at = 0

    def next(self) -> str:
        """The next character. There must be one."""
        self.at += 1
        return self.text[self.at - 1]

    def take(self, expected: str) -> bool:
        """Go past this, if it comes next."""
        if not self.text.startswith(expected, self.at):
            return False
        self.at += len(expected)
        return True

    def literal(self, character: str) -> Characters:
        """A character that stands for itself."""
        return Characters(((character, character),), ignore_case=self.options.ignore_case)

    def escaped(self) -> str:
        """The character that an escape stands for, behind its backslash."""
        letter = self.next()
        if letter in _CODES:
            return _CODES[letter]
        match letter:
            case "c":
                if self.at >= len(self.text):
                    raise _invalid("invalid escape \\ sequence")
                return chr(ord(self.next()) & 0x1F)
            case "u":
                return self._coded(4, 4)
            case "U":
                return self._coded(8, 8)
            case "x":
                return self._coded(1, 255)
        if letter in "01234567":
            digits = letter
            while len(digits) < 3 and self.text[self.at : self.at + 1] in tuple("01234567"):
                digits += self.next()
            return chr(int(digits, 8))
        if letter.isalnum():
            raise _invalid("invalid escape \\ sequence")
        return letter

    def _coded(self, least: int, most: int) -> str:
        start = self.at
        while self.at < len(self.text) and self.at - start < most and self.text[self.at] in _HEX:
            self.at += 1
        digits = self.text[start : self.at]
        if len(digits) < least or int(digits, 16) > 0x10FFFF:
            raise _invalid("invalid escape \\ sequence")
        return chr(int(digits, 16))

    def bracket(self) -> Node:
        """A bracket expression, behind its opening bracket."""
        for word, place in (("[:<:]]", "word start"), ("[:>:]]", "word end")):
            if self.take(word):
                return At("word start" if place == "word start" else "word end")
        negated = self.take("^")
        ranges: list[tuple[str, str]] = []
        classes: list[ClassName] = []
        excluded: list[ClassName] = []
        first = True
        while first or not self.take("]"):
            first = False
            found = self._bracket_class()
            if isinstance(found, Characters):
                (excluded if found.negated else classes).extend(found.classes)
                continue
            low = found
            high = low
            if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
                self.at += 1
                end = self._bracket_class()
                if isinstance(end, Characters) or end < low:
                    raise _invalid("invalid character range")
                high = end
            ranges.append((low, high))
        if negated and self.options.dot_stops:
            ranges.append(("\n", "\n"))
        ignore = self.options.ignore_case
        return Characters(tuple(ranges), tuple(classes), tuple(excluded), negated, ignore)

    def _bracket_class(self) -> Characters | str:
        """The next element: a class, or a character."""
        if self.at >= len(self.text):
            raise _invalid("brackets [] not balanced")
        if self.take("[:"):
            name = self._until(":]")
            known = next((known for known in _CLASS_NAMES if known == name), None)
            if known is None:
                raise _invalid("invalid character class")
            return Characters(classes=(known,))
        for mark in (".", "="):
            if self.take(f"[{mark}"):
                element = self._until(f"{mark}]")
                if len(element) != 1:
                    raise _invalid("invalid collating element")
                return element
        character = self.next()
        if character != "\\":
            return character
        if self.at >= len(self.text):
            raise _invalid("invalid escape \\ sequence")
        found = shorthand(self.text[self.at])
        if found is not None:
            self.at += 1
            return found
        return self.escaped()

    def _until(self, end: str) -> str:
        at = self.text.find(end, self.at)
        if at < 0:
            raise _invalid("brackets [] not balanced")
        found = self.text[self.at : at]
        self.at = at + len(end)
        return found
