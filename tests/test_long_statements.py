"""Long statements are parsed and planned in workers: they can be stopped there, and mean what short ones do."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import pq
from sqlglot import exp

from sql.binder import bind_query
from sql.binding.context import BindContext, Interruption
from sql.dialect import parse_script
from sql.errors import QueryCanceled
from sql.long_statements import LONG_CHARACTERS
from sql.relations import Relations
from storage.catalog import Catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

NUMBERS = ", ".join(map(str, range(1_000)))
SUMS = ", ".join(f"{number} + 1" for number in range(20_000))
"""Seconds of work for the parser and the binder."""


@pytest.fixture
def client(server: ServerProcess) -> Iterator[psycopg.Connection[Any]]:
    """A client of a server with a table `listed` of the numbers below 2,000."""
    assert len(NUMBERS) > LONG_CHARACTERS
    with server.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS listed CASCADE")
        connection.execute("CREATE TABLE listed AS SELECT i AS id, 'x' || i AS s FROM generate_series(0, 1999) AS g(i)")
        yield connection


def sqlstate_of(result: Any) -> str:
    """What an answer of the server failed with."""
    return bytes(result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()


def test_a_time_limit_holds_while_a_statement_is_parsed_and_planned(client: psycopg.Connection[Any]) -> None:
    """A Parse message runs nothing, and neither does PREPARE: they had all the time they wanted."""
    text = f"SELECT count(*) FROM listed WHERE id IN ({SUMS})"
    client.execute("SET statement_timeout = '50ms'")
    assert sqlstate_of(client.pgconn.prepare(b"late", text.encode())) == "57014"
    with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
        client.execute(f"PREPARE late AS {text}")
    client.execute("SET statement_timeout = 0")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        client.execute("EXECUTE late")


def test_a_statement_is_cancelled_while_it_is_parsed_and_planned(
    client: psycopg.Connection[Any], server: ServerProcess
) -> None:
    """It is seen to be active, and its client goes on with another one at once."""
    text = f"SELECT id IN ({SUMS}), pg_sleep(60) FROM listed"

    def cancel() -> None:
        with server.connect() as other:
            find = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE state = 'active' AND pid = %s"
            while other.execute(find, (client.info.backend_pid,)).fetchone() is None:
                pass

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(psycopg.errors.QueryCanceled, match="user request"):
        client.execute(text)
    thread.join()
    assert client.execute("SELECT count(*) FROM listed").fetchone() == (2_000,)


def test_the_binder_stops_when_it_is_interrupted() -> None:
    """What nobody waits for any more is not planned to its end."""
    (statement,) = parse_script("SELECT 1 + 1")
    assert isinstance(statement.tree, exp.Expr)
    interruption = Interruption()
    context = BindContext(Catalog.of(()), (), Relations(), interruption=interruption)
    bind_query(statement.tree, context)
    interruption.is_set = True
    with pytest.raises(QueryCanceled):
        bind_query(statement.tree, context)


def test_a_long_statement_that_was_prepared_is_planned_again(client: psycopg.Connection[Any]) -> None:
    """For a catalog that has changed: by Bind, Describe and EXECUTE, with the parameters that it had."""
    text = f"SELECT * FROM listed WHERE id IN ({NUMBERS}) AND id > $1 ORDER BY id"
    assert not client.pgconn.prepare(b"protocol", text.encode()).error_message
    client.execute(f"PREPARE sql AS {text}")
    client.execute("CREATE TABLE IF NOT EXISTS changes_the_catalog (id int)")
    described = client.pgconn.describe_prepared(b"protocol")
    assert (described.nparams, described.nfields) == (1, 2)
    client.execute("DROP TABLE changes_the_catalog")
    bound = client.pgconn.exec_prepared(b"protocol", [b"997"])
    assert [bound.get_value(row, 0) for row in range(bound.ntuples)] == [b"998", b"999"]
    client.execute("CREATE TABLE IF NOT EXISTS changes_the_catalog (id int)")
    assert client.execute("EXECUTE sql (997)").fetchall() == [(998, "x998"), (999, "x999")]
    client.execute("ALTER TABLE listed ADD COLUMN more int")
    assert sqlstate_of(client.pgconn.exec_prepared(b"protocol", [b"997"])) == "0A000"
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="cached plan must not change result type"):
        client.execute("EXECUTE sql (997)")
    client.execute("DROP TABLE listed")
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute("EXECUTE sql (997)")


def test_every_kind_of_long_statement(client: psycopg.Connection[Any]) -> None:
    """Those that have a query in them are planned elsewhere, and run as ever; in a block and in one that failed."""
    among = f"FROM listed WHERE id IN ({NUMBERS})"
    client.execute("DROP ROLE IF EXISTS reads_nothing")
    client.execute("CREATE ROLE reads_nothing")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        client.execute(f"EXECUTE AS USER 'reads_nothing' (SELECT count(*) {among})")
    assert client.execute(f"SELECT current_user, count(*) {among}").fetchone() == ("admin", 1_000)
    client.execute("GRANT SELECT ON listed TO reads_nothing")
    who = client.execute(f"EXECUTE AS USER 'reads_nothing' (SELECT current_user, count(*) {among})")
    assert who.fetchone() == ("reads_nothing", 1_000)
    assert "listed" in str(client.execute(f"EXPLAIN SELECT count(*) {among}").fetchall())
    assert client.execute(f"CREATE TABLE IF NOT EXISTS taken AS SELECT id {among}").statusmessage == "SELECT 1000"
    with client.cursor().copy(f"COPY (SELECT id {among} AND id < 2) TO STDOUT") as copy:
        assert b"".join(map(bytes, copy)).split() == [b"0", b"1"]
    with client.transaction():
        client.execute(f"DECLARE chosen CURSOR FOR SELECT id {among} AND id > 997 ORDER BY 1")
        assert client.execute("FETCH ALL FROM chosen").fetchall() == [(998,), (999,)]
        client.execute("CREATE TABLE only_here (id int)")
        joined = f"SELECT count(*) FROM only_here RIGHT JOIN (SELECT id {among}) AS l USING (id)"
        assert client.execute(joined).fetchone() == (1_000,)
        client.execute("DROP TABLE only_here")
    merge = f"MERGE INTO taken USING (SELECT id {among}) AS l ON taken.id = l.id WHEN MATCHED THEN DELETE"
    assert client.execute(merge).statusmessage == "MERGE 1000"
    client.execute("DROP TABLE taken")
    client.execute("BEGIN")
    with pytest.raises(psycopg.errors.DivisionByZero):
        client.execute("SELECT 1 / 0")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        client.execute(f"SELECT count(*) {among}")
    client.execute("ROLLBACK")
    with pytest.raises(psycopg.errors.UndefinedColumn) as failed:
        client.execute(f"SELECT count(*) {among} AND missing = 1")
    assert failed.value.diag.statement_position == str(len(f"SELECT count(*) {among} AND ") + 1)
