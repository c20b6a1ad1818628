"""FROM: tables, system relations, subqueries, functions and joins become text and names in scope."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from sql.binding import operators
from sql.binding.calls import apply, function_name, read_arguments, set_call
from sql.binding.coercion import coerce, common_type
from sql.binding.expressions import bind, bind_condition
from sql.binding.scope import Scope, Source
from sql.binding.signatures import signatures
from sql.binding.tree import fold, only, position_at, refuse
from sql.binding.values import Bound
from sql.duckdb_types import duckdb_type, from_stored, identifier
from sql.errors import (
    AmbiguousColumn,
    DuplicateAlias,
    SqlSyntaxError,
    UndefinedColumn,
    UndefinedTable,
)
from sql.token_rewrites import call_of
from storage import types as t
from storage.catalog import SYSTEM_NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.calls import SetCall
    from sql.binding.context import Binding, RelationLike
    from storage.catalog import Table
    from storage.types import SqlType


@dataclass(slots=True)
class Joined:
    """One item of FROM with the joins that hang on it: its text, its columns in order, and what USING merged."""

    sql: str
    star: list[tuple[str, Bound]]
    sources: list[Source]
    merged: dict[str, Bound] = field(default_factory=dict)


def bind_from(binding: Binding, scope: Scope, first: exp.Expr | None, joins: Sequence[exp.Expr]) -> str:
    """Bind a FROM clause into `scope`; returns its text, empty without one."""
    if first is None:
        return ""
    items = [_nested(binding, scope, first)]
    for join in joins:
        if _is_comma(join):
            _close(scope, items[-1])
            items.append(_nested(binding, scope, join.this))
        else:
            items[-1] = _join(binding, scope, items[-1], join)
    _close(scope, items[-1])
    return f" FROM {', '.join(item.sql for item in items)}"


def _close(scope: Scope, item: Joined) -> None:
    scope.star.extend(item.star)
    for name, bound in item.merged.items():
        if name in scope.merged:
            raise AmbiguousColumn(f'column reference "{name}" is ambiguous')
        scope.merged[name] = bound


def _is_comma(join: exp.Expr) -> bool:
    return not any(join.args.get(key) for key in ("kind", "side", "method", "on", "using"))


def _nested(binding: Binding, scope: Scope, tree: exp.Expr) -> Joined:
    """An item, with the joins that the parser hung on its table."""
    joined = _item(binding, scope, tree)
    for join in tree.args.get("joins") or ():
        joined = _join(binding, scope, joined, join)
    return joined


def _add(scope: Scope, source: Source, tree: exp.Expr) -> None:
    if any(each.name == source.name and each.namespace == source.namespace for each in scope.sources):
        raise DuplicateAlias(f'table name "{source.name}" specified more than once', position=position_at(tree))
    scope.sources.append(source)


def _item(binding: Binding, scope: Scope, tree: exp.Expr) -> Joined:
    if isinstance(tree, exp.Subquery) and isinstance(tree.this, exp.Table):
        return _parenthesised(binding, scope, tree)
    sql, source = _source(binding, scope, tree)
    _add(scope, source, tree)
    return Joined(sql, list(source.columns), [source])


def _source(binding: Binding, scope: Scope, tree: exp.Expr) -> tuple[str, Source]:
    match tree:
        case exp.Table() if isinstance(tree.this, exp.Identifier):
            return _named(binding, scope, tree)
        case exp.Table() if isinstance(tree.this, exp.Anonymous):
            only(tree, "this", "alias", "ordinality", "joins")
            return _function(binding, scope, tree.this, tree)
        case exp.Subquery() | exp.Values():
            return _derived(binding, scope.parent, tree, lateral=False)
        case exp.Lateral() if isinstance(tree.this, exp.Anonymous):
            only(tree, "this", "alias", "ordinality")
            return _function(binding, scope, tree.this, tree)
        case exp.Lateral():
            only(tree, "this", "alias")
            return _lateral(binding, scope, tree)
        case _:
            raise refuse("this item in FROM", tree)


def _parenthesised(binding: Binding, scope: Scope, tree: exp.Subquery) -> Joined:
    """`(a JOIN b …)`, with or without an alias, which then hides the names inside."""
    only(tree, "this", "alias", "joins")
    alias = tree.args.get("alias")
    if alias is None:
        inner = _nested(binding, scope, tree.this)
        return Joined(f"({inner.sql})", inner.star, inner.sources, inner.merged)
    hidden = Scope(parent=scope.parent, sources=[], common=scope.common)
    inner = _nested(binding, hidden, tree.this)
    columns = _renamed(tuple(inner.star), alias, tree)
    source = Source(fold(alias.this), columns)
    _add(scope, source, tree)
    return Joined(f"({inner.sql})", list(columns), [source])


# Tables and system relations


def _named(binding: Binding, scope: Scope, tree: exp.Table) -> tuple[str, Source]:
    only(tree, "this", "db", "catalog", "alias", "only", "joins")
    name = fold(tree.this)
    namespace = fold(tree.args["db"]) if tree.args.get("db") else None
    alias = tree.args.get("alias")
    visible = fold(alias.this) if alias is not None else name
    common = scope.common_table(name) if namespace is None else None
    if common is not None:
        called = binding.fresh("s")
        columns = tuple((n, replace(b, sql=f"{identifier(called)}.{b.sql}")) for n, b in common.columns)
        return f"{identifier(common.name)} AS {identifier(called)}", Source(visible, _renamed(columns, alias, tree))
    found = find_relation(binding, namespace, name)
    if found is None:
        raise _undefined(binding, namespace, name, tree)
    unaliased = found.namespace if alias is None else None
    return _scanned(binding, found, visible, unaliased, alias, tree)


def find_relation(binding: Binding, namespace: str | None, name: str) -> Table | RelationLike | None:
    """The table or system relation of that name, along the search path where no namespace is given."""
    context = binding.context
    if namespace is not None:
        path: tuple[str, ...] = (namespace,)
    else:
        path = context.search_path if "pg_catalog" in context.search_path else ("pg_catalog", *context.search_path)
    for each in path:
        if each in SYSTEM_NAMESPACES:
            relation = context.relations.find(each, name)
            if relation is not None:
                return relation
        else:
            table = context.catalog.table(each, name)
            if table is not None:
                return table
    return None


def _undefined(binding: Binding, namespace: str | None, name: str, tree: exp.Expr) -> UndefinedTable:
    position = position_at(tree)
    if namespace is None:
        return UndefinedTable(f'relation "{name}" does not exist', position=position)
    return UndefinedTable(f'relation "{namespace}.{name}" does not exist', position=position)


def _scanned(
    binding: Binding,
    relation: Table | RelationLike,
    visible: str,
    namespace: str | None,
    alias: exp.Expr | None,
    tree: exp.Expr,
) -> tuple[str, Source]:
    from_catalog = relation.namespace not in SYSTEM_NAMESPACES
    if from_catalog:
        return scan_source(binding, relation, visible, namespace, alias, tree)  # type: ignore[arg-type]  # it is a Table
    scanned = binding.scan_relation(relation)
    called = binding.fresh("s")
    columns = tuple(
        (
            column.name,
            Bound(
                from_stored(f"{identifier(called)}.{identifier(column.name)}", column.type),
                column.type,
                column.name,
                names_strongly=True,
                table_oid=relation.oid,
                column_number=number,
            ),
        )
        for number, column in enumerate(relation.columns, start=1)
    )
    return f"{identifier(scanned)} AS {identifier(called)}", Source(visible, _renamed(columns, alias, tree), namespace)


def scan_source(
    binding: Binding,
    table: Table,
    visible: str,
    namespace: str | None = None,
    alias: exp.Expr | None = None,
    tree: exp.Expr | None = None,
) -> tuple[str, Source]:
    """A table of users as a source, and its text."""
    scan = binding.scan_table(table)
    columns = table_columns(table, scan, scan)
    key = frozenset(columns[position][1].sql for position in table.key_positions)
    renamed = columns if alias is None or tree is None else _renamed(columns, alias, tree)
    return identifier(scan), Source(visible, renamed, namespace, key)


def table_columns(table: Table, called: str, scan: str) -> tuple[tuple[str, Bound], ...]:
    """The columns of a table that the text calls `called`."""
    return tuple(
        (
            column.name,
            Bound(
                f"{identifier(called)}.{identifier(column.name)}",
                column.type,
                column.name,
                names_strongly=True,
                table_oid=table.oid,
                column_number=column.number,
                scan=scan,
            ),
        )
        for column in table.columns
    )


def rows_columns(table: Table, called: str) -> tuple[tuple[str, Bound], ...]:
    """The columns of handed-in rows of a table, which are as they are stored."""
    return tuple(
        (name, replace(bound, sql=from_stored(bound.sql, bound.type)))
        for name, bound in table_columns(table, called, "")
    )


def _renamed(
    columns: tuple[tuple[str, Bound], ...], alias: exp.Expr | None, tree: exp.Expr
) -> tuple[tuple[str, Bound], ...]:
    """The columns under the names of `alias(a, b, …)`."""
    named = list(alias.args.get("columns") or ()) if alias is not None else []
    if not named:
        return columns
    if len(named) > len(columns):
        assert alias is not None
        raise UndefinedColumn(
            f'table "{fold(alias.this)}" has {len(columns)} columns available but {len(named)} columns specified',
            position=position_at(tree),
        )
    if not all(isinstance(each, exp.Identifier) for each in named):
        raise refuse("a column definition list", tree)
    names = [fold(each) for each in named] + [name for name, _ in columns[len(named) :]]
    return tuple((name, bound.called(name)) for name, (_, bound) in zip(names, columns, strict=True))


# Subqueries


def _derived(binding: Binding, parent: Scope | None, tree: exp.Expr, *, lateral: bool) -> tuple[str, Source]:
    alias = tree.args.get("alias")
    if alias is None or alias.this is None:
        what = "VALUES" if isinstance(tree, exp.Values) else "subquery"
        raise SqlSyntaxError(
            f"{what} in FROM must have an alias",
            hint=f"For example, FROM ({'VALUES ...' if what == 'VALUES' else 'SELECT ...'}) [AS] foo.",
            position=position_at(tree),
        )
    query = binding.bind_query(binding, parent, tree)
    called = binding.fresh("s")
    columns = output_columns(query.columns, query.types, called)
    source = Source(fold(alias.this), _renamed(columns, alias, tree))
    return f"{'LATERAL ' if lateral else ''}({query.render_settled()}) AS {identifier(called)}", source


def output_columns(
    columns: Sequence[tuple[str, Bound]], types: Sequence[SqlType], called: str
) -> tuple[tuple[str, Bound], ...]:
    """The columns of a query that the text calls `called`, for whoever selects from it."""
    return tuple(
        (
            name,
            Bound(
                f"{identifier(called)}.c{number}",
                sql_type,
                name,
                names_strongly=True,
                table_oid=bound.table_oid,
                column_number=bound.column_number,
                fields=(),
            ),
        )
        for number, ((name, bound), sql_type) in enumerate(zip(columns, types, strict=True), start=1)
    )


def _lateral(binding: Binding, scope: Scope, tree: exp.Lateral) -> tuple[str, Source]:
    alias = tree.args.get("alias")
    inner = tree.this
    if not isinstance(inner, exp.Subquery):
        raise refuse("this form of LATERAL", tree)
    inner = inner.copy()
    inner.set("alias", alias.copy() if alias is not None else None)
    return _derived(binding, scope, inner, lateral=True)


# Functions


def _function(binding: Binding, scope: Scope, node: exp.Anonymous, tree: exp.Expr) -> tuple[str, Source]:
    """A function in FROM: its rows are unnested from a list, but for series, which DuckDB makes as it goes."""
    only(node, "this", "expressions")
    alias, ordinality = tree.args.get("alias"), bool(tree.args.get("ordinality"))
    name = function_name(binding, node)
    arguments = read_arguments(node)
    if arguments.star or arguments.distinct or arguments.order:
        raise refuse(f"this call of {name} in FROM", node)
    scope.clause = "functions in FROM"
    given = [bind(binding, scope, tree) for tree in arguments.trees]
    called = binding.fresh("s")
    position = position_at(node)
    visible = fold(alias.this) if alias is not None and alias.this is not None else name
    is_set = any(signature.kind == "set" for signature in signatures().get(name, ()))
    if is_set and name == "unnest" and len(given) > 1:
        raise refuse("unnest of several arrays", node)
    if is_set:
        call = set_call(binding, name, given, position)
        rows, row_type = call.rows, call.returns
        if name == "generate_series" and not ordinality and not any(tree.find(exp.Column) for tree in arguments.trees):
            sql = _series(binding, call, called)
        else:
            numbers = f", generate_subscripts({rows}, 1) AS c2" if ordinality else ""
            sql = f"LATERAL (SELECT unnest({rows}) AS c1{numbers}) AS {identifier(called)}"
    else:
        bound = apply(binding, name, given, position)
        row_type = bound.type
        numbers = ", CAST(1 AS BIGINT) AS c2" if ordinality else ""
        sql = f"LATERAL (SELECT {bound.sql} AS c1{numbers}) AS {identifier(called)}"
    return sql, _function_source(visible, called, row_type, alias, node, ordinality=ordinality)


def _series(binding: Binding, call: SetCall, called: str) -> str:
    """A series as DuckDB makes it, row by row; it knows only 64-bit integers and timestamps."""
    counts = call.returns.oid in (t.INTEGER.oid, t.BIGINT.oid, t.NUMERIC.oid)
    texts = [coerce(binding, value, t.BIGINT, "assignment").sql if counts else value.sql for value in call.arguments]
    series = f"generate_series({', '.join(texts)}) AS series(c1)"
    return f"(SELECT CAST(c1 AS {duckdb_type(call.returns)}) AS c1 FROM {series}) AS {identifier(called)}"


def _function_source(
    visible: str, called: str, row_type: SqlType, alias: exp.Expr | None, node: exp.Anonymous, *, ordinality: bool
) -> Source:
    name = "value" if call_of(node)[1].startswith(("json_array_elements", "jsonb_array_elements")) else visible
    columns = [(name, Bound(f"{identifier(called)}.c1", row_type, name, names_strongly=True))]
    if ordinality:
        number = Bound(f"{identifier(called)}.c2", t.BIGINT, "ordinality", names_strongly=True)
        columns.append(("ordinality", number))
    return Source(visible, _renamed(tuple(columns), alias, node))


# Joins


_SIDES = {"": "", "LEFT": "LEFT ", "RIGHT": "RIGHT ", "FULL": "FULL "}


def _join(binding: Binding, scope: Scope, left: Joined, join: exp.Expr) -> Joined:
    only(join, "this", "side", "kind", "method", "on", "using")
    side, kind = str(join.args.get("side") or "").upper(), str(join.args.get("kind") or "").upper()
    method = str(join.args.get("method") or "").upper()
    if side not in _SIDES or kind not in ("", "INNER", "OUTER", "CROSS") or method not in ("", "NATURAL"):
        raise refuse(f"{method} {side} {kind} JOIN".replace("  ", " ").strip(), join)
    right = _nested(binding, scope, join.this)
    sources = [*left.sources, *right.sources]
    if kind == "CROSS":
        return Joined(
            f"{left.sql} CROSS JOIN {right.sql}", [*left.star, *right.star], sources, {**left.merged, **right.merged}
        )
    using = [fold(each) for each in join.args.get("using") or ()]
    if method == "NATURAL":
        right_names = {name for name, _ in right.star}
        using = [name for name, _ in left.star if name in right_names]
        if not using:
            return Joined(f"{left.sql} CROSS JOIN {right.sql}", [*left.star, *right.star], sources)
    if using:
        return _join_using(binding, left, right, using, side, join)
    if join.args.get("on") is None:
        raise SqlSyntaxError("syntax error: a join needs ON or USING", position=position_at(join.this))
    scope.clause = "JOIN conditions"
    scope.merged.update({**left.merged, **right.merged})
    test = bind_condition(binding, scope, join.args["on"], "JOIN/ON")
    for name in {**left.merged, **right.merged}:
        scope.merged.pop(name, None)
    sql = f"{left.sql} {_SIDES[side]}JOIN {right.sql} ON {test.sql}"
    return Joined(sql, [*left.star, *right.star], sources, {**left.merged, **right.merged})


def _join_using(
    binding: Binding, left: Joined, right: Joined, using: Sequence[str], side: str, join: exp.Expr
) -> Joined:
    tests: list[str] = []
    merged: dict[str, Bound] = {}
    for name in using:
        one, other = _using_column(left, name, "left", join), _using_column(right, name, "right", join)
        a, b = operators.comparable(binding, "=", one, other)
        tests.append(f"({a.sql} = {b.sql})")
        merged[name] = _merged_column(binding, name, one, other, side)
    rest = [(name, bound) for joined in (left, right) for name, bound in joined.star if name not in merged]
    sql = f"{left.sql} {_SIDES[side]}JOIN {right.sql} ON ({' AND '.join(tests)})"
    others = {name: bound for joined in (left, right) for name, bound in joined.merged.items() if name not in merged}
    return Joined(sql, [*merged.items(), *rest], [*left.sources, *right.sources], {**others, **merged})


def _using_column(joined: Joined, name: str, side: str, join: exp.Expr) -> Bound:
    found = [bound for column, bound in joined.star if column == name]
    if not found:
        raise UndefinedColumn(
            f'column "{name}" specified in USING clause does not exist in {side} table', position=position_at(join)
        )
    if len(found) > 1:
        raise AmbiguousColumn(f'common column name "{name}" appears more than once in {side} table')
    return found[0]


def _merged_column(binding: Binding, name: str, one: Bound, other: Bound, side: str) -> Bound:
    target = common_type((one, other), "JOIN/USING")
    if side == "FULL":
        texts = f"{coerce(binding, one, target).sql}, {coerce(binding, other, target).sql}"
        return Bound(f"coalesce({texts})", target, name, names_strongly=True)
    kept = other if side == "RIGHT" else one
    return kept if kept.type == target else coerce(binding, kept, target).called(name)
