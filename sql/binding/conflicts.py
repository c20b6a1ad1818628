"""ON CONFLICT DO UPDATE: what becomes of the rows that have a key already, as a query over rows that are handed in.

Each of these is a row of the table as it is, under the table's name, and the row that was to be inserted, `excluded`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding.expressions import bind_condition
from sql.binding.queries import bind_with_again
from sql.binding.scope import Scope, Source
from sql.binding.values import Bound
from sql.binding.writes import bind_assignments, stored_item
from sql.duckdb_types import from_stored, identifier
from sql.errors import DuplicateAlias
from storage import types as t

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.binding.context import Binding
    from storage.catalog_entries import Table

PLACE: Final = "place"
"""The column with the number of a row that was to be inserted."""

EXCLUDED: Final = "excluded"


def conflict_columns(table: Table) -> list[str]:
    """What the columns of the handed-in rows are called: the place, the row as it is, the row that was to be."""
    numbers = range(1, len(table.columns) + 1)
    return [PLACE, *(f"old{number}" for number in numbers), *(f"new{number}" for number in numbers)]


def conflict_source(
    binding: Binding, conflict: exp.OnConflict, table: Table, alias: str, statement: exp.Insert | None = None
) -> str:
    """The place of each row that DO UPDATE changes, and its new values. Raises `SqlError`."""
    rows = binding.scan_rows()
    if alias == EXCLUDED:
        raise DuplicateAlias(f'table name "{EXCLUDED}" specified more than once')
    scope = Scope(clause="UPDATE")
    scope.add(_source(table, rows, "old", alias))
    scope.add(_source(table, rows, "new", EXCLUDED))
    prefix = bind_with_again(binding, scope, statement, [conflict])
    assigned = bind_assignments(binding, scope, conflict.expressions, table)
    current = dict(scope.sources[0].columns)
    listed = [f"{identifier(rows)}.{PLACE} AS {PLACE}"]
    listed += [stored_item(assigned.get(column.name) or current[column.name], column) for column in table.columns]
    where = conflict.args.get("where")
    where_sql = ""
    if where is not None:
        scope.clause = "WHERE"
        where_sql = f" WHERE {bind_condition(binding, scope, where.this, 'WHERE').sql}"
    return f"{prefix}SELECT {', '.join(listed)} FROM {identifier(rows)}{where_sql}"


def _source(table: Table, rows: str, which: str, alias: str) -> Source:
    columns = tuple(
        (
            column.name,
            Bound(
                from_stored(f"{identifier(rows)}.{which}{number}", column.type),
                column.type,
                column.name,
                names_strongly=True,
                table_oid=table.oid,
                column_number=column.number,
            ),
        )
        for number, column in enumerate(table.columns, start=1)
    )
    return Source(alias, columns, table.namespace if alias == table.name and which == "old" else None, oid=table.oid)


def place_column() -> tuple[str, Bound]:
    """The first column of the query."""
    return PLACE, Bound("", t.BIGINT)
