"""Statements that want more memory than there is: they spill, stream or fail with 53200, and the server goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.measuring import assert_measured, measures
from tests.server_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMITS = {"SILTDB_ENGINE__MEMORY_LIMIT": "64MB", "SILTDB_ENGINE__TEMP_SIZE_LIMIT": "256MB"}
GROWTH_MAX_KB = 200 << 10
"""By how much the process may grow in a statement whose data is larger than this: DuckDB's memory and what is on its
way to the client."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, server_processes: list[ServerProcess]) -> Iterator[ServerProcess]:
    """A server whose queries have little memory."""
    server = ServerProcess(tmp_path_factory.mktemp("small") / "data", **LIMITS)
    server_processes.append(server)
    server.start()
    yield server
    server.stop()


def resident_kb(server: ServerProcess) -> int:
    """What the process takes now."""
    status = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def test_a_sort_larger_than_memory_spills(small: ServerProcess) -> None:
    """1.5 million texts of 64 bytes, which are 100 MB, are sorted in 64 MB."""
    text = "md5(g::text) || md5((g + 1)::text)"
    query = f"SELECT v FROM (SELECT {text} AS v FROM generate_series(1, 1500000) g) q ORDER BY v LIMIT 5 OFFSET 1499995"
    with small.connect() as connection:
        found = connection.execute(query).fetchall()
    assert len(found) == 5
    assert found == sorted(found)
    assert found[-1][0].startswith("ffff")


def test_what_does_not_fit_fails_and_nothing_else(small: ServerProcess) -> None:
    """The statement, with 53200 and what to do; its transaction can be rolled back, and the next one succeeds."""
    with small.connect() as connection:
        for query in (
            "SELECT length(string_agg(md5(g::text), '')) FROM generate_series(1, 5000000) g",
            "SELECT array_agg(md5(g::text)) FROM generate_series(1, 5000000) g",
        ):
            with pytest.raises(psycopg.errors.OutOfMemory) as failed:
                connection.execute(query)
            assert failed.value.diag.message_hint
            assert connection.execute("SELECT sum(g) FROM generate_series(1, 1000) g").fetchone() == (500500,)


@measures
def test_a_huge_result_streams(server_factory: Callable[..., ServerProcess]) -> None:
    """Its client gets all of it, and the server does not hold it."""
    server = server_factory(**LIMITS)
    server.execute("SELECT count(*) FROM generate_series(1, 100000) g")
    before_kb = resident_kb(server)
    largest_kb = count = size = 0
    query = "COPY (SELECT g, repeat('x', 300) FROM generate_series(1, 1500000) g) TO STDOUT"
    with server.connect() as connection, connection.cursor() as cursor, cursor.copy(query) as copy:
        for count, data in enumerate(copy):
            size += len(data)
            if count % 50_000 == 0:
                largest_kb = max(largest_kb, resident_kb(server))
    assert count == 1_499_999
    assert size > 450_000_000
    server.stop()
    assert_measured(largest_kb - before_kb < GROWTH_MAX_KB, (before_kb, largest_kb))


def test_a_huge_parameter_comes_back(small: ServerProcess) -> None:
    """4 MB, hot, cold and through the wire."""
    text = "0123456789abcdef" * (1 << 18)
    with small.connect() as connection:
        connection.execute("CREATE TABLE huge (id int PRIMARY KEY, v text)")
        connection.execute("INSERT INTO huge VALUES (1, %s)", (text,))
        assert connection.execute("SELECT v FROM huge WHERE id = 1").fetchone() == (text,)
        connection.execute("FLUSH TABLE huge WITH (wait)")
        assert connection.execute("SELECT v FROM huge WHERE id = 1").fetchone() == (text,)
        assert connection.execute("SELECT length(v), md5(v) FROM huge").fetchall()[0][0] == len(text)


def test_a_literal_of_megabytes(small: ServerProcess) -> None:
    """In a statement of four megabytes."""
    text = "it''s 32 bytes of text, or so... " * (1 << 17)
    with small.connect() as connection:
        found = connection.execute(f"SELECT length('{text}')".encode()).fetchone()
        assert found == (len(text.replace("''", "'")),)


def test_many_cursors(small: ServerProcess) -> None:
    """Thirty at once over a large result, each read in part: they hold their place in it, not its rows."""
    with small.connect(autocommit=False) as connection:
        for number in range(30):
            connection.execute(
                f"DECLARE c{number} CURSOR FOR SELECT g, repeat('x', 100) FROM generate_series({number}, 200000) g"
            )
        for number in range(30):
            assert connection.execute(f"FETCH 2 FROM c{number}").fetchall()[1][0] == number + 1
        assert connection.execute("FETCH 1 FROM c7").fetchall()[0][0] == 9
