"""SELECT: clause by clause, in the order in which PostgreSQL gives them meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from sqlglot import exp

from sql.binding.bound_query import BoundQuery, announced_column
from sql.binding.coercion import coerce, settled
from sql.binding.expressions import bind, bind_condition
from sql.binding.first_rows import plain_columns, push_limit
from sql.binding.from_clause import bind_from
from sql.binding.grouping_sets import distinct_sets
from sql.binding.growth import ENTRIES_MAX
from sql.binding.jsonb_equality import distinct_rows, equality_key, has_jsonb, shown_of_group
from sql.binding.ordering import (
    CONSTANTS,
    distinct_on,
    item_meant,
    limit_offset,
    order_by,
    order_expressions,
    with_ties,
)
from sql.binding.orders import require_equality
from sql.binding.pruning import prune
from sql.binding.records import complete, expanded
from sql.binding.scope import Grouping, Scope, check_grouped, find_source
from sql.binding.signatures import signatures
from sql.binding.ties import has_ties
from sql.binding.tree import fold, only, position_at, refuse
from sql.binding.values import Bound
from sql.errors import GroupingError, SqlError, TooManyColumns, UndefinedColumn, UndefinedTable, WindowingError
from sql.token_rewrites import call_of
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.binding.context import Binding
    from storage.types import SqlType

_CLAUSES = (
    "expressions", "distinct", "from_", "joins", "where", "group", "having", "windows", "order", "limit", "offset",
    "with_",
)  # fmt: skip


def bind_select(binding: Binding, scope: Scope, node: exp.Select) -> BoundQuery:
    """Bind a SELECT in a scope of its own that already has its WITH queries."""
    hidden = binding.hidden[1] if binding.hidden is not None and binding.hidden[0] is node else None
    if hidden is None and node.args.get("locks"):
        raise refuse("FOR UPDATE, or one of its like, in a subquery or WITH query", node)
    only(node, *_CLAUSES, "locks")
    source = node.args.get("from_")
    from_sql = bind_from(binding, scope, source.this if source is not None else None, node.args.get("joins") or ())
    where_sql, is_all_told = _where(binding, scope, node)
    scope.windows = {fold(window.this): window for window in node.args.get("windows") or ()}
    group_sql = _group_by(binding, scope, node)
    scope.aggregates_allowed, scope.clause = True, "SELECT"
    items = _items(binding, scope, node)
    if not items:
        raise refuse("SELECT without columns", node)
    items += [] if hidden is None else hidden(scope)
    having_sql = _having(binding, scope, node)
    scope.clause = "ORDER BY"
    distinct = node.args.get("distinct")
    on = distinct.args.get("on") if distinct is not None else None
    order_sql = order_by(binding, scope, node.args.get("order"), items, distinct=distinct is not None and on is None)
    if distinct is not None and on is None:
        require_equality(bound for _, bound in items)
    distinct_sql = "" if distinct is None else "DISTINCT "
    if on is not None:
        distinct_sql = distinct_on(binding, scope, on, items, node.args.get("order"))
    if scope.grouping is not None:
        check_grouped(scope.grouping)
    order = order_expressions(binding, scope, node.args["order"], items) if has_ties(node) else []
    ties_sql = with_ties(binding, scope, node, order)
    limit_sql = limit_offset(binding, scope, node)
    is_limit_told = is_all_told and (push_limit(binding, scope, node, items) or node.args.get("limit") is None)
    behind, last = f"{from_sql}{where_sql}{group_sql}{having_sql}{ties_sql}", f"{order_sql}{limit_sql}"
    by_keys = distinct is not None and on is None and has_jsonb([bound.type for _, bound in items])

    def renderer(finish: Callable[[Bound], str]) -> Callable[[Sequence[SqlType]], str]:
        if by_keys:
            render = _renderer(binding, items, "SELECT ", behind, finish)
            return distinct_rows(render, binding.fresh("s"), last)
        return _renderer(binding, items, f"SELECT {distinct_sql}", behind + last, finish)

    return BoundQuery(
        tuple(items),
        renderer(_as_it_is),
        renderer(_as_announced),
        plain_columns(scope, node, items) if is_limit_told else None,
    )


def _renderer(
    binding: Binding,
    items: Sequence[tuple[str, Bound]],
    before: str,
    behind: str,
    finish: Callable[[Bound], str],
) -> Callable[[Sequence[SqlType]], str]:
    def render(types: Sequence[SqlType]) -> str:
        listed = ", ".join(
            f"{finish(coerce(binding, bound, wanted, 'assignment'))} AS c{number}"
            for number, ((_, bound), wanted) in enumerate(zip(items, types, strict=True), start=1)
        )
        return f"{before}{listed}{behind}"

    return render


def _as_it_is(item: Bound) -> str:
    return item.sql


def _as_announced(item: Bound) -> str:
    """A column of a table or relation is what it is announced as; of an expression that is made sure."""
    is_column = item.column_number and item.type.oid != t.NUMERIC.oid and item.sql.endswith('"')
    return item.sql if is_column else announced_column(item.sql, item.type)


def _where(binding: Binding, scope: Scope, node: exp.Expr) -> tuple[str, bool]:
    """The text, and whether the system relations have been told all that it says."""
    where = node.args.get("where")
    if where is None:
        return "", True
    scope.clause = "WHERE"
    test = bind_condition(binding, scope, where.this, "WHERE")
    return f" WHERE {test.sql}", prune(binding, scope, where.this)


def _having(binding: Binding, scope: Scope, node: exp.Select) -> str:
    having = node.args.get("having")
    if having is None:
        return ""
    scope.clause = "HAVING"
    return f" HAVING {bind_condition(binding, scope, having.this, 'HAVING').sql}"


# The select list


def _items(binding: Binding, scope: Scope, node: exp.Select) -> list[tuple[str, Bound]]:
    items: list[tuple[str, Bound]] = []
    for tree in node.expressions:
        items += bind_item(binding, scope, tree)
        if len(items) > ENTRIES_MAX:
            raise TooManyColumns(f"target lists can have at most {ENTRIES_MAX} entries")
    return items


def bind_item(binding: Binding, scope: Scope, tree: exp.Expr) -> list[tuple[str, Bound]]:
    """The columns that an item of a select list or RETURNING gives."""
    if isinstance(tree, exp.Star):
        only(tree)
        return _all_columns(binding, scope, tree)
    if isinstance(tree, exp.Column) and isinstance(tree.this, exp.Star):
        only(tree, "this", "table", "db")
        return _columns_of(binding, scope, tree)
    if isinstance(tree, exp.Alias):
        only(tree, "this", "alias")
        return [(fold(tree.args["alias"]), complete(binding, bind(binding, scope, tree.this)))]
    if isinstance(tree, exp.Dot) and isinstance(tree.expression, exp.Star):
        only(tree, "this", "expression")
        return expanded(binding, complete(binding, bind(binding, scope, tree.this)))
    bound = complete(binding, bind(binding, scope, tree))
    return [(bound.name, bound)]


def _all_columns(binding: Binding, scope: Scope, tree: exp.Expr) -> list[tuple[str, Bound]]:
    if not scope.sources:
        raise UndefinedTable("SELECT * with no tables specified is not valid", position=position_at(tree))
    if binding.references is not None:
        binding.references.star(tree, scope, scope.star)
    return [(name, _grouped(scope, name, bound)) for name, bound in scope.star]


def _columns_of(binding: Binding, scope: Scope, tree: exp.Column) -> list[tuple[str, Bound]]:
    qualifier = tuple(fold(tree.args[part]) for part in ("db", "table") if tree.args.get(part))
    found = find_source(scope, qualifier)
    if found is None:
        raise UndefinedTable(f'missing FROM-clause entry for table "{qualifier[-1]}"', position=position_at(tree))
    if binding.references is not None:
        binding.references.star(tree, found[0], found[1].columns)
    return [(name, _grouped(scope, f"{found[1].name}.{name}", bound)) for name, bound in found[1].columns]


def _grouped(scope: Scope, words: str, bound: Bound) -> Bound:
    """A column of a star, which in a grouped query must be grouped like any other."""
    grouping = scope.grouping
    if grouping is None or bound.sql in grouping.texts:
        return bound if grouping is None else grouping.of_group(bound)
    source = next((each for each in scope.sources if any(b.sql == bound.sql for _, b in each.columns)), None)
    if source is not None and source.key and source.key <= grouping.texts:
        return replace(bound, sql=f"any_value({bound.sql})")
    grouping.loose.append((words, bound))
    return bound


# GROUP BY


def _group_by(binding: Binding, scope: Scope, node: exp.Select) -> str:
    """Bind GROUP BY and put the scope's grouping in force, also for a query that only has aggregates."""
    group = node.args.get("group")
    if group is None:
        if node.args.get("having") is not None or _has_aggregate(node):
            scope.grouping = Grouping(frozenset())
        return ""
    only(group, "expressions")
    scope.clause = "GROUP BY"
    bound: dict[str, Bound] = {}
    in_sets = any(isinstance(tree, exp.Rollup | exp.Cube | exp.GroupingSets) for tree in group.expressions)
    if in_sets and group.args.get("all") is False:
        text = distinct_sets(group.expressions, lambda tree: _group_key(binding, scope, tree, node, bound))
    else:
        text = ", ".join(_group_part(binding, scope, tree, node, bound) for tree in group.expressions)
    queries = scope.grouped_queries.items()
    scope.grouped_queries = {key: known for key, known in queries if any(known[1].sql in text for text in bound)}
    shown = {text: shown_of_group(text, each.type, in_sets=in_sets) for text, each in bound.items()}
    scope.grouping = Grouping(frozenset(bound), {text: other for text, other in shown.items() if other != text})
    return f" GROUP BY {text}"


def _group_part(binding: Binding, scope: Scope, tree: exp.Expr, node: exp.Select, texts: dict[str, Bound]) -> str:
    match tree:
        case exp.Rollup() | exp.Cube():
            word = "ROLLUP" if isinstance(tree, exp.Rollup) else "CUBE"
            inner = ", ".join(_group_part(binding, scope, each, node, texts) for each in tree.expressions)
            return f"{word} ({inner})"
        case exp.GroupingSets():
            inner = ", ".join(_group_part(binding, scope, each, node, texts) for each in tree.expressions)
            return f"GROUPING SETS ({inner})"
        case exp.Tuple():
            return f"({', '.join(_group_part(binding, scope, each, node, texts) for each in tree.expressions)})"
        case exp.Paren():
            return f"({_group_part(binding, scope, tree.this, node, texts)})"
    return _group_key(binding, scope, tree, node, texts)


def _group_key(binding: Binding, scope: Scope, tree: exp.Expr, node: exp.Select, texts: dict[str, Bound]) -> str:
    bound = _grouping_expression(binding, scope, tree, node)
    value = settled(binding, bound)
    texts[value.sql] = value
    return equality_key(value.sql, value.type)


def _grouping_expression(binding: Binding, scope: Scope, tree: exp.Expr, node: exp.Select) -> Bound:
    """A position or an output name stands for the item of the select list; a column of FROM has precedence."""
    if isinstance(tree, CONSTANTS):
        listed = _expanded(binding, scope, node)
        index = item_meant(tree, [(name, _NEITHER) for name, _ in listed], "GROUP BY")
        assert index is not None, "a constant is a position or an error"
        item = listed[index - 1][1]
        if isinstance(item, SqlError):
            raise item
        return item
    try:
        return bind(binding, scope, tree)
    except UndefinedColumn:
        if not (isinstance(tree, exp.Column) and not tree.args.get("table")):
            raise
        name = fold(tree.this)
        for item in node.expressions:
            if isinstance(item, exp.Alias) and fold(item.args["alias"]) == name:
                if binding.references is not None:
                    names = [each for each, _ in _expanded(binding, scope, node)]
                    binding.references.item(tree.this, names.index(name) + 1)
                return bind(binding, scope, item.this)
        raise


def _expanded(binding: Binding, scope: Scope, node: exp.Select) -> list[tuple[str, Bound | SqlError]]:
    """The select list as far as positions need it: for aggregates and windows why they may not be grouped by."""
    listed: list[tuple[str, Bound | SqlError]] = []
    for tree in node.expressions:
        try:
            listed.extend(bind_item(binding, scope, tree))
        except (GroupingError, WindowingError) as error:
            listed.append((tree.alias_or_name, error))
    return listed


def _has_aggregate(node: exp.Select) -> bool:
    trees = [*node.expressions, *((node.args["order"],) if node.args.get("order") else ())]
    return any(first_aggregate(tree) is not None for tree in trees)


def first_aggregate(tree: exp.Expr) -> exp.Anonymous | None:
    """The call of an aggregate of this level: not one over a window, and none inside a subquery."""
    for node in tree.walk(prune=lambda each: isinstance(each, exp.Query)):
        if isinstance(node, exp.Anonymous) and not _over_window(node) and _is_aggregate(node):
            return node
    return None


def _over_window(call: exp.Expr) -> bool:
    inner, outer = call, call.parent
    while isinstance(outer, exp.Filter | exp.WithinGroup):
        inner, outer = outer, outer.parent
    return isinstance(outer, exp.Window) and outer.this is inner


def _is_aggregate(call: exp.Anonymous) -> bool:
    if isinstance(call.parent, exp.WithinGroup):
        return True
    namespace, name = call_of(call)
    if namespace not in (None, "pg_catalog"):
        return False
    return any(s.kind in ("aggregate", "ordered set") for s in signatures().get(name, ()))


_NEITHER: Final = Bound("NULL", t.TEXT)
"""Stands for an item of a select list of which only the position matters."""
