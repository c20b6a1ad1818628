"""Constants of each type, the awkward ones above all: a plain one first."""

from __future__ import annotations

from typing import Final

_TEXTS: Final = {
    "boolean": ["true", "false"],
    "smallint": ["1", "0", "-1", "7", "32767", "-32768"],
    "integer": ["1", "0", "-1", "2", "7", "-13", "2147483647", "-2147483648"],
    "bigint": ["1", "0", "-1", "12", "4294967296", "9223372036854775807", "-9223372036854775808"],
    "numeric": ["1.5", "0", "-1", "0.005", "2.50", "-7.25", "12345678901234567.89", "100", "-0.5"],
    "real": ["1.5", "0", "-0", "0.1", "-2.5", "1e30", "16777217", "NaN", "Infinity", "-Infinity"],
    "double precision": ["1.5", "0", "-0", "0.1", "-2.5", "1e300", "1e-300", "NaN", "Infinity",
                         "-Infinity", "123456.789"],
    "text": ["a", "", "A", "abc", " b ", "été", "a%b_c", "12", "-1.5", "it''s", "x\ty", "ab,cd,,e", "日本", "\\",
             "true"],
    "character varying": ["a", "", "abc ", "ABC", "é", "12"],
    "character": ["a", "", "ab", "é"],
    "bytea": ["\\x61", "\\x", "\\x00ff", "\\xdeadbeef"],
    "date": ["2024-02-29", "1970-01-01", "2000-12-31", "0044-03-15 BC", "infinity", "-infinity", "2023-03-26"],
    "time without time zone": ["12:34:56.789", "00:00", "23:59:59.999999", "24:00", "02:30"],
    "timestamp without time zone": [
        "2024-02-29 12:34:56.789", "2023-03-26 02:30", "2023-10-29 02:30", "1969-12-31 23:59:59.999999", "infinity",
        "-infinity", "0044-03-15 BC",
    ],
    "timestamp with time zone": [
        "2024-02-29 12:34:56.789+00", "2023-03-26 00:59:59+00", "2023-03-26 01:00+00", "2023-10-29 00:30+00",
        "2023-10-29 01:30+00", "infinity", "-infinity", "1900-01-01 00:00+00",
    ],
    "interval": ["1 day", "0", "1 mon", "-1 day 02:03:04", "1 year 2 mons", "36:00", "00:00:00.000001",
                 "1 mon -30 days"],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000"],
    "json": ['{"a": 1, "b": [1, null, "x"]}', "null", "[]", '"s"', "1.50", '{"a": {"b": true}, "a": 2}'],
    "jsonb": ['{"a": 1, "b": [1, null, "x"]}', "null", "[]", '"s"', "1.50", "{}", '[1, 2, {"a": "b"}]', "true", "-3"],
    "integer[]": ["{1,2,3}", "{}", "{NULL}", "{3,NULL,1,1}"],
    "text[]": ["{a,b}", "{}", "{NULL,\"\"}", '{"a b",c,a}', "{b}", "{a,0}"],
    "numeric[]": ["{1.5,2}", "{}", "{NULL,0.1}"],
    "timestamp with time zone[]": ['{"2023-10-29 00:30+00",infinity}', "{}"],
    "oid": ["1", "0", "4294967295"],
    "name": ["abc", "", "é"],
}  # fmt: skip

POOLS: Final = {name: [f"'{text}'::{name}" for text in texts] for name, texts in _TEXTS.items()}
"""By type: constants with their casts."""

POOLS["character"] = [f"'{text}'::character(4)" for text in _TEXTS["character"]]
BARE: Final = {name: [f"'{text}'" for text in texts] for name, texts in _TEXTS.items()}
"""The same without casts."""

TYPES: Final = tuple(POOLS)
FLOATS: Final = ("real", "double precision")
INTEGERS: Final = ("smallint", "integer", "bigint")
NUMBERS: Final = (*INTEGERS, "numeric", *FLOATS)
TEXTS: Final = ("text", "character varying", "character")
MOMENTS: Final = ("date", "timestamp without time zone", "timestamp with time zone")
UNORDERED: Final = ("json",)
"""Types without a notion of equality."""

ELEMENTS: Final = {name.removesuffix("[]"): name for name in TYPES if name.endswith("[]")}
"""The array types by their elements."""


def pool(name: str) -> list[str]:
    """The constants of arguments that are not any text: of patterns, units and the like."""
    return [f"'{text}'" for text in _ARGUMENTS[name]]


_ARGUMENTS: Final = {
    "unit": ["day", "month", "hour", "week", "quarter", "year", "minute", "second", "millennium", "century", "decade",
             "milliseconds", "epoch", "dow", "doy", "isoyear", "isodow", "microseconds", "timezone", "julian",
             "nonsense"],
    "pattern": ["a", "^a", "b$", "[a-c]+", "(a)(b)?", "", ".", "x*", "a|b", "\\d+", "(", "\\s", "a{1,2}"],
    "flags": ["", "g", "i", "gi", "n", "x", "z"],
    "like": ["a%", "%b%", "_", "%", "", "a\\%b%", "A%", "\\", "%\\", "a_c"],
    "similar": ["a%", "(a|b)%", "[a-c]*", "_", ""],
    "zone": ["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "+03", "EST5EDT", "nonsense"],
    "moment": ["YYYY-MM-DD", "HH24:MI:SS.US", "Day, DD Mon YYYY", "IYYY-IW-ID", "Q WW W D J", "HH12 AM",
               "FMMonth FMDDth",
               "CC YY", "TZ OF", "MS", "SSSS", "DDD", "RM", "\"text\"YY", "Y,YYY", "BC"],
    "number": ["999", "9,999.99", "S999", "FM990.00", "000", "9.99EEEE", "RN", "999PR", "MI99", "L9", "99V99", "9th",
               ""],
    "encoding": ["hex", "base64", "escape", "nonsense"],
    "charset": ["UTF8", "LATIN1", "nonsense"],
    "form": ["NFC", "NFD", "NFKC", "NFKD"],
    "path": ["{a}", "{b,0}", "{}", "{0}", "{-1}", "{a,b}", "{NULL}"],
    "key": ["a", "b", "", "0"],
}  # fmt: skip

SPECIAL: Final[dict[str, dict[int, str]]] = {
    **{name: {0: "unit", 2: "zone"} for name in ("date_trunc", "date_part", "extract")},
    **{
        name: {1: "pattern", 2: "flags"}
        for name in ("regexp_match", "regexp_matches", "regexp_like", "regexp_split_to_array", "regexp_split_to_table")
    },
    **{
        name: {1: "pattern", 3: "flags", 4: "flags", 5: "flags"}
        for name in ("regexp_count", "regexp_instr", "regexp_substr")
    },
    "regexp_replace": {1: "pattern", 3: "flags", 5: "flags"},
    "timezone": {0: "zone"},
    "to_char": {1: "moment"},
    "to_number": {1: "number"},
    "to_date": {1: "moment"},
    "to_timestamp": {1: "moment"},
    "encode": {1: "encoding"},
    "decode": {1: "encoding"},
    "convert_from": {1: "charset"},
    "convert_to": {1: "charset"},
    "convert": {1: "charset", 2: "charset"},
    "normalize": {1: "form"},
    "jsonb_set": {1: "path"},
    "jsonb_set_lax": {1: "path"},
    "jsonb_insert": {1: "path"},
    "make_timestamptz": {6: "zone"},
}
"""Which arguments of which functions have constants of their own: `unit` and the like."""

SMALL: Final = (
    "repeat", "lpad", "rpad", "generate_series", "factorial", "array_fill", "make_interval", "make_date", "make_time",
    "make_timestamp", "make_timestamptz", "power", "pow", "exp", "numeric_exp", "lag", "lead", "ntile", "nth_value",
    "split_part", "^", "chr", "round", "trunc",
)  # fmt: skip
"""Functions for which large numbers say nothing, and take long."""
