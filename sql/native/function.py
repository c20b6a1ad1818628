"""A function in Python that DuckDB calls a batch at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from msgspec import Struct

from sql.duckdb_connection import register_function
from sql.duckdb_errors import as_raised
from sql.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable

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


class NativeFunction(Struct, frozen=True):
    """A function of values that are not NULL, by the name under which the binder's text calls it, with DuckDB's types.

    What it gives depends on its arguments alone; errors are `SqlError`s.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    returns: str

    def register(self, connection: Cursor) -> None:
        """Make it callable in the database."""
        register_function(
            connection, self.name, _with_parameters(self._of_batch, len(self.parameters)), self.parameters, self.returns
        )

    def _of_batch(self, columns: tuple[pa.ChunkedArray[Any], ...]) -> pa.Array[Any]:
        function = self.function
        rows = zip(*(column.to_pylist() for column in columns), strict=True)
        try:
            values = [None if None in row else function(*row) for row in rows]
        except SqlError as error:
            raise ValueError(as_raised(error)) from None
        return pa.array(values, _ARROW[self.returns])


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
