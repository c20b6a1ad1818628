"""The queries of psql's own commands, through parser, binder and engine, compared with PostgreSQL's answers.

psql 15 is asked for its queries with ECHO_HIDDEN on the PostgreSQL that has the same tables. Oids in them are replaced
by those of the same relations here, and oids in the answers are not compared.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from storage.types import REGCLASS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from tests.sql.relations.catalog_server import CatalogServer

COMMANDS = (
    r"\d",
    r"\dt",
    r"\dt app.*",
    r"\dn app",
    r"\di",
    r"\dv",
    r"\ds",
    r"\dm",
    r"\du bob",
    r"\l siltdb",
    r"\df",
    r"\da",
    r"\do",
    r"\dD",
    r"\dT",
    r"\dA heap",
    r"\dx nothing",
    r"\det",
    r"\des",
    r"\dRp",
    r"\dy",
    r"\drds",
    r"\dc",
    r"\dO",
    r"\d orders",
    r"\d+ orders",
    r"\d app.events",
    r"\d app.lines",
    r"\d+ app.lines",
    r"\dd app.*",
    r'\d "Kinds"',
    r"\d+ app.*",
    r"\d pg_catalog.pg_tables",
)
"""What must answer as PostgreSQL does."""

QUERY = re.compile(r"^\*{9} QUERY \*{10}\n(.*?)\n\*{26}$", re.MULTILINE | re.DOTALL)
OID = re.compile(r"'(\d{4,})'")
RELATIONS = "SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"


def _queries(conninfo: Sequence[str], command: str) -> list[str]:
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed")
    run = subprocess.run(
        [psql, "-X", "-E", *conninfo, "-c", command], capture_output=True, text=True, check=False, timeout=90
    )
    return QUERY.findall(run.stdout)


def _known_oids(rows: Sequence[tuple[object, ...]]) -> dict[tuple[object, ...], str]:
    return {tuple(row[1:]): str(row[0]) for row in rows}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_answers_as_in_postgres(command: str, server: CatalogServer, oracle: psycopg.Connection) -> None:
    """Each query of the command gives PostgreSQL's rows."""
    info = oracle.info
    queries = _queries(["-h", info.host, "-U", info.user, "-d", info.dbname], command)
    assert queries
    ours = _known_oids(server.run(RELATIONS))
    theirs = {oid: name for name, oid in _known_oids(oracle.execute(RELATIONS).fetchall()).items()}
    named = dict(server.run("SELECT oid, oid::regclass::text FROM pg_class"))
    for query in queries:
        here = OID.sub(lambda oid: f"'{ours.get(theirs.get(oid[1], ()), oid[1])}'", query)
        expected = oracle.execute(query.encode())
        columns = expected.description or ()
        skipped = {i for i, column in enumerate(columns) if column.name in ("oid", "datid")}
        regclass = {i for i, column in enumerate(columns) if column.type_code == REGCLASS.oid}
        found = [
            tuple(named[value] if i in regclass else value for i, value in enumerate(row)) for row in server.run(here)
        ]
        assert _without(found, skipped) == _without(expected.fetchall(), skipped), query


def _without(rows: Sequence[tuple[object, ...]], skipped: set[int]) -> list[list[object]]:
    return [[value for index, value in enumerate(row) if index not in skipped] for row in rows]
