"""GROUP BY DISTINCT: the grouping sets that ROLLUP, CUBE and lists of sets come to, each of them once."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding.tree import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Keys = tuple[str, ...]

MOST_SETS: Final = 4096
"""As many as PostgreSQL takes."""


def distinct_sets(trees: Sequence[exp.Expr], key: Callable[[exp.Expr], str]) -> str:
    """The clause behind GROUP BY that has every set of keys once, whatever the order of its keys.

    `key` gives the text of an expression to group by. Raises `UnsupportedFeature` for too many sets.
    """
    sets: dict[frozenset[str], Keys] = {frozenset(): ()}
    for tree in trees:
        listed = _sets(tree, key)
        combined = (tuple(dict.fromkeys((*one, *other))) for one, other in product(sets.values(), listed))
        sets = {}
        for keys in combined:
            sets.setdefault(frozenset(keys), keys)
            if len(sets) > MOST_SETS:
                raise refuse(f"GROUP BY with more than {MOST_SETS} grouping sets", tree)
    text = ", ".join(f"({', '.join(keys)})" for keys in sets.values())
    return f"GROUPING SETS ({text})"


def _sets(tree: exp.Expr, key: Callable[[exp.Expr], str]) -> Iterator[Keys]:
    match tree:
        case exp.Rollup():
            units = [_unit(each, key) for each in tree.expressions]
            return (_joined(units[:count]) for count in range(len(units), -1, -1))
        case exp.Cube():
            choices: list[tuple[Keys, Keys]] = [(_unit(each, key), ()) for each in tree.expressions]
            return (_joined(chosen) for chosen in product(*choices))
        case exp.GroupingSets():
            return (keys for each in tree.expressions for keys in _sets(each, key))
    return iter([_unit(tree, key)])


def _unit(tree: exp.Expr, key: Callable[[exp.Expr], str]) -> Keys:
    """What stands in parentheses is grouped by together."""
    match tree:
        case exp.Tuple():
            return tuple(key(each) for each in tree.expressions)
        case exp.Paren():
            return _unit(tree.this, key)
    return (key(tree),)


def _joined(units: Sequence[Keys]) -> Keys:
    return tuple(each for unit in units for each in unit)
