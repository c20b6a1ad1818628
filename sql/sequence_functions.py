"""SELECT of nothing but nextval(), currval(), lastval() and setval(), of constants and parameters: no DuckDB.

Such calls among others are made for the rows of a query: `sql.row_calls`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.names import fold
from sql.plan import SequenceCall, SequenceCalls
from sql.privileges import require_privilege
from sql.result import ResultColumn, Rows
from sql.scalar import ScalarContext, build_assigned, compile_scalar
from sql.sequence_calls import SEQUENCE_ARGUMENTS, sequence_function
from sql.sequence_names import require_numbers, sequence_argument, sequence_of_text
from sql.waiting import wait_for_commit
from storage import types as t
from storage.catalog_entries import SequenceGenerator
from storage.errors import NumbersNotReserved

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from sql.result import Result
    from sql.scalar import Scalar
    from sql.session_state import SessionState
    from storage.types import SqlType


def plan_sequence_calls(
    tree: exp.Expr, session: SessionState, declared: tuple[SqlType | None, ...]
) -> SequenceCalls | None:
    """The plan of a SELECT of nothing but calls; `None` of another statement. Raises what names of sequences raise."""
    if not isinstance(tree, exp.Select) or any(value for key, value in tree.args.items() if key != "expressions"):
        return None
    context = ScalarContext({}, session.codecs, list(declared))
    calls, columns = [], []
    for item in tree.expressions:
        call = item.this if isinstance(item, exp.Alias) else item
        name = sequence_function(call) if isinstance(call, exp.Anonymous) else None
        made = None if name is None else _call(name, call, context, session)
        if name is None or made is None:
            return None
        calls.append(made)
        columns.append(ResultColumn(fold(item.args["alias"]) if isinstance(item, exp.Alias) else name, t.BIGINT))
    types = tuple(t.TEXT if known is None else known for known in context.parameter_types)
    return SequenceCalls(tuple(calls), tuple(columns), types)


def _call(name: str, call: exp.Anonymous, context: ScalarContext, session: SessionState) -> SequenceCall | None:
    arguments = list(call.expressions)
    sequence: SequenceGenerator | Scalar | None = None
    if name != "lastval":
        sequence = _sequence(arguments.pop(0), context, session) if arguments else None
        if sequence is None:
            return None
    types = next((each for each in SEQUENCE_ARGUMENTS[name] if len(each) == len(arguments)), None)
    if types is None:
        return None
    scalars = [build_assigned(each, wanted, context) for each, wanted in zip(arguments, types, strict=True)]
    built = tuple(scalar for scalar in scalars if scalar is not None)
    return SequenceCall(name, sequence, built) if len(built) == len(scalars) else None


def _sequence(tree: exp.Expr, context: ScalarContext, session: SessionState) -> SequenceGenerator | Scalar | None:
    known = sequence_argument(session.catalog, session.search_path, tree)
    if known is not None:
        return known
    inner = tree
    while isinstance(inner, exp.Cast | exp.Paren):
        inner = inner.this
    return build_assigned(inner, t.TEXT, context)


def run_sequence_calls(
    session: SessionState, plan: SequenceCalls, parameters: Sequence[object]
) -> Result | Awaitable[Result]:
    """Make the calls. At once, where no number has to be waited for."""
    if all(call.function != "setval" for call in plan.calls):
        try:
            values = [_at_once(session, call, parameters) for call in plan.calls]
        except NumbersNotReserved:
            # None was taken by a query with one call; one with more may leave a gap.
            return _made_in_turn(session, plan, parameters)
        return Rows(plan.columns, [tuple(values)], "SELECT 1")
    return _made_in_turn(session, plan, parameters)


def _at_once(session: SessionState, call: SequenceCall, parameters: Sequence[object]) -> int | None:
    if call.function == "lastval":
        return session.block.sequences.last(session.catalog)
    sequence = _meant(session, call, parameters)
    return None if sequence is None else _number(session, call.function, sequence)


async def _made_in_turn(session: SessionState, plan: SequenceCalls, parameters: Sequence[object]) -> Result:
    values: list[int | None] = []
    for call in plan.calls:
        arguments = [compile_scalar(each, session.codecs)(parameters, (), session.block) for each in call.arguments]
        sequence = None if call.function == "lastval" else _meant(session, call, parameters)
        values.append(await call_sequence(session, call.function, sequence, arguments))
    return Rows(plan.columns, [tuple(values)], "SELECT 1")


def _meant(session: SessionState, call: SequenceCall, parameters: Sequence[object]) -> SequenceGenerator | None:
    """The sequence of a call; `None` if its argument is NULL. Raises as `sequence_of_text`."""
    named = call.sequence
    assert named is not None, "only lastval() names none"
    if isinstance(named, SequenceGenerator):
        return named
    text = compile_scalar(named, session.codecs)(parameters, (), session.block)
    return None if text is None else sequence_of_text(session.catalog, session.search_path, str(text))


async def call_sequence(
    session: SessionState, function: str, sequence: SequenceGenerator | None, arguments: Sequence[object]
) -> int | None:
    """Call a function of sequences; NULL for an argument that is. Raises `InsufficientPrivilege`, `WrongState`, …"""
    if function == "lastval":
        return session.block.sequences.last(session.catalog)
    if sequence is None:
        return None
    if function == "setval":
        require_privilege(session.role, sequence, "UPDATE")
        session.block.require_writable("setval()")
        number, *more = arguments
        if not isinstance(number, int) or None in more:
            return None
        is_called = bool(more[0]) if more else True
        await wait_for_commit(session.block.sequences.set(sequence, number, is_called=is_called))
        return number
    while True:
        try:
            return _number(session, function, sequence)
        except NumbersNotReserved as unreserved:
            await wait_for_commit(unreserved.reservation)


def _number(session: SessionState, function: str, sequence: SequenceGenerator) -> int:
    """nextval() or currval(). Raises `NumbersNotReserved`."""
    require_numbers(session.catalog, session.role, sequence)
    if function == "currval":
        return session.block.sequences.current(sequence)
    session.block.require_writable("nextval()")
    return session.block.sequences.next(sequence)
