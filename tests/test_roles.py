"""Roles through a driver: memberships and jobs, SET ROLE, EXECUTE AS USER, roles that are dropped."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import psycopg
import pytest
from psycopg import errors

from tests.delayed_jobs import delayed_job, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

    Connection = psycopg.Connection[Any]


@pytest.fixture
def admin(server: ServerProcess) -> Iterator[Connection]:
    """A superuser's connection."""
    with server.connect() as connection:
        yield connection


@pytest.fixture(scope="module", autouse=True)
def roles(server: ServerProcess) -> None:
    """Users with a schema each, and two without."""
    with server.connect() as connection:
        for name in ("owner", "stranger", "helper"):
            connection.execute(f"CREATE USER {name}")
            connection.execute(f"CREATE SCHEMA AUTHORIZATION {name}")


def who(connection: Connection) -> tuple[Any, ...]:
    """The current and the session's user."""
    row = connection.execute("SELECT current_user, session_user").fetchone()
    assert row is not None
    return row


def test_memberships_decide_about_jobs(server: ServerProcess, admin: Connection) -> None:
    """A job is there for its owner, its viewers and its operators; the last may control it, as long as they are in."""
    with server.connect(user="owner") as owner, server.connect(user="helper") as helper:
        job_id = delayed_job(owner, "watched")
        kill = f"KILL JOB '{job_id}'"
        with pytest.raises(errors.UndefinedObject, match=f'job "{job_id}" does not exist'):
            helper.execute(kill)
        admin.execute("GRANT job_viewer TO helper")
        assert status_of(helper, job_id) == "queued"
        with pytest.raises(errors.InsufficientPrivilege):
            helper.execute(kill)
        admin.execute("GRANT job_operator TO helper")
        assert [row[2] for row in helper.execute(f"PAUSE JOB '{job_id}'")] == ["paused"]
        admin.execute("REVOKE job_viewer, job_operator FROM helper")
        with pytest.raises(errors.UndefinedObject):
            helper.execute(kill)
        assert helper.execute("SELECT 1 FROM system.jobs WHERE job_id = %s", (job_id,)).fetchall() == []
        assert [row[2] for row in owner.execute(kill)] == ["cancelled"]


def test_memberships_reach_through_other_roles(server: ServerProcess, admin: Connection) -> None:
    """Who is in a role that is in job_operator is one, until one of the two grants is taken back."""
    admin.execute("CREATE ROLE on_call IN ROLE job_operator ROLE helper")
    with server.connect(user="owner") as owner, server.connect(user="helper") as helper:
        job_id = delayed_job(owner, "reached")
        assert [row[2] for row in helper.execute(f"PAUSE JOB '{job_id}'")] == ["paused"]
        admin.execute("REVOKE job_operator FROM on_call")
        with pytest.raises(errors.UndefinedObject):
            helper.execute(f"RESUME JOB '{job_id}'")
        owner.execute(f"KILL JOB '{job_id}'")
    admin.execute("DROP ROLE on_call")


def test_a_job_belongs_to_the_role_that_asked_for_it(server: ServerProcess, admin: Connection) -> None:
    """The current role owns it: that of SET ROLE, of SET LOCAL ROLE, and of EXECUTE AS USER."""
    admin.execute("SET ROLE owner")
    by_set_role = delayed_job(admin, "owner.by_set_role")
    admin.execute("RESET ROLE")
    for name in ("by_set_local", "by_statement"):
        admin.execute(f"EXECUTE AS USER 'owner' (CREATE TABLE owner.{name} (id int PRIMARY KEY))")
    with admin.transaction():
        admin.execute("SET LOCAL ROLE owner")
        admin.execute("DROP TABLE owner.by_set_local")
    admin.execute("EXECUTE AS USER 'owner' (DROP TABLE owner.by_statement)")
    owners = admin.execute(
        "SELECT table_name, owner FROM system.jobs WHERE job_type = 'cleanup' AND table_name LIKE 'by\\_%' ORDER BY 1"
    ).fetchall()
    assert owners == [("by_set_local", "owner"), ("by_set_role", "owner"), ("by_statement", "owner")]
    with server.connect(user="owner") as owner:
        owner.execute(f"KILL JOB '{by_set_role}'")


def test_execute_as_user_takes_parameters(admin: Connection) -> None:
    """In the extended protocol, with the statement's own result columns, again and again."""
    admin.execute("EXECUTE AS USER 'owner' (CREATE TABLE owner.numbers (id int PRIMARY KEY, name text))")
    for number in range(7):
        # psycopg prepares a statement that it has seen often enough: both ways are taken.
        returned = admin.execute(
            "EXECUTE AS USER 'owner' (INSERT INTO owner.numbers VALUES (%s, %s) RETURNING id, upper(name) AS shout)",
            (number, f"n{number}"),
        )
        assert [column.name for column in returned.description or ()] == ["id", "shout"]
        assert returned.fetchall() == [(number, f"N{number}")]
    found = admin.execute("EXECUTE AS USER 'owner' (SELECT name FROM owner.numbers WHERE id = %s)", (3,))
    assert found.fetchall() == [("n3",)]
    assert who(admin) == ("admin", "admin")


def test_execute_as_user_is_described_and_copied(server: ServerProcess) -> None:
    """asyncpg learns of parameters and columns before it runs; COPY works inside in both directions."""

    async def run() -> None:
        connection = await asyncpg.connect(host=server.host, port=server.port, user="admin", database="siltdb")
        try:
            statement = await connection.prepare("EXECUTE AS USER 'owner' (SELECT $1::int + 1 AS n, current_user AS u)")
            assert [each.name for each in statement.get_parameters()] == ["int4"]
            assert [each.name for each in statement.get_attributes()] == ["n", "u"]
            assert tuple(await statement.fetchrow(41)) == (42, "owner")
        finally:
            await connection.close()

    asyncio.run(run())
    with server.connect() as admin:
        admin.execute("CREATE TABLE copied (id int PRIMARY KEY) WITH (type = 'user')")
        with admin.cursor().copy("EXECUTE AS USER 'owner' (COPY copied FROM STDIN)") as copy:
            copy.write("1\n2\n")
        assert who(admin) == ("admin", "admin")
        with admin.cursor().copy("EXECUTE AS USER 'owner' (COPY copied TO STDOUT)") as copy:
            assert b"".join(copy) == b"1\n2\n"
        with admin.cursor().copy("EXECUTE AS USER 'stranger' (COPY copied TO STDOUT)") as copy:
            assert b"".join(copy) == b""


def test_an_error_inside_execute_as_user_gives_the_role_back(admin: Connection) -> None:
    """Whether it fails while it is planned, at once, in DuckDB or in a job: the next statement is the session's own."""
    for statement in (
        "EXECUTE AS USER 'owner' (SELECT * FROM missing)",
        "EXECUTE AS USER 'owner' (INSERT INTO owner.broken VALUES (1))",
        "EXECUTE AS USER 'owner' (SELECT 1 / (id - id) FROM owner.broken)",
        "EXECUTE AS USER 'owner' (KILL JOB 'FL-000000000000')",
        "EXECUTE AS USER 'owner' (DROP TABLE stranger.broken)",
    ):
        admin.execute("CREATE SCHEMA IF NOT EXISTS owner")
        admin.execute("EXECUTE AS USER 'owner' (CREATE TABLE IF NOT EXISTS owner.broken (id int PRIMARY KEY))")
        admin.execute("EXECUTE AS USER 'owner' (DELETE FROM owner.broken)")
        admin.execute("EXECUTE AS USER 'owner' (INSERT INTO owner.broken VALUES (1))")
        with pytest.raises(psycopg.Error):
            admin.execute(statement)
        assert who(admin) == ("admin", "admin")


def test_execute_as_user_is_for_those_who_may_set_role(server: ServerProcess, admin: Connection) -> None:
    """Its right is looked at each time, also where a plan was kept from before."""
    admin.execute("CREATE ROLE team ROLE helper")
    with server.connect(user="helper") as helper:
        helper.prepare_threshold = 0
        query = "EXECUTE AS USER 'team' (SELECT current_user)"
        assert helper.execute(query).fetchall() == [("team",)]
        admin.execute("REVOKE team FROM helper")
        with pytest.raises(errors.InsufficientPrivilege, match='permission denied to set role "team"'):
            helper.execute(query)
        with pytest.raises(errors.InsufficientPrivilege):
            helper.execute("EXECUTE AS USER 'admin' (SELECT 1)")
    admin.execute("DROP ROLE team")


def test_plans_are_not_shared_between_roles(server: ServerProcess, admin: Connection) -> None:
    """A statement that one role prepared is refused to a role that may not read its table: every way it is sent."""
    admin.execute("CREATE TABLE hidden (id int PRIMARY KEY, v text)")
    admin.execute("INSERT INTO hidden VALUES (1, 'x')")
    admin.prepare_threshold = 0
    point, scan = "SELECT v FROM hidden WHERE id = %s", "SELECT count(*) FROM hidden WHERE id > %s"
    for _ in range(3):
        assert admin.execute(point, (1,)).fetchall() == [("x",)]
        assert admin.execute(scan, (0,)).fetchall() == [(1,)]
    admin.execute("SET ROLE stranger")
    for query in (point, scan):
        with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table hidden"):
            admin.execute(query, (1,))
    admin.execute("RESET ROLE")
    assert admin.execute(point, (1,)).fetchall() == [("x",)]
    with server.connect(user="stranger") as stranger, pytest.raises(errors.InsufficientPrivilege):
        stranger.execute(point, (1,))


def test_sessions_of_a_dropped_role_fail_clearly(server: ServerProcess, admin: Connection) -> None:
    """Their next statement does, whatever it is; a role of that name that is made anew is another one."""
    admin.execute("CREATE USER leaver")
    with server.connect(user="leaver") as leaver:
        leaver.prepare_threshold = 0
        leaver.execute("SELECT 1")
        admin.execute("DROP ROLE leaver")
        for statement in ("SELECT 1", "SHOW JOBS", "CREATE SCHEMA x", "FLUSH ALL TABLES"):
            with pytest.raises(errors.InvalidAuthorizationSpecification, match="was dropped"):
                leaver.execute(statement)
        admin.execute("CREATE USER leaver")
        with pytest.raises(errors.InvalidAuthorizationSpecification, match="was dropped"):
            leaver.execute("SELECT 1")
    admin.execute("SET ROLE leaver")
    with server.connect() as other:
        other.execute("DROP ROLE leaver")
    with pytest.raises(errors.InvalidAuthorizationSpecification) as refused:
        admin.execute("SELECT 1")
    assert "RESET ROLE" in str(refused.value.diag.message_hint)
    admin.execute("RESET ROLE")
    assert who(admin) == ("admin", "admin")


def test_a_client_is_told_whether_its_role_is_a_superuser(admin: Connection) -> None:
    """ParameterStatus of is_superuser and session_authorization follows SET ROLE and what undoes it."""
    told = admin.info.parameter_status
    admin.execute("SET ROLE stranger")
    assert (told("is_superuser"), told("session_authorization")) == ("off", "admin")
    admin.execute("RESET ROLE")
    assert told("is_superuser") == "on"
    with pytest.raises(errors.DivisionByZero), admin.transaction():
        admin.execute("SET SESSION AUTHORIZATION stranger")
        assert (told("is_superuser"), told("session_authorization")) == ("off", "stranger")
        admin.execute("SELECT 1 / 0")
    assert (told("is_superuser"), told("session_authorization")) == ("on", "admin")


def test_createrole_gives_no_power_over_jobs(server: ServerProcess, admin: Connection) -> None:
    """Neither directly, nor through a role that has it, nor by the password of one who has it."""
    admin.execute("CREATE USER clerk CREATEROLE")
    admin.execute("CREATE ROLE deputies IN ROLE job_operator")
    admin.execute("CREATE USER deputy IN ROLE deputies")
    with server.connect(user="clerk") as clerk:
        for statement in (
            "GRANT job_operator TO clerk",
            "GRANT job_viewer TO clerk",
            "GRANT deputies TO clerk",
            "GRANT admin TO clerk",
            "CREATE ROLE x IN ROLE job_operator",
            "ALTER ROLE deputy PASSWORD 'known'",
            "ALTER ROLE clerk SUPERUSER",
            "DROP ROLE deputy",
            "REVOKE job_operator FROM deputies",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                clerk.execute(statement)
        clerk.execute("CREATE USER temp")
        clerk.execute("DROP ROLE temp")
    admin.execute("DROP ROLE deputy, deputies, clerk")


def test_the_built_in_roles_stay_as_they_are(server: ServerProcess, admin: Connection) -> None:
    """They cannot be dropped, altered, put into other roles, or logged in as."""
    with pytest.raises(errors.DependentObjectsStillExist, match="required by the database system"):
        admin.execute("DROP ROLE job_viewer")
    for statement in ("ALTER ROLE job_operator LOGIN", "GRANT owner TO job_operator"):
        with pytest.raises(errors.InsufficientPrivilege, match="is built in"):
            admin.execute(statement)
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        server.connect(user="job_operator")


def test_memberships_survive_a_restart(server: ServerProcess, admin: Connection) -> None:
    """Grants are durable; those of a dropped role are gone from its members, too."""
    admin.execute("CREATE ROLE lasting ROLE owner")
    admin.execute("CREATE ROLE passing ROLE owner")
    admin.execute("DROP ROLE passing")
    admin.close()
    server.restart()
    memberships = (
        "SELECT r.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid "
        "JOIN pg_roles m ON m.oid = a.member WHERE m.rolname = 'owner'"
    )
    assert server.execute(memberships) == [("lasting",)]
    with server.connect(user="owner") as owner:
        owner.execute("SET ROLE lasting")
        assert who(owner) == ("lasting", "owner")
