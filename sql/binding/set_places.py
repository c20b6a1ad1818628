"""Where functions that return sets may stand: not in what is not computed for each row (PostgreSQL 10 and later)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sql.errors import DatatypeMismatch, FeatureNotSupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp

    from sql.binding.context import Binding
    from sql.binding.scope import Scope
    from sql.binding.values import Bound

_HINT = "You might be able to move the set-returning function into a LATERAL FROM item."


@contextmanager
def no_sets(scope: Scope, construct: str) -> Iterator[None]:
    """What is bound meanwhile is within CASE or COALESCE. Raises `FeatureNotSupported` for a call that gives a set."""
    with _met_none(scope, f"set-returning functions are not allowed in {construct}"):
        yield


@contextmanager
def no_sets_in_aggregate(scope: Scope) -> Iterator[None]:
    """What is bound meanwhile are arguments of an aggregate."""
    with _met_none(scope, "aggregate function calls cannot contain set-returning function calls"):
        yield


@contextmanager
def _met_none(scope: Scope, message: str) -> Iterator[None]:
    before = len(scope.sets)
    yield
    if len(scope.sets) > before:
        raise FeatureNotSupported(message, hint=_HINT, position=scope.sets[before])


def bind_single(binding: Binding, scope: Scope, tree: exp.Expr, clause: str) -> Bound:
    """Bind a part of a condition. Raises `DatatypeMismatch` if it returns a set."""
    before = len(scope.sets)
    value = binding.bind(scope, tree)
    if len(scope.sets) > before:
        position = value.position or scope.sets[before]
        raise DatatypeMismatch(f"argument of {clause} must not return a set", position=position)
    return value
