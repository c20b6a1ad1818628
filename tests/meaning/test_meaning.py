"""What functions, operators and clauses mean: the lists beside this file, on SiltDB and on PostgreSQL 15.

To add a statement, write it into a list and run with SILTDB_ACCEPT=1: PostgreSQL's answers are written down.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.meaning.statements import LISTS, answers, record, recorded

if TYPE_CHECKING:
    from tests.server_process import ServerProcess


@pytest.mark.parametrize("name", LISTS)
def test_postgres_says_what_was_recorded(name: str, postgres: str) -> None:
    """The recorded answers are those of PostgreSQL 15."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        said = answers(connection, name)
    if os.environ.get("SILTDB_ACCEPT"):
        record(name, said)
    assert said == recorded(name)


@pytest.mark.parametrize("name", LISTS)
def test_means_what_it_means_in_postgres(name: str, server: ServerProcess) -> None:
    """SiltDB gives the same types, values and SQLSTATEs to every statement of a list."""
    with server.connect() as connection:
        said = answers(connection, name)
    assert said == recorded(name)
