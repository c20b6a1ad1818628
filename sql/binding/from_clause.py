"""FROM: tables, system relations, subqueries, functions and joins become text and names in scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace
from sqlglot import exp

from sql.binding import operators
from sql.binding.coercion import coerce, common_type
from sql.binding.digits import as_one, common_digits
from sql.binding.expressions import bind_condition
from sql.binding.from_functions import function_source
from sql.binding.record_fields import fields_behind
from sql.binding.scope import Scope, Source
from sql.binding.sources import find_relation, output_columns, renamed, scanned_source, undefined_relation
from sql.binding.tree import fold, only, position_at, refuse
from sql.binding.values import Bound
from sql.binding.views import view_source
from sql.duckdb_types import identifier
from sql.errors import (
    AmbiguousColumn,
    DuplicateAlias,
    FeatureNotSupported,
    SqlSyntaxError,
    UndefinedColumn,
)
from storage.catalog_entries import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding


class Joined(Struct):
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
            return function_source(binding, scope, tree.this, tree)
        case exp.Subquery() | exp.Values():
            # It sees the WITH queries of this level, and not what else is in its FROM.
            return _derived(binding, Scope(parent=scope.parent, common=scope.common), tree, lateral=False)
        case exp.Lateral() if isinstance(tree.this, exp.Anonymous):
            only(tree, "this", "alias", "ordinality")
            return function_source(binding, scope, tree.this, tree)
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
    columns = renamed(tuple(inner.star), alias, tree)
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
        if not common.columns:
            message = f'WITH query "{name}" does not have a RETURNING clause'
            raise FeatureNotSupported(message, position=position_at(tree))
        called = binding.fresh("s")
        columns = tuple((name, _of_common_table(called, bound)) for name, bound in common.columns)
        return f"{identifier(common.name)} AS {identifier(called)}", Source(visible, renamed(columns, alias, tree))
    found = find_relation(binding, namespace, name)
    if found is None:
        raise undefined_relation(binding, namespace, name, tree)
    unaliased = found.namespace if alias is None else None
    if binding.references is not None:
        binding.references.relation(tree, found.namespace, name)
    if isinstance(found, View):
        if binding.references is not None:
            binding.references.views.add(found.oid)
        return view_source(binding, found, visible, unaliased, alias, tree)
    return scanned_source(binding, found, visible, unaliased, alias, tree)


def _of_common_table(called: str, bound: Bound) -> Bound:
    sql = f"{identifier(called)}.{bound.sql}"
    return replace(bound, sql=sql, fields=fields_behind(sql, bound))


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
    query = binding.bind_query(parent, tree)
    called = binding.fresh("s")
    columns = output_columns(query.columns, query.types, called)
    source = Source(fold(alias.this), renamed(columns, alias, tree))
    return f"{'LATERAL ' if lateral else ''}({query.render_settled()}) AS {identifier(called)}", source


def _lateral(binding: Binding, scope: Scope, tree: exp.Lateral) -> tuple[str, Source]:
    alias = tree.args.get("alias")
    inner = tree.this
    if not isinstance(inner, exp.Subquery):
        raise refuse("this form of LATERAL", tree)
    inner = inner.copy()
    inner.set("alias", alias.copy() if alias is not None else None)
    return _derived(binding, scope, inner, lateral=True)


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
    scope.outer += {"LEFT": right.sources, "RIGHT": left.sources, "FULL": sources}.get(side, [])
    if kind == "CROSS":
        return Joined(
            f"{left.sql} CROSS JOIN {right.sql}", [*left.star, *right.star], sources, {**left.merged, **right.merged}
        )
    using = [fold(each) for each in join.args.get("using") or ()]
    if method == "NATURAL":
        right_names = {name for name, _ in right.star}
        using = [name for name, _ in left.star if name in right_names]
        if binding.references is not None:
            raise refuse("NATURAL JOIN in a view", join)
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
        a, b = as_one([coerce(binding, one, target), coerce(binding, other, target)], [one, other])
        digits = common_digits((a, b))
        return Bound(f"coalesce({a.sql}, {b.sql})", target, name, names_strongly=True, scale=digits)
    kept = other if side == "RIGHT" else one
    return kept if kept.type == target else coerce(binding, kept, target).called(name)
