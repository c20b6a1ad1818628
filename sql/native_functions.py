"""Functions in Python that DuckDB calls a batch at a time: where its own mean something else than PostgreSQL's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from sql import json_functions as js
from sql.duckdb_connection import register_function
from sql.duckdb_errors import as_raised
from sql.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.duckdb_connection import Cursor

_ARROW: Final = {"VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "VARCHAR[]": pa.list_(pa.string())}


@dataclass(frozen=True, slots=True)
class NativeFunction:
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
    match count:
        case 1:
            return lambda a: run((a,))
        case 2:
            return lambda a, b: run((a, b))
        case 3:
            return lambda a, b, c: run((a, b, c))
        case _:
            return lambda a, b, c, d: run((a, b, c, d))


_T: Final = "VARCHAR"
_TS: Final = "VARCHAR[]"

NATIVE_FUNCTIONS: Final = (
    NativeFunction("silt_json_input", js.json_input, (_T,), _T),
    NativeFunction("silt_jsonb_input", js.jsonb_input, (_T,), _T),
    NativeFunction("silt_jsonb_concat", js.jsonb_concat, (_T, _T), _T),
    NativeFunction("silt_jsonb_contains", js.jsonb_contains, (_T, _T), "BOOLEAN"),
    NativeFunction("silt_jsonb_has", js.jsonb_has, (_T, _T), "BOOLEAN"),
    NativeFunction("silt_jsonb_delete_key", js.jsonb_delete_key, (_T, _T), _T),
    NativeFunction("silt_jsonb_delete_keys", js.jsonb_delete_keys, (_T, _TS), _T),
    NativeFunction("silt_jsonb_delete_index", js.jsonb_delete_index, (_T, "INTEGER"), _T),
    NativeFunction("silt_jsonb_delete_path", js.jsonb_delete_path, (_T, _TS), _T),
    NativeFunction("silt_jsonb_set", js.jsonb_set, (_T, _TS, _T, "BOOLEAN"), _T),
    NativeFunction("silt_jsonb_insert", js.jsonb_insert, (_T, _TS, _T, "BOOLEAN"), _T),
    NativeFunction("silt_jsonb_strip_nulls", js.jsonb_strip_nulls, (_T,), _T),
    NativeFunction("silt_json_strip_nulls", js.json_strip_nulls, (_T,), _T),
    NativeFunction("silt_jsonb_pretty", js.jsonb_pretty, (_T,), _T),
    NativeFunction("silt_jsonb_elements", js.jsonb_elements, (_T,), _TS),
    NativeFunction("silt_json_object", js.json_object, (_TS,), _T),
    NativeFunction("silt_json_object_of", js.json_object_of, (_TS, _TS), _T),
    NativeFunction("silt_json_each_keys", js.json_each_keys, (_T,), _TS),
    NativeFunction("silt_json_each_values", js.json_each_values, (_T,), _TS),
    NativeFunction("silt_jsonb_each_values", js.jsonb_each_values, (_T,), _TS),
    NativeFunction("silt_json_each_texts", js.json_each_texts, (_T,), _TS),
)
