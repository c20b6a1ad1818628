"""The same few tables in SiltDB's storage and in PostgreSQL, and a way to run one query on both.

`people` is partly hot and partly in a segment with a dead row; `visits` is hot; `kinds` has a column of every type;
`nothing` is empty.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from sql.binder import BindContext, bind_query
from sql.clock import now_us
from sql.dialect import parse_script
from sql.engine import Engine
from sql.query_scans import RelationScan, TableScan
from sql.relations import Relations
from sql.relations.functions import CATALOG_FUNCTIONS, CATALOG_MACROS
from sql.types import Codecs
from storage import types as t
from storage.catalog_entries import Column, PrimaryKey, Table
from storage.engine import Storage, StorageOptions
from storage.flush import commit_flush, plan_flush, write_segments
from storage.rows import rows_from_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sql.plan import QueryPlan
    from storage.types import SqlType

_KINDS: dict[str, SqlType] = {
    "id": t.INTEGER,
    "b": t.BOOLEAN,
    "i2": t.SMALLINT,
    "i4": t.INTEGER,
    "i8": t.BIGINT,
    "f4": t.REAL,
    "f8": t.DOUBLE,
    "n": t.numeric(12, 3),
    "s": t.TEXT,
    "vc": t.varchar(10),
    "ch": t.char(5),
    "by": t.BYTEA,
    "d": t.DATE,
    "tm": t.TIME,
    "ts": t.TIMESTAMP,
    "tz": t.TIMESTAMPTZ,
    "iv": t.INTERVAL,
    "u": t.UUID,
    "j": t.JSON,
    "jb": t.JSONB,
}

TABLES: dict[str, tuple[dict[str, SqlType], Sequence[tuple[str | None, ...]]]] = {
    "people": (
        {"id": t.INTEGER, "name": t.TEXT, "age": t.INTEGER, "city": t.varchar(20), "score": t.numeric(10, 2)},
        [
            ("1", "ann", "30", "Paris", "1.50"),
            ("2", "bob", None, "Rome", "2.25"),
            ("3", "cyd", "25", None, None),
            ("4", "dan", "41", "Paris", "-3.00"),
            ("5", "eve", "25", "Oslo", "10.00"),
            ("6", "Fay", "0", "", "0.10"),
            ("7", "gus", "-5", "Rome", "99.99"),
        ],
    ),
    "visits": (
        {"id": t.BIGINT, "person": t.INTEGER, "at": t.DATE, "note": t.TEXT},
        [
            ("10", "1", "2024-01-31", "first"),
            ("11", "1", "2024-02-29", None),
            ("12", "2", "2023-12-31", "a%b_c"),
            ("13", None, "1999-01-01", "back\\slash"),
            ("14", "5", None, "it's"),
        ],
    ),
    "kinds": (
        _KINDS,
        [
            (
                "1", "t", "32767", "-2147483648", "9223372036854775807", "1.5", "0.1", "123456789.125", "téxt", "vc",
                "ch", "\\x00ff", "2024-02-29", "13:14:15.5", "2024-02-29 13:14:15.123456", "2024-02-29 13:14:15+00",
                "1 year 2 mons 3 days 04:05:06.7", "11111111-2222-3333-4444-555555555555", '{"a": [1, {"b": null}]}',
                '{"a": 1, "b": "x"}',
            ),
            (
                "2", "f", "-1", "0", "-5", "-2.25", "1e+20", "-0.001", "", "", "", "\\x", "1970-01-01", "00:00:00",
                "1969-12-31 23:59:59", "2000-01-01 00:00:00+00", "-1 days", "00000000-0000-0000-0000-000000000000",
                "[]", "null",
            ),
            ("3", *[None] * 19),
        ],
    ),
    "nothing": ({"id": t.INTEGER, "v": t.TEXT}, []),
}  # fmt: skip
"""By name: columns, the first of which is the primary key, and rows as text."""


@dataclass(frozen=True)
class Result:
    """What a client sees of a result: names, types by oid, values as text."""

    names: list[str]
    types: list[int]
    rows: list[tuple[str | None, ...]]


class World:
    """SiltDB's side: storage, catalog, binder and engine, without sessions and sockets."""

    def __init__(self, folder: Path) -> None:
        (folder / "temp").mkdir(parents=True)
        self.storage = Storage.open(folder / "data", StorageOptions())
        self.cold_folder = folder / "data"
        self.engine = Engine(self.cold_folder, folder / "temp", 512 << 20, 2, 4, CATALOG_MACROS)
        self.relations = Relations()
        self.codecs = Codecs()
        self.tables = {name: self._create(16390 + n, name) for n, name in enumerate(TABLES)}
        self._settle()

    def close(self) -> None:
        """Stop."""
        self.engine.close()
        self.storage.close()

    def _create(self, oid: int, name: str) -> Table:
        types, rows = TABLES[name]
        columns = tuple(
            Column(number, column, sql_type, not_null=number == 1)
            for number, (column, sql_type) in enumerate(types.items(), start=1)
        )
        table = Table(oid, "public", name, "admin", columns, PrimaryKey(f"{name}_pkey", (1,)))
        transaction = self.storage.begin()
        transaction.change_catalog(lambda catalog: catalog.with_table(table))
        self.storage.commit(transaction)
        self.insert(table, rows)
        return table

    def insert(self, table: Table, rows: Sequence[tuple[str | None, ...]]) -> None:
        """Insert rows given as text."""
        parsed = [
            tuple(
                None if text is None else self.codecs.of(column.type).parse(text)
                for text, column in zip(row, table.columns, strict=True)
            )
            for row in rows
        ]
        transaction = self.storage.begin()
        if parsed:
            transaction.insert(table.oid, parsed)
        self.storage.commit(transaction)

    def flush(self, table: Table) -> None:
        """Settle all hot rows of a table in a segment."""
        plan = plan_flush(self.storage, table.oid)
        if plan is not None:
            commit_flush(self.storage, plan, write_segments(plan, lambda _done, _total: None))

    def _settle(self) -> None:
        """Flush `kinds` and most of `people`; then change one of its cold rows."""
        people = self.tables["people"]
        self.flush(self.tables["kinds"])
        self.flush(people)
        found = self.storage.find(people.oid, self.storage.key_of(people, (4,)))
        assert found is not None
        row, seq = found
        transaction = self.storage.begin()
        transaction.delete(people.oid, [seq])
        transaction.insert(people.oid, [row])
        self.storage.commit(transaction)

    def context(self, declared: tuple[SqlType | None, ...] = ()) -> BindContext:
        """A superuser's view, with an empty search path but for public."""
        return BindContext(
            self.storage.catalog, ("public",), self.relations, CATALOG_FUNCTIONS, declared, codecs=self.codecs
        )

    def plan(self, sql: str, declared: tuple[SqlType | None, ...] = ()) -> QueryPlan:
        """The plan of a query."""
        (statement,) = parse_script(sql)
        return bind_query(statement.tree, self.context(declared))

    def run(self, sql: str, parameters: Sequence[object] = (), declared: tuple[SqlType | None, ...] = ()) -> Result:
        """Run a query."""
        return self.run_plan(self.plan(sql, declared), parameters)

    def run_plan(self, plan: QueryPlan, parameters: Sequence[object] = ()) -> Result:
        """Run a plan."""
        table = asyncio.run(self.engine.table(plan, self.sources(plan), parameters, SESSION_VALUES))
        codecs = [self.codecs.of(column.type) for column in plan.columns]
        rows = [
            tuple(
                None if value is None else codec.format(value).decode()
                for value, codec in zip(row, codecs, strict=True)
            )
            for row in rows_from_table(table)
        ]
        return Result([column.name for column in plan.columns], [column.type.oid for column in plan.columns], rows)

    def sources(self, plan: QueryPlan) -> dict[str, Any]:
        """What each scan reads."""
        found: dict[str, Any] = {}
        for scan in plan.scans:
            if isinstance(scan, TableScan):
                found[scan.alias] = (self.storage.snapshot(scan.table_oid),)
            elif isinstance(scan, RelationScan):
                raise AssertionError("the world has no system relations: their tests are beside them")
        return found


SESSION_VALUES: Mapping[str, object] = {
    "time_zone": "UTC",
    "now": now_us(),
    "statement_timestamp": now_us(),
    "current_user": "admin",
    "session_user": "admin",
    "current_schema": "public",
    "backend_pid": 7,
    "setting:extra_float_digits": "1",
}


class Oracle:
    """PostgreSQL's side."""

    def __init__(self, conninfo: str) -> None:
        self.connection = psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.RawCursor)
        for name, (types, rows) in TABLES.items():
            columns = ", ".join(f'"{column}" {sql_type}' for column, sql_type in types.items())
            key = next(iter(types))
            self.connection.execute(f'CREATE TABLE "{name}" ({columns}, PRIMARY KEY ("{key}"))')
            places = ", ".join(f"${n}" for n in range(1, len(types) + 1))
            for row in rows:
                self.connection.execute(f'INSERT INTO "{name}" VALUES ({places})', row)

    def run(self, sql: str) -> Result:
        """Run a query by the simple protocol: values arrive as text."""
        result = self.connection.pgconn.exec_(sql.encode())
        if result.status != psycopg.pq.ExecStatus.TUPLES_OK:
            raise psycopg.errors.lookup((result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) or b"").decode())(
                (result.error_field(psycopg.pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode(),
            )
        rows = [
            tuple(
                None if (value := result.get_value(row, column)) is None else value.decode()
                for column in range(result.nfields)
            )
            for row in range(result.ntuples)
        ]
        return Result(
            [(result.fname(column) or b"").decode() for column in range(result.nfields)],
            [result.ftype(column) for column in range(result.nfields)],
            rows,
        )

    def parameter_types(self, sql: str) -> list[int]:
        """The types that PostgreSQL infers for a query's parameters."""
        connection = self.connection.pgconn
        prepared = connection.prepare(b"probe", sql.encode())
        if prepared.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise psycopg.errors.lookup((prepared.error_field(psycopg.pq.DiagnosticField.SQLSTATE) or b"").decode())(
                prepared.error_message.decode()
            )
        described = connection.describe_prepared(b"probe")
        connection.exec_(b"DEALLOCATE probe")
        return [described.param_type(number) for number in range(described.nparams)]

    def close(self) -> None:
        """Forget it."""
        self.connection.close()
