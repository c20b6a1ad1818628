"""Expressions in the words of RE2, which DuckDB has."""

from __future__ import annotations

import re
from typing import Final

from sql.errors import FeatureNotSupported
from sql.regex.tree import At, Characters, Choice, ClassName, Expression, Group, Node, Place, Repeat, Sequence

_PLACES: Final[dict[Place, str]] = {
    "text start": r"\A",
    "text end": r"\z",
    "line start": "(?m:^)",
    "line end": "(?m:$)",
}
_CLASSES: Final[dict[ClassName, str]] = {
    "digit": "0-9",
    "xdigit": "0-9A-Fa-f",
    "alnum": r"\p{L}\p{N}",
    "word": r"\p{L}\p{N}\p{Pc}",
    "upper": r"\p{Lu}",
    "lower": r"\p{Ll}",
    "space": r"\t-\r \x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}",
    "blank": r"\t \x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{205f}\x{3000}",
}
MAX_REPEATED: Final = 1000
"""RE2's limit of copies in all."""


def re2_text(expression: Expression) -> str | None:
    """An expression that RE2 finds in the same texts; `None` where it has none."""
    try:
        return _text(expression.root)
    except FeatureNotSupported:
        return None


def _text(node: Node) -> str:
    match node:
        case Characters():
            return _characters(node)
        case At():
            if node.place not in _PLACES:
                raise FeatureNotSupported(node.place)
            return _PLACES[node.place]
        case Group():
            return f"({_text(node.item)})"
        case Sequence():
            return "".join(f"(?:{_text(i)})" if isinstance(i, Choice) else _text(i) for i in node.items)
        case Choice():
            return "|".join(_text(branch) for branch in node.branches)
        case Repeat():
            if max(node.low, node.high or 0) > MAX_REPEATED or (node.low, node.high) == (0, 0):
                raise FeatureNotSupported("repeat")
            single = isinstance(node.item, Characters | Group)
            item = _text(node.item)
            count = f"{{{node.low},{'' if node.high is None else node.high}}}"
            # One of more copies than RE2 takes is told by DuckDB.
            return (item if single else f"(?:{item})") + count + ("?" if node.short else "")
    raise AssertionError(node)


def _characters(node: Characters) -> str:
    if len(node.ranges) == 1 and not (node.classes or node.excluded_classes or node.negated or node.ignore_case):
        low, high = node.ranges[0]
        if low == high and low.isprintable():
            # As it is: DuckDB looks for plain texts without RE2.
            return re.escape(low)
    if node.excluded_classes or any(name not in _CLASSES for name in node.classes):
        raise FeatureNotSupported("class")
    if not node.ranges and not node.classes:
        if not node.negated:
            raise FeatureNotSupported("nothing")
        return r"(?s:.)"
    inside = "".join(_code(low) if low == high else f"{_code(low)}-{_code(high)}" for low, high in node.ranges)
    inside += "".join(_CLASSES[name] for name in node.classes)
    text = f"[{'^' if node.negated else ''}{inside}]"
    return f"(?i:{text})" if node.ignore_case else text


def _code(character: str) -> str:
    return character if character.isalnum() and character.isascii() else f"\\x{{{ord(character):x}}}"
