"""Queries that call functions with an effect on the session: set_config() and pg_notify().

DuckDB, which runs queries, knows nothing of the session. The calls are taken out of the query and done first, and what
is left of it reads what they have done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql import errors
from sql.binder import bind_query
from sql.names import position_at
from sql.plan import Configure
from sql.scalar import ScalarContext, build_assigned
from sql.token_rewrites import call_of
from storage import types as t

if TYPE_CHECKING:
    from sql.scalar import Scalar
    from sql.session_state import SessionState
    from storage.types import SqlType

_SCHEMAS: Final = (None, "pg_catalog")
_ARGUMENTS: Final = {"set_config": (t.TEXT, t.TEXT, t.BOOLEAN), "pg_notify": (t.TEXT, t.TEXT)}


def has_effects(tree: exp.Select) -> bool:
    """Whether a query calls such a function."""
    return any(_effect(call) is not None for call in tree.find_all(exp.Anonymous))


def plan_configure(tree: exp.Select, session: SessionState, declared: tuple[SqlType | None, ...]) -> Configure:
    """Take the calls out of a query. Raises `FeatureNotSupported` for one that a row would have to be there for."""
    tree = tree.copy()
    context = ScalarContext({}, session.codecs, list(declared))
    taken: dict[str, list[tuple[Scalar, ...]]] = {name: [] for name in _ARGUMENTS}
    for call in list(tree.find_all(exp.Anonymous)):
        name = _effect(call)
        if name is None:
            continue
        if name == "pg_notify" and not _is_done_once(call):
            raise errors.FeatureNotSupported(
                "pg_notify() is supported in the select list of a query without FROM", position=position_at(call)
            )
        taken[name].append(_arguments(name, call, context))
        left = _left_of(name, call)
        call.replace(exp.alias_(left, name) if isinstance(call.parent, exp.Select) else left)
    query = bind_query(tree, session.bind_context(tuple(context.parameter_types)))
    return Configure(tuple(taken["set_config"]), query, tuple(taken["pg_notify"]))  # type: ignore[arg-type]  # by length


def _effect(call: exp.Anonymous) -> str | None:
    schema, name = call_of(call)
    return name if schema in _SCHEMAS and name in _ARGUMENTS else None


def _is_done_once(call: exp.Anonymous) -> bool:
    """Whether the call stands by itself in a query that gives one row."""
    select = call.parent.parent if isinstance(call.parent, exp.Alias) else call.parent
    if not isinstance(select, exp.Select) or select.parent is not None:
        return False
    return not any(value for clause, value in select.args.items() if clause != "expressions")


def _arguments(name: str, call: exp.Anonymous, context: ScalarContext) -> tuple[Scalar, ...]:
    types = _ARGUMENTS[name]
    if len(call.expressions) != len(types):
        count = {2: "two", 3: "three"}[len(types)]
        raise errors.UndefinedFunction(f"function {name} takes {count} arguments", position=position_at(call))
    scalars = [build_assigned(each, wanted, context) for each, wanted in zip(call.expressions, types, strict=True)]
    built = tuple(scalar for scalar in scalars if scalar is not None)
    if len(built) < len(scalars):
        raise errors.FeatureNotSupported(f"{name}() takes constants and parameters", position=position_at(call))
    return built


def _left_of(name: str, call: exp.Anonymous) -> exp.Expr:
    if name == "set_config":
        return exp.Anonymous(this="f_current_setting", expressions=[call.expressions[0].copy()])
    return exp.Anonymous(this="f_silt_done", expressions=[])
