"""Conditions of a path: true, false, or unknown, which is `None`. Errors inside make them unknown."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sql.jsonpath import tree as p
from sql.jsonpath.errors import SUPPRESSED
from sql.jsonpath.moments import Moment, order
from sql.jsonpath.parser import regex_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.json_functions import Json
    from sql.jsonpath.frame import Frame, Walk
    from sql.jsonpath.tree import Head

    Test = Callable[[Json, Json], bool | None]

_TESTS: Final[dict[str, Callable[[int], bool]]] = {
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def truth(walk: Walk, head: Head, value: Json, frame: Frame) -> bool | None:
    """What a condition says of a value."""
    match head:
        case p.Connective():
            return _connected(walk, head, value, frame)
        case p.Negation(condition=condition):
            inner = truth(walk, condition.head, value, frame)
            return None if inner is None else not inner
        case p.IsUnknown(condition=condition):
            return truth(walk, condition.head, value, frame) is None
        case p.Existence():
            return _exists(walk, head, value, frame)
        case p.Comparison() | p.StartsWith() | p.LikeRegex():
            return _of_pairs(walk, head, value, frame)
    raise AssertionError(head)


def _connected(walk: Walk, head: p.Connective, value: Json, frame: Frame) -> bool | None:
    decides = head.operator == "||"
    left = truth(walk, head.left.head, value, frame)
    if left is decides:
        return decides
    right = truth(walk, head.right.head, value, frame)
    return left if right is not decides and right is not None else right


def _exists(walk: Walk, head: p.Existence, value: Json, frame: Frame) -> bool | None:
    try:
        return walk.exists(head.path, value, frame)
    except SUPPRESSED:
        return None


def _of_pairs(walk: Walk, head: p.Comparison | p.StartsWith | p.LikeRegex, value: Json, frame: Frame) -> bool | None:
    """Whether some pair of items passes; in strict mode one that cannot be tested makes it unknown."""
    try:
        lefts, rights, test = _operands(walk, head, value, frame)
    except SUPPRESSED:
        return None
    outcome: bool | None = False
    is_unknown = False
    for left in lefts:
        for right in rights:
            passes = test(left, right)
            if passes is None:
                if not walk.lax:
                    return None
                is_unknown = True
            elif passes:
                if walk.lax:
                    return True
                outcome = True
    return outcome or (None if is_unknown else False)


def _operands(
    walk: Walk, head: p.Comparison | p.StartsWith | p.LikeRegex, value: Json, frame: Frame
) -> tuple[Sequence[Json], Sequence[Json], Test]:
    match head:
        case p.Comparison(operator=operator, left=left, right=right):
            lefts, rights = walk.unwrapped(left, value, frame), walk.unwrapped(right, value, frame)
            return lefts, rights, lambda one, other: _compared(walk, operator, one, other)
        case p.StartsWith(whole=whole, initial=initial):
            return walk.unwrapped(whole, value, frame), list(walk.items(initial, value, frame)), _starts
        case p.LikeRegex(operand=operand, pattern=pattern, flags=flags):
            find = regex_of(pattern, flags).find
            return (
                walk.unwrapped(operand, value, frame),
                (None,),
                lambda text, _: find(text) is not None if isinstance(text, str) else None,
            )


def _starts(whole: Json, initial: Json) -> bool | None:
    return whole.startswith(initial) if isinstance(whole, str) and isinstance(initial, str) else None


def _compared(walk: Walk, operator: str, one: Json, other: Json) -> bool | None:
    if type(one) is not type(other):
        # Null differs from everything else; other types cannot be compared.
        return operator == "!=" if one is None or other is None else None
    ordered = _order(walk, one, other)
    return None if ordered is None else _TESTS[operator](ordered)


def _order(walk: Walk, one: Json, other: Json) -> int | None:
    match one:
        case None:
            return 0
        case bool() | Decimal():
            return int(one > other) - int(one < other)
        case str():
            left, right = one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass")
            return int(left > right) - int(left < right)
        case Moment():
            return order(one, other, walk.zone)
    return None
