"""Privileges through a real server: what is SiltDB's own. The rest is in `scripts/grants.sql`, beside PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.errors import FeatureNotSupported, InsufficientPrivilege, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server_process import ServerProcess


@pytest.fixture(scope="module")
def made(server: ServerProcess) -> ServerProcess:
    """A server with roles and tables of two kinds."""
    with server.connect() as admin:
        for statement in (
            "CREATE ROLE ann LOGIN",
            "CREATE ROLE bob LOGIN",
            "CREATE TABLE shared (a int PRIMARY KEY)",
            "CREATE TABLE notes (id int PRIMARY KEY, v text) WITH (type = 'user')",
            "INSERT INTO shared VALUES (1)",
        ):
            admin.execute(statement)
    return server


def test_everyone_uses_a_user_table_until_that_is_revoked(made: ServerProcess) -> None:
    """Its rows are each role's own: PUBLIC has the use of them by default, and may lose it like any privilege."""
    with made.connect() as admin, made.connect(user="ann") as ann:
        ann.execute("INSERT INTO notes VALUES (1, 'x')")
        admin.execute("GRANT TRUNCATE ON notes TO bob")
        assert admin.execute("SELECT relacl::text FROM pg_class WHERE relname = 'notes'").fetchall() == [
            ("{admin=arwdDxt/admin,=arwd/admin,bob=D/admin}",)
        ]
        assert ann.execute("SELECT v FROM notes").fetchall() == [("x",)]
        admin.execute("REVOKE INSERT, UPDATE, DELETE ON notes FROM PUBLIC")
        assert ann.execute("SELECT v FROM notes").fetchall() == [("x",)]
        for statement in ("INSERT INTO notes VALUES (2, 'y')", "UPDATE notes SET v = 'y'", "DELETE FROM notes"):
            with pytest.raises(InsufficientPrivilege, match="permission denied for table notes"):
                ann.execute(statement)
        admin.execute("REVOKE ALL ON notes FROM PUBLIC")
        with pytest.raises(InsufficientPrivilege):
            ann.execute("SELECT v FROM notes")
        admin.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO PUBLIC")
        assert ann.execute("UPDATE notes SET v = 'z' WHERE id = 1 RETURNING v").fetchall() == [("z",)]


def test_everyone_looks_into_a_schema_until_that_is_revoked(made: ServerProcess) -> None:
    """USAGE of a schema is PUBLIC's by default. Without it nothing in the schema is reached, granted or not."""
    with made.connect() as admin, made.connect(user="ann") as ann:
        admin.execute("CREATE SCHEMA closed")
        admin.execute("CREATE TABLE closed.t (a int PRIMARY KEY)")
        admin.execute("GRANT ALL ON closed.t TO ann")
        assert ann.execute("SELECT * FROM closed.t").fetchall() == []
        admin.execute("REVOKE USAGE ON SCHEMA closed FROM PUBLIC")
        for statement in (
            "SELECT * FROM closed.t",
            "SELECT * FROM closed.t WHERE a = 1",
            "INSERT INTO closed.t VALUES (1)",
            "UPDATE closed.t SET a = 2",
            "DELETE FROM closed.t",
            "COPY closed.t FROM STDIN",
        ):
            with pytest.raises(InsufficientPrivilege, match="permission denied for schema closed"):
                ann.execute(statement)
        admin.execute("GRANT USAGE ON SCHEMA closed TO ann")
        assert ann.execute("SELECT * FROM closed.t").fetchall() == []


def test_a_grant_is_in_force_at_once_and_a_revoke_too(made: ServerProcess) -> None:
    """Plans made before, of prepared statements too, are not run with rights that are gone."""
    with made.connect() as admin, made.connect(user="ann") as ann:
        admin.execute("GRANT SELECT ON shared TO ann")
        ann.execute("PREPARE p AS SELECT a FROM shared WHERE a = 1")
        assert ann.execute("EXECUTE p").fetchall() == [(1,)]
        assert ann.execute("SELECT a FROM shared", prepare=True).fetchall() == [(1,)]
        admin.execute("REVOKE SELECT ON shared FROM ann")
        for statement in ("EXECUTE p", "SELECT a FROM shared", "SELECT a FROM shared WHERE a = 1"):
            with pytest.raises(InsufficientPrivilege, match="permission denied for table shared"):
                ann.execute(statement)


def test_a_grant_that_is_rolled_back_was_none(made: ServerProcess) -> None:
    """GRANT is part of its transaction: only that sees it before the commit."""
    with made.connect(autocommit=False) as admin, made.connect(user="ann") as ann:
        admin.execute("GRANT SELECT ON shared TO ann")
        with pytest.raises(InsufficientPrivilege):
            ann.execute("SELECT a FROM shared")
        admin.rollback()
        with pytest.raises(InsufficientPrivilege):
            ann.execute("SELECT a FROM shared")


def test_an_operator_flushes_and_does_not_read(made: ServerProcess) -> None:
    """job_operator maintains every table; what it may read of a shared one is granted like to anyone."""
    with made.connect() as admin:
        admin.execute("GRANT job_operator TO bob")
        with made.connect(user="bob") as bob:
            bob.execute("FLUSH TABLE shared WITH (wait)")
            with pytest.raises(InsufficientPrivilege):
                bob.execute("SELECT a FROM shared")
        admin.execute("REVOKE job_operator FROM bob")


def test_reading_does_not_let_flush(made: ServerProcess) -> None:
    """No privilege on a table lets a role flush, compact, change or drop it."""
    with made.connect() as admin, made.connect(user="bob") as bob:
        admin.execute("GRANT ALL ON shared TO bob")
        for statement in ("FLUSH TABLE shared", "COMPACT TABLE shared", "DROP TABLE shared"):
            with pytest.raises(InsufficientPrivilege):
                bob.execute(statement)
        admin.execute("REVOKE ALL ON shared FROM bob")


def test_grants_on_the_database_say_that_they_do_nothing(made: ServerProcess) -> None:
    """There is one database for all: GRANT tells so, REVOKE is 0A000."""
    with made.connect() as admin:
        told: list[str | None] = []
        admin.add_notice_handler(lambda notice: told.append(notice.message_primary))
        admin.execute("GRANT CONNECT, TEMPORARY ON DATABASE siltdb TO ann")
        admin.execute("GRANT ALL ON DATABASE siltdb TO ann")
        assert len(told) == 2
        with pytest.raises(FeatureNotSupported):
            admin.execute("REVOKE CONNECT ON DATABASE siltdb FROM PUBLIC")
    with made.connect(user="ann") as ann, pytest.raises(InsufficientPrivilege):
        ann.execute("GRANT CONNECT ON DATABASE siltdb TO bob")


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT SELECT ON pg_class TO ann",
        "GRANT SELECT ON system.jobs TO ann",
        "GRANT USAGE ON SCHEMA pg_catalog TO ann",
        "REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC",
    ],
)
def test_privileges_of_the_system_stay(statement: str, made: ServerProcess) -> None:
    """What everyone may read of the system is not changed, not by a superuser either."""
    with made.connect() as admin, pytest.raises(InsufficientPrivilege):
        admin.execute(statement)


def test_a_table_that_is_not_granted_is_not_shown(made: ServerProcess) -> None:
    """information_schema shows a role what it may use; segments, what it may read."""
    with made.connect() as admin, made.connect(user="ann") as ann:
        listed = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'shared'"
        files = "SELECT count(*) > 0 FROM system.segments WHERE table_name = 'shared'"
        admin.execute("FLUSH TABLE shared WITH (wait)")
        assert ann.execute(listed).fetchall() == [(0,)]
        assert ann.execute(files).fetchall() == [(False,)]
        admin.execute("GRANT INSERT ON shared TO ann")
        assert ann.execute(listed).fetchall() == [(1,)]
        assert ann.execute(files).fetchall() == [(False,)]
        admin.execute("GRANT SELECT ON shared TO ann")
        assert ann.execute(files).fetchall() == [(True,)]
        admin.execute("REVOKE ALL ON shared FROM ann")


def test_grants_survive_a_crash(server_factory: Callable[..., ServerProcess]) -> None:
    """What was granted and revoked is as durable as the rest of the catalog."""
    server = server_factory()
    with server.connect() as admin:
        for statement in (
            "CREATE ROLE ann LOGIN",
            "CREATE SCHEMA s",
            "CREATE TABLE s.t (a int)",
            "GRANT SELECT, INSERT ON s.t TO ann WITH GRANT OPTION",
            "REVOKE INSERT ON s.t FROM ann",
            "GRANT CREATE ON SCHEMA s TO ann",
        ):
            admin.execute(statement)
    server.kill()
    server.start()
    with server.connect(user="ann") as ann:
        assert ann.execute("SELECT * FROM s.t").fetchall() == []
        ann.execute("CREATE TABLE s.own (a int)")
        ann.execute("GRANT SELECT ON s.t TO PUBLIC")
        with pytest.raises(InsufficientPrivilege):
            ann.execute("INSERT INTO s.t VALUES (1)")
    with server.connect() as admin:
        assert admin.execute("SELECT relacl::text FROM pg_class WHERE relname = 't'").fetchall() == [
            ("{admin=arwdDxt/admin,ann=r*/admin,=r/ann}",)
        ]
        with pytest.raises(psycopg.errors.DependentObjectsStillExist):
            admin.execute("DROP ROLE ann")


def test_errors_show_no_values_to_who_may_not_read_them(made: ServerProcess) -> None:
    """Who may UPDATE or INSERT only is told which constraint was broken, not what stands in the row that it met."""
    with made.connect() as admin, made.connect(user="ann") as ann:
        admin.execute(
            "CREATE TABLE pay (id int PRIMARY KEY, who text NOT NULL, n int CHECK (n < 100), UNIQUE (who, n))"
        )
        admin.execute("INSERT INTO pay VALUES (1, 'secret', 1), (2, 'secret', 2)")
        admin.execute("GRANT UPDATE, INSERT ON pay TO ann")
        broken = (
            "UPDATE pay SET n = 500",
            "UPDATE pay SET who = NULL",
            "UPDATE pay SET id = NULL",
            "UPDATE pay SET n = 3",
            "INSERT INTO pay VALUES (1, 'x', 3)",
            "INSERT INTO pay SELECT 1, 'x', g FROM generate_series(3, 4) g",
        )
        for statement in broken:
            with pytest.raises(IntegrityError) as raised:
                ann.execute(statement)
            assert (raised.value.diag.message_detail, raised.value.diag.table_name) == (None, "pay"), statement
        admin.execute("GRANT SELECT ON pay TO ann")
        for statement in broken:
            with pytest.raises(IntegrityError) as raised:
                ann.execute(statement)
            assert raised.value.diag.message_detail is not None, statement


def test_setting_a_sequence_needs_update(made: ServerProcess) -> None:
    """USAGE of a sequence, and INSERT into a table with an identity, give numbers; setval() takes UPDATE."""
    with made.connect() as admin, made.connect(user="ann") as ann:
        admin.execute("CREATE SEQUENCE tickets")
        admin.execute("CREATE TABLE numbered (id int GENERATED ALWAYS AS IDENTITY)")
        admin.execute("GRANT USAGE ON SEQUENCE tickets TO ann")
        admin.execute("GRANT INSERT ON numbered TO ann")
        ann.execute("INSERT INTO numbered DEFAULT VALUES")
        assert ann.execute("SELECT nextval('tickets')").fetchall() == [(1,)]
        for call in ("setval('tickets', 9)", "setval('numbered_id_seq', 9)"):
            for query in (
                f"SELECT {call}",
                f"SELECT {call} FROM generate_series(1, 2)",
                f"SELECT g, {call} FROM (VALUES (1)) v(g)",
            ):
                with pytest.raises(InsufficientPrivilege, match="permission denied for sequence"):
                    ann.execute(query)
        admin.execute("GRANT UPDATE ON SEQUENCE tickets TO ann")
        assert ann.execute("SELECT setval('tickets', 9)").fetchall() == [(9,)]
