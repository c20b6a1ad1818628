"""The numbers of sequences in rows that a query has found: see `plan.Numbered`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sql.errors import NumericValueOutOfRange
from sql.types.arrow import Array, pa, pc

if TYPE_CHECKING:
    from sql.plan import Numbered, QueryPlan
    from sql.session_state import SessionState
    from storage.types import SqlType


async def with_numbers(session: SessionState, plan: QueryPlan, found: pa.Table) -> pa.Table:
    """The result of a query with the numbers in it, which are taken now, in the order of its rows.

    Raises `SequenceExhausted`, `NumericValueOutOfRange`, `WriteFailed`.
    """
    for numbered in plan.numbered:
        count = found.num_rows if numbered.rows is None else len(numbered.rows)
        taken = await session.block.sequences.take(numbered.sequence, count)
        column = as_column(pa.array(taken), plan.columns[numbered.position].type)
        if numbered.rows is not None:
            column = _placed(column, numbered, found)
        found = found.set_column(numbered.position, found.field(numbered.position), column)
    return found


def as_column(numbers: Array, column_type: SqlType) -> Array:
    """Numbers as a column's type stores them. Raises `NumericValueOutOfRange`."""
    try:
        return numbers.cast(column_type.arrow)
    except pa.ArrowInvalid:
        raise NumericValueOutOfRange(f"{column_type} out of range") from None


def _placed(column: Array, numbered: Numbered, found: pa.Table) -> Array:
    """The column of the result with the numbers in their rows."""
    assert numbered.rows is not None
    places = np.full(found.num_rows, -1, np.int64)
    places[list(numbered.rows)] = np.arange(len(numbered.rows))
    rest = found.column(numbered.position).combine_chunks()
    given = column.take(pa.array(places, mask=places < 0))
    return pc.if_else(pa.array(places >= 0), given, rest)
