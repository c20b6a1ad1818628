"""String constants U&'…', whose escapes are code points (PostgreSQL manual, 4.1.2.3)."""

from __future__ import annotations

import re
from typing import Final

from sql.errors import SqlSyntaxError

_ESCAPE: Final = re.compile(r"\\(?:(\\)|\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4})|)")
_LAST: Final = 0x10FFFF


def unicode_value(source: str, position: int) -> str:
    """The value of a constant as it is written; `position` is where, for errors. Raises `SqlSyntaxError`."""

    def character(match: re.Match[str]) -> str:
        if match[1]:
            return "\\"
        point = int(match[2] or match[3] or "0", 16)
        if not 0 < point <= _LAST:
            raise SqlSyntaxError("invalid Unicode escape", position=position)
        return chr(point)

    body = source[source.index("'") + 1 : -1].replace("''", "'")
    value = _ESCAPE.sub(character, body)
    try:
        # Two surrogates are one character.
        return value.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise SqlSyntaxError("invalid Unicode surrogate pair", position=position) from None
