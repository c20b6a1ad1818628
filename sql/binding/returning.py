"""RETURNING: a select list over the rows that a statement has changed, handed in by the executor.

Each of these rows has the columns of the table, and behind them, under names of their own, what RETURNING needs of the
other relations of the statement: UPDATE … FROM, DELETE … USING.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sql.binding.bound_query import announced_column
from sql.binding.coercion import coerce
from sql.binding.queries import bind_with_again
from sql.binding.record_results import shown_text
from sql.binding.scope import Scope, Source
from sql.binding.selects import bind_item
from sql.binding.sources import rows_columns
from sql.duckdb_types import from_stored, identifier
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlglot import exp

    from sql.binding.context import Binding
    from sql.binding.values import Bound
    from storage.catalog_entries import Table


class BoundReturning(Struct, frozen=True):
    """The text of a RETURNING, its columns, and what the changed rows must carry for it: names and expressions."""

    sql: str
    columns: tuple[tuple[str, Bound], ...]
    carried: tuple[tuple[str, Bound], ...] = ()


def bind_returning(
    binding: Binding,
    items: Sequence[exp.Expr],
    table: Table,
    alias: str,
    around: Scope | None = None,
    statement: exp.Expr | None = None,
) -> BoundReturning:
    """Bind the items of a RETURNING. `binding` is for them alone: `Binding.beside`.

    `around` is the scope of the statement, whose first source is the table that it changes; `statement` has the WITH
    queries. Raises `SqlError`.
    """
    rows = binding.scan_rows()
    scope = Scope(clause="RETURNING")
    namespace = None if around is None else around.sources[0].namespace
    scope.add(Source(alias, rows_columns(table, rows), namespace, oid=table.oid))
    prefix = bind_with_again(binding, scope, statement, items)
    carried = {} if around is None else _carry(scope, around, table, rows)
    bound = [item for tree in items for item in bind_item(binding, scope, tree)]
    columns = tuple((name, coerce(binding, each, t.TEXT) if each.is_unknown else each) for name, each in bound)
    listed = ", ".join(
        f"{announced_column(shown_text(binding, each), each.type)} AS c{number}"
        for number, (_, each) in enumerate(columns, start=1)
    )
    sql = f"{prefix}SELECT {listed} FROM {identifier(rows)}"
    needed = tuple((name, each) for name, each in carried.items() if f"{identifier(rows)}.{identifier(name)}" in sql)
    return BoundReturning(sql, columns, needed)


def _carry(scope: Scope, around: Scope, table: Table, rows: str) -> dict[str, Bound]:
    """Put the other relations of a statement in scope, as columns that the rows carry. Returns what each one is."""
    target, *others = around.sources
    taken = {column.name for column in table.columns}
    names: dict[str, str] = {}
    carried: dict[str, Bound] = {}

    def seen_from_rows(bound: Bound) -> Bound:
        name = names.get(bound.sql)
        if name is None:
            name = f"carried{len(names) + 1}"
            while name in taken:
                name += "_"
            names[bound.sql] = name
            carried[name] = bound
        text = f"{identifier(rows)}.{identifier(name)}"
        return replace(bound, sql=from_stored(text, bound.type), scan="", relation="")

    def all_of(columns: Iterable[tuple[str, Bound]]) -> list[tuple[str, Bound]]:
        return [(name, seen_from_rows(bound)) for name, bound in columns if bound.type.oid != t.RECORD.oid]

    scope.sources += [replace(each, columns=tuple(all_of(each.columns))) for each in others]
    scope.star += all_of(around.star[len(target.columns) :])
    scope.merged.update(all_of(around.merged.items()))
    return carried
