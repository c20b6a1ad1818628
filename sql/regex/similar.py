"""The patterns of SIMILAR TO, and of SUBSTRING by them, as regular expressions (PostgreSQL 9.7.2)."""

from __future__ import annotations

from typing import Final

from sql.errors import InvalidEscapeSequence
from sql.native.errors import InvalidUseOfEscapeCharacter

_SEPARATORS: Final = ("){1,1}?(", "){1,1}(?:")
"""What stands for the escaped double quotes: before them as little as can be, between them as much."""


def similar_to_regex(pattern: str, escape: str) -> str:
    """A regular expression for the whole text. Raises 22025 and 2200C."""
    if len(escape) > 1:
        raise InvalidEscapeSequence("invalid escape string", hint="Escape string must be empty or one character.")
    written = ["^(?:"]
    quotes = 0
    escaped = bracketed = False
    for character in pattern:
        if escaped:
            escaped = False
            if character == '"' and not bracketed:
                if quotes == len(_SEPARATORS):
                    raise InvalidUseOfEscapeCharacter(
                        "SQL regular expression may not contain more than two escape-double-quote separators"
                    )
                written.append(_SEPARATORS[quotes])
                quotes += 1
            else:
                written.append("\\" + character)
        elif escape and character == escape:
            escaped = True
        elif bracketed:
            written.append("\\\\" if character == "\\" else character)
            bracketed = character != "]"
        else:
            bracketed = character == "["
            written.append(_OUTSIDE.get(character, character))
    return "".join(written) + ")$"


_OUTSIDE: Final = {"%": ".*", "_": ".", "(": "(?:", "\\": "\\\\", ".": "\\.", "^": "\\^", "$": "\\$"}
