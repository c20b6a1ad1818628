"""The functions of json paths, as DuckDB calls them."""

from __future__ import annotations

from typing import Final

from sql.jsonpath import functions as paths
from sql.native.function import NativeFunction
from sql.types.jsonpath import path_input

_T: Final = "VARCHAR"
_WITH_VARIABLES: Final = (_T, _T, _T, "BOOLEAN", _T)
"""The value, the path, its variables, whether errors are passed over, and the time zone of the functions …_tz."""

JSONPATH_FUNCTIONS: Final = (
    NativeFunction("silt_jsonpath_input", path_input, (_T,), _T),
    NativeFunction("silt_jsonb_path_matches", paths.matches, (_T, _T), "BOOLEAN"),
    NativeFunction("silt_jsonb_path_finds", paths.finds, (_T, _T), "BOOLEAN"),
    NativeFunction("silt_jsonb_path_exists", paths.path_exists, _WITH_VARIABLES, "BOOLEAN"),
    NativeFunction("silt_jsonb_path_match", paths.path_match, _WITH_VARIABLES, "BOOLEAN"),
    NativeFunction("silt_jsonb_path_query", paths.path_query, _WITH_VARIABLES, "VARCHAR[]"),
    NativeFunction("silt_jsonb_path_query_array", paths.path_query_array, _WITH_VARIABLES, _T),
    NativeFunction("silt_jsonb_path_query_first", paths.path_query_first, _WITH_VARIABLES, _T),
)
