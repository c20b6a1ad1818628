"""Fixtures of the system relations: a small catalog, and a PostgreSQL database with the same tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from sql.relations import Relations
from tests.sql.relations.catalog_server import CatalogServer
from tests.sql.relations.sample import DDL, sample_context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.relations import RelationContext


@pytest.fixture(scope="session")
def relations() -> Relations:
    """Every system relation."""
    return Relations()


@pytest.fixture(scope="session")
def context() -> RelationContext:
    """What `admin` sees of the sample catalog."""
    return sample_context()


@pytest.fixture(scope="session")
def oracle(postgres: str) -> Iterator[psycopg.Connection]:
    """A database of PostgreSQL with the sample's tables, owned by a superuser `admin`."""
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("CREATE ROLE admin SUPERUSER LOGIN")
        server.execute("CREATE DATABASE siltdb OWNER admin")
    conninfo = psycopg.conninfo.make_conninfo(postgres, dbname="siltdb", user="admin")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(DDL)
        yield connection
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("DROP DATABASE siltdb")
        server.execute("DROP ROLE bob")
        server.execute("DROP ROLE admin")


@pytest.fixture(scope="session")
def server(
    relations: Relations, context: RelationContext, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CatalogServer]:
    """Parser, binder and engine over the sample catalog."""
    server = CatalogServer(relations, context, tmp_path_factory.mktemp("engine"))
    yield server
    server.close()
