"""to_char and its like, by the names that queries reach them by."""

from __future__ import annotations

from typing import Final

from sql.formatting.assembly import to_date, to_timestamp
from sql.formatting.moment_columns import timestamp_column_to_char, timestamptz_column_to_char
from sql.formatting.moments import interval_to_char, timestamp_to_char, timestamptz_to_char
from sql.formatting.number_columns import number_column_to_char
from sql.formatting.number_reading import to_number
from sql.formatting.numbers import number_to_char
from sql.formatting.reading_columns import text_column_to_date, text_column_to_timestamp
from sql.native.function import NativeFunction

_T: Final = "VARCHAR"
_B: Final = "BIGINT"

FORMAT_FUNCTIONS: Final = (
    NativeFunction("silt_timestamp_to_char", timestamp_to_char, (_B, _T), _T, timestamp_column_to_char),
    NativeFunction("silt_timestamptz_to_char", timestamptz_to_char, (_B, _T, _T), _T, timestamptz_column_to_char),
    NativeFunction("silt_interval_to_char", interval_to_char, (_B, _B, _B, _T), _T),
    NativeFunction("silt_number_to_char", number_to_char, (_T, _T, _T), _T, number_column_to_char),
    NativeFunction("silt_to_date", to_date, (_T, _T), "INTEGER", text_column_to_date),
    NativeFunction("silt_to_timestamp", to_timestamp, (_T, _T, _T), _B, text_column_to_timestamp),
    NativeFunction("silt_to_number", to_number, (_T, _T), _T),
)
