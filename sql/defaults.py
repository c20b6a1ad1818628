"""DEFAULT expressions of columns: kept as text in the catalog, trees while statements are planned."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp

from sql import errors
from sql.binder import bind_insert_source
from sql.dialect import parse_expression
from sql.names import position_of
from sql.scalar import ScalarContext, build_assigned
from storage.catalog_entries import Column, Table

if TYPE_CHECKING:
    from sql.scalar import Scalar
    from sql.session_state import SessionState
    from sql.statements import ColumnDefinition
    from sql.types import Codecs


@lru_cache(maxsize=1024)
def default_tree(text: str) -> exp.Expr:
    """The tree of a default's text. It is shared: copy before changing it."""
    return parse_expression(text)


def default_scalar(column: Column, codecs: Codecs) -> Scalar | None:
    """The default as a small expression; `None` where only a query can evaluate it. NULL where the column has none."""
    tree = exp.Null() if column.default is None else default_tree(column.default)
    return build_assigned(tree, column.type, ScalarContext({}, codecs))


def default_scalars(table: Table, codecs: Codecs) -> dict[int, Scalar] | None:
    """The defaults of all columns by position; `None` where one of them needs a query."""
    scalars: dict[int, Scalar] = {}
    for position, column in enumerate(table.columns):
        scalar = default_scalar(column, codecs)
        if scalar is None:
            return None
        scalars[position] = scalar
    return scalars


def check_default(definition: ColumnDefinition, session: SessionState) -> None:
    """Raise what PostgreSQL raises for a default that cannot be one: columns, subqueries, aggregates, a wrong type."""
    tree = definition.default
    if tree is None:
        return
    if tree.find(exp.Query) is not None:
        raise errors.FeatureNotSupported("cannot use subquery in DEFAULT expression", position=definition.position)
    named = tree.find(exp.Column)
    if named is not None:
        raise errors.FeatureNotSupported(
            "cannot use column reference in DEFAULT expression", position=position_of(named)
        )
    if tree.find(exp.Parameter) is not None:
        raise errors.UndefinedParameter("there is no parameter $1", position=definition.position)
    if build_assigned(tree, definition.type, ScalarContext({}, session.codecs)) is None:
        # What an INSERT of it would raise is raised now.
        column = Column(1, definition.name, definition.type)
        values = exp.Values(expressions=[exp.Tuple(expressions=[tree.copy()])])
        bind_insert_source(values, Table(0, "", "", "", (column,)), (0,), {}, session.bind_context(()))
