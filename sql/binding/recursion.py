"""Where a recursive query may refer to itself: as PostgreSQL, once in its recursive term, where rows only get more.

DuckDB runs what does not end, or means something else, for any other reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding.selects import first_aggregate
from sql.errors import FeatureNotSupported, InvalidRecursion
from sql.names import fold, position_at

if TYPE_CHECKING:
    from collections.abc import Iterator

_FROM: Final = (exp.From, exp.Join, exp.Lateral, exp.Subquery, exp.SetOperation, exp.Table, exp.CTE)
"""What a query stands in that is one of the tables of another, or a part of it."""


_NOT_OF_THE_WHOLE: Final = {"order": "ORDER BY", "limit": "LIMIT", "offset": "OFFSET", "locks": "FOR UPDATE/SHARE"}


def references_to(name: str, tree: exp.Expr) -> Iterator[exp.Table]:
    """The tables in a tree by which it means the WITH query of that name, in the order of their places in it."""
    for table in tree.find_all(exp.Table, bfs=False):
        is_name = isinstance(table.this, exp.Identifier) and not table.args.get("db")
        if is_name and fold(table.this) == name and not _is_hidden(name, table, tree):
            yield table


def require_well_formed(name: str, body: exp.Union) -> None:
    """Raise `InvalidRecursion` and `FeatureNotSupported` for a recursive query that PostgreSQL refuses."""
    for clause, said in (
        ("order", "ORDER BY"),
        ("limit", "LIMIT"),
        ("offset", "OFFSET"),
        ("locks", "FOR UPDATE/SHARE"),
    ):
        found = body.args.get(clause)
        if found:
            position = position_at(found[0] if isinstance(found, list) else found)
            raise FeatureNotSupported(f"{said} in a recursive query is not implemented", position=position)
    for reference in references_to(name, body.this):
        raise _misplaced(name, "within its non-recursive term", reference)
    seen = False
    for reference in references_to(name, body.expression):
        place = _forbidden_place(reference, body.expression)
        if place is not None or seen:
            raise _misplaced(name, place or "more than once", reference)
        seen = True
        _require_no_aggregates(reference)


def _misplaced(name: str, place: str, reference: exp.Table) -> InvalidRecursion:
    return InvalidRecursion(
        f'recursive reference to query "{name}" must not appear {place}', position=position_at(reference)
    )


def _is_hidden(name: str, table: exp.Table, tree: exp.Expr) -> bool:
    """Whether a WITH clause between the two has another query of that name."""
    around: exp.Expr | None = table
    while around is not None and around is not tree.parent:
        clause = around.args.get("with_")
        if clause is not None and any(fold(each.args["alias"].this) == name for each in clause.expressions):
            return True
        around = around.parent
    return False


def _forbidden_place(reference: exp.Table, term: exp.Expr) -> str | None:
    child: exp.Expr = reference
    while child is not term and (parent := child.parent) is not None:
        if isinstance(child, exp.Query) and not isinstance(parent, _FROM):
            return "within a subquery"
        if isinstance(parent, exp.Except) and (child.arg_key == "expression" or not parent.args.get("distinct")):
            return "within EXCEPT"
        if isinstance(parent, exp.Intersect) and not parent.args.get("distinct"):
            return "within INTERSECT"
        if _is_nullable(child, parent):
            return "within an outer join"
        child = parent
    return None


def _is_nullable(child: exp.Expr, parent: exp.Expr) -> bool:
    """Whether one of the tables of a FROM clause can be missing in what its joins give."""
    joins = parent.args.get("joins") or ()
    if child.arg_key == "joins":
        at = next(index for index, join in enumerate(joins) if join is child)
        if child.args.get("side") in ("LEFT", "FULL"):
            return True
        behind = joins[at + 1 :]
    elif child.arg_key in ("from_", "this"):
        behind = joins
    else:
        return False
    return any(join.args.get("side") in ("RIGHT", "FULL") for join in behind)


def _require_no_aggregates(reference: exp.Table) -> None:
    """The query that has the reference among its tables must not aggregate what comes of them."""
    query = reference.find_ancestor(exp.Select)
    for tree in () if query is None else (*query.expressions, *filter(None, [query.args.get("having")])):
        aggregate = first_aggregate(tree)
        if aggregate is not None:
            raise InvalidRecursion(
                "aggregate functions are not allowed in a recursive query's recursive term",
                position=position_at(aggregate),
            )
