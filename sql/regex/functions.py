"""The functions of regular expressions (PostgreSQL 9.7.3), on values that are not NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import InvalidParameterValue
from sql.regex.matching import Match, Matcher, matcher
from sql.regex.similar import similar_to_regex
from sql.text_limit import require_text_fits

if TYPE_CHECKING:
    from collections.abc import Iterator


def _matcher(pattern: str, flags: str, function: str = "", hint: str | None = None) -> Matcher:
    """The matcher of a call; of `function`, if it is named, which does not take the flag `g`."""
    if "g" in flags and function:
        raise InvalidParameterValue(f'{function}() does not support the "global" option', hint=hint)
    return matcher(pattern, flags.replace("g", ""))


def is_match(text: str, pattern: str, flags: str) -> bool:
    """regexp_like() and `~`."""
    return _matcher(pattern, flags, "regexp_like").find(text) is not None


def first_match(text: str, pattern: str, flags: str) -> list[str | None] | None:
    """regexp_match()."""
    found = _matcher(pattern, flags, "regexp_match", "Use the regexp_matches function instead.").find(text)
    return None if found is None else _captured(found)


def all_matches(text: str, pattern: str, flags: str) -> list[list[str | None]]:
    """regexp_matches(): one match, or with the flag `g` all of them."""
    used = _matcher(pattern, flags)
    if "g" in flags:
        return [_captured(found) for found in used.find_all(text)]
    found = used.find(text)
    return [] if found is None else [_captured(found)]


def _captured(found: Match) -> list[str | None]:
    count = len(found.spans)
    return [found.group(number) for number in (range(1, count) if count > 1 else (0,))]


def replaced(text: str, pattern: str, replacement: str, flags: str) -> str:
    """regexp_replace() of the first match, or with the flag `g` of all."""
    return _replaced(text, pattern, replacement, 0, 0 if "g" in flags else 1, flags)


def replaced_from(text: str, pattern: str, replacement: str, start: int, number: int, flags: str) -> str:
    """regexp_replace() from a character on: the match of this number, or all if it is 0."""
    _require_positive("start", start)
    _require_positive("n", number, least=0)
    return _replaced(text, pattern, replacement, start - 1, number, flags)


def _replaced(text: str, pattern: str, replacement: str, start: int, number: int, flags: str) -> str:
    if start > len(text):
        return text
    written: list[str] = []
    done = length = 0
    for count, found in enumerate(_matcher(pattern, flags).find_all(text, start), start=1):
        if number in (0, count):
            written += [text[done : found.start], _filled(replacement, found)]
            done = found.end
            length += len(written[-1])
            require_text_fits(length)
        if number == count:
            break
    return "".join(written) + text[done:]


def _filled(replacement: str, found: Match) -> str:
    """The replacement of a match: `\\&` is all of it, `\\1` a group."""
    if "\\" not in replacement:
        return replacement
    written = []
    at = 0
    while at < len(replacement):
        character = replacement[at]
        following = replacement[at + 1 : at + 2]
        if character != "\\" or not following:
            written.append(character)
            at += 1
            continue
        at += 2
        if following == "&":
            written.append(found.group(0) or "")
        elif following in "123456789":
            number = int(following)
            written.append((found.group(number) or "") if number < len(found.spans) else "")
        elif following == "\\":
            written.append("\\")
        else:
            written.append("\\" + following)
    return "".join(written)


def split_to_array(text: str, pattern: str, flags: str) -> list[str]:
    """regexp_split_to_array()."""
    return _split(text, _matcher(pattern, flags, "regexp_split_to_array"))


def split_to_table(text: str, pattern: str, flags: str) -> list[str]:
    """regexp_split_to_table()."""
    return _split(text, _matcher(pattern, flags, "regexp_split_to_table"))


def _split(text: str, used: Matcher) -> list[str]:
    parts = []
    done = 0
    for found in _telling(used.find_all(text), len(text)):
        parts.append(text[done : found.start])
        done = found.end
    return [*parts, text[done:]]


def _telling(matches: Iterator[Match], length: int) -> Iterator[Match]:
    """Matches without the empty ones at the ends of the text and right behind another one."""
    last = 0
    for found in matches:
        if found.start < length and found.end > last:
            yield found
        last = found.end


def count(text: str, pattern: str, start: int, flags: str) -> int:
    """regexp_count()."""
    _require_positive("start", start)
    used = _matcher(pattern, flags, "regexp_count")
    return 0 if start > len(text) + 1 else sum(1 for _ in used.find_all(text, start - 1))


def position(text: str, pattern: str, start: int, number: int, option: int, flags: str, group: int) -> int:
    """regexp_instr(): where a match or its group begins, or what follows it; 0 without."""
    _require_positive("start", start)
    _require_positive("n", number)
    if option not in (0, 1):
        raise InvalidParameterValue(f'invalid value for parameter "endoption": {option}')
    span = _span(text, _matcher(pattern, flags, "regexp_instr"), start, number, group)
    return 0 if span is None else span[option] + 1


def part(text: str, pattern: str, start: int, number: int, flags: str, group: int) -> str | None:
    """regexp_substr(): the text of a match or of its group."""
    _require_positive("start", start)
    _require_positive("n", number)
    span = _span(text, _matcher(pattern, flags, "regexp_substr"), start, number, group)
    return None if span is None else text[span[0] : span[1]]


def _span(text: str, used: Matcher, start: int, number: int, group: int) -> tuple[int, int] | None:
    if group < 0:
        raise InvalidParameterValue(f'invalid value for parameter "subexpr": {group}')
    if group > used.groups or start > len(text) + 1:
        return None
    for order, found in enumerate(used.find_all(text, start - 1), start=1):
        if order == number:
            return found.spans[group]
    return None


def substring(text: str, pattern: str) -> str | None:
    """substring(text FROM pattern): the match, or its first group if there is one."""
    used = matcher(pattern, "")
    found = used.find(text)
    return None if found is None else found.group(1 if used.groups else 0)


def is_similar(text: str, pattern: str, escape: str) -> bool:
    """SIMILAR TO."""
    return matcher(similar_to_regex(pattern, escape), "").find(text) is not None


def substring_similar(text: str, pattern: str, escape: str) -> str | None:
    """substring(text SIMILAR pattern ESCAPE escape)."""
    return substring(text, similar_to_regex(pattern, escape))


def _require_positive(name: str, value: int, least: int = 1) -> None:
    if value < least:
        raise InvalidParameterValue(f'invalid value for parameter "{name}": {value}')
