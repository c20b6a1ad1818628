"""Functions in FROM that make rows of json: their columns are those of a row, or of `AS x(a integer, …)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

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
    binding: Binding, name: str, given: Sequence[Bound], node: exp.Anonymous, tree: exp.Expr
) -> tuple[str, Source]:
    """The rows of a call as a source, and its text."""
    alias, ordinality = tree.args.get("alias"), bool(tree.args.get("ordinality"))
    call = record_call(binding, name, given, position_at(node))
    defined = _defined(alias)
    columns = _columns(call, defined, node, ordinality=ordinality)
    called = binding.fresh("s")
    texts = call.texts(columns)
    fields = call.fields(binding, "q.r", columns)
    items = [f"{field.sql} AS c{number}" for number, (_, field) in enumerate(fields, start=1)]
    rows = f"unnest({texts})" if call.function.gives_set else texts
    numbers = ""
    if ordinality:
        numbers = f", unnest(range(1, len({texts}) + 1)) AS n" if call.function.gives_set else ", 1 AS n"
        items.append("CAST(q.n AS BIGINT) AS c0")
    sql = f"LATERAL (SELECT {', '.join(items)} FROM (SELECT {rows} AS r{numbers}) AS q) AS {identifier(called)}"
    bound = [
        (column, Bound(f"{identifier(called)}.c{number}", each, column, names_strongly=True))
        for number, (column, each) in enumerate(columns, start=1)
    ]
    if ordinality:
        bound.append(("ordinality", Bound(f"{identifier(called)}.c0", t.BIGINT, "ordinality", names_strongly=True)))
    visible = fold(alias.this) if alias is not None and alias.this is not None else name
    shown = tuple(bound) if defined else renamed(tuple(bound), alias, node)
    return sql, Source(visible, shown)


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
