"""Calls that are made for each row of a query: of functions of sequences, and of those that act on sessions.

DuckDB, which runs queries, would make them as often as it likes, and knows nothing of sessions. So a query gives their
arguments (`sql.call_splitting`), and they are made here, row by row and in the order of the text.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Final

import numpy as np

from sql.backend_functions import BACKEND_FUNCTIONS
from sql.errors import FeatureNotSupported
from sql.names import position_at
from sql.plan import Composite, RowCall, RowCalls
from sql.plan_parts import KeptRows
from sql.queries import query_table
from sql.result import ResultColumn, Rows
from sql.row_locking import count_of
from sql.scalar import ScalarContext, build_scalar, convert
from sql.sequence_functions import call_sequence
from sql.sequence_names import require_numbers, sequence_argument, sequence_of_text
from sql.types.arrow import Array, pa, pc
from storage import types as t
from storage.rows import rows_from_table, stored_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp

    from sql.call_splitting import CallSite, Split
    from sql.plan import Plan, QueryPlan
    from sql.scalar import Scalar
    from sql.session_state import SessionState
    from storage.catalog_entries import SequenceGenerator
    from storage.rows import Row

ROWS_A_STEP: Final = 1_000
"""Rows for which calls are made before the loop is let go."""


def plan_row_calls(found: Split, query: QueryPlan, session: SessionState) -> RowCalls:
    """The calls that were taken out of a query, over what is left of it. All its columns are shown."""
    first = len(query.columns) - len(found.named)
    positions = {name: first + place for place, name in enumerate(found.named)}
    calls = tuple(_call(site, positions, session) for site in found.calls)
    columns = (*query.columns, *(ResultColumn(call.function, call.type) for call in calls))
    kept = None
    if found.filter is not None:
        kept = KeptRows(_count(found.filter.limit, session), _count(found.filter.offset, session))
    return RowCalls(query, calls, tuple(range(len(columns))), columns, kept)


def _count(tree: exp.Expr | None, session: SessionState) -> Scalar | None:
    if tree is None:
        return None
    assert session.parts is not None, "only statements in parts have such calls"
    parameters = session.parts.parameters
    context = ScalarContext({}, session.codecs, list(parameters.known()))
    scalar = build_scalar(tree, context, t.BIGINT)
    converted = None if scalar is None else convert(scalar, t.BIGINT, context.codecs)
    if converted is None:
        raise FeatureNotSupported("LIMIT with a lock in WHERE takes whole numbers", position=position_at(tree))
    parameters.declare(context.parameter_types)
    return converted


def _call(site: CallSite, positions: dict[str, int], session: SessionState) -> RowCall:
    function = BACKEND_FUNCTIONS.get(site.function)
    sequence: SequenceGenerator | None = None
    names = site.arguments
    if site.sequence is not None:
        sequence = sequence_argument(session.catalog, session.search_path, site.sequence)
    if sequence is None and site.sequence_text is not None:
        names = (site.sequence_text, *names)
    arguments = tuple(positions[name] for name in names)
    guard = None if site.guard is None else positions[site.guard]
    return RowCall(site.function, arguments, guard, sequence, t.BIGINT if function is None else function.returns)


def acts_on_session(plan: Plan) -> bool:
    """Whether a plan calls functions with an effect on sessions."""
    match plan:
        case RowCalls(calls=calls):
            return any(call.function in BACKEND_FUNCTIONS for call in calls)
        case Composite(before=before, behind=behind, plan=last):
            return any(acts_on_session(each) for each in (last, *(part.plan for part in (*before, *behind))))
        case _:
            return False


async def run_row_calls(session: SessionState, plan: RowCalls, parameters: Sequence[object]) -> Rows:
    """Run the query, and then the calls."""
    found = await called_table(session, plan, parameters)
    rows: list[Row] = []
    for start in range(0, found.num_rows, ROWS_A_STEP):
        rows += rows_from_table(found.slice(start, ROWS_A_STEP))
        await asyncio.sleep(0)
    return Rows(plan.columns, rows, f"SELECT {len(rows)}")


async def called_table(session: SessionState, plan: RowCalls, parameters: Sequence[object]) -> pa.Table:
    """The shown columns of the query's result, with those of the calls."""
    found = await query_table(session, plan.query, parameters)
    if plan.kept is not None:
        kept = await _kept(session, plan, plan.kept, found, parameters)
        return kept.select(list(plan.shown))
    if all(call.function == "nextval" and call.sequence is not None and not call.arguments for call in plan.calls):
        columns = await _numbers(session, plan, found)
    else:
        columns = await _values(session, plan, found)
    for call, column in zip(plan.calls, columns, strict=True):
        found = found.append_column(call.function, column)
    return found.select(list(plan.shown))


async def _kept(
    session: SessionState, plan: RowCalls, wanted: KeptRows, found: pa.Table, parameters: Sequence[object]
) -> pa.Table:
    """The rows for which all calls give true, as many as are wanted."""
    limit, offset = (count_of(session, scalar, parameters) for scalar in (wanted.limit, wanted.offset))
    last = None if limit is None else limit + (offset or 0)
    places: list[int] = []
    for place in range(found.num_rows):
        if last is not None and len(places) >= last:
            break
        row = rows_from_table(found.slice(place, 1))[0]
        if await _all_true(session, plan, row):
            places.append(place)
        await asyncio.sleep(0)
    kept = found.take(pa.array(places[offset or 0 :], pa.int64()))
    for call in plan.calls:
        kept = kept.append_column(call.function, pa.repeat(pa.scalar(value=True), kept.num_rows))
    return kept


async def _all_true(session: SessionState, plan: RowCalls, row: Row) -> bool:
    for call in plan.calls:
        if await _value(session, call, row) is not True:
            return False
    return True


async def _numbers(session: SessionState, plan: RowCalls, found: pa.Table) -> list[Array]:
    """Numbers of sequences, taken for all rows at once, but in the order of rows and in each of the calls."""
    rows = found.num_rows
    made = np.ones((rows, len(plan.calls)), np.bool_)
    for place, call in enumerate(plan.calls):
        if call.guard is not None:
            made[:, place] = pc.fill_null(found.column(call.guard), fill_value=False).to_numpy()
    numbers = np.zeros(made.shape, np.int64)
    for sequence in {call.sequence.oid: call.sequence for call in plan.calls if call.sequence is not None}.values():
        if rows:
            require_numbers(session.catalog, session.role, sequence)
            session.block.require_writable("nextval()")
        takes = made & np.array([call.sequence is sequence for call in plan.calls])
        numbers[takes] = await session.block.sequences.take(sequence, int(takes.sum()))
    return [pa.array(numbers[:, place], mask=~made[:, place]) for place in range(len(plan.calls))]


async def _values(session: SessionState, plan: RowCalls, found: pa.Table) -> list[Array]:
    """What the calls give, made one after the other."""
    values: list[list[object]] = [[] for _ in plan.calls]
    for start in range(0, found.num_rows, ROWS_A_STEP):
        for row in rows_from_table(found.slice(start, ROWS_A_STEP)):
            for call, column in zip(plan.calls, values, strict=True):
                is_made = call.guard is None or row[call.guard] is True
                column.append(await _value(session, call, row) if is_made else None)
        await asyncio.sleep(0)
    return [stored_array(column, call.type.arrow) for call, column in zip(plan.calls, values, strict=True)]


async def _value(session: SessionState, call: RowCall, row: Row) -> object:
    arguments = [row[position] for position in call.arguments]
    function = BACKEND_FUNCTIONS.get(call.function)
    if function is None:
        return await _call_sequence(session, call, arguments)
    if function.is_strict and None in arguments:
        return None
    value = function.call(session, *arguments)
    return await value if inspect.isawaitable(value) else value


async def _call_sequence(session: SessionState, call: RowCall, arguments: list[object]) -> int | None:
    sequence = call.sequence
    if call.function != "lastval" and sequence is None:
        name = arguments.pop(0)
        sequence = None if name is None else sequence_of_text(session.catalog, session.search_path, str(name))
    return await call_sequence(session, call.function, sequence, arguments)
