"""Array literals, `{1,2,NULL,"a b"}`, and what PostgreSQL says of wrong ones (`ArrayCount` in its arrayfuncs.c)."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from sql.errors import ArraySubscriptError, FeatureNotSupported, InvalidTextRepresentation

_ELEMENT: Final = re.compile(r'\s*+(?:"((?:[^"\\]|\\.)*+)"|((?:[^"{},\\]|\\.)++))\s*+([,}])', re.DOTALL | re.ASCII)
"""Nothing is tried again that was read once: the time would grow with the third power of blanks."""
_EMPTY: Final = re.compile(r"\{\s*\}", re.ASCII)
_BOUNDS: Final = re.compile(r"\[(?:\s*([+-]?\d+)\s*:)?\s*([+-]?\d+)\s*\]", re.ASCII)
_SPACE: Final = " \t\n\v\f\r"
_UNESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


def read_elements(text: str) -> list[str | None]:
    """The elements of an array literal, unquoted; `None` for NULL.

    Raises 22P02 for what is no array, and 0A000 for several dimensions and for subscripts that do not start at 1.
    """
    stripped = text.strip(_SPACE)
    bounds = ""
    if stripped.startswith("["):
        bounds, stripped = _bounds(text, stripped)
    elif not stripped.startswith("{"):
        raise _malformed(text, 'Array value must start with "{" or dimension information.')
    found = [] if _EMPTY.fullmatch(stripped) else _flat_elements(stripped)
    if found is None:
        _require_well_formed(text, stripped)
        raise FeatureNotSupported("arrays of more than one dimension are not supported")
    if bounds:
        _require_from_one(text, bounds, len(found))
    return found


def _flat_elements(stripped: str) -> list[str | None] | None:
    """The elements of one dimension; `None` if it is not one."""
    found: list[str | None] = []
    position, mark = 1, ","
    while mark == ",":
        match = _ELEMENT.match(stripped, position)
        if match is None:
            return None
        quoted, plain, mark = match.groups()
        if quoted is not None:
            found.append(_UNESCAPE.sub(r"\1", quoted))
        elif "\\" in plain:
            found.append(_unescaped(plain))
        else:
            bare = plain.rstrip(_SPACE)
            if not bare:
                return None
            found.append(None if bare.upper() == "NULL" else bare)
        position = match.end()
    return found if position == len(stripped) else None


def _unescaped(plain: str) -> str:
    """An element without quotes: what a backslash protects is not cut off at its end."""
    end = len(plain.rstrip(_SPACE))
    backslashes = len(plain[:end]) - len(plain[:end].rstrip("\\"))
    return _UNESCAPE.sub(r"\1", plain[: end + backslashes % 2])


def _bounds(text: str, stripped: str) -> tuple[str, str]:
    """The dimensions before the `=`, and what is behind it."""
    at = 0
    while stripped[at : at + 1] == "[":
        match = _BOUNDS.match(stripped, at)
        if match is None:
            raise _malformed(text, '"[" must introduce explicitly-specified array dimensions.')
        if match[1] is not None and int(match[2]) < int(match[1]):
            raise ArraySubscriptError("upper bound cannot be less than lower bound")
        at = match.end()
    rest = stripped[at:].lstrip(_SPACE)
    if not rest.startswith("="):
        raise _malformed(text, 'Missing "=" after array dimensions.')
    rest = rest[1:].lstrip(_SPACE)
    if not rest.startswith("{"):
        raise _malformed(text, 'Array contents must start with "{".')
    return stripped[:at], rest


def _require_from_one(text: str, bounds: str, count: int) -> None:
    listed = _BOUNDS.findall(bounds)
    low, high = listed[0]
    if len(listed) > 1 or int(high) - int(low or 1) + 1 != count:
        raise _malformed(text, "Specified array dimensions do not match array contents.")
    if int(low or 1) != 1:
        raise FeatureNotSupported("arrays with subscripts that do not start at 1 are not supported")


class _State(Enum):
    NO_LEVEL = auto()
    LEVEL_STARTED = auto()
    ELEMENT_STARTED = auto()
    QUOTED_STARTED = auto()
    QUOTED_COMPLETED = auto()
    ELEMENT_DELIMITED = auto()
    LEVEL_COMPLETED = auto()
    LEVEL_DELIMITED = auto()


_BEFORE: Final = {
    "\\": {_State.LEVEL_STARTED, _State.ELEMENT_STARTED, _State.ELEMENT_DELIMITED},
    '"': {_State.LEVEL_STARTED, _State.ELEMENT_DELIMITED},
    "{": {_State.NO_LEVEL, _State.LEVEL_STARTED, _State.LEVEL_DELIMITED},
    "}": {_State.ELEMENT_STARTED, _State.QUOTED_COMPLETED, _State.LEVEL_COMPLETED},
    ",": {_State.ELEMENT_STARTED, _State.QUOTED_COMPLETED, _State.LEVEL_COMPLETED},
}
"""Outside of quotes: after what each mark may come."""
_BEFORE_OTHERS: Final = {_State.LEVEL_STARTED, _State.ELEMENT_STARTED, _State.ELEMENT_DELIMITED}
_AFTER: Final = {
    "\\": _State.ELEMENT_STARTED,
    '"': _State.QUOTED_STARTED,
    "{": _State.LEVEL_STARTED,
    "}": _State.LEVEL_COMPLETED,
    ",": _State.ELEMENT_DELIMITED,
}


def _require_well_formed(text: str, stripped: str) -> None:
    """Raise what is wrong first, whatever the number of dimensions."""
    state, level, position = _State.NO_LEVEL, 0, 0
    while position < len(stripped):
        character = stripped[position]
        position += 1
        if state is _State.QUOTED_STARTED:
            position += character == "\\"
            state = _State.QUOTED_COMPLETED if character == '"' else state
            continue
        if character in _SPACE:
            continue
        outermost_empty = character == "}" and level == 1 and state is _State.LEVEL_STARTED
        if state not in _BEFORE.get(character, _BEFORE_OTHERS) and not outermost_empty:
            shown = f'Unexpected "{character}" character.' if character in "\\{}," else "Unexpected array element."
            raise _malformed(text, shown)
        position += character == "\\"
        level += (character == "{") - (character == "}")
        delimits_level = character == "," and state is _State.LEVEL_COMPLETED
        state = _State.LEVEL_DELIMITED if delimits_level else _AFTER.get(character, _State.ELEMENT_STARTED)
        if level == 0:
            if stripped[position:].strip(_SPACE):
                raise _malformed(text, "Junk after closing right brace.")
            return
    raise _malformed(text, "Unexpected end of input.")


def _malformed(text: str, detail: str) -> InvalidTextRepresentation:
    return InvalidTextRepresentation(f'malformed array literal: "{text}"', detail=detail)
