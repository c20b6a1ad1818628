"""Random statements mean on SiltDB what they mean on PostgreSQL 15 (`tests/fuzz`).

`python -m tests.fuzz --help` does the same with servers of yours, as long as you like, and makes small what it finds.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.fuzz.catalog import read_catalog
from tests.fuzz.differ import Differ
from tests.fuzz.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

SEED = 20_000
STATEMENTS = 100
DATABASE = "random_queries"


@pytest.fixture(scope="module")
def differ(server: ServerProcess, postgres: str) -> Iterator[Differ]:
    """Both servers, with the same tables; PostgreSQL's are in a database of their own."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database {DATABASE}")
    made = Differ(server.conninfo(), f"{postgres} dbname={DATABASE}")
    made.create()
    made.begin()
    yield made
    made.close()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"drop database {DATABASE}")


def _differences(differ: Differ, first: int, count: int, kinds: tuple[str, ...]) -> list[str]:
    catalog = read_catalog(differ.theirs)
    found = []
    for seed in range(first, first + count):
        statement = Statements(Random(seed), catalog).make(kinds)
        difference = differ.compare(statement.tree.sql, statement)
        if difference is not None and not difference.known:
            found.append(f"-- {seed} {difference}")
    return found


def test_statements_of_today(differ: Differ) -> None:
    """A hundred queries and changes of rows have the same outcome on both."""
    assert _differences(differ, SEED, STATEMENTS, ("selects", "sets", "with", "writes")) == []
