"""Queries that call functions with an effect on sessions (`backend_functions`).

DuckDB, which runs queries, knows nothing of sessions. So the query gives the arguments of the calls, beside the other
columns, and then the calls are made, for each row and in the order of the select list.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql import errors
from sql.backend_functions import BACKEND_FUNCTIONS
from sql.binder import bind_query
from sql.names import fold, position_at
from sql.plan import BackendCall, BackendCalls
from sql.queries import query_table
from sql.result import ResultColumn, Rows
from sql.token_rewrites import call_of
from sql.type_names import cast_to
from storage.rows import rows_from_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.backend_functions import BackendFunction
    from sql.session_state import SessionState
    from storage.types import SqlType

_ONCE_A_ROW: Final = ("distinct", "group", "having", "windows", "qualify")
"""Clauses with which the rows of a result are not those for which the select list is computed."""


def calls_backend(tree: exp.Select) -> bool:
    """Whether a query calls such a function."""
    return any(_function(call) is not None for call in tree.find_all(exp.Anonymous))


def plan_backend_calls(tree: exp.Select, session: SessionState, declared: tuple[SqlType | None, ...]) -> BackendCalls:
    """Put the arguments into the place of the calls. Raises `FeatureNotSupported` for calls outside the select list."""
    tree = tree.copy()
    items: list[int | BackendCall] = []
    names: list[str | None] = []
    behind: list[exp.Expr] = []
    width = len(tree.expressions)
    for place, item in enumerate(list(tree.expressions)):
        call = item.this if isinstance(item, exp.Alias) else item
        function = _function(call) if isinstance(call, exp.Anonymous) else None
        if function is None:
            items.append(place)
            names.append(None)
            continue
        first, *more = _arguments(function, call) or [exp.Null()]
        positions = [place, *range(width + len(behind), width + len(behind) + len(more))]
        items.append(BackendCall(function.name, tuple(positions[: len(call.expressions)])))
        names.append(fold(item.args["alias"]) if isinstance(item, exp.Alias) else function.name)
        behind += more
        item.replace(exp.alias_(first, names[-1] or function.name, quoted=True))
    tree.set("expressions", [*tree.expressions, *behind])
    _require_plain(tree)
    query = bind_query(tree, session.bind_context(declared))
    if len(query.columns) != width + len(behind):
        raise errors.FeatureNotSupported("* beside a function that acts on sessions is not supported")
    columns = tuple(
        query.columns[item] if isinstance(item, int) else _column(item, name)
        for item, name in zip(items, names, strict=True)
    )
    return BackendCalls(query, tuple(items), columns)


async def run_backend_calls(session: SessionState, plan: BackendCalls, parameters: Sequence[object]) -> Rows:
    """Run the query, and then the calls."""
    found = await query_table(session, plan.query, parameters)
    rows = [await _row(session, plan, row) for row in rows_from_table(found)]
    return Rows(plan.columns, rows, f"SELECT {len(rows)}")


async def _row(session: SessionState, plan: BackendCalls, row: tuple[object, ...]) -> tuple[object, ...]:
    values: list[object] = []
    for item in plan.items:
        if isinstance(item, int):
            values.append(row[item])
            continue
        function = BACKEND_FUNCTIONS[item.function]
        arguments = [row[position] for position in item.arguments]
        if function.is_strict and None in arguments:
            values.append(None)
            continue
        value = function.call(session, *arguments)
        values.append(await value if inspect.isawaitable(value) else value)
    return tuple(values)


def _function(call: exp.Anonymous) -> BackendFunction | None:
    schema, name = call_of(call)
    return BACKEND_FUNCTIONS.get(name) if schema in (None, "pg_catalog") else None


def _arguments(function: BackendFunction, call: exp.Anonymous) -> list[exp.Expr]:
    """The arguments, as the function takes them."""
    given = call.expressions
    types = next((each for each in function.signatures if len(each) == len(given)), None)
    if types is None:
        raise errors.UndefinedFunction(
            f"function {function.name}({', '.join('unknown' for _ in given)}) does not exist",
            hint="No function matches the given name and argument types. You might need to add explicit type casts.",
            position=position_at(call),
        )
    return [cast_to(each, wanted) for each, wanted in zip(given, types, strict=True)]


def _require_plain(tree: exp.Select) -> None:
    for call in tree.find_all(exp.Anonymous):
        function = _function(call)
        if function is not None:
            raise errors.FeatureNotSupported(
                f"{function.name}() is supported as an item of the select list of a statement",
                position=position_at(call),
            )
    if any(tree.args.get(clause) for clause in _ONCE_A_ROW):
        raise errors.FeatureNotSupported(
            "DISTINCT and GROUP BY are not supported with a function that acts on sessions"
        )


def _column(call: BackendCall, name: str | None) -> ResultColumn:
    return ResultColumn(name or call.function, BACKEND_FUNCTIONS[call.function].returns)
