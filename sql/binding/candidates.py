"""The choice among functions of one name where arguments are open: PostgreSQL's "Function Type Resolution" (10.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding.coercion import category, is_preferred
from sql.errors import AmbiguousFunction, DatatypeMismatch
from sql.words import words
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.binding.signature import Signature
    from storage.types import SqlType

_PSEUDO: Final = frozenset({2276, 2283, 2277, t.RECORD.oid})
_STRING: Final = "S"

_POLYMORPHIC: Final = words("to_json to_jsonb array_to_json json_agg jsonb_agg array_to_string")
"""Functions that are polymorphic in PostgreSQL: here they take texts, but none that is open."""

_COMPATIBLE: Final = words(
    "array_append array_cat array_position array_positions array_prepend array_remove array_replace width_bucket"
)
"""Functions of `anycompatible`, which is text where all is open."""

_MORE_IN_POSTGRES: Final = frozenset(
    {("age", 1), ("array_agg", 1), ("bit_count", 1), ("get_bit", 2), ("set_bit", 3), ("trunc", 1), ("unnest", 1)}
)
"""Names and numbers of arguments of functions of which PostgreSQL has more, for types that there are not here."""


def best_of(candidates: Sequence[Signature], given: Sequence[SqlType]) -> Signature:
    """The one that is meant by a call with open arguments, of those that fit. Raises `AmbiguousFunction`."""
    name = candidates[0].name
    if name in _POLYMORPHIC and given[0].oid == t.UNKNOWN.oid:
        raise undetermined()
    known = [index for index, actual in enumerate(given) if actual.oid != t.UNKNOWN.oid]
    left = _most(candidates, lambda each: sum(each.argument(i).oid == given[i].oid for i in known))
    left = _most(left, lambda each: sum(_is_close(each.argument(i), given[i]) for i in known))
    if len(left) > 1:
        left = _of_categories(left, given)
    if len(left) > 1 and known:
        left = _all_alike(left, given, known)
    if len(left) == 1 and (known or (name, len(given)) not in _MORE_IN_POSTGRES):
        return left[0]
    types = ", ".join(str(each.unmodified) for each in given)
    raise AmbiguousFunction(
        f"function {name}({types}) is not unique",
        hint="Could not choose a best candidate function. You might need to add explicit type casts.",
    )


def is_text_if_open(name: str, count: int) -> bool:
    """Whether a polymorphic function may have nothing but open arguments."""
    return name in _COMPATIBLE or (name in ("lag", "lead") and count == 3)


def undetermined() -> DatatypeMismatch:
    """PostgreSQL's error for a polymorphic function of nothing but open arguments."""
    return DatatypeMismatch("could not determine polymorphic type because input has type unknown")


def _most(candidates: Sequence[Signature], count: Callable[[Signature], int]) -> Sequence[Signature]:
    most = max(map(count, candidates))
    return [each for each in candidates if count(each) == most]


def _is_close(declared: SqlType, actual: SqlType) -> bool:
    return declared.oid == actual.oid or (is_preferred(declared) and category(declared) == category(actual))


def _kind(declared: SqlType) -> str:
    return "P" if declared.oid in _PSEUDO else category(declared)


def _of_categories(candidates: Sequence[Signature], given: Sequence[SqlType]) -> Sequence[Signature]:
    """Those whose types for the open arguments are of one category: text if one takes that, and preferred ones."""
    wanted: dict[int, tuple[str, bool]] = {}
    for index, actual in enumerate(given):
        if actual.oid != t.UNKNOWN.oid:
            continue
        kinds = {_kind(each.argument(index)) for each in candidates}
        if _STRING not in kinds and len(kinds) > 1:
            return candidates
        kind = _STRING if _STRING in kinds else next(iter(kinds))
        declared = (each.argument(index) for each in candidates)
        wanted[index] = (kind, any(_kind(each) == kind and is_preferred(each) for each in declared))
    return [
        each
        for each in candidates
        if all(
            _kind(each.argument(index)) == kind and (is_preferred(each.argument(index)) or not prefers)
            for index, (kind, prefers) in wanted.items()
        )
    ] or candidates


def _all_alike(candidates: Sequence[Signature], given: Sequence[SqlType], known: Sequence[int]) -> Sequence[Signature]:
    """Those that take the open arguments as the one type that all others have."""
    alike = given[known[0]].oid
    if any(given[index].oid != alike for index in known):
        return candidates
    fitting = [each for each in candidates if all(each.argument(index).oid == alike for index, _ in enumerate(given))]
    return fitting if len(fitting) == 1 else candidates
