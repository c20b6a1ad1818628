"""The real drivers, unpatched: psycopg 3 and asyncpg connect, prepare, query, copy and introspect."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import asyncpg
import psycopg
import pytest
from psycopg.types import TypeInfo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.server_process import ServerProcess

VALUES: tuple[Any, ...] = (
    1,
    True,
    -32768,
    2**31 - 1,
    -(2**63),
    1.5,
    2.25,
    Decimal("12345.67"),
    "naïve ☃",
    "abc",
    b"\x00\xff",
    dt.date(2024, 2, 29),
    dt.time(23, 59, 59, 999999),
    dt.datetime(2024, 2, 29, 12, 30, 15, 123456),
    dt.datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=dt.UTC),
    dt.timedelta(days=3, hours=4, microseconds=5),
    uuid.UUID("c8ebb2f3-4d1c-4d0e-9d5a-9a0d6a0d6a0d"),
)
COLUMNS = (
    "id int PRIMARY KEY, b boolean, i2 smallint, i4 integer, i8 bigint, f4 real, f8 double precision, n numeric(10,2), "
    "t text, v varchar(10), y bytea, d date, tm time, ts timestamp, tz timestamptz, iv interval, u uuid"
)


@pytest.fixture(scope="module")
def types_table(server: ServerProcess) -> Iterator[str]:
    """A table with a column of each type."""
    server.execute(f"CREATE TABLE every_type ({COLUMNS})")
    yield "every_type"
    server.execute("DROP TABLE every_type")


def run_asyncpg(server: ServerProcess, body: Callable[[asyncpg.Connection], Awaitable[Any]]) -> Any:
    """Run a coroutine function with an asyncpg connection."""

    async def main() -> Any:
        connection = await asyncpg.connect(host=server.host, port=server.port, user="admin", database="siltdb")
        try:
            return await body(connection)
        finally:
            await connection.close()

    return asyncio.run(main())


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_psycopg_round_trips_every_type(server: ServerProcess, types_table: str, binary: bool) -> None:
    """Values sent by psycopg come back equal, in both formats, hot and cold, by key and by scan."""
    marks = ", ".join(["%b" if binary else "%t"] * len(VALUES))
    with server.connect() as connection:
        connection.execute(f"DELETE FROM {types_table}")
        connection.execute(f"INSERT INTO {types_table} VALUES ({marks})", VALUES)
        for _ in ("hot", "cold"):
            cursor = connection.cursor(binary=binary)
            assert cursor.execute(f"SELECT * FROM {types_table} WHERE id = 1").fetchall() == [VALUES]
            assert cursor.execute(f"SELECT * FROM {types_table} WHERE id + 0 = 1").fetchall() == [VALUES]
            connection.execute(f"FLUSH TABLE {types_table} WITH (wait)")


def test_psycopg_prepares_pipelines_and_describes(server: ServerProcess) -> None:
    """Prepared statements, pipeline mode and cursor descriptions work as on PostgreSQL."""
    with server.connect() as connection:
        connection.execute("CREATE TABLE piped (id int PRIMARY KEY, name varchar(20))")
        with connection.pipeline():
            for number in range(20):
                connection.execute("INSERT INTO piped VALUES (%s, %s)", (number, f"n{number}"), prepare=True)
        cursor = connection.execute("SELECT id, name FROM piped WHERE id = %s", (7,), prepare=True)
        assert cursor.description is not None
        assert [(column.name, column.type_code) for column in cursor.description] == [("id", 23), ("name", 1043)]
        assert cursor.fetchone() == (7, "n7")
        assert connection.execute("SELECT count(*) FROM piped").fetchone() == (20,)
        connection.execute("DROP TABLE piped")


def test_a_failed_pipeline_keeps_nothing_of_its_implicit_transaction(server: ServerProcess) -> None:
    """What ran in a pipeline before an error, without a Sync between, is rolled back with it."""
    with server.connect() as connection:
        connection.execute("CREATE TABLE half (id int PRIMARY KEY)")
        with pytest.raises(psycopg.errors.UniqueViolation), connection.pipeline() as pipeline:
            connection.execute("INSERT INTO half VALUES (1)")
            connection.execute("INSERT INTO half VALUES (1)")
            connection.execute("INSERT INTO half VALUES (2)")
            pipeline.sync()
        assert connection.execute("SELECT count(*) FROM half").fetchone() == (0,)
        connection.execute("DROP TABLE half")


def test_psycopg_copies_in_and_out(server: ServerProcess) -> None:
    """COPY in both directions, and a bad row that leaves the table untouched and the connection in step."""
    with server.connect() as connection:
        connection.execute("CREATE TABLE copied (id int PRIMARY KEY, t text, n numeric(6,2) DEFAULT 7)")
        with connection.cursor().copy("COPY copied (id, t) FROM STDIN") as copy:
            for number in range(1000):
                copy.write_row((number, None if number % 10 == 0 else f"tab\t{number}\n"))
        assert connection.execute("SELECT count(*), count(t), sum(n) FROM copied").fetchone() == (1000, 900, 7000)
        with connection.cursor().copy("COPY (SELECT id, t FROM copied WHERE id < 3 ORDER BY id) TO STDOUT") as copy:
            assert list(copy.rows()) == [("0", None), ("1", "tab\t1\n"), ("2", "tab\t2\n")]
        with (
            pytest.raises(psycopg.errors.InvalidTextRepresentation),
            connection.cursor().copy("COPY copied FROM STDIN (FORMAT csv)") as copy,
        ):
            copy.write("2000,x,1\nnonsense,x,1\n")
        assert connection.execute("SELECT count(*) FROM copied").fetchone() == (1000,)
        connection.execute("DROP TABLE copied")


def test_psycopg_finds_types(server: ServerProcess) -> None:
    """TypeInfo.fetch reads pg_type."""
    with server.connect() as connection:
        info = TypeInfo.fetch(connection, "numeric")
        assert info is not None
        assert (info.oid, info.array_oid) == (1700, 1231)
        assert TypeInfo.fetch(connection, "no_such_type") is None


def test_asyncpg_round_trips_every_type(server: ServerProcess, types_table: str) -> None:
    """asyncpg, which sends and reads everything in binary and believes Describe, gets its values back."""

    async def body(connection: asyncpg.Connection) -> None:
        await connection.execute(f"DELETE FROM {types_table}")
        marks = ", ".join(f"${number}" for number in range(1, len(VALUES) + 1))
        await connection.execute(f"INSERT INTO {types_table} VALUES ({marks})", *VALUES)
        assert tuple(await connection.fetchrow(f"SELECT * FROM {types_table} WHERE id = $1", 1)) == VALUES
        rows = await connection.fetch(f"SELECT * FROM {types_table} WHERE t = $1 AND d >= $2", VALUES[8], VALUES[11])
        assert [tuple(row) for row in rows] == [VALUES]

    run_asyncpg(server, body)


def test_asyncpg_infers_parameter_types(server: ServerProcess) -> None:
    """Parse without types tells the types that PostgreSQL would infer."""

    async def body(connection: asyncpg.Connection) -> None:
        await connection.execute("CREATE TABLE inferred (id bigint PRIMARY KEY, at timestamptz, price numeric(8,2))")
        for text, expected in (
            ("SELECT * FROM inferred WHERE id = $1", ["int8"]),
            ("SELECT * FROM inferred WHERE at > $1 AND price < $2", ["timestamptz", "numeric"]),
            ("INSERT INTO inferred VALUES ($1, $2, $3)", ["int8", "timestamptz", "numeric"]),
            ("UPDATE inferred SET price = price + $1 WHERE id = $2", ["numeric", "int8"]),
            ("SELECT $1::date, $2::text", ["date", "text"]),
            ("SELECT id FROM inferred LIMIT $1 OFFSET $2", ["int8", "int8"]),
            ("DELETE FROM inferred WHERE id IN ($1, $2)", ["int8", "int8"]),
        ):
            statement = await connection.prepare(text)
            assert [parameter.name for parameter in statement.get_parameters()] == expected, text
        await connection.execute("DROP TABLE inferred")

    run_asyncpg(server, body)


def test_asyncpg_cursors_transactions_and_copy(server: ServerProcess) -> None:
    """Cursors fetch in parts through portals, transactions nest in blocks, COPY moves records."""

    async def body(connection: asyncpg.Connection) -> None:
        await connection.execute("CREATE TABLE flowing (id int PRIMARY KEY, t text)")
        async with connection.transaction():
            await connection.executemany("INSERT INTO flowing VALUES ($1, $2)", [(n, f"t{n}") for n in range(500)])
        async with connection.transaction():
            seen = [row["id"] async for row in connection.cursor("SELECT id FROM flowing ORDER BY id", prefetch=33)]
        assert seen == list(range(500))
        with pytest.raises(asyncpg.UniqueViolationError):
            async with connection.transaction():
                await connection.execute("INSERT INTO flowing VALUES (1000, 'x')")
                await connection.execute("INSERT INTO flowing VALUES (1, 'x')")
        assert await connection.fetchval("SELECT count(*) FROM flowing") == 500
        await connection.execute("DROP TABLE flowing")

    run_asyncpg(server, body)


def test_asyncpg_prepares_again_what_a_changed_table_made_invalid(server: ServerProcess) -> None:
    """It knows PostgreSQL's error by the name of the function that raises it there, and tries once more."""

    async def body(connection: asyncpg.Connection) -> None:
        await connection.execute("CREATE TABLE changing (id int PRIMARY KEY)")
        await connection.execute("INSERT INTO changing VALUES (1)")
        assert tuple(await connection.fetchrow("SELECT * FROM changing")) == (1,)
        await connection.execute("ALTER TABLE changing ADD COLUMN extra int DEFAULT 4")
        assert tuple(await connection.fetchrow("SELECT * FROM changing")) == (1, 4)
        await connection.execute("ALTER TABLE changing DROP COLUMN extra")
        async with connection.transaction():
            with pytest.raises(asyncpg.InvalidCachedStatementError):
                await connection.fetchrow("SELECT * FROM changing")
        await connection.execute("DROP TABLE changing")

    run_asyncpg(server, body)


def test_asyncpg_copies_what_a_query_with_arguments_gives(server: ServerProcess) -> None:
    """Its arguments are written into the text, by types with quoted names of their schema."""

    async def body(connection: asyncpg.Connection) -> None:
        copied = io.BytesIO()
        query = "SELECT n, n = ANY($2) FROM generate_series(1, $1) n"
        await connection.copy_from_query(query, 2, [1, 5], output=copied, format="csv")
        assert copied.getvalue() == b"1,t\n2,f\n"

    run_asyncpg(server, body)


def test_asyncpg_pool_resets_its_connections(server: ServerProcess) -> None:
    """A pool hands connections out again after its reset query."""

    async def main() -> None:
        async with (
            asyncpg.create_pool(
                host=server.host, port=server.port, user="admin", database="siltdb", min_size=2, max_size=4
            ) as pool,
            asyncio.TaskGroup() as group,
        ):
            tasks = [group.create_task(pool.fetchval("SELECT $1::int + 1", number)) for number in range(20)]
        assert [task.result() for task in tasks] == list(range(1, 21))

    asyncio.run(main())


def test_asyncpg_introspects_types_it_does_not_know(server: ServerProcess) -> None:
    """A type that asyncpg has to look up sends its recursive query over pg_type."""

    async def body(connection: asyncpg.Connection) -> None:
        assert await connection.fetchval("SELECT ARRAY[1, 2, NULL]::int[]") == [1, 2, None]
        row = await connection.fetchrow("SELECT typname, oid FROM pg_type WHERE oid = 'pg_catalog.int4'::regtype")
        assert tuple(row) == ("int4", 23)

    run_asyncpg(server, body)


def test_cancel_interrupts_the_running_statement_and_nothing_else(server: ServerProcess) -> None:
    """A cancel request ends the statement with 57014; the connection goes on."""
    with server.connect() as connection:
        connection.execute("SELECT 1")

        async def main() -> None:
            endless = (
                "SELECT count(*) FROM generate_series(1, 100000) AS s(a), generate_series(1, 1000000) AS r(b) "
                "WHERE (a::bigint * b) % 7 = 1"
            )
            task = asyncio.create_task(asyncio.to_thread(connection.execute, endless))
            running = "SELECT 1 FROM system.sessions WHERE state = 'active' AND pid = %s"
            while not server.execute(running, connection.info.backend_pid):
                await asyncio.sleep(0)
            connection.cancel_safe()
            with pytest.raises(psycopg.errors.QueryCanceled):
                await task

        asyncio.run(main())
        assert connection.execute("SELECT 2").fetchone() == (2,)


def test_statement_timeout_ends_queries_that_stream(server: ServerProcess) -> None:
    """A query that runs or gives rows for longer than statement_timeout ends with 57014; the next one runs."""
    with server.connect() as connection:
        connection.execute("SET statement_timeout = '200ms'")
        for endless in (
            "SELECT count(*) FROM generate_series(1, 1000000) AS a, generate_series(1, 1000000) AS b WHERE a + b < 0",
            "SELECT a, b FROM generate_series(1, 1000000) AS a, generate_series(1, 1000000) AS b",
        ):
            with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
                connection.execute(endless)
        connection.execute("RESET statement_timeout")
        assert connection.execute("SELECT 1").fetchone() == (1,)
