"""Roles that are dropped: what keeps them, and that a role made anew with the name of one gets nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors

from tests.delayed_jobs import delayed_job, delayed_jobs
from tests.notices import notices_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

    Connection = psycopg.Connection[Any]


@pytest.fixture
def admin(server: ServerProcess) -> Iterator[Connection]:
    """A superuser's connection."""
    with server.connect() as connection:
        yield connection


def test_a_role_with_schedules_stays(server: ServerProcess, admin: Connection) -> None:
    """What a schedule starts is its owner's: it is dropped first."""
    admin.execute("CREATE USER planner IN ROLE job_operator")
    admin.execute("EXECUTE AS USER 'planner' (CREATE SCHEDULE nightly CRON '0 3 * * *' AS FLUSH ALL TABLES)")
    with pytest.raises(errors.DependentObjectsStillExist) as refused:
        admin.execute("DROP ROLE planner")
    assert refused.value.diag.message_detail == "owner of schedule nightly"
    with server.connect(user="planner") as planner:
        planner.execute("DROP SCHEDULE nightly")
    admin.execute("DROP ROLE planner")


def test_a_role_with_jobs_stays(server: ServerProcess, admin: Connection) -> None:
    """A job knows its owner by name: a role made anew with that name would control what the old one has started."""
    admin.execute("CREATE USER worker")
    admin.execute("CREATE SCHEMA AUTHORIZATION worker")
    with server.connect(user="worker") as worker:
        first, *others = delayed_jobs(worker, *(f"worker.t{number}" for number in range(7)))
    with pytest.raises(errors.DependentObjectsStillExist) as refused:
        admin.execute("DROP SCHEMA worker; DROP ROLE worker")
    lines = (refused.value.diag.message_detail or "").splitlines()
    assert len(lines) == 6
    assert f"owner of job {first} (queued)" in lines
    assert lines[-1] == "owner of 2 more jobs"
    assert "KILL JOB ends it" in (refused.value.diag.message_hint or "")
    admin.execute(f"RETRY JOB '{first}'")
    admin.execute(f"WAIT JOB '{first}'")
    for job_id in others:
        admin.execute(f"KILL JOB '{job_id}'")
    admin.execute("DROP SCHEMA worker")
    admin.execute("DROP ROLE worker")


def test_what_a_dropped_role_had_is_not_for_one_of_its_name(server: ServerProcess, admin: Connection) -> None:
    """Nor the tables that were dropped before it: a superuser brings them back, as its own."""
    admin.execute("CREATE USER heir")
    admin.execute("CREATE SCHEMA AUTHORIZATION heir")
    admin.execute("EXECUTE AS USER 'heir' (CREATE TABLE heir.will (id int PRIMARY KEY))")
    admin.execute("EXECUTE AS USER 'heir' (INSERT INTO heir.will VALUES (1))")
    admin.execute("DROP SCHEMA heir CASCADE")
    admin.execute("DROP ROLE heir")
    admin.execute("CREATE USER heir")
    admin.execute("CREATE SCHEMA AUTHORIZATION heir")
    with server.connect(user="heir") as heir, pytest.raises(errors.InsufficientPrivilege, match="must be owner of"):
        heir.execute("UNDROP TABLE heir.will")
    told = notices_of(admin)
    admin.execute("UNDROP TABLE heir.will")
    assert told[0].message == 'table "will" belongs to "admin" now: its owner "heir" was dropped'
    assert admin.execute("SELECT id FROM heir.will").fetchall() == [(1,)]
    assert admin.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'will'").fetchall() == [("admin",)]
    with server.connect(user="heir") as heir, pytest.raises(errors.InsufficientPrivilege):
        heir.execute("SELECT id FROM heir.will")
    admin.execute("DROP SCHEMA heir CASCADE")
    admin.execute("DROP ROLE heir")


def test_a_session_of_a_dropped_role_is_not_for_one_of_its_name(server: ServerProcess, admin: Connection) -> None:
    """What it ran was the old role's; superusers see it until its client has gone."""
    seen = "SELECT query FROM system.sessions WHERE application_name = 'lingering'"
    admin.execute("CREATE USER former")
    with server.connect(user="former", application_name="lingering") as former:
        former.execute("SELECT 'private'")
        admin.execute("DROP ROLE former")
        admin.execute("CREATE USER former")
        with server.connect(user="former") as anew:
            assert anew.execute(seen).fetchall() == []
            assert anew.execute("SELECT query FROM pg_stat_activity WHERE query LIKE '%private%'").rowcount == 1
        assert admin.execute(seen).fetchall() == [("SELECT 'private'",)]
    admin.execute("DROP ROLE former")


def test_a_role_dropped_with_its_tables_owns_no_job(server: ServerProcess, admin: Connection) -> None:
    """The cleanup of a table whose role goes in the same transaction is the server's own."""
    admin.execute("CREATE USER goner")
    admin.execute("CREATE SCHEMA AUTHORIZATION goner")
    admin.execute("EXECUTE AS USER 'goner' (CREATE TABLE goner.with_it (id int PRIMARY KEY))")
    with admin.transaction():
        admin.execute("SET LOCAL ROLE goner")
        admin.execute("DROP TABLE goner.with_it")
        admin.execute("RESET ROLE")
        admin.execute("DROP SCHEMA goner")
        admin.execute("DROP ROLE goner")
    assert admin.execute("SELECT owner FROM system.jobs WHERE table_name = 'with_it'").fetchall() == [("system",)]


def test_a_role_of_that_name_is_made_once_the_jobs_of_the_old_one_have_ended(
    server: ServerProcess, admin: Connection
) -> None:
    """A restore drops roles whatever they have; nobody takes over what they have started."""
    admin.execute("BACKUP DATABASE TO 'before' WITH (wait)")
    admin.execute("CREATE USER later")
    admin.execute("CREATE SCHEMA AUTHORIZATION later")
    with server.connect(user="later") as later:
        job_id = delayed_job(later, "later.dropped")
    admin.execute("RESTORE DATABASE FROM 'before' WITH (wait)")
    with pytest.raises(errors.ObjectInUse, match='a dropped role "later" has jobs that have not ended') as refused:
        admin.execute("CREATE USER later")
    assert refused.value.diag.message_detail == f"owner of job {job_id} (queued)"
    admin.execute(f"KILL JOB '{job_id}'")
    admin.execute("CREATE USER later")
    admin.execute("DROP ROLE later")


def test_nothing_is_left_to_a_role_that_is_being_dropped(server: ServerProcess, admin: Connection) -> None:
    """Who makes something for a role while another transaction drops it fails; whichever of the two commits last."""
    with server.connect() as other:
        for first, second in ((admin, other), (other, admin)):
            admin.execute("CREATE USER fleeting")
            admin.execute("BEGIN")
            other.execute("BEGIN")
            admin.execute("CREATE SCHEMA left_over AUTHORIZATION fleeting")
            other.execute("DROP ROLE fleeting")
            first.execute("COMMIT")
            with pytest.raises(errors.SerializationFailure):
                second.execute("COMMIT")
            for statement in ("DROP SCHEMA IF EXISTS left_over", "DROP ROLE IF EXISTS fleeting"):
                admin.execute(statement)


def test_nobody_becomes_the_server(server: ServerProcess, admin: Connection) -> None:
    """What the server does by itself is of owner `system`: a role of that name would control all of it."""
    admin.execute("CREATE USER personnel CREATEROLE")
    with (
        server.connect(user="personnel") as personnel,
        pytest.raises(errors.ReservedName, match='role name "system" is reserved'),
    ):
        personnel.execute("CREATE ROLE system")
    admin.execute("DROP ROLE personnel")


def test_ended_jobs_of_a_dropped_role_are_not_for_one_of_its_name(server: ServerProcess, admin: Connection) -> None:
    """It does not find them, is not told of them, and the keys that the old role gave are free again."""
    flush = "FLUSH TABLE {}.t WITH (wait, idempotency_key = 'nightly')"
    seen = "SELECT job_id FROM system.jobs"
    found = []
    for _ in range(2):
        admin.execute("CREATE USER clerk")
        admin.execute("CREATE SCHEMA AUTHORIZATION clerk")
        with server.connect(user="clerk") as clerk:
            assert clerk.execute(seen).fetchall() == []
            assert clerk.execute("SELECT count(*) FROM system.jobs WHERE status = 'completed'").fetchone() == (0,)
            assert clerk.execute("SELECT count(*) FROM system.job_events").fetchone() == (0,)
            for job_id in found:
                with pytest.raises(errors.UndefinedObject, match="does not exist"):
                    clerk.execute(f"WAIT JOB '{job_id}'")
                with pytest.raises(errors.UndefinedObject, match="does not exist"):
                    clerk.execute(f"RETRY JOB '{job_id}'")
            clerk.execute("CREATE TABLE t (id int PRIMARY KEY) WITH (drop_retention = '0')")
            clerk.execute("INSERT INTO t VALUES (1)")
            row = clerk.execute(flush.format("clerk")).fetchone()
            assert row is not None
            assert row[3] is False
            found.append(row[0])
            assert clerk.execute(f"{seen} ORDER BY created_at DESC LIMIT 1").fetchall() == [(row[0],)]
            assert clerk.execute(f"{seen} WHERE owner = 'clerk'").fetchall() == [(row[0],)]
            told = notices_of(clerk)
            clerk.execute("DROP TABLE t")
            clerk.execute(f"WAIT JOB '{str(told[-1].message).rpartition(' ')[2]}'")
        admin.execute("DROP SCHEMA clerk")
        admin.execute("DROP ROLE clerk")
    assert admin.execute("SELECT count(*) FROM system.jobs WHERE owner = 'clerk'").fetchone() == (4,)
