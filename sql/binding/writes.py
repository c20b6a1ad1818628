"""The queries behind INSERT, UPDATE and DELETE: which rows, and what each column will be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.binding.coercion import assign, check_assignable
from sql.binding.expressions import bind, bind_condition
from sql.binding.from_clause import bind_from
from sql.binding.pruning import prune
from sql.binding.queries import bind_with
from sql.binding.scope import Scope
from sql.binding.sources import scan_source
from sql.binding.tree import fold, only, position_at, refuse
from sql.binding.values import NULL, Bound
from sql.duckdb_types import duckdb_type, identifier
from sql.errors import SqlSyntaxError, UndefinedColumn
from sql.scan import SEQ

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sql.binding.context import Binding
    from storage.catalog_entries import Column, Table


def insert_source(
    binding: Binding, source: exp.Expr, table: Table, positions: Sequence[int], defaults: Mapping[int, exp.Expr]
) -> str:
    """Every column of the table: from the query, from its default, or NULL."""
    scope = Scope()
    scope.clause = "DEFAULT expressions"
    if isinstance(source, exp.Values) and not any(row.expressions for row in source.expressions):
        given: dict[int, Bound] = {}
        from_sql = ""
    else:
        given, from_sql = _given(binding, source, table, positions, defaults)
    listed = []
    for position, column in enumerate(table.columns):
        value = given.get(position)
        if value is None:
            tree = defaults.get(position)
            bound = NULL if tree is None else bind(binding, scope, tree)
            value = assign(binding, bound, column.type, column.name)
        listed.append(_stored_item(value, column))
    return f"SELECT {', '.join(listed)}{from_sql}"


def _given(
    binding: Binding, source: exp.Expr, table: Table, positions: Sequence[int], defaults: Mapping[int, exp.Expr]
) -> tuple[dict[int, Bound], str]:
    """What the query gives for the columns at these positions, and the query's text as a FROM clause."""
    query = binding.bind_query(None, source)
    if len(query.columns) > len(positions):
        first_over = source.expressions[len(positions)] if isinstance(source, exp.Select) else source
        raise SqlSyntaxError("INSERT has more expressions than target columns", position=position_at(first_over))
    if any(position not in defaults for position in positions[len(query.columns) :]):
        raise SqlSyntaxError("INSERT has more target columns than expressions", position=position_at(source))
    targets = [table.columns[position] for position in positions[: len(query.columns)]]
    # What is open in the query takes the column's type; the rest is cast outside, where DISTINCT and UNION are done.
    types = [
        column.type if bound.is_unknown or _is_values(source) else bound.type
        for (_, bound), column in zip(query.columns, targets, strict=True)
    ]
    for (_, bound), column in zip(query.columns, targets, strict=True):
        check_assignable(bound, column.type, column.name)
    sql = query.render(types)
    given = {
        position: assign(binding, Bound(f"q.c{number}", sql_type), column.type, column.name)
        for number, (position, column, sql_type) in enumerate(
            zip(positions[: len(targets)], targets, types, strict=True), start=1
        )
    }
    return given, f" FROM ({sql}) AS q"


def _is_values(source: exp.Expr) -> bool:
    return isinstance(source, exp.Values)


def _stored_item(value: Bound, column: Column) -> str:
    return f"CAST({value.sql} AS {duckdb_type(column.type)}) AS {identifier(column.name)}"


def update_source(binding: Binding, tree: exp.Update, table: Table) -> str:
    """`_seq` and the new values of each row that the UPDATE changes."""
    only(tree, "this", "expressions", "from_", "where", "returning", "with_")
    scope, prefix, target, from_sql = _target(binding, tree, table)
    source = tree.args.get("from_")
    others = bind_from(binding, scope, source.this, ()) if source is not None else ""
    scope.clause = "UPDATE"
    assigned = _assignments(binding, scope, tree, table)
    listed = [f"{identifier(target)}.{SEQ} AS {SEQ}"]
    for column in table.columns:
        current = f"{identifier(target)}.{identifier(column.name)}"
        value = assigned.get(column.name)
        listed.append(f"{current} AS {identifier(column.name)}" if value is None else _stored_item(value, column))
    return _rows(binding, scope, tree, prefix, listed, target, from_sql, others)


def delete_source(binding: Binding, tree: exp.Delete, table: Table) -> str:
    """`_seq` of each row that the DELETE removes, and its columns where RETURNING asks for them."""
    only(tree, "this", "using", "where", "returning", "with_")
    scope, prefix, target, from_sql = _target(binding, tree, table)
    using = tree.args.get("using") or []
    joins = [exp.Join(this=each) for each in using[1:]]
    others = bind_from(binding, scope, using[0] if using else None, joins)
    listed = [f"{identifier(target)}.{SEQ} AS {SEQ}"]
    if tree.args.get("returning") is not None:
        listed += [f"{identifier(target)}.{identifier(c.name)} AS {identifier(c.name)}" for c in table.columns]
    return _rows(binding, scope, tree, prefix, listed, target, from_sql, others)


def _target(binding: Binding, tree: exp.Expr, table: Table) -> tuple[Scope, str, str, str]:
    """The scope with the target table in it, the text of WITH, and the table's alias in the text, and as FROM."""
    node = tree.this
    if not isinstance(node, exp.Table):
        raise refuse("this form of a target table", tree)
    only(node, "this", "db", "alias", "only", "catalog")
    alias = node.args.get("alias")
    scope = Scope()
    prefix = bind_with(binding, scope, tree)
    visible = fold(alias.this) if alias is not None else table.name
    sql, source = scan_source(binding, table, visible, table.namespace if alias is None else None, is_target=True)
    scope.add(source)
    return scope, prefix, sql.strip('"'), f" FROM {sql}"


def _rows(
    binding: Binding,
    scope: Scope,
    tree: exp.Expr,
    prefix: str,
    listed: Sequence[str],
    target: str,
    from_sql: str,
    others: str,
) -> str:
    where = tree.args.get("where")
    where_sql = ""
    if where is not None:
        scope.clause = "WHERE"
        where_sql = f" WHERE {bind_condition(binding, scope, where.this, 'WHERE').sql}"
        prune(binding, scope, where.this)
    # A row that several rows of the others match is changed once.
    once = f"DISTINCT ON ({identifier(target)}.{SEQ}) " if others else ""
    joined = others.replace(" FROM ", ", ", 1) if others else ""
    return f"{prefix}SELECT {once}{', '.join(listed)}{from_sql}{joined}{where_sql}"


def _assignments(binding: Binding, scope: Scope, tree: exp.Update, table: Table) -> dict[str, Bound]:
    assigned: dict[str, Bound] = {}
    for equation in tree.expressions:
        if not isinstance(equation, exp.EQ):
            raise refuse("this form of SET", equation)
        for target, value in _pairs(equation):
            column = _assigned_column(target, table)
            if column.name in assigned:
                raise SqlSyntaxError(
                    f'multiple assignments to same column "{column.name}"', position=position_at(target)
                )
            assigned[column.name] = assign(binding, bind(binding, scope, value), column.type, column.name)
    return assigned


def _pairs(equation: exp.EQ) -> list[tuple[exp.Expr, exp.Expr]]:
    target, value = equation.this, equation.expression
    if not isinstance(target, exp.Tuple | exp.Paren):
        return [(target, value)]
    targets = target.expressions if isinstance(target, exp.Tuple) else [target.this]
    row = isinstance(value, exp.Anonymous) and str(value.this).lower() == "row"
    if not (isinstance(value, exp.Tuple) or row):
        raise refuse("SET (…) from a subquery", equation)
    if len(targets) != len(value.expressions):
        raise SqlSyntaxError("number of columns does not match number of values", position=position_at(target))
    return list(zip(targets, value.expressions, strict=True))


def _assigned_column(target: exp.Expr, table: Table) -> Column:
    if not isinstance(target, exp.Column | exp.Identifier):
        raise refuse("SET of a part of a column", target)
    name = fold(target.this if isinstance(target, exp.Column) else target)
    if isinstance(target, exp.Column) and target.args.get("table"):
        name = fold(target.args["table"])
    column = table.column(name)
    if column is None:
        raise UndefinedColumn(
            f'column "{name}" of relation "{table.name}" does not exist', position=position_at(target)
        )
    return column
