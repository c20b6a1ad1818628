"""Expressions that match a text in one way only: RE2, which prefers what is written first, finds the longest match.

Wherever something may go on or end (`a*`, `b?`), the next character says which of both: what it goes on with is nothing
that may follow it. Then there is no choice, neither for the match nor for its groups.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.errors import SqlError
from sql.regex.automaton import matches
from sql.regex.options import read_options
from sql.regex.parser import parse
from sql.regex.re2 import MAX_REPEATED
from sql.regex.tree import At, Characters, Choice, Group, Node, Repeat, Sequence
from sql.remembered_texts import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable

_ASCII: Final = 128
_BEYOND_ASCII: Final = 1 << _ASCII
"""In a set of characters: some that are not ASCII."""
_ASCII_CLASSES: Final = frozenset({"digit", "xdigit"})


class PlainExpression(Struct, frozen=True, dict=True):
    """An expression in RE2's words. It matches no empty text."""

    root: Node
    groups: int
    ascii_only: bool
    """Whether it means the same only in texts of ASCII: classes of Unicode differ in corners."""
    from_start: bool
    """Whether it matches at the start of a text only."""

    def re2(self, named: Iterable[int] | None = None) -> str:
        """Its text. If they are told, only groups of these numbers are captured, by names; 0 is all of it."""
        if named is None:
            return _text(self.root, None)
        wanted = frozenset(named)
        text = _text(self.root, wanted)
        return f"(?P<g0>{text})" if 0 in wanted else text

    @cached_property
    def python(self) -> re.Pattern[str]:
        """The same for Python."""
        return re.compile(_RE2_ONLY.sub(_in_python, self.re2()))


_RE2_ONLY: Final = re.compile(r"\\(?:(z)|x\{([0-9a-f]+)\}|.)", re.DOTALL)


def _in_python(escape: re.Match[str]) -> str:
    if escape[1]:
        return r"\Z"
    return f"\\U{int(escape[2], 16):08x}" if escape[2] else escape[0]


class _NotPlainError(Exception):
    """The expression leaves a choice."""


class _Shape(Struct, frozen=True):
    """How a node begins and ends; sets of characters are bits of their codes."""

    first: int
    nullable: bool
    further: int
    """With what a match of it may go on to a longer one."""


@remembered(256)
def plain_expression(pattern: str, flags: str) -> PlainExpression | None:
    """The expression, if it is plain; `None` also for what is wrong."""
    try:
        expression = parse(pattern, read_options(flags))
        root = expression.root
        items = list(root.items) if isinstance(root, Sequence) else [root]
        from_start = bool(items) and items[0] == At("text start")
        inner = items[from_start : len(items) - (len(items) > 1 and items[-1] == At("text end"))]
        shape = _shape(Sequence(tuple(inner)))
        text = _text(root, None)
    except (SqlError, _NotPlainError):
        return None
    if shape.nullable or not text:
        return None
    return PlainExpression(root, expression.groups, any(map(_is_ascii_only, _characters_in(root))), from_start)


def _shape(node: Node) -> _Shape:
    match node:
        case Characters():
            return _Shape(_set_of(node), nullable=False, further=0)
        case Group():
            return _shape(node.item)
        case Sequence():
            return _in_order([_shape(item) for item in node.items])
        case Choice():
            return _one_of(node)
        case Repeat():
            return _repeated(node)
    raise _NotPlainError


def _in_order(shapes: list[_Shape]) -> _Shape:
    whole = _Shape(0, nullable=True, further=0)
    for shape in reversed(shapes):
        _require_apart(shape.further, whole.first)
        whole = _Shape(
            shape.first | (whole.first if shape.nullable else 0),
            nullable=shape.nullable and whole.nullable,
            further=whole.further | (shape.further if whole.nullable else 0),
        )
    return whole


def _one_of(node: Choice) -> _Shape:
    first = further = 0
    for branch in node.branches:
        shape = _shape(branch)
        if shape.nullable or branch.has_groups:
            raise _NotPlainError
        _require_apart(first, shape.first)
        first, further = first | shape.first, further | shape.further
    return _Shape(first, nullable=False, further=further)


def _repeated(node: Repeat) -> _Shape:
    shape = _shape(node.item)
    high = node.high
    if shape.nullable or node.has_groups or node.short or high == 0 or max(node.low, high or 0) > MAX_REPEATED:
        raise _NotPlainError
    if high != 1:
        _require_apart(shape.further, shape.first)
    may_go_on = high is None or node.low < high
    return _Shape(shape.first, node.low == 0, shape.further | (shape.first if may_go_on else 0))


def _require_apart(one: int, other: int) -> None:
    if one & other:
        raise _NotPlainError


@lru_cache(maxsize=256)
def _set_of(characters: Characters) -> int:
    found = sum(1 << code for code in range(_ASCII) if matches(characters, chr(code)))
    beyond = characters.negated or characters.ignore_case or characters.excluded_classes
    named = any(name not in _ASCII_CLASSES for name in characters.classes)
    ranged = any(ord(high) >= _ASCII for _, high in characters.ranges)
    return found | (_BEYOND_ASCII if beyond or named or ranged else 0)


def _is_ascii_only(characters: Characters) -> bool:
    named = any(name not in _ASCII_CLASSES for name in characters.classes)
    return bool(named or characters.excluded_classes or characters.ignore_case)


def _characters_in(node: Node) -> Iterable[Characters]:
    match node:
        case Characters():
            yield node
        case Group() | Repeat():
            yield from _characters_in(node.item)
        case Sequence():
            for item in node.items:
                yield from _characters_in(item)
        case Choice():
            for branch in node.branches:
                yield from _characters_in(branch)


def _text(node: Node, named: frozenset[int] | None) -> str:
    match node:
        case Characters():
            return _bracket(node)
        case At(place="text start"):
            return r"\A"
        case At(place="text end"):
            return r"\z"
        case Group():
            opening = "(" if named is None else f"(?P<g{node.number}>" if node.number in named else "(?:"
            return f"{opening}{_text(node.item, named)})"
        case Sequence():
            return "".join(_text(item, named) for item in node.items)
        case Choice():
            return f"(?:{'|'.join(_text(branch, named) for branch in node.branches)})"
        case Repeat():
            count = f"{{{node.low},{'' if node.high is None else node.high}}}"
            return f"(?:{_text(node.item, named)}){count}"
    raise _NotPlainError


def _bracket(characters: Characters) -> str:
    if _is_ascii_only(characters):
        # Within ASCII: nothing else is asked.
        return _listed([(code, code) for code in range(_ASCII) if _set_of(characters) >> code & 1], negated=False)
    ranges = [(ord(low), ord(high)) for low, high in characters.ranges]
    for name in characters.classes:
        letters = [(ord("A"), ord("F")), (ord("a"), ord("f"))] if name == "xdigit" else []
        ranges += [(ord("0"), ord("9")), *letters]
    return _listed(ranges, negated=characters.negated)


def _listed(ranges: list[tuple[int, int]], *, negated: bool) -> str:
    if not ranges:
        if negated:
            return "(?s:.)"
        raise _NotPlainError
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1] and not negated:
        return re.escape(chr(ranges[0][0])) if chr(ranges[0][0]).isprintable() else f"\\x{{{ranges[0][0]:x}}}"
    inside = "".join(f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in ranges)
    return f"[{'^' if negated else ''}{inside}]"
