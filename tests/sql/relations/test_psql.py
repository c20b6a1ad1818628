"""The queries of psql's own commands, through parser, binder and engine, compared with PostgreSQL's answers.

psql 15 is asked for its queries with ECHO_HIDDEN on the PostgreSQL that has the same tables. Oids in them are replaced
by those of the same relations here, and oids in the answers are not compared.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from sql.binder import BindContext, bind_query
from sql.dialect import parse_script
from sql.engine import Engine
from sql.plan import RelationScan
from sql.relations.functions import CATALOG_FUNCTIONS, CATALOG_MACROS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import psycopg

    from sql.relations import RelationContext, Relations

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
    r'\d "Kinds"',
    r"\d+ app.*",
    r"\d pg_catalog.pg_tables",
)
"""What must answer as PostgreSQL does."""

QUERY = re.compile(r"^\*{9} QUERY \*{10}\n(.*?)\n\*{26}$", re.MULTILINE | re.DOTALL)
OID = re.compile(r"'(\d{4,})'")
RELATIONS = "SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"


class Server:
    """Runs a query as a session would, over the sample catalog."""

    def __init__(self, relations: Relations, context: RelationContext, folder: Path) -> None:
        self._relations = relations
        self._context = context
        self._engine = Engine(folder, folder, 1 << 30, threads=1, workers=1, macros=CATALOG_MACROS)
        self._bind_context = BindContext(context.catalog, ("public",), relations, CATALOG_FUNCTIONS)

    def close(self) -> None:
        """Stop the engine."""
        self._engine.close()

    def run(self, text: str) -> list[tuple[object, ...]]:
        """The rows of a query."""
        (statement,) = parse_script(text)
        plan = bind_query(statement.tree, self._bind_context)
        sources = {}
        for scan in plan.scans:
            assert isinstance(scan, RelationScan)
            relation = self._relations.find(scan.namespace, scan.name)
            assert relation is not None
            sources[scan.alias] = relation.rows(self._context)
        values = {"time_zone": "UTC", "current_user": "admin", "session_user": "admin"}
        session = {name: values[name] for name in plan.session_values}
        table = asyncio.run(self._engine.table(plan, sources, (), session))
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


@pytest.fixture(scope="module")
def server(
    relations: Relations, context: RelationContext, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """An engine over the sample catalog."""
    server = Server(relations, context, tmp_path_factory.mktemp("engine"))
    yield server
    server.close()


def _queries(conninfo: Sequence[str], command: str) -> list[str]:
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed")
    run = subprocess.run(
        [psql, "-X", "-E", *conninfo, "-c", command], capture_output=True, text=True, check=False, timeout=30
    )
    return QUERY.findall(run.stdout)


def _known_oids(rows: Sequence[tuple[object, ...]]) -> dict[tuple[object, ...], str]:
    return {tuple(row[1:]): str(row[0]) for row in rows}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_answers_as_in_postgres(command: str, server: Server, oracle: psycopg.Connection) -> None:
    """Each query of the command gives PostgreSQL's rows."""
    info = oracle.info
    queries = _queries(["-h", info.host, "-U", info.user, "-d", info.dbname], command)
    assert queries
    ours = _known_oids(server.run(RELATIONS))
    theirs = {oid: name for name, oid in _known_oids(oracle.execute(RELATIONS).fetchall()).items()}
    for query in queries:
        here = OID.sub(lambda oid: f"'{ours.get(theirs.get(oid[1], ()), oid[1])}'", query)
        expected = oracle.execute(query.encode())
        skipped = {i for i, column in enumerate(expected.description or ()) if column.name in ("oid", "datid")}
        assert _without(server.run(here), skipped) == _without(expected.fetchall(), skipped), query


def _without(rows: Sequence[tuple[object, ...]], skipped: set[int]) -> list[list[object]]:
    return [[value for index, value in enumerate(row) if index not in skipped] for row in rows]
