"""Calls in WHERE that say which rows a query gives: `WHERE … AND pg_try_advisory_lock(id) LIMIT 1`.

They are made for the rows that all else in WHERE lets through, in the order of ORDER BY, until there are as many as
LIMIT wants: no lock is taken for a row that nobody gets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.backend_functions import BACKEND_FUNCTIONS
from sql.binding.locked_rows import kinds_called
from sql.call_splitting import RowFilter, Split, Splitter, calls_in, function_called
from sql.errors import FeatureNotSupported
from sql.names import position_at
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def filters_by_calls(select: exp.Select) -> bool:
    """Whether such calls are conditions of a query."""
    return any(_is_filter(each) for each in _conjuncts(select))


def split_filter(select: exp.Select, name: str) -> Split:
    """Take such calls out of a query, which becomes the inner one. Raises `FeatureNotSupported`."""
    conditions = list(_conjuncts(select))
    calls = [each for each in conditions if isinstance(each, exp.Anonymous) and _is_filter(each)]
    _require_plain(select, calls[0])
    counts = RowFilter(_count(select, "limit"), _count(select, "offset"))
    rest = [each for each in conditions if not _is_filter(each)]
    select.set("where", exp.Where(this=exp.and_(*rest, copy=False, wrap=False)) if rest else None)
    source = exp.From(this=exp.Table(this=exp.to_identifier(name, quoted=True)))
    found = Split(name, select, exp.Select(from_=source), list(select.expressions), (), filter=counts)
    splitter = Splitter(found)
    for call in calls:
        splitter.call(call, None)
    outer = [splitter.shown(item, place) for place, item in enumerate(found.items)]
    select.set("expressions", [*found.items, *splitter.extras])
    found.outer.set("expressions", outer)
    return found


def _conjuncts(select: exp.Select) -> Iterator[exp.Expr]:
    where = select.args.get("where")
    if where is not None:
        yield from where.this.flatten() if isinstance(where.this, exp.And) else (where.this,)


def _is_filter(node: exp.Expr) -> bool:
    function = BACKEND_FUNCTIONS.get(function_called(node) or "")
    return function is not None and function.returns.oid == t.BOOLEAN.oid


def _require_plain(select: exp.Select, call: exp.Anonymous) -> None:
    clauses = ("distinct", "group", "having", "windows", "locks")
    counted = {kind for item in select.expressions for kind in kinds_called(item)} & {"aggregate", "window", "set"}
    if counted or any(select.args.get(clause) for clause in clauses) or _has_calls(select.expressions):
        raise FeatureNotSupported(
            f"{function_called(call)}() in WHERE of a query that does not just give its rows is not supported",
            position=position_at(call),
        )


def _has_calls(items: Sequence[exp.Expr]) -> bool:
    return any(any(calls_in(item)) for item in items)


def _count(select: exp.Select, which: str) -> exp.Expr | None:
    """What LIMIT or OFFSET says, which is taken away: it counts rows for which the calls give true."""
    clause = select.args.get(which)
    if clause is None:
        return None
    value: exp.Expr | None = clause.expression if isinstance(clause, exp.Limit | exp.Offset) else None
    if not isinstance(value, exp.Literal | exp.Parameter):
        raise FeatureNotSupported(
            f"{which.upper()} that is no constant is not supported with a lock in WHERE", position=position_at(clause)
        )
    select.set(which, None)
    return value
