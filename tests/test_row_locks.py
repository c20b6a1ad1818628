"""Clients that change the same row wait for each other, and none for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

CLIENTS = 8
INCREMENTS = 100


def test_every_increment_of_a_shared_counter_counts(server: ServerProcess) -> None:
    """By itself, and in a transaction with another write: no waiting client is forgotten."""
    server.execute("CREATE TABLE counters (id int PRIMARY KEY, n int)")
    server.execute("CREATE TABLE done (client int, number int)")
    server.execute("INSERT INTO counters VALUES (1, 0)")

    def increment(client: int) -> None:
        with server.connect(options="-c lock_timeout=30s") as connection:
            for number in range(INCREMENTS):
                if number % 2:
                    connection.execute("UPDATE counters SET n = n + 1 WHERE id = %s", (1,))
                else:
                    with connection.transaction():
                        connection.execute("INSERT INTO done VALUES (%s, %s)", (client, number))
                        connection.execute("UPDATE counters SET n = n + 1 WHERE id = %s", (1,))

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(increment, range(CLIENTS)))
    assert server.execute("SELECT n FROM counters") == [(CLIENTS * INCREMENTS,)]
    assert server.execute("SELECT count(*) FROM done") == [(CLIENTS * INCREMENTS // 2,)]
