"""The values that every path is asked about: texts of each type, those that it takes and those just outside.

What is right PostgreSQL says (`recorded`), so a text stands here without a word about what becomes of it. NULL is asked
about everywhere and not listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A declared type, and the texts that are read as it. `name` is also that of its table."""

    name: str
    declared: str
    texts: tuple[str, ...]
    is_ordered: bool = True
    """Whether its values can be compared, and be keys."""


_NUMBERS: Final = (
    "0",
    "1",
    "-1",
    " 5 ",
    "+7",
    "007",
    "1.5",
    "",
    " ",
    "x",
    "1 2",
    "1_000",
    "0x1A",
    "1e2",
    "NaN",
    "\u0663",
)
_FLOATS: Final = (
    *("0", "-0", "1", "-1.5", " 5 ", "+7", ".5", "5.", "1e5", "1E-7", "0.1", "123456789.123456789", "1e15", "1e16"),
    *("NaN", "nan", "inf", "-inf", "Infinity", "-Infinity", "+infinity", "1e400", "1e-400", "3.4028235e38", "3.5e38"),
    *("1e-46", "1e-45", "1.7976931348623157e308", "5e-324", "0.30000000000000004", "100000", "1000000", "1e-5"),
    *("", " ", "x", "1_0", "0x1p3", "1 2", "\u0661"),
)
_DATES: Final = (
    *("1999-01-08", "January 8, 1999", "Jan 8, 1999", "1/8/1999", "1/18/1999", "01/02/03", "18/1/1999", "1999-Jan-08"),
    *("Jan-08-1999", "08-Jan-1999", "99-Jan-08", "08-Jan-99", "Jan-08-99", "19990108", "990108", "1999.008"),
    *("J2451187", "January 8, 99 BC", "0044-03-15 BC", "4714-11-24 BC", "4714-11-23 BC", "0001-01-01", "0000-01-01"),
    *("9999-12-31", "10000-01-01", "5874897-12-31", "5874898-01-01", "infinity", "-infinity", "epoch", " 2020-02-29 "),
    *("2021-02-29", "2020-13-01", "2020-01-32", "2020-1-1", "1999-W01-1", "2020-01", "x", "", "2020-01-01 10:00:00"),
    *("Mon Jan 6 2020", "2020-01-01T10:00:00+05", "1970-01-01", "1969-12-31", "294277-01-01", "10:00"),
)
_TIMES: Final = (
    *("04:05:06.789", "04:05:06", "04:05", "040506", "04:05 AM", "04:05 PM", "12:00 AM", "12:00 PM", "24:00:00"),
    *("24:00:01", "25:00", "23:59:60", "23:59:59.999999", "23:59:59.9999999", "00:00:00.000001", "allballs"),
    *("04:05:06-08:00", "04:05:06 PST", "10:60", "10:00:61", "-01:00", "x", "", " 10:00 ", "2020-01-01 10:11:12"),
    *("13:00 PM", "T040506", "00:00", "now x"),
)
_MOMENTS: Final = (
    *("2020-01-31 10:11:12", "2020-01-31 10:11:12.123456", "2020-01-31 10:11:12.1234567", "2020-01-31", "20200131"),
    *("2020-01-31T10:11:12", "2020-01-31T10:11:12Z", "2020-01-31 10:11:12+05:30", "2020-01-31 10:11:12-08"),
    *("2020-01-31 10:11:12 America/New_York", "2020-07-31 10:11:12 EST", "2020-07-31 10:11:12 PDT"),
    *("2020-01-31 10:11:12 Foo/Bar", "2020-01-31 24:00:00", "2020-01-31 25:00", "2020-01-31 10:11:60"),
    *("Jan 5 2020 3:04 PM", "Sat Feb 01 03:04:05 2020", "20200131T101112", "1/8/1999 10:00", "18/1/1999 10:00"),
    *("0044-03-15 12:00 BC", "4714-11-24 00:00 BC", "4714-11-23 23:59 BC", "0001-01-01", "1890-01-01 00:00"),
    *("1969-12-31 23:59:59.999999", "1970-01-01", "9999-12-31 23:59:59.999999", "10000-01-01", "294247-01-10 04:00"),
    *("2020-03-29 02:30", "2020-10-25 02:30", "2020-07-01 12:00", "infinity", "-infinity", "epoch", "x", "", "10:00"),
    *("2020-01-31 10:11:12 +2", "2020-01-31 10:11:12+99", "294277-01-01 00:00", "2021-02-29 00:00", "2020-13-01"),
)
_JSONS: Final = (
    *("{}", "[]", "null", "true", "1", "-0", "1.50", "1e5", '"a"', '""', '{"a": 1,  "a":2}', '{"bb":1,"a":[1, 2]}'),
    *('"\\u00e9\\n"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\u0000"', "[1,2", "", " ", "nul", "01", "[1,]", '{"a"}'),
    *("{'a':1}", '"a\tb"', " 5 ", "NaN", "1 2", '"é"', "[[1],{}]", "12345678901234567890.123"),
)

KINDS: Final = (
    Kind(
        "k_boolean",
        "boolean",
        (
            *("t", "f", "true", "FALSE", "tr", "yes", "no", "y", "n", "on", "off", "of", "o", "1", "0", " true ", "2"),
            *("", "truee", "nope"),
        ),
    ),
    Kind("k_smallint", "smallint", (*_NUMBERS, "32767", "-32768", "32768", "-32769")),
    Kind(
        "k_integer",
        "integer",
        (*_NUMBERS, "2147483647", "-2147483648", "2147483648", "-2147483649", "\t8\n", "- 1", "--1"),
    ),
    Kind(
        "k_bigint",
        "bigint",
        (*_NUMBERS, "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809"),
    ),
    Kind("k_real", "real", _FLOATS),
    Kind("k_double", "double precision", _FLOATS),
    Kind(
        "k_numeric",
        "numeric(10,2)",
        (
            *_NUMBERS[:-2],
            *("\u0663", "99999999.99", "-99999999.99", "99999999.995", "100000000", "0.005", "-0.005", "0.004", "1e-9"),
            *("1e7", "1e9", ".5", "5.", "-0", "1.005", "2.675", "1e400", "1e-400"),
        ),
    ),
    Kind("k_numeric_38", "numeric(38,10)", ("0", "1234567890123456789012345678.0123456789", "-1e27", "1e28", "1e-10")),
    Kind("k_numeric_0", "numeric(5)", ("0", "99999", "99999.4", "99999.5", "-0.5", "0.5", "1.5")),
    Kind("k_text", "text", ("", "a", "b\\c", "'", '"', "é\U0001f600", " x ", "a\nb", "NULL", "\\N", "{a,b}", "B")),
    Kind("k_varchar", "varchar(3)", ("", "abc", "abcd", "abc  ", "ab   c", "ééé", "éééé", "a ")),
    Kind("k_char", "char(3)", ("", "a", "abc", "abcd", "abc  ", "é", "a b", "b  c")),
    Kind("k_name", "name", ("", "a", "x" * 63, "y" * 70, "é" * 32)),
    Kind(
        "k_bytea",
        "bytea",
        (
            *("", "\\x", "\\x00ff", "\\xDEAD", "\\x DE AD", "\\xd", "\\xzz", "abc", "a\\\\b", "a\\000b", "a\\b"),
            *("\\377", "\\400", "é", "\\x0g"),
        ),
    ),
    Kind("k_date", "date", _DATES),
    Kind("k_time", "time", _TIMES),
    Kind("k_time_2", "time(2)", ("10:00:00.125", "10:00:00.995", "23:59:59.999", "10:00")),
    Kind("k_timestamp", "timestamp", _MOMENTS),
    Kind("k_timestamp_0", "timestamp(0)", ("2020-01-01 10:00:00.5", "1969-12-31 23:59:59.5", "infinity", "epoch")),
    Kind("k_timestamptz", "timestamptz", (*_MOMENTS, "2020-01-31 10:11:12+15:59", "2020-01-31 10:11:12+16")),
    Kind(
        "k_interval",
        "interval",
        (
            *("1 year 2 mons 3 days 04:05:06.7", "-1 year -2 mons +3 days -04:05:06.7", "1 day -1 hour", "0", "1"),
            *("P1Y2M3DT4H5M6S", "P0001-02-03T04:05:06", "PT36H", "P1W", "P1.5D", "PT-0.1S", "1-2", "1-2 3 4:05:06"),
            *("-1-2", "1 day ago", "@ 1 minute", "1.5 months", "1.5 years", "1.5 weeks", "1 century", "1 millennium"),
            *("1 10:00", "10:20.5", "90 min", "1h30m", "1 mon", "-1 mon", "30 days", "24:00:00", "1 day", "1 us"),
            *("178000000 years", "179000000 years", "-178000000 years", "2147483647 days", "2147483648 days"),
            *("2562047788:00:54.775807", "2562047789:00", "1 foo", "", "P", "1 2", "10:61", "x"),
        ),
    ),
    Kind(
        "k_uuid",
        "uuid",
        (
            *("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{a0eebc999c0b4ef8bb6d6bb9bd380a12}"),
            *("A0EEBC999C0B4EF8BB6D6BB9BD380A13", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a14"),
            *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
            *("7fffffff-ffff-ffff-ffff-ffffffffffff", "80000000-0000-0000-0000-000000000000"),
            *("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g", "", "x"),
            *(" a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ),
    ),
    Kind("k_json", "json", _JSONS, is_ordered=False),
    Kind("k_jsonb", "jsonb", _JSONS, is_ordered=False),
    Kind("k_oid", "oid", ("0", "1", "4294967295", "4294967296", "-1", "-2147483649", " 5 ", "x", "")),
    Kind("k_booleans", "boolean[]", ("{t,f,NULL}", "{}", "{x}", "{true,no}")),
    Kind("k_smallints", "smallint[]", ("{1,-32768}", "{32768}")),
    Kind(
        "k_integers",
        "integer[]",
        ("{}", "{1,2,NULL}", "{ 1 , null }", "{1,x}", "{1", "1", "{1,}", '{"1","2"}', "{1}x", "", "{2147483648}"),
    ),
    Kind("k_bigints", "bigint[]", ("{9223372036854775807}", "{9223372036854775808}")),
    Kind("k_reals", "real[]", ("{1.5,inf,NaN}", "{1e40}")),
    Kind("k_doubles", "double precision[]", ("{0.1,1e300,-Infinity,NaN}", "{1e400}")),
    Kind("k_numerics", "numeric(10,2)[]", ("{1.5,NULL,-0.005}", "{1e10}")),
    Kind(
        "k_texts",
        "text[]",
        (
            *('{a,"b c","",NULL,"NULL","\\"","\\\\"}', "{a b , c}", '{"a\nb"}', "{é}", "{a\\,b}", '{"a"b}', '{a"b}'),
            *("{,}", "{{}", "x", "{null}"),
        ),
    ),
    Kind("k_varchars", "varchar(3)[]", ("{abc,ab}", "{abcd}", "{abc  }")),
    Kind("k_chars", "char(3)[]", ("{a,abc}", "{abcd}")),
    Kind("k_names", "name[]", ("{a,b}",)),
    Kind("k_byteas", "bytea[]", ('{"\\\\x00ff","\\\\x",NULL}', "{abc}")),
    Kind("k_dates", "date[]", ('{2020-01-31,infinity,NULL,"0044-03-15 BC"}', "{2020-13-01}")),
    Kind("k_times", "time[]", ("{10:11:12.5,24:00}", "{25:00}")),
    Kind("k_timestamps", "timestamp[]", ('{2020-01-31,"2020-01-31 10:11:12.5",-infinity}', "{x}")),
    Kind("k_timestamptzs", "timestamptz[]", ('{"2020-01-31 10:11:12+05:30",infinity,NULL}', "{x}")),
    Kind("k_intervals", "interval[]", ('{"1 mon -1 days +02:03:04.5",NULL,0}', "{x}")),
    Kind("k_uuids", "uuid[]", ("{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,NULL}", "{x}")),
    Kind("k_jsons", "json[]", ('{"{\\"a\\": [1, 2]}",NULL,1}', "{x}"), is_ordered=False),
    Kind("k_jsonbs", "jsonb[]", ('{"{\\"b\\":1,\\"a\\": [1,2]}",NULL,1}', "{x}"), is_ordered=False),
    Kind("k_oids", "oid[]", ("{1,4294967295}", "{x}")),
)
"""Every type of sql.md, and arrays of each. The reg-types are tested with the catalog, whose names they are."""
