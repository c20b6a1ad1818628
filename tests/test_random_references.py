"""Random tables that refer to each other: statements have the outcome that they have in PostgreSQL 15.

Tags, SQLSTATEs and, after each statement, all rows are compared (`tests/references`); SiltDB's are hot and cold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.references.crowd import Crowd
from tests.references.pair import OrderTells
from tests.references.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.references.pair import Connection
    from tests.server_process import ServerProcess

DATABASE = "random_references"
STEPS = 40


@pytest.fixture(scope="module")
def oracle(postgres: str) -> Iterator[Connection]:
    """A session of PostgreSQL, in a database of its own."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
        with psycopg.connect(f"{postgres} dbname={DATABASE}", autocommit=True) as made:
            yield made
        connection.execute(f"DROP DATABASE {DATABASE}")


@pytest.mark.parametrize("seed", range(5))
def test_statements_have_the_outcome_of_postgres(seed: int, server: ServerProcess, oracle: Connection) -> None:
    """A schema, and some statements."""
    with server.connect() as connection:
        Session(connection, oracle, seed).run(STEPS)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_many_statements_have_the_outcome_of_postgres(server: ServerProcess, oracle: Connection) -> None:
    """Hundreds of schemas; in a few the order of rows tells, which is nobody's business."""
    order_tells = 0
    with server.connect() as connection:
        for seed in range(1000, 1400):
            try:
                Session(connection, oracle, seed).run(STEPS)
            except OrderTells:
                order_tells += 1
    assert order_tells < 20


@pytest.mark.parametrize("seed", range(2))
def test_clients_leave_no_orphan(seed: int, server: ServerProcess) -> None:
    """Three clients at once, with waits and deadlocks."""
    Crowd(server.connect, seed).run(STEPS)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_clients_leave_no_orphan_for_long(server: ServerProcess) -> None:
    """The same with many schemas."""
    for seed in range(100, 250):
        Crowd(server.connect, seed).run(2 * STEPS)
