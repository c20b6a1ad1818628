"""The functions of regular expressions over columns of texts, by Arrow's RE2 where that finds what PostgreSQL finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sql.native.function import Partial
from sql.regex.plain import PlainExpression, plain_expression
from sql.text_limit import TEXT_MAX
from sql.types.arrow import Array, pa, pc

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_GROUPS: Final = 9


def _computed(texts: Array, plain: PlainExpression | None, run: Callable[[], Array]) -> Array | Partial | None:
    """What RE2 gives; texts that it might take in another way are left."""
    if plain is None:
        return None
    try:
        values = run()
    except pa.ArrowInvalid:
        # Too large for RE2, for one.
        return None
    if plain.ascii_only:
        left = pc.fill_null(pc.invert(pc.string_is_ascii(texts)), False)
        if pc.any(left).as_py():
            return Partial(values, left)
    return values


def replaced(texts: Array, pattern: str, replacement: str, flags: str) -> Array | Partial | None:
    """regexp_replace()."""
    plain = plain_expression(pattern, flags.replace("g", ""))
    if plain is None or plain.groups > _MOST_GROUPS:
        return None
    words = _replacement(replacement, plain.groups)
    most = None if "g" in flags else 1
    if most is None and _may_be_too_long(texts, plain, words):
        return None
    return _computed(texts, plain, lambda: pc.replace_substring_regex(texts, plain.re2(), words, max_replacements=most))


def _may_be_too_long(texts: Array, plain: PlainExpression, words: str) -> bool:
    """Whether the texts with a replacement in the place of each match might be more than there may be at once."""
    if len(words) * texts.nbytes <= TEXT_MAX:
        return False
    matches = pc.sum(pc.count_substring_regex(texts, plain.re2(()))).as_py() or 0
    groups = words.count("\\")
    return bool(len(words) * matches + groups * texts.nbytes > TEXT_MAX)


def _replacement(replacement: str, groups: int) -> str:
    """The replacement in RE2's words: all of the match is `\\0`."""
    written = []
    characters = iter(replacement)
    for character in characters:
        if character != "\\":
            written.append(character)
            continue
        following = next(characters, "")
        if following == "&":
            written.append("\\0")
        elif following and following in "123456789":
            written.append(f"\\{following}" if int(following) <= groups else "")
        else:
            written.append("\\\\" + ("" if following == "\\" else following))
    return "".join(written)


def first_match(texts: Array, pattern: str, flags: str) -> Array | Partial | None:
    """regexp_match()."""
    plain = plain_expression(pattern, flags) if "g" not in flags else None
    if plain is None:
        return None
    numbers = range(1, plain.groups + 1) if plain.groups else (0,)
    return _computed(texts, plain, lambda: _as_lists(pc.extract_regex(texts, plain.re2(numbers))))


def _as_lists(groups: Array) -> Array:
    """Rows of groups as lists of them."""
    rows, count = len(groups), groups.type.num_fields
    found = np.flatnonzero(np.asarray(groups.is_valid()))
    columns = pa.concat_arrays([groups.field(number) for number in range(count)])
    order = (found[:, None] + np.arange(count) * rows).ravel()
    offsets = np.zeros(rows + 1, np.int32)
    offsets[found + 1] = count
    mask = groups.is_null() if groups.null_count else None
    return pa.ListArray.from_arrays(
        pa.array(np.cumsum(offsets, dtype=np.int32)), columns.take(pa.array(order)), mask=mask
    )


def all_matches(texts: Array, pattern: str, flags: str) -> Array | Partial | None:
    """regexp_matches() with the flag `g`: by Python's expressions, since Arrow has no kernel for it."""
    plain = plain_expression(pattern, flags.replace("g", "")) if "g" in flags else None
    return _computed(texts, plain, lambda: pa.array(_found(texts, plain), pa.list_(pa.list_(pa.string()))))


def _found(texts: Array, plain: PlainExpression | None) -> list[list[list[str]] | None]:
    assert plain is not None
    find_all = plain.python.findall
    shown = _tuples if plain.groups > 1 else _singles
    return [None if text is None else shown(find_all(text)) for text in texts.to_pylist()]


def _singles(found: list[Any]) -> list[list[str]]:
    return [[text] for text in found]


def _tuples(found: list[Any]) -> list[list[str]]:
    return [list(groups) for groups in found]


def part(texts: Array, pattern: str, start: int, number: int, flags: str, group: int) -> Array | Partial | None:
    """regexp_substr() of the first match."""
    if "g" in flags or (start, number) != (1, 1):
        return None
    return _group(texts, plain_expression(pattern, flags), group)


def substring(texts: Array, pattern: str) -> Array | Partial | None:
    """substring(text FROM pattern)."""
    plain = plain_expression(pattern, "")
    return _group(texts, plain, 1 if plain is not None and plain.groups else 0)


def _group(texts: Array, plain: PlainExpression | None, number: int) -> Array | Partial | None:
    if plain is None or not 0 <= number <= plain.groups:
        return None
    return _computed(texts, plain, lambda: pc.struct_field(pc.extract_regex(texts, plain.re2((number,))), [0]))


def count(texts: Array, pattern: str, start: int, flags: str) -> Array | Partial | None:
    """regexp_count()."""
    plain = plain_expression(pattern, flags) if "g" not in flags and start == 1 else None
    if plain is None or plain.from_start:
        return None
    return _computed(texts, plain, lambda: pc.count_substring_regex(texts, plain.re2(())))


def split(texts: Array, pattern: str, flags: str) -> Array | Partial | None:
    """regexp_split_to_array() and regexp_split_to_table()."""
    plain = plain_expression(pattern, flags) if "g" not in flags else None
    if plain is None or plain.from_start:
        return None
    return _computed(texts, plain, lambda: pc.split_pattern_regex(texts, plain.re2(())))
