"""DEFAULT expressions of columns: kept as text in the catalog, trees while statements are planned."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql import errors
from sql.binder import bind_insert_source
from sql.dialect import parse_expression
from sql.names import position_of
from sql.scalar import ScalarContext, build_assigned
from sql.sequence_calls import is_nextval
from sql.sequence_names import name_sequences_by_oid
from sql.token_rewrites import call_of
from storage.catalog_entries import Column, Table

if TYPE_CHECKING:
    from sql.scalar import Scalar
    from sql.session_state import SessionState
    from sql.table_syntax import ColumnDefinition


_VOLATILE: Final = frozenset(
    ("random", "clock_timestamp", "timeofday", "gen_random_uuid", "nextval", "setval", "setseed")
)


@lru_cache(maxsize=1024)
def default_tree(text: str) -> exp.Expr:
    """The tree of a default's text. It is shared: copy before changing it."""
    return parse_expression(text)


def is_volatile(tree: exp.Expr) -> bool:
    """Whether an expression may have another value for each row of one statement."""
    if tree.find(exp.Uuid) is not None:
        return True
    return any(call_of(call)[1] in _VOLATILE for call in tree.find_all(exp.Anonymous))


def default_scalar(column: Column, session: SessionState) -> Scalar | None:
    """The default as a small expression; `None` where only a query can evaluate it. NULL where the column has none."""
    tree = exp.Null() if column.default is None else default_tree(column.default)
    return build_assigned(tree, column.type, ScalarContext({}, session.codecs, sequence_of=session.sequence_of))


def default_scalars(table: Table, session: SessionState) -> dict[int, Scalar] | None:
    """The defaults of all columns by position; `None` where one of them needs a query."""
    scalars: dict[int, Scalar] = {}
    for position, column in enumerate(table.columns):
        scalar = default_scalar(column, session)
        if scalar is None:
            return None
        scalars[position] = scalar
    return scalars


def canonical_default(definition: ColumnDefinition, session: SessionState) -> str | None:
    """A column's default as the catalog keeps it: sequences are named by their oids, so that they can be renamed.

    Raises what PostgreSQL raises for one that cannot be a default: columns, subqueries, aggregates, a wrong type.
    """
    tree = definition.default
    if tree is None or definition.default_text is None:
        return None
    if tree.find(exp.Query) is not None:
        raise errors.FeatureNotSupported("cannot use subquery in DEFAULT expression", position=definition.position)
    named = tree.find(exp.Column)
    if named is not None:
        raise errors.FeatureNotSupported(
            "cannot use column reference in DEFAULT expression", position=position_of(named)
        )
    if tree.find(exp.Parameter) is not None:
        raise errors.UndefinedParameter("there is no parameter $1", position=definition.position)
    context = ScalarContext({}, session.codecs, sequence_of=session.sequence_of)
    if build_assigned(tree, definition.type, context) is None:
        if any(is_nextval(call) for call in tree.find_all(exp.Anonymous)):
            raise errors.FeatureNotSupported(
                "nextval() in a default stands alone, or in sums and products", position=definition.position
            )
        # What an INSERT of it would raise is raised now.
        column = Column(1, definition.name, definition.type)
        values = exp.Values(expressions=[exp.Tuple(expressions=[tree.copy()])])
        bind_insert_source(values, Table(0, "", "", "", (column,)), (0,), {}, session.bind_context(()))
    return name_sequences_by_oid(definition.default_text, session.catalog, session.search_path)
