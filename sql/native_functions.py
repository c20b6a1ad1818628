"""The functions in Python that DuckDB calls a batch at a time: where its own mean something else than PostgreSQL's."""

from __future__ import annotations

from typing import Final

from sql import json_functions as js
from sql.native.formats import FORMAT_FUNCTIONS
from sql.native.function import NativeFunction
from sql.native.identifiers import IDENTIFIER_FUNCTIONS
from sql.native.json_access import JSON_ACCESS_FUNCTIONS
from sql.native.json_records import JSON_RECORD_FUNCTIONS
from sql.native.jsonb_order import JSONB_ORDER_FUNCTIONS
from sql.native.jsonpaths import JSONPATH_FUNCTIONS
from sql.native.numbers import NUMBER_FUNCTIONS
from sql.native.numerics import NUMERIC_FUNCTIONS
from sql.native.quoting import QUOTING_FUNCTIONS
from sql.native.regexes import REGEX_FUNCTIONS
from sql.native.texts import TEXT_FUNCTIONS
from sql.native.times import TIME_FUNCTIONS

_T: Final = "VARCHAR"
_TS: Final = "VARCHAR[]"

NATIVE_FUNCTIONS: Final = (
    *FORMAT_FUNCTIONS,
    *IDENTIFIER_FUNCTIONS,
    *JSON_ACCESS_FUNCTIONS,
    *JSON_RECORD_FUNCTIONS,
    *JSONB_ORDER_FUNCTIONS,
    *JSONPATH_FUNCTIONS,
    *NUMBER_FUNCTIONS,
    *NUMERIC_FUNCTIONS,
    *QUOTING_FUNCTIONS,
    *REGEX_FUNCTIONS,
    *TEXT_FUNCTIONS,
    *TIME_FUNCTIONS,
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
    NativeFunction("silt_json_object", js.json_object, (_TS,), _T),
    NativeFunction("silt_json_object_of", js.json_object_of, (_TS, _TS), _T),
)
