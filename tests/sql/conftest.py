"""Fixtures of the query tests: a small world in SiltDB, and the same one in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.sql.queries.world import Oracle, World

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Storage, binder and engine over the tables of `tests.sql.queries.world`."""
    world = World(tmp_path_factory.mktemp("world"))
    yield world
    world.close()


@pytest.fixture(scope="session")
def twin(postgres: str) -> Iterator[Oracle]:
    """A PostgreSQL database with the same tables."""
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("CREATE DATABASE twin")
    oracle = Oracle(psycopg.conninfo.make_conninfo(postgres, dbname="twin"))
    yield oracle
    oracle.close()
