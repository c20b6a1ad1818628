"""The tables that random statements are about: awkward rows, half of them cold, some deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.fuzz.values import BARE

if TYPE_CHECKING:
    import psycopg

TIME_ZONE: Final = "Europe/Paris"

TABLES: Final[dict[str, dict[str, str]]] = {
    "t": {
        "id": "integer", "b": "boolean", "s": "smallint", "i": "integer", "l": "bigint", "n": "numeric",
        "r": "real", "f": "double precision", "x": "text", "v": "character varying", "c": "character", "y": "bytea",
        "d": "date", "tm": "time without time zone", "ts": "timestamp without time zone",
        "tz": "timestamp with time zone", "iv": "interval", "u": "uuid", "j": "json", "jb": "jsonb",
        "ia": "integer[]", "xa": "text[]",
    },
    "w": {"id": "integer", "tid": "integer", "g": "integer", "x": "text", "n": "numeric", "f": "double precision",
          "d": "date", "b": "boolean"},
    "k": {"x": "text", "i": "integer", "l": "bigint", "ts": "timestamp without time zone"},
}  # fmt: skip
"""Columns and their types, by table. All kinds of values are in `t`; those of `w` and `k` are small, and meet."""

_DECLARED: Final = {
    "t.id": "integer primary key", "t.n": "numeric(20,3)", "t.v": "varchar(10)", "t.c": "char(5)",
    "w.id": "integer primary key", "w.n": "numeric(10,2)", "k.x": "text primary key",
}  # fmt: skip

_W: Final = """
(1, 1, 1, 'a', 1.50, 0.5, '2024-01-01', true), (2, 1, 1, 'b', null, 1.5, null, false),
(3, 2, 1, 'a', 2.00, null, '2024-01-03', null), (4, 2, 2, null, 2.00, -1.5, '2024-01-03', true),
(5, null, 2, '', 0.00, 0, '2024-02-29', true), (6, 3, 2, 'B', -3.25, 2.5, '2023-12-31', false),
(7, 99, null, 'abc', 4.00, 2.5, '2024-01-01', null), (8, 4, null, 'a', 1.50, 0.25, null, true),
(9, 4, 3, null, null, null, '2024-01-02', false), (10, null, 3, 'b', 7.75, 1e3, '2024-01-05', null),
(11, 5, 3, 'zz', -1.00, -0.5, '2024-01-04', true), (12, 5, 1, '', 10.00, 3, '2024-01-01', false)
"""
_K: Final = """
('a', 1, 10, '2024-01-01 00:00'), ('b', 2, null, '2024-01-03 12:00'), ('', 2, 20, null), ('abc', null, 5, '2024-01-01'),
('q', 3, 10, '2024-02-29 23:59:59'), ('B', 1, -4, null)
"""
ROWS: Final = 16


def create(connection: psycopg.Connection[object], *, settles: bool) -> None:
    """Make the tables; half of the rows are flushed where a server `settles` them."""
    connection.execute(f"set timezone to '{TIME_ZONE}'")
    for table, columns in TABLES.items():
        listed = ", ".join(f"{name} {_DECLARED.get(f'{table}.{name}', type_)}" for name, type_ in columns.items())
        connection.execute(f"create table {table} ({listed})")
    for half, (w, k) in enumerate(((_W, _K), ("", ""))):
        _insert_t(connection, half)
        for table, rows in (("w", w), ("k", k)):
            lines = [line for line in rows.strip().splitlines() if line]
            for position, line in enumerate(lines):
                if position == len(lines) // 2:
                    _settle(connection, table, settles=settles)
                connection.execute(f"insert into {table} values {line.rstrip(',')}")
        if half == 0:
            _settle(connection, "t", settles=settles)
    connection.execute("delete from t where id > 100")
    connection.execute("update w set f = f where id in (2, 9)")


def _settle(connection: psycopg.Connection[object], table: str, *, settles: bool) -> None:
    if settles:
        connection.execute(f"flush table {table} with (wait)")


def _insert_t(connection: psycopg.Connection[object], half: int) -> None:
    """Each row has another one of the constants in each column, and a NULL here and there; some will be deleted."""
    for number in range(half * ROWS // 2, (half + 1) * ROWS // 2 + 2):
        is_doomed = number >= (half + 1) * ROWS // 2
        values = [str(number + 1 + (100 * (half + 1) if is_doomed else 0))]
        for position, type_ in enumerate(list(TABLES["t"].values())[1:]):
            constants = BARE[type_]
            is_null = (number * 7 + position * 3) % 6 == 0
            values.append("null" if is_null else constants[(number + position) % len(constants)])
        connection.execute(f"insert into t values ({', '.join(values)})")
