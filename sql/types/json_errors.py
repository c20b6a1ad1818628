"""What is wrong with a text that is no JSON, in the words of PostgreSQL's parser (jsonapi.c)."""

from __future__ import annotations

import re
from typing import Final

from sql.name_characters import LETTER_OR_DIGIT

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_WORD: Final = re.compile(f"{LETTER_OR_DIGIT}+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)?")
_FRACTION: Final = re.compile(r"\.[0-9]*")
_EXPONENT: Final = re.compile(r"[eE][+-]?[0-9]*")
_WHOLE_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_HEX: Final = re.compile(r"[0-9a-fA-F]{4}")
_WORDS: Final = ("true", "false", "null")
_END: Final = ""


class _Refused(Exception):
    """the text is no JSON; the message is PostgreSQL's DETAIL"""


def detail_of(text: str) -> str | None:
    """The DETAIL of PostgreSQL's error; `None` for what its parser takes. Raises `RecursionError` in great depths."""
    try:
        _Parser(text).read()
    except _Refused as refused:
        return str(refused)
    return None


class _Parser:
    """Reads a text token by token, as far as it is JSON."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._found = ""

    def read(self) -> None:
        self._advance()
        self._value()
        if self._found != _END:
            raise self._expected("end of input")

    def _expected(self, what: str) -> _Refused:
        if self._found == _END:
            return _Refused("The input string ended unexpectedly.")
        return _Refused(f'Expected {what}, but found "{self._found}".')

    def _value(self) -> None:
        if self._found == "{":
            self._object()
        elif self._found == "[":
            self._array()
        elif self._found == _END or self._found in "}],:":
            raise self._expected("JSON value")
        else:
            self._advance()

    def _array(self) -> None:
        self._advance()
        if self._found != "]":
            self._value()
            while self._found == ",":
                self._advance()
                self._value()
            if self._found != "]":
                raise self._expected('"," or "]"')
        self._advance()

    def _object(self) -> None:
        self._advance()
        if self._found.startswith('"'):
            self._field()
            while self._found == ",":
                self._advance()
                if not self._found.startswith('"'):
                    raise self._expected("string")
                self._field()
            if self._found != "}":
                raise self._expected('"," or "}"')
        elif self._found != "}":
            raise self._expected('string or "}"')
        self._advance()

    def _field(self) -> None:
        self._advance()
        if self._found != ":":
            raise self._expected('":"')
        self._advance()
        self._value()

    def _advance(self) -> None:
        """Read the next token."""
        text = self._text
        space = _SPACE.match(text, self._position)
        start = self._position if space is None else space.end()
        if start == len(text):
            self._position, self._found = start, _END
            return
        first = text[start]
        if first in "{}[],:":
            end = start + 1
        elif first == '"':
            end = self._end_of_string(start)
        elif first == "-" or first in "0123456789":
            end = self._end_of_number(start)
        else:
            word = _WORD.match(text, start)
            end = start + 1 if word is None else word.end()
            if text[start:end] not in _WORDS:
                raise _invalid(text[start:end])
        self._position, self._found = end, text[start:end]

    def _end_of_string(self, start: int) -> int:
        text, position = self._text, start + 1
        while position < len(text):
            character = text[position]
            if character == '"':
                return position + 1
            if character < " ":
                raise _Refused(f"Character with value 0x{ord(character):02x} must be escaped.")
            position = self._end_of_escape(start, position) if character == "\\" else position + 1
        raise _invalid(text[start:])

    def _end_of_escape(self, start: int, position: int) -> int:
        text = self._text
        kind = text[position + 1 : position + 2]
        if not kind:
            raise _invalid(text[start:])
        if kind == "u":
            if _HEX.match(text, position + 2) is None:
                if len(text) < position + 6 and re.fullmatch("[0-9a-fA-F]*", text[position + 2 :]):
                    raise _invalid(text[start:])
                raise _Refused('"\\u" must be followed by four hexadecimal digits.')
            return position + 6
        if kind not in '"\\/bfnrt':
            raise _Refused(f'Escape sequence "\\{kind}" is invalid.')
        return position + 2

    def _end_of_number(self, start: int) -> int:
        """A number is read as far as it goes, and then all that could belong to a word."""
        end = start
        for part in (_NUMBER, _FRACTION, _EXPONENT):
            found = part.match(self._text, end)
            end = end if found is None else found.end()
        word = _WORD.match(self._text, end)
        end = end if word is None else word.end()
        token = self._text[start:end]
        if _WHOLE_NUMBER.fullmatch(token) is None:
            raise _invalid(token)
        return end


def _invalid(token: str) -> _Refused:
    return _Refused(f'Token "{token}" is invalid.')
