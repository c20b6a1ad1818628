"""Functions in FROM that make rows of json: their columns are those of a row, or of `AS x(a integer, …)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.binding.from_item import FromItem, of_lists
from sql.binding.record_functions import record_call
from sql.binding.scope import Source
from sql.binding.sources import renamed
from sql.binding.tree import fold, position_at
from sql.binding.values import Bound
from sql.duckdb_types import identifier
from sql.errors import SqlSyntaxError
from sql.type_names import carried_type
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from sql.binding.record_functions import Columns, RecordCall


def record_source(
    binding: Binding, name: str, given: Sequence[Bound], node: exp.Anonymous, tree: exp.Expr, *, reads: bool
) -> FromItem:
    """The rows of a call as an item of FROM."""
    alias, ordinality = tree.args.get("alias"), bool(tree.args.get("ordinality"))
    call = record_call(binding, name, given, position_at(node))
    defined = _defined(alias)
    columns = _columns(call, defined, node, ordinality=ordinality)
    called = binding.fresh("s")
    bound = [
        (column, Bound(f"{identifier(called)}.c{number}", each, column, names_strongly=True))
        for number, (column, each) in enumerate(columns, start=1)
    ]
    if ordinality:
        bound.append(("ordinality", Bound(f"{identifier(called)}.c0", t.BIGINT, "ordinality", names_strongly=True)))
    visible = fold(alias.this) if alias is not None and alias.this is not None else name
    shown = tuple(bound) if defined else renamed(tuple(bound), alias, node)

    def rows(lists: Sequence[str]) -> str:
        fields = call.fields(binding, "q.r", columns)
        items = [f"{field.sql} AS c{number}" for number, (_, field) in enumerate(fields, start=1)]
        numbers = ""
        if ordinality:
            numbers = f", unnest(range(1, len({lists[0]}) + 1)) AS n" if call.function.gives_set else ", 1 AS n"
            items.append("CAST(q.n AS BIGINT) AS c0")
        row = f"unnest({lists[0]})" if call.function.gives_set else lists[0]
        return f"LATERAL (SELECT {', '.join(items)} FROM (SELECT {row} AS r{numbers}) AS q) AS {identifier(called)}"

    return of_lists(binding, [call.texts(columns)], rows, Source(visible, shown), reads=reads)


def _defined(alias: exp.Expr | None) -> Columns:
    """The columns of a column definition list."""
    listed = list(alias.args.get("columns") or ()) if alias is not None else []
    return tuple(
        (fold(each.this), carried_type(each.args["kind"])) for each in listed if isinstance(each, exp.ColumnDef)
    )


def _columns(call: RecordCall, defined: Columns, node: exp.Expr, *, ordinality: bool) -> Columns:
    position = position_at(node)
    if call.function.takes_row:
        if defined:
            message = "a column definition list is redundant for a function returning a named composite type"
            raise SqlSyntaxError(message, position=position)
        return call.columns()
    if not defined:
        message = 'a column definition list is required for functions returning "record"'
        raise SqlSyntaxError(message, position=position)
    if ordinality:
        raise SqlSyntaxError(
            "WITH ORDINALITY cannot be used with a column definition list",
            hint="Put the column definition list inside ROWS FROM().",
            position=position,
        )
    return defined
