"""Relations in FROM: tables, system relations and the columns that they put in scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlglot import exp

from sql.binding.digits import is_numeric
from sql.binding.record_fields import fields_behind
from sql.binding.scope import Source
from sql.binding.tree import fold, position_at
from sql.binding.values import Bound
from sql.duckdb_types import from_stored, identifier
from sql.errors import (
    FeatureNotSupported,
    SqlSyntaxError,
    UndefinedColumn,
    UndefinedTable,
)
from sql.sequence_calls import relation_of_sequence
from storage.catalog import SYSTEM_NAMESPACES
from storage.catalog_entries import SequenceGenerator, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding, RelationLike
    from storage.catalog_entries import View
    from storage.types import SqlType


def find_relation(binding: Binding, namespace: str | None, name: str) -> Table | View | RelationLike | None:
    """The table, view or system relation of that name, along the search path where no namespace is given."""
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
            found = context.catalog.relation(each, name)
            if isinstance(found, SequenceGenerator):
                if binding.references is not None:
                    raise FeatureNotSupported("views that read sequences are not supported")
                context.may_read(found)
                return context.relations.find(*relation_of_sequence(found))
            if found is not None:
                return found
    return None


def undefined_relation(binding: Binding, namespace: str | None, name: str, tree: exp.Expr) -> UndefinedTable:
    """The error for a relation that is not there."""
    position = position_at(tree)
    if namespace is None:
        return UndefinedTable(f'relation "{name}" does not exist', position=position)
    return UndefinedTable(f'relation "{namespace}.{name}" does not exist', position=position)


def scanned_source(
    binding: Binding,
    relation: Table | RelationLike,
    visible: str,
    namespace: str | None,
    alias: exp.Expr | None,
    tree: exp.Expr,
) -> tuple[str, Source]:
    """A relation as a source, and its text."""
    if isinstance(relation, Table):
        return scan_source(binding, relation, visible, namespace, alias, tree)
    return _relation_source(binding, relation, visible, namespace, alias, tree)


def _relation_source(
    binding: Binding,
    relation: RelationLike,
    visible: str,
    namespace: str | None,
    alias: exp.Expr | None,
    tree: exp.Expr,
) -> tuple[str, Source]:
    called = binding.fresh("s")
    scanned = binding.scan_relation(relation, called)
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
                relation=scanned if column.name in relation.filtered else "",
            ),
        )
        for number, column in enumerate(relation.columns, start=1)
    )
    return f"{identifier(scanned)} AS {identifier(called)}", Source(
        visible, renamed(columns, alias, tree), namespace, oid=relation.oid
    )


def scan_source(
    binding: Binding,
    table: Table,
    visible: str,
    namespace: str | None = None,
    alias: exp.Expr | None = None,
    tree: exp.Expr | None = None,
    *,
    is_target: bool = False,
) -> tuple[str, Source]:
    """A table of users as a source, and its text."""
    scan = binding.scan_table(table, is_target=is_target)
    columns = table_columns(table, scan, scan)
    is_unique = table.type != "user" or not binding.context.reads_rows_of_all
    key = frozenset(columns[position][1].sql for position in table.key_positions if is_unique)
    shown = columns if alias is None or tree is None else renamed(columns, alias, tree)
    filled = next((columns[place][1].sql for place, each in enumerate(table.columns) if each.not_null), "")
    return identifier(scan), Source(visible, shown, namespace, key, table.oid, filled)


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
                scale=bound.digits if is_numeric(sql_type) and is_numeric(bound.type) else None,
                fields=fields_behind(f"{identifier(called)}.c{number}", bound),
            ),
        )
        for number, ((name, bound), sql_type) in enumerate(zip(columns, types, strict=True), start=1)
    )


def renamed(
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
        raise SqlSyntaxError(
            'a column definition list is only allowed for functions returning "record"', position=position_at(tree)
        )
    names = [fold(each) for each in named] + [name for name, _ in columns[len(named) :]]
    return tuple((name, bound.called(name)) for name, (_, bound) in zip(names, columns, strict=True))
