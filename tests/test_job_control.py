"""KILL, PAUSE, RESUME and RETRY through real clients: one job or many, by whom, and what is answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import psycopg
import pytest
from psycopg import errors

from tests.delayed_jobs import delayed_job, delayed_jobs, make_users, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

UNKNOWN = "FL-0123456789ab"


@pytest.fixture
def admin(server: ServerProcess) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection."""
    with server.connect() as connection:
        yield connection


@pytest.fixture(scope="module", autouse=True)
def roles(server: ServerProcess) -> None:
    """Roles that own jobs, that may see all of them, and that may control all of them."""
    make_users(server, "owner", "stranger", "viewer", "operator")
    with server.connect() as connection:
        connection.execute("GRANT job_viewer TO viewer")
        connection.execute("GRANT job_operator TO operator")


def test_a_killed_job_is_cancelled_and_keeps_who_and_why(admin: psycopg.Connection[Any]) -> None:
    """KILL JOB answers with the state before and after; the record has the reason."""
    job_id = delayed_job(admin, "killed")
    killed = admin.execute(f"KILL JOB '{job_id}' REASON 'not wanted'")
    assert killed.fetchall() == [(job_id, "queued", "cancelled", "It was not running.")]
    assert killed.statusmessage == "KILL JOB"
    record = admin.execute(
        "SELECT status, cancel_requested_by, cancel_reason, message FROM system.jobs WHERE job_id = %s", (job_id,)
    ).fetchone()
    assert record == ("cancelled", "admin", "not wanted", "cancelled by admin: not wanted")


def test_values_may_be_parameters(admin: psycopg.Connection[Any]) -> None:
    """A driver that sends its values apart needs no quoting: id, time limit and reason, and those of a predicate."""
    one, two, three = delayed_jobs(admin, "by_id", "by_name", "by_pattern")
    killed = admin.execute("KILL JOB %s TIMEOUT %s REASON %s", (one, "10s", "it's late"))
    assert [row[2] for row in killed] == ["cancelled"]
    killed = admin.execute(
        "KILL JOBS WHERE table_name = %s AND status = ANY(%s) REASON %s", ("by_name", ["queued"], "x")
    )
    assert [row[0] for row in killed] == [two]
    paused = admin.execute("PAUSE JOBS WHERE table_name LIKE %s", ("by\\_pat%",))
    assert [row[0] for row in paused] == [three]
    with pytest.raises(errors.InvalidParameterValue, match=r"parameter \$1 must not be null"):
        admin.execute("KILL JOB %s", (None,))
    with pytest.raises(errors.InvalidParameterValue, match="'soon' is not a duration"):
        admin.execute("KILL JOB %s TIMEOUT %s", (three, "soon"))


def test_asyncpg_is_told_the_columns_and_parameters(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """What Describe says before anything is run is what comes."""
    job_id = delayed_job(admin, "described")

    async def run() -> None:
        connection = await asyncpg.connect(host=server.host, port=server.port, user="admin", database="siltdb")
        try:
            statement = await connection.prepare("KILL JOB $1 REASON $2")
            assert [each.name for each in statement.get_parameters()] == ["text", "text"]
            names = ["job_id", "previous_status", "status", "detail"]
            assert [each.name for each in statement.get_attributes()] == names
            row = await statement.fetchrow(job_id, "because")
            assert list(row.keys()) == names
            assert (row["job_id"], row["status"]) == (job_id, "cancelled")
            jobs = await connection.prepare("WAIT JOBS WHERE priority > $1 TIMEOUT $2")
            assert [each.name for each in jobs.get_parameters()] == ["int4", "text"]
            assert [each.name for each in jobs.get_attributes()][:3] == ["job_id", "job_type", "status"]
            assert await jobs.fetch(1_000, "1s") == []
        finally:
            await connection.close()

    asyncio.run(run())


def test_sql_level_prepared_statements(admin: psycopg.Connection[Any]) -> None:
    """PREPARE takes statements about jobs, EXECUTE runs them, and the rules of transactions hold for both."""
    job_id = delayed_job(admin, "prepared")
    admin.execute("PREPARE stop (text) AS KILL JOB $1 REASON 'prepared'")
    assert admin.execute(f"EXECUTE stop('{job_id}')").fetchall()[0][2] == "cancelled"
    admin.execute("BEGIN")
    with pytest.raises(errors.ActiveSqlTransaction, match="KILL JOB cannot run inside a transaction block"):
        admin.execute(f"EXECUTE stop('{job_id}')")
    admin.execute("ROLLBACK")


@pytest.mark.parametrize("verb", ["KILL", "PAUSE", "RESUME", "RETRY", "WAIT"])
def test_an_unknown_job(admin: psycopg.Connection[Any], verb: str) -> None:
    """42704, with the id."""
    with pytest.raises(errors.UndefinedObject, match=f'job "{UNKNOWN}" does not exist'):
        admin.execute(f"{verb} JOB '{UNKNOWN}'")


def test_a_job_in_the_wrong_state(admin: psycopg.Connection[Any]) -> None:
    """55000, with a hint that tells the state; nothing changes."""
    job_id = delayed_job(admin, "wrong_state")
    with pytest.raises(errors.ObjectNotInPrerequisiteState) as caught:
        admin.execute(f"RESUME JOB '{job_id}'")
    assert caught.value.diag.message_hint == "It is queued."
    admin.execute(f"KILL JOB '{job_id}'")
    for verb, done in (("KILL", "killed"), ("PAUSE", "paused"), ("RESUME", "resumed")):
        with pytest.raises(errors.ObjectNotInPrerequisiteState, match="has ended") as caught:
            admin.execute(f"{verb} JOB '{job_id}'")
        assert caught.value.diag.message_hint == f"It is cancelled: a job that has ended cannot be {done}."


def test_pause_and_resume(admin: psycopg.Connection[Any]) -> None:
    """A paused job stays; a resumed one is queued again."""
    job_id = delayed_job(admin, "paused")
    assert admin.execute(f"PAUSE JOB '{job_id}'").fetchall() == [(job_id, "queued", "paused", "It was not running.")]
    assert status_of(admin, job_id) == "paused"
    assert admin.execute(f"RESUME JOB '{job_id}'").fetchall()[0][:3] == (job_id, "paused", "queued")
    assert status_of(admin, job_id) == "queued"


def test_retry_skips_a_wait_and_starts_killed_work_again(admin: psycopg.Connection[Any]) -> None:
    """RETRY of a job that waits lets it run; of a killed one it is a new job, named in the row."""
    waiting, killed = delayed_jobs(admin, "waits", "was_killed")
    assert admin.execute(f"RETRY JOB '{waiting}'").fetchall()[0][0] == waiting
    assert admin.execute(f"WAIT JOB '{waiting}' TIMEOUT '60s'").fetchall()[0][2] == "completed"
    admin.execute(f"KILL JOB '{killed}'")
    row = admin.execute(f"RETRY JOB '{killed}'").fetchone()
    assert row is not None
    assert row[0] != killed
    assert row[1] == "cancelled"
    assert row[3] == f"Started again for {killed}."
    parent = admin.execute("SELECT parent_job_id FROM system.jobs WHERE job_id = %s", (row[0],)).fetchone()
    assert parent == (killed,)


def test_kill_of_many_jobs(admin: psycopg.Connection[Any]) -> None:
    """KILL JOBS WHERE ends every job that the predicate holds for, tells of each, and touches no other."""
    wanted = delayed_jobs(admin, *(f"many_{number}" for number in range(60)))
    other = delayed_job(admin, "not_one_of_them")
    killed = admin.execute(
        "KILL JOBS WHERE table_name LIKE 'many\\_%' AND status = 'queued' REASON 'all' TIMEOUT '60s'"
    )
    assert killed.statusmessage == "KILL JOBS"
    rows = killed.fetchall()
    assert [row[0] for row in rows] == wanted
    assert {row[1:] for row in rows} == {("queued", "cancelled", "It was not running.")}
    assert status_of(admin, other) == "queued"


def test_jobs_that_have_ended_are_left_out(admin: psycopg.Connection[Any]) -> None:
    """KILL, PAUSE and RESUME JOBS WHERE are about jobs that have not ended, whatever else the predicate says."""
    ended, waiting = delayed_jobs(admin, "left_out_1", "left_out_2")
    admin.execute("KILL JOB %s", (ended,))
    for statement in ("PAUSE", "RESUME", "KILL"):
        rows = admin.execute(f"{statement} JOBS WHERE table_name LIKE 'left\\_out\\_%'").fetchall()
        assert [row[0] for row in rows] == [waiting]
    assert admin.execute("KILL JOBS WHERE table_name LIKE 'left\\_out\\_%'").fetchall() == []
    (again,) = admin.execute("RETRY JOBS WHERE table_name = 'left_out_1'").fetchall()
    assert again[1] == "cancelled"


def test_a_predicate_is_any_that_a_query_takes(admin: psycopg.Connection[Any]) -> None:
    """Subqueries, expressions and JSON; what is wrong with it is told as of a query, at its place."""
    job_id = delayed_job(admin, "predicate")
    rows = admin.execute(
        "PAUSE JOBS WHERE parameters->>'table_name' = 'predicate' AND created_at > now() - interval '1 hour' "
        "AND owner IN (SELECT user_name FROM system.users) ASYNC"
    ).fetchall()
    assert [row[0] for row in rows] == [job_id]
    with pytest.raises(errors.UndefinedColumn, match='column "nope" does not exist') as caught:
        admin.execute("KILL JOBS WHERE nope = 1")
    assert caught.value.diag.statement_position == "17"
    with pytest.raises(errors.DatatypeMismatch, match="argument of WHERE must be type boolean"):
        admin.execute("KILL JOBS WHERE 1")
    assert admin.execute("KILL JOBS WHERE false").fetchall() == []


def test_options_without_effect_are_told_of(admin: psycopg.Connection[Any]) -> None:
    """A time limit bounds the wait of SYNC: with ASYNC a NOTICE says that it has no effect."""
    job_id = delayed_job(admin, "no_effect")
    notices: list[str] = []
    admin.add_notice_handler(lambda diagnostic: notices.append(str(diagnostic.message_primary)))
    admin.execute(f"KILL JOB '{job_id}' ASYNC TIMEOUT '1s'")
    assert notices == ["TIMEOUT has no effect on what is ASYNC"]


def test_who_may_control_a_job(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """Owners control theirs, operators all; who may see a job and not control it is told so, others that it is not."""
    with server.connect(user="owner") as owner:
        job_id = delayed_job(owner, "owner.theirs")
    with server.connect(user="stranger") as stranger:
        for verb in ("KILL", "PAUSE", "RESUME", "RETRY", "WAIT"):
            with pytest.raises(errors.UndefinedObject):
                stranger.execute(f"{verb} JOB '{job_id}'")
        assert stranger.execute("KILL JOBS WHERE table_name = 'theirs'").fetchall() == []
    with server.connect(user="viewer") as viewer:
        for verb in ("KILL", "PAUSE", "RESUME", "RETRY"):
            with pytest.raises(errors.InsufficientPrivilege, match=f'permission denied for job "{job_id}"'):
                viewer.execute(f"{verb} JOB '{job_id}'")
        notices: list[Any] = []
        viewer.add_notice_handler(notices.append)
        assert viewer.execute(f"WAIT JOB '{job_id}' TIMEOUT '1ms'").fetchall()[0][2] == "queued"
        assert len(notices) == 1
    with server.connect(user="owner") as owner:
        assert owner.execute(f"PAUSE JOB '{job_id}'").fetchall()[0][2] == "paused"
    with server.connect(user="operator") as operator:
        assert operator.execute(f"KILL JOB '{job_id}'").fetchall()[0][2] == "cancelled"


def test_of_many_jobs_those_that_are_allowed_are_done(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """… JOBS WHERE is done for what the role may control; the other rows say that permission is denied."""
    other = delayed_job(admin, "mixed_admin")
    with server.connect(user="viewer") as viewer:
        own = delayed_job(viewer, "viewer.mixed_own")
        rows = viewer.execute("KILL JOBS WHERE table_name LIKE 'mixed\\_%'").fetchall()
    assert sorted(rows) == sorted(
        [(own, "queued", "cancelled", "It was not running."), (other, "queued", "queued", "permission denied")]
    )
    assert status_of(admin, other) == "queued"


STATEMENTS = [
    "FLUSH TABLE t",
    "FLUSH ALL TABLES",
    "COMPACT TABLE t",
    "VACUUM",
    "UNDROP TABLE t",
    "BACKUP DATABASE TO 'b'",
    "RESTORE DATABASE FROM 'b'",
    f"KILL JOB '{UNKNOWN}'",
    "KILL JOBS WHERE true",
    f"PAUSE JOB '{UNKNOWN}'",
    f"RESUME JOB '{UNKNOWN}'",
    f"RETRY JOB '{UNKNOWN}'",
    f"WAIT JOB '{UNKNOWN}'",
    "WAIT JOBS WHERE true",
    "CREATE SCHEDULE s CRON '* * * * *' AS VACUUM",
    "ALTER SCHEDULE s PAUSE",
    "DROP SCHEDULE s",
    "RUN SCHEDULE s",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_job_statement_in_a_transaction_block(admin: psycopg.Connection[Any], statement: str) -> None:
    """What a job does cannot be rolled back: 25001, which names the statement, by either protocol."""
    for prepare in (False, True):
        admin.execute("BEGIN")
        with pytest.raises(errors.ActiveSqlTransaction, match=r"^[A-Z ]+ cannot run inside a transaction block"):
            admin.execute(statement, prepare=prepare)
        admin.execute("ROLLBACK")
