"""Random statements, crashes, flushes, compactions: rows and errors are those of a plain model, and PostgreSQL's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.checking import assert_whole
from tests.machine import statements as s
from tests.machine.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.machine.statements import Statement
    from tests.server_process import ServerProcess

TABLES = st.sampled_from(["t", "u"])
COLUMNS = st.sampled_from(["n", "s", "c", "d"])
KEYS = st.integers(1, 9)
VALUES = st.none() | st.integers(0, 3) | st.sampled_from(["7", "x"])
SAVEPOINTS = st.sampled_from(["a", "b"])
TOLD_FIRST = {("23502", "23505"), ("23502", "21000")}
"""Of several rows that are wrong: NOT NULL is tested before any key is (docs/compatibility.md)."""


class SqlMachine(RuleBasedStateMachine):
    """One session, whose statements are run by the server, by the model, and by PostgreSQL, if there is one."""

    server: ClassVar[ServerProcess]
    postgres: ClassVar[str | None] = None
    crashes_allowed: ClassVar[int] = 1

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        if not self.server.is_running:
            self.server.start()
        self.connection = connected(self.server)
        self.oracle = (
            None if self.postgres is None else psycopg.connect(self.postgres, autocommit=True, prepare_threshold=None)
        )
        self.crashes = 0
        for connection in filter(None, (self.connection, self.oracle)):
            connection.execute("DROP TABLE IF EXISTS t, u")

    def teardown(self) -> None:
        """Leave nothing open."""
        for connection in filter(None, (self.connection, self.oracle)):
            connection.close()

    def run(self, statement: Statement) -> None:
        """The statement is refused with the same SQLSTATE everywhere, or nowhere."""
        expected = self.model.run(statement)
        told = sqlstate_of(self.connection, statement.sql)
        assert told == expected or (told, expected) in TOLD_FIRST
        if self.oracle is not None:
            assert sqlstate_of(self.oracle, statement.sql) == expected, "the model is wrong"

    @initialize(rows=st.integers(0, 9))
    def begin_with_rows(self, rows: int) -> None:
        """A table, perhaps with rows."""
        self.run(s.Create("t"))
        if rows:
            self.run(s.Insert("t", "n", tuple((key, key % 4) for key in range(1, rows + 1))))

    @rule(
        statement=st.one_of(
            st.builds(s.Create, TABLES),
            st.builds(s.Drop, TABLES),
            st.builds(s.Truncate, TABLES),
            st.builds(s.Rename, TABLES, TABLES),
        )
    )
    def define(self, statement: Statement) -> None:
        """Tables come, go and are renamed."""
        if isinstance(statement, s.Rename) and statement.table == statement.to:
            return
        self.run(statement)

    @rule(
        statement=st.one_of(
            st.builds(s.AddColumn, TABLES, COLUMNS, st.none() | st.integers(0, 3)),
            st.builds(s.DropColumn, TABLES, COLUMNS),
            st.builds(s.RenameColumn, TABLES, COLUMNS, COLUMNS),
            st.builds(s.Retype, TABLES, COLUMNS, st.sampled_from(["bigint", "text"])),
            st.builds(s.SetNotNull, TABLES, COLUMNS),
            st.builds(s.MakeUnique, TABLES, COLUMNS),
        )
    )
    def alter(self, statement: Statement) -> None:
        """Columns and constraints come, go and change."""
        if isinstance(statement, s.RenameColumn) and statement.column == statement.to:
            return
        self.run(statement)

    rows = st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=4).map(tuple)

    @rule(statement=st.builds(s.Insert, TABLES, COLUMNS, rows))
    def insert(self, statement: Statement) -> None:
        """Several rows."""
        self.run(statement)

    @rule(statement=st.builds(s.Upsert, TABLES, COLUMNS, rows, st.sampled_from(["nothing", "update"])))
    def upsert(self, statement: Statement) -> None:
        """Rows of which some may be there."""
        self.run(statement)

    @rule(
        statement=st.one_of(
            st.builds(s.Update, TABLES, COLUMNS, VALUES, KEYS, KEYS), st.builds(s.Delete, TABLES, KEYS, KEYS)
        )
    )
    def change(self, statement: Statement) -> None:
        """Rows change and go."""
        self.run(statement)

    @precondition(lambda self: not self.model.is_in_block)
    @rule()
    def begin(self) -> None:
        """A block begins."""
        self.run(s.BEGIN)

    @precondition(lambda self: self.model.is_in_block)
    @rule(statement=st.sampled_from([s.COMMIT, s.ROLLBACK]))
    def end(self, statement: Statement) -> None:
        """A block ends."""
        self.run(statement)

    @precondition(lambda self: self.model.is_in_block)
    @rule(statement=st.builds(s.ToSavepoint, st.sampled_from(["SAVEPOINT", "ROLLBACK TO", "RELEASE"]), SAVEPOINTS))
    def mark(self, statement: Statement) -> None:
        """Savepoints."""
        self.run(statement)

    @precondition(lambda self: not self.model.is_in_block and self.model.committed)
    @rule(data=st.data(), verb=st.sampled_from(["FLUSH", "FLUSH", "COMPACT"]))
    def settle(self, data: st.DataObject, verb: str) -> None:
        """Rows become cold, or are written anew: nobody sees a difference."""
        table = data.draw(st.sampled_from(sorted(self.model.committed)))
        self.connection.execute(f"{verb} TABLE {table} WITH (wait)")

    @precondition(lambda self: self.crashes < self.crashes_allowed)
    @rule()
    def crash(self) -> None:
        """The server is killed and started again: what was committed is there."""
        self.crashes += 1
        self.server.kill()
        assert_whole(self.server.data_dir)
        self.connection.close()
        self.server.start()
        self.connection = connected(self.server)
        if self.oracle is not None:
            self.oracle.execute("ROLLBACK")
        self.model.crash()

    @invariant()
    def rows_are_the_same(self) -> None:
        """What the session sees, after each step."""
        if self.model.has_failed:
            return
        for name, table in self.model.tables.items():
            query = f"SELECT * FROM {name} ORDER BY id"
            found = self.connection.execute(query)
            assert found.fetchall() == table.shown()
            assert [column.name for column in found.description or ()] == ["id", *table.columns]
            if self.oracle is not None:
                assert self.oracle.execute(query).fetchall() == table.shown(), "the model is wrong"


def connected(server: ServerProcess) -> psycopg.Connection[Any]:
    """A connection that prepares nothing: a plan of before must not change its columns."""
    connection = server.connect()
    connection.prepare_threshold = None
    connection.execute("SET statement_timeout = '60s'")
    return connection


def sqlstate_of(connection: psycopg.Connection[Any], sql: str) -> str | None:
    """The SQLSTATE with which a statement is refused, if it is."""
    try:
        connection.execute(sql)
    except psycopg.Error as error:
        return error.sqlstate
    return None


def run_machine(server: ServerProcess, postgres: str | None, examples: int, steps: int, crashes: int) -> None:
    """Run it with these bounds."""
    machine: Callable[[], SqlMachine] = type(
        "Machine", (SqlMachine,), {"server": server, "postgres": postgres, "crashes_allowed": crashes}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def test_rows_and_errors_are_those_of_the_model(server: ServerProcess) -> None:
    """DDL, DML, transactions with savepoints, flushes, compactions and crashes, in any order."""
    run_machine(server, None, examples=6, steps=40, crashes=1)


@pytest.mark.long
def test_rows_and_errors_are_those_of_postgresql(server: ServerProcess, postgres: str) -> None:
    """The same, many times, with PostgreSQL 15 beside it."""
    run_machine(server, postgres, examples=400, steps=60, crashes=2)
