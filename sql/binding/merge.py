"""MERGE as one query: a row for each pair of rows that an action applies to, with what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding.coercion import assign
from sql.binding.expressions import bind, bind_condition
from sql.binding.from_clause import bind_from
from sql.binding.numbers import takes_numbers
from sql.binding.queries import bind_with
from sql.binding.scope import Scope
from sql.binding.sources import scan_source
from sql.binding.tree import fold, only, position_at
from sql.binding.values import NULL
from sql.binding.writes import assigned_column, bind_assignments
from sql.duckdb_types import as_stored, duckdb_type, identifier
from sql.errors import DuplicateAlias, DuplicateColumn, SqlSyntaxError
from sql.scan import SEQ

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sql.binding.context import Binding
    from sql.merge_syntax import Merge, MergeAction
    from sql.plan import Numbered
    from storage.catalog_entries import Table

ACTION: Final = "$action"
"""The column with the number, from 1, of the action that applies."""


def merge_source(
    binding: Binding, merge: Merge, table: Table, defaults: Mapping[int, exp.Expr]
) -> tuple[str, tuple[tuple[int, Numbered], ...]]:
    """`_seq` of the row of the table (NULL for a new one), the number of the action, and the columns as they will be.

    Returns with it what takes numbers of sequences: of which action, and in which column.
    """
    only(merge.target, "this", "db", "alias", "only", "catalog")
    scope = Scope()
    prefix = "" if merge.with_ is None else bind_with(binding, scope, exp.Select(with_=merge.with_))
    source = merge.source.copy()
    joins = source.args.get("joins") or []
    source.set("joins", None)
    others = Scope(common=scope.common)
    from_sql = bind_from(binding, others, source, joins)
    alias = merge.target.args.get("alias")
    visible = fold(alias.this) if alias is not None else table.name
    sql, target = scan_source(binding, table, visible, table.namespace if alias is None else None, is_target=True)
    if any(each.name == visible for each in others.sources):
        raise DuplicateAlias(
            f'name "{visible}" specified more than once',
            detail="The name is used both as MERGE target table and data source.",
        )
    scope.add(target)
    scope.sources += others.sources
    scope.star += others.star
    scope.merged.update(others.merged)
    scope.clause = "JOIN conditions"
    on = bind_condition(binding, scope, merge.condition, "JOIN/ON")
    scan = sql.strip('"')
    side = "LEFT JOIN" if any(not action.matched for action in merge.actions) else "JOIN"
    numbered: list[tuple[int, Numbered]] = []
    conditions: list[str] = []
    values: list[dict[str, str]] = []
    for number, action in enumerate(merge.actions, start=1):
        seen = scope if action.matched else others
        conditions.append(_condition(binding, seen, action, scan))
        values.append(_values(binding, seen, action, table, defaults, numbered, number))
    chosen = " ".join(
        f"WHEN {condition} THEN {0 if action.kind == 'nothing' else number}"
        for number, (condition, action) in enumerate(zip(conditions, merge.actions, strict=True), start=1)
    )
    action_sql, lateral = f"CASE {chosen} END AS {identifier(ACTION)}", ""
    if any(action.condition is not None and action.condition.find(exp.Query) for action in merge.actions):
        # DuckDB lets columns refer to another one of the list only if that has no subquery.
        action_sql, lateral = identifier(ACTION), f" CROSS JOIN LATERAL (SELECT {action_sql})"
    listed = [f"{identifier(scan)}.{SEQ} AS {SEQ}", action_sql]
    listed += [_column(table, position, values, scan) for position in range(len(table.columns))]
    inner = f"SELECT {', '.join(listed)}{from_sql} {side} {sql} ON {on.sql}{lateral}"
    return f"{prefix}SELECT * FROM ({inner}) AS m WHERE m.{identifier(ACTION)} > 0", tuple(numbered)


def check_reachable(actions: Sequence[MergeAction]) -> None:
    """Raise for an action behind one that always applies."""
    always: set[bool] = set()
    for action in actions:
        if action.matched in always:
            raise SqlSyntaxError("unreachable WHEN clause specified after unconditional WHEN clause")
        if action.condition is None:
            always.add(action.matched)


def _condition(binding: Binding, scope: Scope, action: MergeAction, scan: str) -> str:
    is_there = f"{identifier(scan)}.{SEQ} IS {'NOT ' if action.matched else ''}NULL"
    if action.condition is None:
        return is_there
    scope.clause = "MERGE WHEN conditions"
    return f"{is_there} AND {bind_condition(binding, scope, action.condition, 'WHEN').sql}"


def _values(
    binding: Binding,
    scope: Scope,
    action: MergeAction,
    table: Table,
    defaults: Mapping[int, exp.Expr],
    numbered: list[tuple[int, Numbered]],
    number: int,
) -> dict[str, str]:
    """What an action gives to columns: of an INSERT to all that are not NULL."""
    tree = action.tree
    if isinstance(tree, exp.Update):
        scope.clause = "UPDATE"
        assigned = bind_assignments(binding, scope, tree.expressions, table)
        return {name: value.sql for name, value in assigned.items()}
    if not isinstance(tree, exp.Insert):
        return {}
    scope.clause = "VALUES"
    given = _given(tree, table)
    values: dict[str, str] = {}
    for position, column in enumerate(table.columns):
        value = given.get(column.name) or defaults.get(position)
        if value is not None and takes_numbers(binding, value, position):
            numbered.append((number, binding.numbered.pop()))
            continue
        bound = NULL if value is None else bind(binding, scope, value)
        values[column.name] = assign(binding, bound, column.type, column.name).sql
    return values


def _given(tree: exp.Insert, table: Table) -> dict[str, exp.Expr]:
    names = tree.this.expressions if isinstance(tree.this, exp.Schema) else None
    columns = table.columns if names is None else [assigned_column(each, table) for each in names]
    for index, column in enumerate(columns):
        if column in columns[:index]:
            raise DuplicateColumn(f'column "{column.name}" specified more than once')
    source = tree.args.get("expression")
    if source is None:
        return {}
    if not isinstance(source, exp.Values) or len(source.expressions) != 1:
        raise SqlSyntaxError("MERGE inserts one row of VALUES", position=position_at(tree))
    row = source.expressions[0]
    items = row.expressions if isinstance(row, exp.Tuple) else [row]
    if len(items) > len(columns):
        raise SqlSyntaxError(
            "INSERT has more expressions than target columns", position=position_at(items[len(columns)])
        )
    if names is not None and len(items) < len(columns):
        raise SqlSyntaxError("INSERT has more target columns than expressions", position=position_at(names[len(items)]))
    return {column.name: item for column, item in zip(columns, items, strict=False)}


def _column(table: Table, position: int, values: Sequence[Mapping[str, str]], scan: str) -> str:
    column = table.columns[position]
    branches = [
        f"WHEN {number} THEN CAST({given[column.name]} AS {duckdb_type(column.type)})"
        for number, given in enumerate(values, start=1)
        if column.name in given
    ]
    current = f"{identifier(scan)}.{identifier(column.name)}"
    value = f"CASE {identifier(ACTION)} {' '.join(branches)} ELSE {current} END" if branches else current
    return f"{as_stored(value, column.type)} AS {identifier(column.name)}"
