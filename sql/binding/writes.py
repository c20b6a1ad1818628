"""The queries behind INSERT, UPDATE and DELETE: which rows, and what each column will be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from sqlglot import exp

from sql.binding.array_assignment import is_element, with_element
from sql.binding.coercion import assign, check_assignable
from sql.binding.expressions import bind, bind_condition
from sql.binding.from_clause import bind_from
from sql.binding.numbers import takes_numbers, without_numbers
from sql.binding.pruning import prune
from sql.binding.queries import bind_with
from sql.binding.scope import Scope
from sql.binding.sources import scan_source
from sql.binding.tree import fold, only, position_at, refuse
from sql.binding.values import NULL, Bound
from sql.duckdb_types import as_stored, duckdb_type, identifier
from sql.errors import FeatureNotSupported, SqlSyntaxError, UndefinedColumn
from sql.scan import SEQ
from sql.token_rewrites import call_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sql.binding.context import Binding
    from storage.catalog_entries import Column, Table


def insert_source(
    binding: Binding,
    source: exp.Expr,
    table: Table,
    positions: Sequence[int],
    defaults: Mapping[int, exp.Expr],
    statement: exp.Expr | None = None,
) -> str:
    """Every column of the table: from the query, from its default, or NULL. `statement` is what WITH stands before."""
    scope = Scope()
    scope.clause = "DEFAULT expressions"
    around = Scope()
    prefix = "" if statement is None else bind_with(binding, around, statement)
    if isinstance(source, exp.Values) and not any(row.expressions for row in source.expressions):
        given: dict[int, Bound] = {}
        from_sql = ""
    else:
        query = without_numbers(binding, source, positions)
        given, from_sql = _given(binding, around, query, table, positions, defaults)
    listed = []
    for position, column in enumerate(table.columns):
        value = given.get(position)
        if value is None:
            tree = defaults.get(position)
            is_open = tree is None or takes_numbers(binding, tree, position)
            bound = NULL if tree is None or is_open else bind(binding, scope, tree)
            value = assign(binding, bound, column.type, column.name)
        listed.append(stored_item(value, column))
    return f"{prefix}SELECT {', '.join(listed)}{from_sql}"


def _given(
    binding: Binding,
    around: Scope,
    source: exp.Expr,
    table: Table,
    positions: Sequence[int],
    defaults: Mapping[int, exp.Expr],
) -> tuple[dict[int, Bound], str]:
    """What the query gives for the columns at these positions, and the query's text as a FROM clause."""
    query = binding.bind_query(around, source)
    if len(query.columns) > len(positions):
        items = source.expressions[: len(positions) + 1] if isinstance(source, exp.Select) else [source]
        # A `*` stands for many columns.
        first_over = next((item for item in items if item.is_star), items[-1])
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


def stored_item(value: Bound, column: Column) -> str:
    """An item of a select list: a value as the column stores it."""
    stored = as_stored(f"CAST({value.sql} AS {duckdb_type(column.type)})", column.type)
    return f"{stored} AS {identifier(column.name)}"


def kept_item(target: str, column: Column) -> str:
    """An item of a select list: a column of a table's scan as it is stored."""
    return f"{as_stored(f'{identifier(target)}.{identifier(column.name)}', column.type)} AS {identifier(column.name)}"


class ChangeSource(Struct, frozen=True):
    """The query behind an UPDATE or DELETE: `_seq` of each row, and all columns as they will be, or as they are."""

    scope: Scope
    """Its first source is the table that is changed."""
    before: str
    behind: str

    def sql(self, carried: str) -> str:
        """The text, with more columns for RETURNING."""
        return f"{self.before}{carried}{self.behind}"


def update_source(binding: Binding, tree: exp.Update, table: Table) -> ChangeSource:
    """`_seq` and the new values of each row that the UPDATE changes."""
    only(tree, "this", "expressions", "from_", "where", "returning", "with_")
    scope, prefix, target, from_sql = bind_target(binding, tree, table)
    source = tree.args.get("from_")
    others = _others(binding, scope, [] if source is None else [source.this])
    scope.clause = "UPDATE"
    assigned = bind_assignments(binding, scope, tree.expressions, table)
    listed = []
    for column in table.columns:
        value = assigned.get(column.name)
        listed.append(kept_item(target, column) if value is None else stored_item(value, column))
    return _change(binding, scope, tree, prefix, listed, target, from_sql, others)


def delete_source(binding: Binding, tree: exp.Delete, table: Table) -> ChangeSource:
    """`_seq` of each row that the DELETE removes, and its columns where RETURNING asks for them."""
    only(tree, "this", "using", "where", "returning", "with_")
    scope, prefix, target, from_sql = bind_target(binding, tree, table)
    others = _others(binding, scope, tree.args.get("using") or [])
    # Without RETURNING nobody asks what they were.
    columns = table.columns if tree.args.get("returning") is not None else ()
    listed = [kept_item(target, column) for column in columns]
    return _change(binding, scope, tree, prefix, listed, target, from_sql, others)


def bind_target(binding: Binding, tree: exp.Expr, table: Table) -> tuple[Scope, str, str, str]:
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


def _others(binding: Binding, scope: Scope, sources: Sequence[exp.Expr]) -> str:
    """Bind the other relations of an UPDATE or DELETE. The parser hangs all of them on the first."""
    if not sources:
        return ""
    first = sources[0].copy()
    joins = first.args.get("joins") or []
    first.set("joins", None)
    return bind_from(binding, scope, first, [*joins, *(exp.Join(this=each) for each in sources[1:])])


def _change(
    binding: Binding,
    scope: Scope,
    tree: exp.Expr,
    prefix: str,
    listed: Sequence[str],
    target: str,
    from_sql: str,
    others: str,
) -> ChangeSource:
    where = tree.args.get("where")
    where_sql = ""
    if where is not None:
        scope.clause = "WHERE"
        where_sql = f" WHERE {bind_condition(binding, scope, where.this, 'WHERE').sql}"
        prune(binding, scope, where.this)
    # A row that several rows of the others match is changed once.
    once = f"DISTINCT ON ({identifier(target)}.{SEQ}) " if others else ""
    joined = others.replace(" FROM ", ", ", 1) if others else ""
    seq = f"{identifier(target)}.{SEQ} AS {SEQ}"
    return ChangeSource(scope, f"{prefix}SELECT {once}{', '.join([seq, *listed])}", f"{from_sql}{joined}{where_sql}")


def bind_assignments(binding: Binding, scope: Scope, equations: Sequence[exp.Expr], table: Table) -> dict[str, Bound]:
    """What a SET gives to columns, by name, cast as an assignment casts."""
    assigned: dict[str, Bound] = {}
    for equation in equations:
        if not isinstance(equation, exp.EQ):
            raise refuse("this form of SET", equation)
        for target, value in _pairs(equation):
            column = assigned_column(target.this if is_element(target) else target, table)
            if is_element(target):
                current = assigned.get(column.name)
                assigned[column.name] = with_element(binding, scope, target, value, column, current)
                continue
            if column.name in assigned:
                raise SqlSyntaxError(f'multiple assignments to same column "{column.name}"')
            # The rows have a column before those of the table.
            if takes_numbers(binding, value, table.columns.index(column) + 1):
                bound = NULL
            else:
                bound = bind(binding, scope, value)
            assigned[column.name] = assign(binding, bound, column.type, column.name)
    return assigned


def _pairs(equation: exp.EQ) -> list[tuple[exp.Expr, exp.Expr]]:
    target, value = equation.this, equation.expression
    if not isinstance(target, exp.Tuple | exp.Paren):
        return [(target, value)]
    targets = target.expressions if isinstance(target, exp.Tuple) else [target.this]
    row = isinstance(value, exp.Anonymous) and call_of(value) == (None, "row")
    if isinstance(value, exp.Tuple) or row:
        values = value.expressions
    elif isinstance(value, exp.Subquery):
        return _from_subquery(targets, value)
    else:
        raise FeatureNotSupported(
            "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression",
            position=position_at(value),
        )
    if len(targets) != len(values):
        raise SqlSyntaxError("number of columns does not match number of values", position=position_at(value))
    return list(zip(targets, values, strict=True))


def _from_subquery(targets: Sequence[exp.Expr], query: exp.Subquery) -> list[tuple[exp.Expr, exp.Expr]]:
    """Each column gets a query of its own around the one that was written."""
    names = [f"c{number}" for number, _ in enumerate(targets, start=1)]
    select = query.this
    listed = select.expressions if isinstance(select, exp.Select) else ()
    if listed and len(listed) != len(targets) and not any(each.is_star for each in listed):
        raise SqlSyntaxError("number of columns does not match number of values", position=position_at(query))
    pairs: list[tuple[exp.Expr, exp.Expr]] = []
    for target, name in zip(targets, names, strict=True):
        alias = exp.TableAlias(
            this=exp.to_identifier("given", quoted=True),
            columns=[exp.to_identifier(each, quoted=True) for each in names],
        )
        source = exp.Subquery(this=select.copy(), alias=alias)
        column = exp.Column(this=exp.to_identifier(name, quoted=True))
        pairs.append((target, exp.Subquery(this=exp.Select(expressions=[column], from_=exp.From(this=source)))))
    return pairs


def assigned_column(target: exp.Expr, table: Table) -> Column:
    """The column that an item of SET names."""
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
