"""A native function of a column, beside the same row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from msgspec.structs import replace

from sql.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.native.function import NativeFunction

_TIMES = 10
"""A few rows are never taken as a column."""


def outcomes(function: NativeFunction, values: Sequence[Any], constants: Sequence[Any], kind: pa.DataType) -> list[Any]:
    """What a function gives, or the error that it raises: at once, and row by row."""
    rows = list(values) * _TIMES
    columns = [pa.array(rows, kind), *(pa.array([constant] * len(rows)) for constant in constants)]
    return [_outcome(each, columns) for each in (function, replace(function, of_column=None))]


def _outcome(function: NativeFunction, columns: Sequence[pa.Array]) -> object:
    try:
        return function.of_batch(columns).to_pylist()
    except SqlError as error:
        return type(error), error.message, error.detail


def is_taken_at_once(function: NativeFunction, values: Sequence[Any], constants: Sequence[Any]) -> bool:
    """Whether no row is left to be computed by itself."""
    assert function.of_column is not None
    return isinstance(function.of_column(pa.array(values), *constants), pa.Array)
