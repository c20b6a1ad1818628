"""The ways of a value through a server: what is asked about each text, and about what was stored of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.typed_values.asking import Ask, quoted
from tests.typed_values.values import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.typed_values.values import Kind

TEXTS: Final = sorted({text for kind in KINDS for text in kind.texts})
"""Every text of every kind: the rows of the table `texts`, by their place."""

SCHEMA: Final = "typed_values"

SETUP: Final = (
    Ask(f"CREATE SCHEMA {SCHEMA}"),
    Ask(f"SET search_path TO {SCHEMA}"),
    Ask("CREATE TABLE texts (id integer PRIMARY KEY, v text)"),
    *(Ask("INSERT INTO texts VALUES ($1, $2)", (str(i).encode(), text.encode())) for i, text in enumerate(TEXTS)),
    *(Ask(f"CREATE TABLE {kind.name} (id integer PRIMARY KEY, v {kind.declared})") for kind in KINDS),
    *(
        Ask(f"CREATE TABLE p{kind.name} (v {kind.declared} PRIMARY KEY, id integer)")
        for kind in KINDS
        if kind.is_ordered
    ),
)


def _constant(kind: Kind) -> list[Ask]:
    return [Ask(f"SELECT {quoted(text)}::{kind.declared}") for text in kind.texts]


def _parameter(kind: Kind) -> list[Ask]:
    return [Ask(f"SELECT $1::{kind.declared}", (text.encode(),), binary=True) for text in kind.texts]


def _column(kind: Kind) -> list[Ask]:
    return [Ask(f"SELECT v::{kind.declared} FROM texts WHERE id = {TEXTS.index(text)}") for text in kind.texts]


def _insert(kind: Kind) -> list[Ask]:
    # In PostgreSQL as well as here, what is refused takes no key.
    return [
        Ask(f"INSERT INTO {kind.name} VALUES ({i}, {quoted(text)}) RETURNING v") for i, text in enumerate(kind.texts)
    ]


def _stored(kind: Kind) -> list[Ask]:
    table, asks = kind.name, [Ask(f"INSERT INTO {kind.name} VALUES (1000, NULL)")]
    for item in ("v", "v::text", "ARRAY[v]::text", "to_json(v)", "pg_typeof(v)::text", "v || ''"):
        if "[]" in kind.declared and item in ("ARRAY[v]::text", "v || ''"):
            continue
        asks.append(Ask(f"SELECT id, {item} FROM {table} ORDER BY id"))
    asks.append(Ask(f"SELECT id, v FROM {table} ORDER BY id", binary=True))
    asks += [Ask("BEGIN"), Ask(f"DECLARE c CURSOR FOR SELECT v FROM {table} ORDER BY id")]
    asks += [Ask("FETCH 5 FROM c"), Ask("FETCH ALL FROM c", binary=True), Ask("COMMIT")]
    if "[]" not in kind.declared:
        asks += [Ask(f"SELECT array_agg(v ORDER BY id) FROM {table}", binary=binary) for binary in (False, True)]
    if kind.is_ordered:
        asks += _compared(kind)
    return asks


def _compared(kind: Kind) -> list[Ask]:
    table = kind.name
    asks = [
        Ask(f"SELECT id FROM {table} ORDER BY v, id"),
        Ask(f"SELECT id FROM {table} ORDER BY v DESC, id"),
        Ask(f"SELECT count(*), min(id) FROM {table} GROUP BY v ORDER BY 2"),
        Ask(f"SELECT count(*) FROM (SELECT DISTINCT v FROM {table}) AS q"),
        Ask(f"SELECT min(v), max(v) FROM {table}"),
        Ask(f"SELECT a.id, b.id FROM {table} a JOIN {table} b ON a.v = b.v ORDER BY 1, 2"),
        Ask(f"SELECT count(*) FROM {table} a, {table} b WHERE a.v < b.v"),
        Ask(f"INSERT INTO p{table} SELECT v, min(id) FROM {table} WHERE v IS NOT NULL GROUP BY v"),
        Ask(f"SELECT id, v FROM p{table} ORDER BY v"),
    ]
    for text in kind.texts:
        asks += [
            Ask(f"SELECT id FROM p{table} WHERE v = {quoted(text)}"),
            Ask(f"SELECT id FROM p{table} WHERE v = $1", (text.encode(),)),
        ]
    for text in kind.texts[:6]:
        asks += [
            Ask(f"SELECT id FROM {table} WHERE v <= {quoted(text)} ORDER BY id"),
            Ask(f"SELECT id FROM {table} WHERE v IN ($1, NULL) ORDER BY id", (text.encode(),)),
        ]
    return asks


_TARGETS: Final = (
    *(
        "boolean",
        "smallint",
        "integer",
        "bigint",
        "real",
        "double precision",
        "numeric(10,2)",
        "numeric(38,10)",
        "text",
    ),
    *("varchar(3)", "char(3)", "name", "bytea", "date", "time", "time(2)", "timestamp", "timestamp(0)", "timestamptz"),
    *("interval", "uuid", "json", "jsonb", "oid", "integer[]", "text[]", "numeric(10,2)[]", "timestamptz[]"),
)


def _cast(kind: Kind) -> list[Ask]:
    return [Ask(f"SELECT id, v::{target} FROM {kind.name} WHERE id < 4 ORDER BY id") for target in _TARGETS]


_ZONES: Final = (
    *("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe"),
    *("Etc/GMT+5", "EST5EDT", "utc", "Asia/Kathmandu", "nowhere", "GMT"),
)
_MOMENTS: Final = (
    *("2020-01-31 10:11:12.5", "2020-07-31 23:30:00", "2020-03-29 01:30:00+00", "2020-10-25 00:30:00+00"),
    *("2020-10-25 02:30", "2020-03-29 02:30", "1890-01-01 12:00", "infinity", "0044-03-15 12:00 BC"),
    *("9999-12-31 23:59:59", "1969-12-31 23:59:59.999999+00"),
)
_FLOATS: Final = (
    "SELECT 0.1::float8, 0.1::float4, ('1'::float8 / 3), '1e15'::float8, (0.1::float8)::text, ARRAY[0.1::float8], "
    "123456.789::real, '1'::float8 / 3 || ''"
)


def settings() -> list[Ask]:
    """What settings of the session mean to values; they are changed in its midst."""
    asks = []
    for zone in _ZONES:
        asks += [Ask(f"SET TimeZone = {quoted(zone)}"), Ask("SHOW TimeZone")]
        for moment in map(quoted, _MOMENTS):
            asks += [
                Ask(
                    f"SELECT {moment}::timestamptz, {moment}::timestamptz::timestamp, {moment}::timestamp::timestamptz"
                ),
                Ask(f"SELECT {moment}::timestamptz::date, {moment}::timestamptz::text", binary=True),
                Ask("SELECT $1::timestamptz", (moment.strip("'").encode(),)),
                Ask(f"SELECT v::timestamptz, v::timestamptz::text, v::timestamptz::date FROM (VALUES ({moment})) q(v)"),
                Ask(f"SELECT {moment}::timestamptz AT TIME ZONE 'Asia/Tokyo'"),
            ]
    asks += [Ask("RESET TimeZone"), Ask("SELECT now() = 'now'::timestamptz, 'today'::date = current_date")]
    for digits in (0, 3, -15, 4, -2, 1):
        asks += [Ask(f"SET extra_float_digits = {digits}"), Ask(_FLOATS), Ask(_FLOATS, binary=True)]
    for setting in ("DateStyle = 'ISO, MDY'", "IntervalStyle = 'postgres'", "bytea_output = 'hex'"):
        asks += [Ask(f"SET {setting}"), Ask("SELECT '1 mon -1 day'::interval, '\\x01'::bytea, '1/2/2020'::date")]
    return asks


def malformed() -> list[Ask]:
    """Parameters in binary that are too short, too long, or nothing of the type; and texts that are no text."""
    asks = [
        Ask(f"SELECT $1::{kind.declared}", (data,), (1,))
        for kind in KINDS
        for data in _MALFORMED
        # What PostgreSQL calls an internal error is no example.
        if "json" not in kind.name
    ]
    for data in (b"a\0b", b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80"):
        asks += [Ask(f"SELECT $1::{name}", (data,), (n,)) for name in ("text", "varchar(3)", "json") for n in (0, 1)]
        asks.append(Ask("SELECT $1::integer", (data,)))
    return asks


_MALFORMED: Final = (
    *(b"", b"\0", b"\0\0\0", b"\0" * 5, b"\0" * 17, b"\xff\xfe", b"\x7f" + b"\xff" * 7, b"\x80" + b"\0" * 7),
    *(b"\x02", b"\x80" + b"\0" * 6 + b"\1", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\x80\0\0\1"),
)

PATHS: Final[Mapping[str, Callable[[Kind], list[Ask]]]] = {
    "constant": _constant,
    "parameter": _parameter,
    "column": _column,
    "insert": _insert,
    "stored": _stored,
    "cast": _cast,
}
"""By name, those of each kind, in the order in which they are asked: the later ones read what `insert` has stored."""


def asks_of(path: str) -> list[Ask]:
    """All that is asked on a path, kind after kind."""
    alone = {"settings": settings, "malformed": malformed}.get(path)
    return [ask for kind in KINDS for ask in PATHS[path](kind)] if alone is None else alone()


NAMES: Final = (*PATHS, "settings", "malformed")
"""All paths."""
