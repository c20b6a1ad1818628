"""The two calls into DuckDB that the engine makes for each query, with the least between them and the database.

They are the ones that `connection.register` and `connection.sql(…).to_arrow_reader` end in, and are not public. What
they save is measured in docs/decisions: a small query takes a third of the time. `tests/sql/test_engine.py` fails if
another version of DuckDB changes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
from duckdb.func import FunctionNullHandling, PythonUDFType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

Cursor = duckdb.DuckDBPyConnection
"""A connection, and each cursor of one: a session with its own time zone, and one query at a time."""

DatabaseError = duckdb.Error
"""What DuckDB raises; `sql.duckdb_errors` says what it means."""


def register_function(
    connection: Cursor, name: str, function: Callable[..., pa.Array[Any]], parameters: Sequence[str], returns: str
) -> None:
    """Let queries call a function of Arrow columns, which may hold nulls, by its name and DuckDB's types."""
    connection.create_function(
        name,
        function,
        list(parameters),
        returns,
        type=PythonUDFType.ARROW,
        null_handling=FunctionNullHandling.SPECIAL,
    )


class RegisteredTable:
    """An Arrow table that queries can read under a name of its own, until this object is gone."""

    def __init__(self, connection: Cursor, table: pa.Table) -> None:
        self._handle = connection._register_source(table)

    @property
    def name(self) -> str:
        """Unique in the database."""
        return self._handle.name


class RunningQuery:
    """A query whose rows are computed as they are read. The connection is busy until it is read out or closed."""

    def __init__(self, connection: Cursor, sql: str, parameters: Mapping[str, Any], batch_rows: int) -> None:
        self._reader = connection._submit(sql, dict(parameters) or None, "stream", batch_rows).arrow_reader()

    def next_batch(self) -> pa.RecordBatch | None:
        """The next rows; `None` when there are no more. Raises `duckdb.Error`, in mid-stream Arrow's or `OSError`."""
        try:
            return self._reader.read_next_batch()
        except StopIteration:
            return None

    def close(self) -> None:
        """Give up what has not been read."""
        self._reader.close()
