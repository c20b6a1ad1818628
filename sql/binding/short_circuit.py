"""AND and OR as they are read: what stands behind an operand that decides is not computed, and cannot fail.

DuckDB keeps to that where rows are filtered, and computes all operands where a value is made of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.scope import Scope

Word = Literal["AND", "OR"]

_FILTERS: Final = frozenset({"WHERE", "HAVING", "JOIN conditions"})
_MAY_FAIL: Final = re.compile(r"//|%| / |error\(|silt_|CAST\((?!'|NULL)")
"""In DuckDB's text: divisions, casts of anything but constants, and our own functions."""


def only_truth_counts(node: exp.Expr) -> bool:
    """Whether a part of a statement stands where it makes no difference if it is false or unknown."""
    each = node.parent
    while isinstance(each, exp.And | exp.Or | exp.Paren | exp.In | exp.Subquery):
        each = each.parent
    return isinstance(each, exp.Where | exp.Having)


def connected(word: Word, tests: Sequence[str], scope: Scope) -> str:
    """Conditions connected by AND or OR."""
    plain = f"({f' {word} '.join(tests)})"
    if scope.clause in _FILTERS or not any(map(_MAY_FAIL.search, tests[1:])):
        return plain
    decided = "WHEN NOT {} THEN false" if word == "AND" else "WHEN {} THEN true"
    return f"(CASE {' '.join(decided.format(test) for test in tests[:-1])} ELSE {plain} END)"
