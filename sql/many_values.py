"""INSERT … VALUES of many rows: a worker evaluates what is written in them, so that the loop is not held up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from sqlglot import exp

from sql.binder import bind_expressions
from sql.errors import SqlSyntaxError
from sql.names import position_at
from sql.point import is_default
from sql.point_rows import NO_ROW
from sql.queries import query_table
from sql.scalar import Constant, ScalarContext, build_assigned, compile_scalar, numbers_drawn
from storage.rows import rows_from_table, table_from_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sql.plan_parts import ManyValues
    from sql.scalar import Scalar
    from sql.session_sequences import SessionSequences
    from sql.session_state import SessionState
    from sql.types import Codecs
    from sql.types.arrow import pa
    from storage.catalog import Catalog
    from storage.catalog_entries import SequenceGenerator, Table


COMPUTED_AT_ONCE: Final = 200
"""Values that one query computes."""


class _Numbers:
    """Numbers of a sequence that were taken before, one after the other."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = iter(numbers)

    def next(self, _sequence: SequenceGenerator) -> int:
        return int(next(self._numbers))


@dataclass(frozen=True, slots=True)
class _AtOneTime:
    """What expressions may ask of their statement, fixed: a worker evaluates them."""

    now_us: int
    catalog: Catalog
    numbers: _Numbers

    def start_us(self) -> int:
        return self.now_us

    @property
    def sequences(self) -> SessionSequences:
        # It is asked for nothing but the next number.
        return cast("SessionSequences", self.numbers)


@dataclass(slots=True)
class _Evaluated:
    """Values, column by column, where the numbers of sequences belong, and what takes a query: columns, and rows."""

    columns: list[list[object]]
    computed: list[tuple[int, int, exp.Expr]] = field(default_factory=list)
    numbered: dict[int, tuple[SequenceGenerator, list[int]]] = field(default_factory=dict)


async def rows_of_values(session: SessionState, table: Table, values: ManyValues) -> pa.Table:
    """The rows, with all columns of the table. Raises `SqlError`."""
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    time = _AtOneTime(session.block.start_us(), session.catalog, _Numbers(()))
    evaluated = await in_worker(_evaluate, table, values, session.codecs, time)
    numbers = {
        position: await session.block.sequences.take(sequence, len(rows))
        for position, (sequence, rows) in evaluated.numbered.items()
    }
    for start in range(0, len(evaluated.computed), COMPUTED_AT_ONCE):
        await _compute(session, table, evaluated, evaluated.computed[start : start + COMPUTED_AT_ONCE])
    return await in_worker(_in_arrow, table, values, evaluated, numbers, session.codecs, time)


async def _compute(
    session: SessionState, table: Table, evaluated: _Evaluated, cells: Sequence[tuple[int, int, exp.Expr]]
) -> None:
    """Put what only a query can evaluate into its place."""
    types = [table.columns[position].type for position, _, _ in cells]
    query = bind_expressions([tree for _, _, tree in cells], types, session.bind_context(()))
    (row,) = rows_from_table(await query_table(session, query, ()))
    for (position, place, _), value in zip(cells, row, strict=True):
        evaluated.columns[position][place] = value


def _evaluate(table: Table, values: ManyValues, codecs: Codecs, time: _AtOneTime) -> _Evaluated:
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in values.source.expressions]
    positions = _positions(rows, values)
    evaluated = _Evaluated([[None] * len(rows) for _ in table.columns])
    context = ScalarContext({}, codecs)
    for index, position in enumerate(positions):
        column_type, column = table.columns[position].type, evaluated.columns[position]
        for place, row in enumerate(rows):
            tree = row[index]
            if is_default(tree):
                _put_default(evaluated, values.defaults[position], position, place, codecs, time)
                continue
            scalar = build_assigned(tree, column_type, context)
            if scalar is None:
                evaluated.computed.append((position, place, tree))
                continue
            column[place] = _value(scalar, codecs, time)
    for position in set(range(len(table.columns))) - set(positions):
        for place in range(len(rows)):
            _put_default(evaluated, values.defaults[position], position, place, codecs, time)
    return evaluated


def _positions(rows: Sequence[Sequence[exp.Expr]], values: ManyValues) -> Sequence[int]:
    given = len(rows[0])
    for row in rows:
        if len(row) != given:
            raise SqlSyntaxError("VALUES lists must all be the same length", position=position_at(row[0]))
    return values.positions[:given]


def _put_default(
    evaluated: _Evaluated, default: Scalar, position: int, place: int, codecs: Codecs, time: _AtOneTime
) -> None:
    drawn = numbers_drawn((default,))
    if drawn:
        evaluated.numbered.setdefault(position, (drawn[0][0], []))[1].append(place)
    else:
        evaluated.columns[position][place] = _value(default, codecs, time)


def _value(scalar: Scalar, codecs: Codecs, time: _AtOneTime) -> object:
    return scalar.value if isinstance(scalar, Constant) else compile_scalar(scalar, codecs)((), NO_ROW, time)


def _in_arrow(
    table: Table,
    values: ManyValues,
    evaluated: _Evaluated,
    numbers: Mapping[int, Iterable[int]],
    codecs: Codecs,
    time: _AtOneTime,
) -> pa.Table:
    for position, (_, places) in evaluated.numbered.items():
        column, default = evaluated.columns[position], compile_scalar(values.defaults[position], codecs)
        with_numbers = replace(time, numbers=_Numbers(numbers[position]))
        for place in places:
            column[place] = default((), NO_ROW, with_numbers)
    return table_from_rows(list(zip(*evaluated.columns, strict=True)), table.columns)


def can_be_many(defaults: Mapping[int, Scalar]) -> bool:
    """Whether none of the defaults takes more than one number: these are taken in the order of the rows."""
    return all(sum(count for _, count in numbers_drawn((default,))) <= 1 for default in defaults.values())
