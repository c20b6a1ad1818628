"""Queries that call nextval(), currval(), lastval() or setval(): the calls are made first, once each, in their order.

DuckDB, which runs queries, would make them as often as it likes. What they gave is handed to what is left of the query
as parameters behind those of the client; a query that is nothing but such calls needs no DuckDB at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql import errors
from sql.binder import bind_query
from sql.names import position_at
from sql.plan import SequenceCall, SequenceCalls
from sql.queries import run_query
from sql.result import ResultColumn, Rows
from sql.scalar import ScalarContext, build_assigned, compile_scalar
from sql.sequence_calls import refused_call, sequence_function
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

_ARGUMENTS: Final[dict[str, tuple[tuple[SqlType, ...], ...]]] = {
    "nextval": ((),),
    "currval": ((),),
    "lastval": ((),),
    "setval": ((t.BIGINT,), (t.BIGINT, t.BOOLEAN)),
}
"""What may follow the name of the sequence; lastval() has none."""

_CHANGING: Final = ("nextval", "setval")
_CONDITIONAL: Final = (exp.Query, exp.Case, exp.If, exp.Coalesce, exp.And, exp.Or, exp.Window)
"""What may not evaluate all that is in it, or more than once."""


def calls_sequences(tree: exp.Select) -> bool:
    """Whether a query calls such a function."""
    return any(sequence_function(call) is not None for call in tree.find_all(exp.Anonymous))


def plan_sequence_calls(tree: exp.Select, session: SessionState, declared: tuple[SqlType | None, ...]) -> SequenceCalls:
    """Take the calls out of a query. Raises `FeatureNotSupported` where rows would decide how often they are made."""
    tree = tree.copy()
    context = ScalarContext({}, session.codecs, list(declared))
    # Without an order of its own, a walk in depth meets them as they stand in the text.
    found = [call for call in tree.find_all(exp.Anonymous, bfs=False) if sequence_function(call) is not None]
    names = [sequence_function(call) or "" for call in found]
    calls = tuple(_call(name, call, context, session) for name, call in zip(names, found, strict=True))
    direct = _are_all(tree, found)
    numbers = [int(each.this.this) for each in tree.find_all(exp.Parameter) if isinstance(each.this, exp.Literal)]
    client = max([len(context.parameter_types), *numbers])
    for number, (name, call) in enumerate(zip(names, found, strict=True), start=client + 1):
        parameter = exp.Parameter(this=exp.Literal.number(number))
        item = _unnamed_item(call)
        call.replace(parameter)
        if item is not None:
            item = parameter if item is call else item
            item.replace(exp.alias_(item.copy(), name))
    known = [*context.parameter_types, *[None] * (client - len(context.parameter_types)), *[t.BIGINT] * len(calls)]
    query = bind_query(tree, session.bind_context(tuple(known)))
    columns = tuple(ResultColumn(column.name, t.BIGINT) for column in query.columns)
    return SequenceCalls(calls, query, columns if direct else None)


def _are_all(tree: exp.Select, calls: Sequence[exp.Expr]) -> bool:
    items = [item.this if isinstance(item, exp.Alias) else item for item in tree.expressions]
    plain = not any(value for clause, value in tree.args.items() if clause != "expressions")
    return plain and [id(item) for item in items] == [id(call) for call in calls]


def _unnamed_item(call: exp.Expr) -> exp.Expr | None:
    """The item of a select list to which the call gives its name: itself, or a cast of it."""
    item = call
    while isinstance(item.parent, exp.Cast | exp.Paren):
        item = item.parent
    return item if isinstance(item.parent, exp.Select) else None


def _call(name: str, call: exp.Anonymous, context: ScalarContext, session: SessionState) -> SequenceCall:
    position = position_at(call)
    if name in _CHANGING and not _is_made_once(call):
        raise refused_call(name, position)
    arguments = list(call.expressions)
    sequence: SequenceGenerator | Scalar | None = None
    if name != "lastval" and arguments:
        sequence = _sequence(arguments.pop(0), context, session)
    types = next((each for each in _ARGUMENTS[name] if len(each) == len(arguments)), None)
    if types is None or (name != "lastval" and not call.expressions):
        raise errors.UndefinedFunction(
            f"function {name}({', '.join('unknown' for _ in call.expressions)}) does not exist",
            hint="No function matches the given name and argument types. You might need to add explicit type casts.",
            position=position,
        )
    scalars = [build_assigned(each, wanted, context) for each, wanted in zip(arguments, types, strict=True)]
    built = tuple(scalar for scalar in scalars if scalar is not None)
    if len(built) < len(scalars):
        raise errors.FeatureNotSupported(f"{name}() takes constants and parameters", position=position)
    return SequenceCall(name, sequence, built)


def _is_made_once(call: exp.Expr) -> bool:
    """Whether the call is made exactly once: by a query that gives one row, and unconditionally."""
    node = call.parent
    while node is not None and not isinstance(node, exp.Select):
        if isinstance(node, _CONDITIONAL):
            return False
        node = node.parent
    if node is None or node.parent is not None:
        return False
    return not any(value for clause, value in node.args.items() if clause != "expressions")


def _sequence(tree: exp.Expr, context: ScalarContext, session: SessionState) -> SequenceGenerator | Scalar:
    known = sequence_argument(session.catalog, session.search_path, tree)
    if known is not None:
        return known
    inner = tree
    while isinstance(inner, exp.Cast | exp.Paren):
        inner = inner.this
    scalar = build_assigned(inner, t.TEXT, context)
    if scalar is None:
        raise errors.FeatureNotSupported(
            "the name of a sequence has to be a constant or a parameter", position=position_at(tree)
        )
    return scalar


def run_sequence_calls(
    session: SessionState, plan: SequenceCalls, parameters: Sequence[object]
) -> Result | Awaitable[Result]:
    """Make the calls, and run what is left of the query. At once, where no number has to be waited for."""
    if all(call.function != "setval" for call in plan.calls):
        try:
            values = [_made_at_once(session, call, parameters) for call in plan.calls]
        except NumbersNotReserved:
            # None was taken by a query with one call; one with more may leave a gap.
            return _made_in_turn(session, plan, parameters)
        return _result(session, plan, parameters, values)
    return _made_in_turn(session, plan, parameters)


async def _made_in_turn(session: SessionState, plan: SequenceCalls, parameters: Sequence[object]) -> Result:
    values = [await _made(session, call, parameters) for call in plan.calls]
    return _result(session, plan, parameters, values)


def _result(
    session: SessionState, plan: SequenceCalls, parameters: Sequence[object], values: Sequence[int | None]
) -> Result:
    if plan.direct is not None:
        return Rows(plan.direct, [tuple(values)], "SELECT 1")
    return run_query(session, plan.query, [*parameters, *values])


def _made_at_once(session: SessionState, call: SequenceCall, parameters: Sequence[object]) -> int | None:
    sequences = session.block.sequences
    if call.function == "lastval":
        return sequences.last(session.catalog)
    sequence = _meant(session, call, parameters)
    if sequence is None:
        return None
    if call.function == "currval":
        return sequences.current(sequence)
    session.block.require_writable("nextval()")
    return sequences.next(sequence)


async def _made(session: SessionState, call: SequenceCall, parameters: Sequence[object]) -> int | None:
    if call.function != "setval":
        while True:
            try:
                return _made_at_once(session, call, parameters)
            except NumbersNotReserved as unreserved:
                await wait_for_commit(unreserved.reservation)
    sequence = _meant(session, call, parameters)
    session.block.require_writable("setval()")
    number, *more = (compile_scalar(each, session.codecs)(parameters, (), session.block) for each in call.arguments)
    if sequence is None or not isinstance(number, int) or None in more:
        return None
    is_called = bool(more[0]) if more else True
    await wait_for_commit(session.block.sequences.set(sequence, number, is_called=is_called))
    return number


def _meant(session: SessionState, call: SequenceCall, parameters: Sequence[object]) -> SequenceGenerator | None:
    """The sequence of a call; `None` if its argument is NULL. Raises as `sequence_of_text`, `InsufficientPrivilege`."""
    named = call.sequence
    assert named is not None, "only lastval() names none"
    if not isinstance(named, SequenceGenerator):
        text = compile_scalar(named, session.codecs)(parameters, (), session.block)
        if text is None:
            return None
        named = sequence_of_text(session.catalog, session.search_path, str(text))
    require_numbers(session.catalog, session.role, named)
    return named
