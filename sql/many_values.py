"""INSERT … VALUES of many rows: a worker evaluates what is written in them, so that the loop is not held up."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

from msgspec import Struct, field
from sqlglot import exp

from sql.binder import bind_expressions
from sql.errors import SqlError
from sql.grammar.cell_texts import ROWS_A_PIECE
from sql.names import position_at
from sql.point_rows import NO_ROW
from sql.queries import query_table
from sql.scalar import Constant, compile_scalar, numbers_drawn
from sql.types.arrow import pa
from sql.written_cells import BadCell, CellReader, Cells, tells_position
from storage.rows import arrow_schema, rows_from_table, stored_array

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sql.binder import BindContext
    from sql.plan import QueryPlan
    from sql.plan_parts import ManyValues
    from sql.scalar import Evaluate, Scalar
    from sql.session_sequences import SessionSequences
    from sql.session_state import SessionState
    from sql.types import Codecs
    from storage.catalog import Catalog
    from storage.catalog_entries import SequenceGenerator, Table


COMPUTED_AT_ONCE: Final = 200
"""Values that one query computes."""


class _Numbers:
    """Numbers of sequences that were taken before, one after the other."""

    def __init__(self, numbers: Mapping[int, Iterable[int]]) -> None:
        self._numbers = {oid: iter(each) for oid, each in numbers.items()}

    def next(self, sequence: SequenceGenerator) -> int:
        return int(next(self._numbers[sequence.oid]))


class _AtOneTime(Struct, frozen=True):
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


class _Evaluated(Struct):
    """The columns of the table in pieces, and what has to be put into them yet: values by column, piece and place."""

    pieces: list[list[Cells]]
    starts: list[int] = field(default_factory=list)
    """The first row of each piece."""

    def scalars(self) -> Iterator[tuple[int, Cells, int, Scalar]]:
        """Column, cells, and the place in them of each scalar, row by row as PostgreSQL evaluates them."""
        for number in range(len(self.starts)):
            found = [
                (place, column, cells[number], scalar)
                for column, cells in enumerate(self.pieces)
                for place, scalar in cells[number].scalars
            ]
            found.sort(key=lambda each: each[:2])
            yield from ((column, cells, place, scalar) for place, column, cells, scalar in found)

    def trees(self) -> Iterator[_Computed]:
        """What takes a query."""
        for number, start in enumerate(self.starts):
            for column, cells in enumerate(self.pieces):
                yield from (_Computed(column, cells[number], place, start, tree) for place, tree in cells[number].trees)


class _Computed(Struct, frozen=True):
    """An expression, and where its value belongs."""

    column: int
    cells: Cells
    place: int
    start: int
    """The row of the first of the cells."""
    tree: exp.Expr


async def rows_of_values(
    session: SessionState, table: Table, values: ManyValues, parameters: Sequence[object]
) -> pa.Table:
    """The rows, with all columns of the table. Raises `SqlError`."""
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    readers = [
        CellReader(
            column.type,
            values.defaults[position],
            session.codecs,
            session.sequence_of,
            values.parameter_types,
            parameters,
        )
        for position, column in enumerate(table.columns)
    ]
    evaluated, drawn = await in_worker(_read, values, readers)
    numbers = {oid: await session.block.sequences.take(sequence, count) for oid, (sequence, count) in drawn.items()}
    trees = evaluated.trees()
    while computed := list(islice(trees, COMPUTED_AT_ONCE)):
        query = await in_worker(_bind, table, values, computed, session.bind_context(()))
        (row,) = rows_from_table(await query_table(session, query, ()))
        for each, value in zip(computed, row, strict=True):
            each.cells.values[each.place] = value
    time = _AtOneTime(session.block.start_us(), session.catalog, _Numbers(numbers))
    return await in_worker(_in_arrow, table, evaluated, session.codecs, time)


def _read(
    values: ManyValues, readers: Sequence[CellReader]
) -> tuple[_Evaluated, dict[int, tuple[SequenceGenerator, int]]]:
    """What is written, and how many numbers of which sequences it takes besides."""
    rows, at = values.rows, {position: index for index, position in enumerate(values.positions)}
    evaluated = _Evaluated([[] for _ in readers])
    for number, start in enumerate(range(0, len(rows), ROWS_A_PIECE)):
        evaluated.starts.append(start)
        end = min(start + ROWS_A_PIECE, len(rows))
        wrong: list[tuple[int, int, BadCell]] = []
        for position, reader in enumerate(readers):
            index = at.get(position)
            if index is None or position in values.own_values:
                evaluated.pieces[position].append(_defaults(reader, end - start))
                continue
            expressions = rows.expressions.get(index, {})
            among = [(row - start, tree) for row in range(start, end) if (tree := expressions.get(row))]
            try:
                evaluated.pieces[position].append(reader.read(rows.columns[index].piece(number), among))
            except BadCell as bad:
                wrong.append((bad.row, index, bad))
        if wrong:
            row, index, first = min(wrong, key=lambda each: each[:2])
            if tells_position(first.error):
                first.error.position = position_at(rows.parsed(start + row)[index])
            raise first.error
    return evaluated, _drawn(evaluated)


def _defaults(reader: CellReader, count: int) -> Cells:
    default = reader.default
    if isinstance(default, exp.Expr):
        return Cells([None] * count, trees=[(place, default) for place in range(count)])
    if isinstance(default, Constant):
        return Cells(stored_array([default.value] * count, reader.type.arrow))
    return Cells([None] * count, [(place, default) for place in range(count)])


def _drawn(evaluated: _Evaluated) -> dict[int, tuple[SequenceGenerator, int]]:
    used = Counter(scalar for pieces in evaluated.pieces for cells in pieces for _, scalar in cells.scalars)
    drawn: dict[int, tuple[SequenceGenerator, int]] = {}
    for scalar, times in used.items():
        for sequence, count in numbers_drawn((scalar,)):
            drawn[sequence.oid] = (sequence, drawn.get(sequence.oid, (sequence, 0))[1] + count * times)
    return drawn


def _bind(table: Table, values: ManyValues, computed: Sequence[_Computed], context: BindContext) -> QueryPlan:
    """The query that computes some values. Raises `SqlError`."""
    columns = [table.columns[each.column] for each in computed]
    try:
        return bind_expressions([each.tree.copy() for each in computed], columns, context)
    except SqlError:
        # Trees that were made of plain constants do not know where these stand.
        return bind_expressions([_as_parsed(values, each) for each in computed], columns, context)


def _as_parsed(values: ManyValues, each: _Computed) -> exp.Expr:
    if each.column not in values.positions or each.column in values.own_values:
        return each.tree.copy()
    return values.rows.parsed(each.start + each.place)[values.positions.index(each.column)]


def _in_arrow(table: Table, evaluated: _Evaluated, codecs: Codecs, time: _AtOneTime) -> pa.Table:
    compiled: dict[Scalar, Evaluate] = {}
    for _, cells, place, scalar in evaluated.scalars():
        evaluate = compiled.get(scalar)
        if evaluate is None:
            evaluate = compiled[scalar] = compile_scalar(scalar, codecs)
        cells.values[place] = evaluate((), NO_ROW, time)
    schema = arrow_schema(table.columns)
    arrays = [
        pa.chunked_array(
            [
                stored_array(cells.values, kind.type) if isinstance(cells.values, list) else cells.values
                for cells in pieces
            ],
            kind.type,
        )
        for pieces, kind in zip(evaluated.pieces, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
