"""Calls of nextval() in the query behind a write: the query gives NULL, and the numbers come once the rows are known.

DuckDB never takes a number: it would do so in an order, and as often, as it likes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.plan import Numbered
from sql.sequence_calls import is_nextval
from sql.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from storage.catalog_entries import SequenceGenerator

_ROW_BY_ROW: Final = words("kind expressions from_ where joins laterals with_ order limit offset")
"""The clauses of a SELECT that gives a row of its list for each row that it finds."""


def takes_numbers(binding: Binding, tree: exp.Expr, position: int) -> bool:
    """Whether the column at `position` of the result is to be filled by a sequence: that is noted then."""
    sequence = _sequence(binding, tree)
    if sequence is not None:
        binding.numbered.append(Numbered(position, sequence))
    return sequence is not None


def gives_row_by_row(select: exp.Select) -> bool:
    """Whether a query gives a row of its list for each row that it finds."""
    return not any(value for key, value in select.args.items() if value and key not in _ROW_BY_ROW)


def without_numbers(binding: Binding, source: exp.Expr, positions: Sequence[int]) -> exp.Expr:
    """The source of an INSERT with NULL for each call of nextval() that is all of a value; these are noted."""
    if isinstance(source, exp.Values):
        return _values_without(binding, source, positions)
    if not isinstance(source, exp.Select) or not gives_row_by_row(source):
        return source
    items = list(source.expressions)
    for index, (item, position) in enumerate(zip(source.expressions, positions, strict=False)):
        tree = item.this if isinstance(item, exp.Alias) else item
        if takes_numbers(binding, tree, position):
            items[index] = exp.alias_(exp.Null(), f"n{index}")
    if items == source.expressions:
        return source
    copied = source.copy()
    copied.set("expressions", items)
    return copied


def _values_without(binding: Binding, source: exp.Values, positions: Sequence[int]) -> exp.Values:
    found: dict[tuple[int, int], tuple[SequenceGenerator, list[int]]] = {}
    rows = []
    for number, row in enumerate(source.expressions):
        values = list(row.expressions if isinstance(row, exp.Tuple) else [row])
        for index, (tree, position) in enumerate(zip(values, positions, strict=False)):
            sequence = _sequence(binding, tree)
            if sequence is not None:
                values[index] = exp.Null()
                found.setdefault((position, sequence.oid), (sequence, []))[1].append(number)
        rows.append(exp.Tuple(expressions=values))
    if not found:
        return source
    for (position, _), (sequence, numbers) in found.items():
        binding.numbered.append(Numbered(position, sequence, tuple(numbers)))
    return exp.Values(expressions=rows)


def _sequence(binding: Binding, tree: exp.Expr) -> SequenceGenerator | None:
    if not is_nextval(tree) or len(tree.expressions) != 1:
        return None
    return binding.context.sequence_of(tree.expressions[0])
