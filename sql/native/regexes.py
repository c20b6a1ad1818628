"""The functions of regular expressions, by the names that queries reach them by."""

from __future__ import annotations

from typing import Final

from sql.native.function import NativeFunction
from sql.regex import columns as of_columns
from sql.regex import functions as rx

_T: Final = "VARCHAR"
_I: Final = "INTEGER"

REGEX_FUNCTIONS: Final = (
    NativeFunction("silt_regexp_like", rx.is_match, (_T, _T, _T), "BOOLEAN"),
    NativeFunction("silt_regexp_match", rx.first_match, (_T, _T, _T), "VARCHAR[]", of_columns.first_match),
    NativeFunction("silt_regexp_matches", rx.all_matches, (_T, _T, _T), "VARCHAR[][]", of_columns.all_matches),
    NativeFunction("silt_regexp_replace", rx.replaced, (_T, _T, _T, _T), _T, of_columns.replaced),
    NativeFunction("silt_regexp_replace_from", rx.replaced_from, (_T, _T, _T, _I, _I, _T), _T),
    NativeFunction("silt_regexp_split_to_array", rx.split_to_array, (_T, _T, _T), "VARCHAR[]", of_columns.split),
    NativeFunction("silt_regexp_split_to_table", rx.split_to_table, (_T, _T, _T), "VARCHAR[]", of_columns.split),
    NativeFunction("silt_regexp_count", rx.count, (_T, _T, _I, _T), _I, of_columns.count),
    NativeFunction("silt_regexp_instr", rx.position, (_T, _T, _I, _I, _I, _T, _I), _I),
    NativeFunction("silt_regexp_substr", rx.part, (_T, _T, _I, _I, _T, _I), _T, of_columns.part),
    NativeFunction("silt_substring_regex", rx.substring, (_T, _T), _T, of_columns.substring),
    NativeFunction("silt_similar", rx.is_similar, (_T, _T, _T), "BOOLEAN"),
    NativeFunction("silt_substring_similar", rx.substring_similar, (_T, _T, _T), _T),
)
