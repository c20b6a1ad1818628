"""Long lists: what a value is compared with is looked up in a table of it, and parameters reach DuckDB as one list.

DuckDB takes tens of microseconds to bind one parameter, and less than one for an element of a list; a list that it has
to look through for each row takes the product of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding.pushdown import is_fixed
from storage import types as t
from storage.types import array_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from sql.binding.scope import Scope
    from sql.binding.values import Bound

MANY: Final = 50
"""Shorter lists are left as they are: they tell scans what to pass over."""
_LONG_CONSTANT: Final = 4 * MANY
"""In characters: an array as a string constant."""


def takes_tables(scope: Scope) -> bool:
    """Whether a value may be looked up in a table here: DuckDB joins all rows with all others for it in ON."""
    return scope.clause != "JOIN conditions"


def is_long_array(tree: exp.Expr) -> bool:
    """Whether an array has one value for all rows, and many elements or nobody knows how many."""
    while isinstance(tree, exp.Cast | exp.Paren):
        tree = tree.this
    match tree:
        case exp.Parameter():
            return True
        case exp.Array():
            return len(tree.expressions) >= MANY and all(map(is_fixed, tree.expressions))
        case exp.Literal():
            return len(str(tree.this)) >= _LONG_CONSTANT
        case _:
            return False


def parameter_list(binding: Binding, trees: Sequence[exp.Expr], values: Sequence[Bound]) -> tuple[str, set[int]] | None:
    """Of values those that are parameters of one type, if they are many: the text of a list of them, and which."""
    if len(trees) < MANY:
        return None
    numbers: dict[int, int] = {}
    wanted = None
    for place, (tree, value) in enumerate(zip(trees, values, strict=True)):
        number = _parameter_of(tree)
        if number is None or (wanted is not None and value.type.oid != wanted.oid):
            continue
        if value.sql == binding.parameter_text(number):
            wanted = value.type
            numbers[place] = number
    # How many digits a list of numerics has DuckDB would take from all of them.
    if len(numbers) < MANY or wanted is None or wanted.oid == t.NUMERIC.oid:
        return None
    return binding.parameter_list(tuple(numbers.values()), array_of(t.SqlType(wanted.oid))), set(numbers)


def _parameter_of(tree: exp.Expr) -> int | None:
    while isinstance(tree, exp.Cast | exp.Paren):
        tree = tree.this
    return int(tree.name) if isinstance(tree, exp.Parameter) else None
