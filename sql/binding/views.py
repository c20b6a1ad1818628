"""Views in FROM: the query of a view as a subquery, bound in a scope of its own with the rights of its owner."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sql.binding.scope import Source
from sql.binding.sources import output_columns, renamed
from sql.duckdb_types import identifier
from sql.errors import InvalidObjectDefinition, ProgramLimitExceeded, SqlError
from sql.relations.view_definitions import view_tree
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp

    from sql.binding.context import Binding
    from sql.binding.values import Bound
    from storage.catalog_entries import View

MAX_DEPTH: Final = 32
"""How many views may stand in each other."""


def view_source(
    binding: Binding, view: View, visible: str, namespace: str | None, alias: exp.Expr | None, tree: exp.Expr
) -> tuple[str, Source]:
    """A view as a source, and its text. Raises `InsufficientPrivilege` where the role may not read it."""
    binding.context.may_read(view)
    with _inside(binding, view):
        query = binding.bind_query(None, view_tree(view.text))
        types = [column.type for column in view.columns]
        sql = query.render(types)
        inner = query.columns
        binding.growth.add_view(len(sql))
    if _is_on(view, "security_barrier"):
        # No condition of the reader's is tested on rows that the view leaves out.
        barrier = identifier(binding.fresh("w"))
        sql = f"WITH {barrier} AS MATERIALIZED ({sql}) SELECT * FROM {barrier}"
    called = binding.fresh("s")
    columns = tuple(
        (column.name, _column(bound.called(column.name), view, number, inner[number - 1][1]))
        for number, (column, (_, bound)) in enumerate(
            zip(view.columns, output_columns(inner, types, called), strict=True), start=1
        )
    )
    shown = columns if alias is None else renamed(columns, alias, tree)
    return f"({sql}) AS {identifier(called)}", Source(visible, shown, namespace, oid=view.oid)


def _is_on(view: View, option: str) -> bool:
    return view.options.get(option, "off").lower() in ("true", "on", "yes", "1")


def _column(bound: Bound, view: View, number: int, inner: Bound) -> Bound:
    # A numeric without a scale has that of stored ones where it is a column, and its own where it is computed.
    is_open = bound.type.oid == t.NUMERIC.oid and bound.type.modifier < 0 and not inner.column_number
    return replace(bound, table_oid=0 if is_open else view.oid, column_number=0 if is_open else number)


@contextmanager
def _inside(binding: Binding, view: View) -> Iterator[None]:
    """Bind as the view's definition is meant: qualified names, its owner's rights, no parameters."""
    context, references, views = binding.context, binding.references, binding.views
    if view.oid in views:
        raise InvalidObjectDefinition(f'infinite recursion detected in rules for relation "{view.name}"')
    if len(views) >= MAX_DEPTH:
        raise ProgramLimitExceeded(f"views are nested more than {MAX_DEPTH} deep")
    may_read = context.may_read if _is_on(view, "security_invoker") else context.may_read_as(view.owner)
    binding.context = replace(context, search_path=(), parameter_types=(), may_read=may_read)
    binding.references, binding.views = None, (*views, view.oid)
    try:
        yield
    except SqlError as error:
        error.position = None  # It would be one in the view's text.
        raise
    finally:
        binding.context, binding.references, binding.views = context, references, views
