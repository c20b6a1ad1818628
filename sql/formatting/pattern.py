"""A pattern as a list of what stands in it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from sql.remembered_texts import remembered
from sql.words import words

_UPPER: Final = (
    "A.D. A.M. AD AM B.C. BC CC DAY DDD DD DY Day Dy D FF1 FF2 FF3 FF4 FF5 FF6 FX HH24 HH12 HH IDDD ID IW IYYY IYY IY "
    "I J MI MM MONTH MON MS Month Mon OF P.M. PM Q RM SSSSS SSSS SS TZH TZM TZ US WW W Y,YYY YYYY YYY YY Y"
)
_LOWER: Final = (
    "a.d. a.m. ad am b.c. bc cc day ddd dd dy d ff1 ff2 ff3 ff4 ff5 ff6 fx hh24 hh12 hh iddd id iw iyyy iyy iy i j mi "
    "mm month mon ms of p.m. pm q rm sssss ssss ss tzh tzm tz us ww w y,yyy yyyy yyy yy y"
)
_OWN_IN_LOWER: Final = words("a.d. a.m. ad am b.c. bc day dy month mon p.m. pm rm tz")
"""What is written otherwise in lower case; the others mean the same."""
_CAPITALIZED: Final = words("Day Dy Month Mon DAY DY MONTH MON")
_NUMBERS: Final = "EEEE FM MI PL PR RN SG SP TH B C D G L S V eeee fm mi pl pr rn sg sp th , . 0 9 b c d g l s v"


def _longest_first(text: str) -> tuple[str, ...]:
    return tuple(sorted(words(text), key=lambda word: (-len(word), word)))


MOMENT_WORDS: Final = _longest_first(f"{_UPPER} {_LOWER}")
NUMBER_WORDS: Final = _longest_first(_NUMBERS)


class Part(Struct, frozen=True):
    """A keyword, or a character that stands for itself."""

    word: str = ""
    text: str = ""
    fill: bool = True
    """Whether the keyword has its full width: without `FM`."""
    ordinal: str = ""
    """`TH` or `th` behind a number."""
    is_separator: bool = False
    is_space: bool = False


@remembered(256)
def moment_pattern(pattern: str) -> tuple[Part, ...]:
    """A pattern of dates and times."""
    parts: list[Part] = []
    at = 0
    while at < len(pattern):
        prefix = pattern[at : at + 2].upper()
        at += 2 if prefix in ("FM", "TM") else 0
        word = next((word for word in MOMENT_WORDS if pattern.startswith(word, at)), "")
        if not word:
            at = _literal(pattern, at, parts)
            continue
        at += len(word)
        suffix = pattern[at : at + 2]
        at += 2 if suffix in ("TH", "th", "SP") else 0
        named = word in _OWN_IN_LOWER or word in _CAPITALIZED
        fill = prefix != "FM" and not (prefix == "TM" and named)
        ordinal = suffix if suffix in ("TH", "th") else ""
        parts.append(Part(word if named else word.upper(), fill=fill, ordinal=ordinal))
    return tuple(parts)


@remembered(256)
def number_pattern(pattern: str) -> tuple[Part, ...]:
    """A pattern of numbers."""
    parts: list[Part] = []
    at = 0
    while at < len(pattern):
        word = next((word for word in NUMBER_WORDS if pattern.startswith(word, at)), "")
        if not word:
            at = _literal(pattern, at, parts)
            continue
        at += len(word)
        parts.append(Part(word if word in ("rn", "th") else word.upper()))
    return tuple(parts)


def _literal(pattern: str, at: int, parts: list[Part]) -> int:
    """Take what stands for itself: in quotes, or one character. Returns where it ends."""
    if at >= len(pattern):
        return at
    if pattern[at] == '"':
        at += 1
        while at < len(pattern):
            if pattern[at] == '"':
                return at + 1
            if pattern[at] == "\\" and at + 1 < len(pattern):
                at += 1
            parts.append(Part(text=pattern[at]))
            at += 1
        return at
    if pattern.startswith('\\"', at):
        at += 1
    character = pattern[at]
    separator = character.isascii() and character.isprintable() and not character.isalnum() and character != " "
    parts.append(Part(text=character, is_separator=separator, is_space=character.isspace()))
    return at + 1
