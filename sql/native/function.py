"""A function in Python that DuckDB calls a batch at a time."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from msgspec import Struct

from sql.duckdb_connection import register_function
from sql.duckdb_errors import as_raised
from sql.errors import OutOfMemory, ProgramLimitExceeded, SqlError
from sql.types.arrow import Array, pa, pc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sql.duckdb_connection import Cursor

_ARROW: Final = {
    "VARCHAR": pa.string(),
    "BLOB": pa.binary(),
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "INTERVAL": pa.month_day_nano_interval(),
    "VARCHAR[]": pa.list_(pa.string()),
    "VARCHAR[][]": pa.list_(pa.list_(pa.string())),
}

_TEXTS: Final = ("VARCHAR", "BLOB")
BATCH_MAX: Final = 1 << 30
"""Characters or bytes that a function may give for the rows of one batch, which are 2,048 at most."""

_FEW_ROWS: Final = 8
"""So many are computed one by one: looking at the column takes longer."""


class NativeFunction(Struct, frozen=True):
    """A function of values that are not NULL, by the name under which the binder's text calls it, with DuckDB's types.

    What it gives depends on its arguments alone; errors are `SqlError`s.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    returns: str
    of_column: Callable[..., Array | None] | None = None
    """The same of a column of first arguments, where the others are the same for all rows, and not NULL.

    It raises nothing: what it cannot compute, and what may be wrong, it leaves to `function` by giving `None`, or by
    being a `Partial`.
    """

    of_columns: Callable[..., Array | Partial] | None = None
    """The same of columns all of which may vary, and have nulls."""

    def register(self, connection: Cursor) -> None:
        """Make it callable in the database."""
        register_function(
            connection, self.name, _with_parameters(self._of_batch, len(self.parameters)), self.parameters, self.returns
        )

    def _of_batch(self, columns: tuple[pa.ChunkedArray, ...]) -> Array:
        try:
            return self.of_batch([column.combine_chunks() for column in columns])
        except SqlError as error:
            raise ValueError(as_raised(error)) from None
        except RecursionError:
            raise ValueError(as_raised(ProgramLimitExceeded("stack depth limit exceeded"))) from None
        except MemoryError:
            raise ValueError(as_raised(OutOfMemory("out of memory"))) from None

    def of_batch(self, columns: Sequence[Array]) -> Array:
        """The values of rows. Raises `SqlError`."""
        if len(columns[0]) <= _FEW_ROWS:
            return self._of_rows(column.to_pylist() for column in columns)
        constants: Sequence[Any] = [None] * (len(columns) - 1)
        found = None
        if self.of_columns is not None:
            found = self.of_columns(*columns)
        else:
            constants = [_constant(column) for column in columns[1:]]
            if self.of_column is not None and None not in constants:
                found = self.of_column(columns[0], *constants)
        if isinstance(found, Partial):
            rest = self._by_rows([column.filter(found.left) for column in columns], constants)
            return _put_in(found, rest)
        return self._by_rows(columns, constants) if found is None else found

    def _by_rows(self, columns: Sequence[Array], constants: Sequence[Any]) -> Array:
        others = zip(columns[1:], constants, strict=True)
        varying = (column.to_pylist() if constant is None else repeat(constant) for column, constant in others)
        return self._of_rows((columns[0].to_pylist(), *varying))

    def _of_rows(self, columns: Iterable[Iterable[Any]]) -> Array:
        function = self.function
        rows = zip(*columns, strict=False)
        if self.returns in _TEXTS:
            values = _bounded(None if None in row else function(*row) for row in rows)
        else:
            values = [None if None in row else function(*row) for row in rows]
        return pa.array(values, _ARROW[self.returns])


def _bounded(texts: Iterable[Any]) -> list[Any]:
    """The texts, if they are not too many for a batch. Raises `OutOfMemory`."""
    values = []
    room = BATCH_MAX
    for text in texts:
        values.append(text)
        if text is not None:
            room -= len(text)
            if room < 0:
                raise OutOfMemory("out of memory", hint=f"Texts of {BATCH_MAX >> 20} MB were computed at once.")
    return values


class Partial(Struct, frozen=True):
    """What a function of a column has computed."""

    values: Array
    left: Array
    """A boolean array: the rows that are left to be computed one by one."""


def _put_in(found: Partial, rest: Array) -> Array:
    """The values with those that had been left. (`replace_with_mask` is not for lists.)"""
    left = np.asarray(found.left)
    places = np.where(left, len(left) + np.cumsum(left) - 1, np.arange(len(left)))
    return pa.concat_arrays([found.values, rest]).take(pa.array(places))


def _constant(column: Array) -> Any | None:  # noqa: ANN401 - whatever DuckDB has
    """The value of all rows; `None` also if they differ."""
    if column.null_count:
        return None
    if pa.types.is_list(column.type):
        return _constant_list(column)
    first = column[0]
    if column[-1] != first or not pc.all(pc.equal(column, first)).as_py():
        return None
    return first.as_py()


def _constant_list(column: Array) -> tuple[Any, ...] | None:
    lengths = pc.list_value_length(column)
    count = lengths[0].as_py()
    if pa.types.is_nested(column.type.value_type) or not pc.all(pc.equal(lengths, count)).as_py():
        return None
    items = column.flatten()
    first = column.slice(0, 1).flatten()
    if first.null_count or items.null_count:
        return None
    repeated = first.take(pa.array(np.tile(np.arange(count), len(column))))
    return tuple(first.to_pylist()) if items.equals(repeated) else None


def _with_parameters(run: Callable[[tuple[Any, ...]], Any], count: int) -> Callable[..., Any]:
    """The function with so many parameters: DuckDB counts those of the signature."""
    forms: dict[int, Callable[..., Any]] = {
        1: lambda a: run((a,)),
        2: lambda a, b: run((a, b)),
        3: lambda a, b, c: run((a, b, c)),
        4: lambda a, b, c, d: run((a, b, c, d)),
        5: lambda a, b, c, d, e: run((a, b, c, d, e)),
        6: lambda a, b, c, d, e, f: run((a, b, c, d, e, f)),
        7: lambda a, b, c, d, e, f, g: run((a, b, c, d, e, f, g)),
    }
    return forms[count]
