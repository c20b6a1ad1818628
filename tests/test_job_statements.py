"""Statements that start jobs, and UNDROP, through a real server: options, rows, notices, errors, and for whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors

from tests.delayed_jobs import delayed_jobs, make_users, status_of
from tests.notices import notices_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.server_process import ServerProcess


@pytest.fixture
def admin(server: ServerProcess) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection."""
    with server.connect() as connection:
        yield connection


@pytest.fixture(scope="module", autouse=True)
def users(server: ServerProcess) -> None:
    """Users who own a schema each."""
    make_users(server, "owner", "stranger")


def make_table(connection: psycopg.Connection[Any], table: str, rows: int = 10) -> None:
    """A table with so many hot rows."""
    connection.execute(f"CREATE TABLE {table} (id bigint PRIMARY KEY)")
    connection.execute(f"INSERT INTO {table} SELECT n FROM generate_series(1, {rows}) AS g(n)")


def test_flush_answers_at_once_unless_it_is_to_wait(admin: psycopg.Connection[Any]) -> None:
    """Without options the row has the new job; with wait, or a time limit, the job as it ended."""
    make_table(admin, "plain")
    flushed = admin.execute("FLUSH TABLE plain")
    assert flushed.statusmessage == "FLUSH TABLE"
    assert [column.name for column in flushed.description or ()] == [
        *("job_id", "table_name", "status", "deduplicated", "message")
    ]
    row = flushed.fetchone()
    assert row is not None
    assert row[1:4] == ("public.plain", "new", False)
    assert row[0].startswith("FL-")
    admin.execute(f"WAIT JOB '{row[0]}'")
    for options in ("wait", "wait = true", "wait = 'on', timeout = '60s'", "timeout = '60s'"):
        admin.execute("INSERT INTO plain SELECT max(id) + 1 FROM plain")
        ended = admin.execute(f"STORAGE FLUSH TABLE plain WITH ({options})").fetchone()
        assert ended is not None
        assert ended[2] == "completed"
        assert ended[4].startswith("flushed 1 row into 1 segment")
    skipped = admin.execute("FLUSH TABLE plain WITH (wait)").fetchone()
    assert skipped is not None
    assert skipped[2:] == ("skipped", False, "nothing to flush")
    told = notices_of(admin)
    assert admin.execute("FLUSH TABLE plain WITH (wait = false, timeout = '1s')").fetchall()[0][2] == "new"
    assert [each.message for each in told] == ["option timeout has no effect without waiting"]


def test_a_key_leads_to_its_job_and_to_no_other_work(admin: psycopg.Connection[Any]) -> None:
    """The same key gives the same job, also once it has ended; with another table it is an error that names the job."""
    make_table(admin, "keyed")
    make_table(admin, "not_keyed")
    first = admin.execute("FLUSH TABLE keyed WITH (wait, idempotency_key = %s)", ("release-7",)).fetchone()
    assert first is not None
    assert (first[2], first[3]) == ("completed", False)
    again = admin.execute("FLUSH TABLE keyed WITH (idempotency_key = 'release-7')").fetchone()
    assert again is not None
    assert (again[0], again[2], again[3]) == (first[0], "completed", True)
    with pytest.raises(errors.InvalidParameterValue, match='key "release-7" was used with other') as caught:
        admin.execute("FLUSH TABLE not_keyed WITH (idempotency_key = 'release-7')")
    assert caught.value.diag.message_hint == f'It belongs to job "{first[0]}", which is completed.'
    for statement in ("FLUSH ALL TABLES", "VACUUM", "VACUUM keyed, not_keyed"):
        with pytest.raises(errors.InvalidParameterValue, match="takes no idempotency_key"):
            admin.execute(f"{statement} WITH (idempotency_key = 'release-8')")


def test_keys_of_schedules_cannot_be_given(admin: psycopg.Connection[Any]) -> None:
    """Who could give one would keep a schedule from firing."""
    make_table(admin, "reserved")
    with pytest.raises(errors.InvalidParameterValue, match="is reserved"):
        admin.execute("FLUSH TABLE reserved WITH (idempotency_key = 'schedule-nightly-2030-01-01T00:00:00Z')")


def test_a_key_like_that_of_another_flush_is_in_nobodys_way(admin: psycopg.Connection[Any]) -> None:
    """A user's key is no derived one: a paused flush that has it keeps no other table from being flushed."""
    make_table(admin, "mischief")
    make_table(admin, "victim")
    oid = admin.execute("SELECT 'victim'::regclass::oid").fetchone()
    assert oid is not None
    admin.execute(f"FLUSH TABLE mischief WITH (idempotency_key = 'flush-{oid[0]}')")
    row = admin.execute("FLUSH TABLE victim WITH (wait)").fetchone()
    assert row is not None
    assert row[2:4] == ("completed", False)


def test_priority_is_in_the_record(admin: psycopg.Connection[Any]) -> None:
    """What the statement says of the job is kept with it."""
    make_table(admin, "urgent")
    row = admin.execute("FLUSH TABLE urgent WITH (wait, priority = 7)").fetchone()
    assert row is not None
    kept = admin.execute("SELECT priority, owner, trigger FROM system.jobs WHERE job_id = %s", (row[0],)).fetchone()
    assert kept == (7, "admin", "user")


def test_flush_all_tables(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """A row for each table with something to flush, of one namespace or of all, and of those that one may maintain."""
    admin.execute("CREATE SCHEMA many")
    for table in ("many.b", "many.a", "owner.mine"):
        make_table(admin, table)
    admin.execute("CREATE TABLE many.empty (id int)")
    admin.execute("CREATE TABLE many.streamed (id int) WITH (type = 'stream', ttl = '1h')")
    admin.execute("INSERT INTO many.streamed VALUES (1)")
    explained = admin.execute("EXPLAIN FLUSH ALL TABLES IN NAMESPACE many")
    assert [column.name for column in explained.description or ()] == [
        *("table_name", "rows", "bytes", "files", "joins_job")
    ]
    rows = explained.fetchall()
    assert [(row[0], row[1], row[3], row[4]) for row in rows] == [("many.a", 10, 1, None), ("many.b", 10, 1, None)]
    flushed = admin.execute("FLUSH ALL TABLES IN SCHEMA many WITH (wait)")
    assert flushed.statusmessage == "FLUSH ALL TABLES"
    assert [(row[1], row[2]) for row in flushed.fetchall()] == [("many.a", "completed"), ("many.b", "completed")]
    with server.connect(user="stranger") as stranger:
        make_table(stranger, "stranger.own")
        assert [row[1] for row in stranger.execute("FLUSH ALL TABLES WITH (wait)")] == ["stranger.own"]
    assert "owner.mine" in [row[1] for row in admin.execute("STORAGE FLUSH ALL WITH (wait)")]
    with pytest.raises(errors.InvalidSchemaName, match='schema "nowhere" does not exist'):
        admin.execute("FLUSH ALL TABLES IN NAMESPACE nowhere")


@pytest.mark.parametrize("statement", ["FLUSH TABLE", "EXPLAIN FLUSH TABLE", "COMPACT TABLE", "VACUUM"])
def test_what_holds_no_rows_to_settle(admin: psycopg.Connection[Any], statement: str) -> None:
    """42809 for system relations, 42P01 for what is not there, each at its place."""
    for relation in ("system.jobs", "pg_class", "information_schema.tables"):
        with pytest.raises(errors.WrongObjectType, match="is a system relation") as caught:
            admin.execute(f"{statement} {relation}")
        assert caught.value.diag.statement_position == str(len(statement) + 2)
    with pytest.raises(errors.UndefinedTable, match='relation "nope" does not exist'):
        admin.execute(f"{statement} nope")
    with pytest.raises(errors.InvalidSchemaName):
        admin.execute(f"{statement} nowhere.nope")


def test_a_stream_is_never_flushed(admin: psycopg.Connection[Any]) -> None:
    """42809, with why."""
    admin.execute("CREATE TABLE flowing (id int) WITH (type = 'stream', ttl = '1h')")
    for statement in ("FLUSH TABLE flowing", "EXPLAIN FLUSH TABLE flowing"):
        with pytest.raises(errors.WrongObjectType, match='"flowing" is a stream table: its rows are never flushed'):
            admin.execute(statement)


def test_compact_and_vacuum_merge_segments_and_drop_dead_rows(admin: psycopg.Connection[Any]) -> None:
    """COMPACT TABLE and VACUUM leave one segment without dead rows; where there is nothing to do they say so."""
    counts = "SELECT segments, dead_rows, cold_rows FROM system.tables WHERE table_name = 'worn'"
    admin.execute("CREATE TABLE worn (id bigint PRIMARY KEY)")
    for number, statement in enumerate(("COMPACT TABLE worn", "VACUUM worn", "VACUUM FULL worn", "VACUUM")):
        for _ in range(2):
            admin.execute("INSERT INTO worn SELECT coalesce(max(id), 0) + 1 FROM worn")
            admin.execute("INSERT INTO worn SELECT max(id) + 1 FROM worn")
            admin.execute("FLUSH TABLE worn WITH (wait)")
        admin.execute("DELETE FROM worn WHERE id = (SELECT max(id) FROM worn)")
        done = admin.execute(f"{statement} WITH (wait)")
        assert done.statusmessage == statement.removesuffix(" worn").removesuffix(" FULL")
        assert ("public.worn", "completed") in [(row[1], row[2]) for row in done]
        assert admin.execute(counts).fetchone() == (1, 0, 3 * (number + 1))
    row = admin.execute("COMPACT TABLE worn WITH (wait)").fetchone()
    assert row is not None
    assert row[2:] == ("skipped", False, "nothing to compact")
    assert admin.execute("VACUUM WITH (wait)").fetchall() == []  # The last one before has left nothing to do anywhere.
    told = notices_of(admin)
    admin.execute("VACUUM (FULL, VERBOSE, ANALYZE off, FREEZE) worn WITH (wait)")
    assert [each.message for each in told] == [
        "VACUUM option VERBOSE has no effect",
        "VACUUM option FREEZE has no effect",
    ]


@pytest.mark.parametrize(
    "statement", ["VACUUM", "VACUUM plain", "VACUUM ANALYZE plain", "VACUUM (FULL) plain, plainer"]
)
def test_a_vacuum_as_postgresql_writes_it_gives_no_rows(admin: psycopg.Connection[Any], statement: str) -> None:
    """As pgbench expects it; its job is there all the same."""
    for table in ("plain", "plainer"):
        admin.execute(f"CREATE TABLE IF NOT EXISTS {table} (id bigint PRIMARY KEY)")
    count = "SELECT count(*) FROM system.jobs WHERE job_type = 'compaction' AND table_name = 'plain'"
    done = admin.execute(statement, prepare=False)
    assert (done.description, done.statusmessage) == (None, "VACUUM")
    assert admin.execute(statement, prepare=True).description is None
    if statement != "VACUUM":
        assert admin.execute(count).fetchone() != (0,)


def test_only_who_may_maintain_a_table_has_it_flushed(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """42501 for others, and their statements about all tables leave it out."""
    with server.connect(user="owner") as owner:
        make_table(owner, "owner.private")
    with server.connect(user="stranger") as stranger:
        for statement in ("FLUSH TABLE", "EXPLAIN FLUSH TABLE", "COMPACT TABLE", "VACUUM"):
            with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table private"):
                stranger.execute(f"{statement} owner.private")
        assert "owner.private" not in [row[0] for row in stranger.execute("EXPLAIN FLUSH ALL TABLES")]
        for statement in ("BACKUP DATABASE TO 'b'", "RESTORE DATABASE FROM 'b'"):
            with pytest.raises(errors.InsufficientPrivilege, match=r"permission denied to (back|restore)"):
                stranger.execute(statement)


def test_backup_and_restore(server_factory: Callable[..., ServerProcess]) -> None:
    """Jobs like the others: a row each, the name may be a parameter, and what is wrong is told at once."""
    with server_factory().connect() as admin:
        make_table(admin, "saved", 5)
        made = admin.execute("BACKUP DATABASE TO %s WITH (wait, timeout = '60s')", ("first",))
        assert made.statusmessage == "BACKUP DATABASE"
        (row,) = made.fetchall()
        assert row[0].startswith("BK-")
        assert row[1:4] == (None, "completed", False)
        with pytest.raises(errors.DuplicateObject):
            admin.execute("BACKUP DATABASE TO 'first'")
        with pytest.raises(errors.InvalidName):
            admin.execute("BACKUP DATABASE TO '../first'")
        with pytest.raises(errors.UndefinedObject):
            admin.execute("RESTORE DATABASE FROM 'second'")
        admin.execute("DELETE FROM saved")
        restored = admin.execute("RESTORE DATABASE FROM 'first' WITH (wait)")
        assert restored.statusmessage == "RESTORE DATABASE"
        assert [(each[0][:3], each[2]) for each in restored] == [("RS-", "completed")]
        assert admin.execute("SELECT count(*) FROM saved").fetchone() == (5,)
        admin.execute("CREATE SCHEDULE nightly CRON '0 0 1 1 *' AS BACKUP DATABASE TO 'night'")
        with pytest.raises(errors.InvalidName):
            admin.execute("CREATE SCHEDULE wrong CRON '0 0 1 1 *' AS BACKUP DATABASE TO '../night'")
        (run,) = admin.execute("RUN SCHEDULE nightly WITH (wait)").fetchall()
        assert run[2] == "completed"
        name = admin.execute("SELECT parameters->>'name' FROM system.jobs WHERE job_id = %s", (run[0],)).fetchone()
        assert re.fullmatch(r"night-\d{8}T\d{6}Z", (name or ("",))[0])


def test_undrop_brings_a_table_back(admin: psycopg.Connection[Any]) -> None:
    """DROP TABLE tells of the job and until when; UNDROP ends that job, and the rows are there, hot and cold."""
    make_table(admin, "missed", 100)
    admin.execute("FLUSH TABLE missed WITH (wait)")
    admin.execute("INSERT INTO missed VALUES (1000)")
    told = notices_of(admin)
    admin.execute("DROP TABLE missed")
    (notice,) = told
    assert notice.message is not None
    assert notice.hint is not None
    job_id = notice.message.removeprefix('space of table "missed" is reclaimed by job ')
    assert notice.hint.startswith("UNDROP TABLE public.missed brings it back until 20")
    assert admin.execute("UNDROP TABLE missed").statusmessage == "UNDROP TABLE"
    assert admin.execute("SELECT count(*), max(id) FROM missed").fetchone() == (101, 1000)
    row = admin.execute("SELECT status, message FROM system.jobs WHERE job_id = %s", (job_id,)).fetchone()
    assert row == ("cancelled", "cancelled by system: UNDROP TABLE by admin")
    with pytest.raises(errors.UniqueViolation):
        admin.execute("INSERT INTO missed VALUES (50)")


def test_undrop_takes_the_last_of_that_name(admin: psycopg.Connection[Any]) -> None:
    """Of several dropped tables the last; with the name taken, 42P07, and the dropped one goes on waiting."""
    for rows in (1, 2):
        make_table(admin, "again", rows)
        admin.execute("DROP TABLE again")
    make_table(admin, "again", 3)
    with pytest.raises(errors.DuplicateTable, match='relation "again" already exists'):
        admin.execute("UNDROP TABLE again")
    admin.execute("DROP TABLE again")
    for rows in (3, 2, 1):
        admin.execute("UNDROP TABLE again")
        assert admin.execute("SELECT count(*) FROM again").fetchone() == (rows,)
        admin.execute("ALTER TABLE again SET (drop_retention = '0')")
        told = notices_of(admin)
        admin.execute("DROP TABLE again")
        job_id = str(told[-1].message).rpartition(" ")[2]
        assert told[-1].hint is None
        admin.execute(f"WAIT JOB '{job_id}'")
        assert status_of(admin, job_id) == "completed"
    with pytest.raises(errors.UndefinedTable, match='there is no dropped table "again" to bring back'):
        admin.execute("UNDROP TABLE again")


def test_undrop_of_an_older_table_goes_the_way_that_the_hint_tells(admin: psycopg.Connection[Any]) -> None:
    """Where the name is taken: what has it is copied and dropped, and its cleanup is not waited for."""
    make_table(admin, "older", 1)
    admin.execute("DROP TABLE older")
    make_table(admin, "older", 2)
    with pytest.raises(errors.DuplicateTable) as taken:
        admin.execute("UNDROP TABLE older")
    assert "RETRY JOB" in (taken.value.diag.message_hint or "")
    make_table(admin, "newer", 0)
    admin.execute("INSERT INTO newer SELECT * FROM older")
    told = notices_of(admin)
    admin.execute("DROP TABLE older")
    job_id = str(told[-1].message).rpartition(" ")[2]
    admin.execute(f"RETRY JOB '{job_id}'")
    admin.execute(f"WAIT JOB '{job_id}'")
    admin.execute("UNDROP TABLE older")
    assert admin.execute("SELECT count(*) FROM older").fetchone() == (1,)
    assert admin.execute("SELECT count(*) FROM newer").fetchone() == (2,)


def test_undrop_is_for_the_owner(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """Others get 42501; the owner and superusers get the table."""
    with server.connect(user="owner") as owner, server.connect(user="stranger") as stranger:
        make_table(owner, "owner.theirs")
        owner.execute("DROP TABLE owner.theirs")
        with pytest.raises(errors.InsufficientPrivilege, match="must be owner of table theirs"):
            stranger.execute("UNDROP TABLE owner.theirs")
        owner.execute("UNDROP TABLE owner.theirs")
        owner.execute("DROP TABLE owner.theirs")
    admin.execute("UNDROP TABLE owner.theirs")
    with server.connect(user="owner") as owner:
        assert owner.execute("SELECT count(*) FROM owner.theirs").fetchone() == (10,)


def test_a_restart_between_drop_and_undrop(server: ServerProcess) -> None:
    """The dropped table waits through a restart as well."""
    with server.connect() as connection:
        make_table(connection, "patient", 5)
        connection.execute("DROP TABLE patient")
    server.restart()
    with server.connect() as connection:
        connection.execute("UNDROP TABLE patient")
        assert connection.execute("SELECT count(*) FROM patient").fetchone() == (5,)


def test_a_full_queue_is_told(server_factory: Callable[..., ServerProcess]) -> None:
    """A job more than `jobs.max_active` is refused (53400); there is room again when one has ended."""
    with server_factory(SILTDB_JOBS__MAX_ACTIVE="2").connect() as admin:
        first, _ = delayed_jobs(admin, "first", "second")
        make_table(admin, "waits", 1)
        with pytest.raises(errors.ConfigurationLimitExceeded, match="job queue full: 2 jobs have not ended yet"):
            admin.execute("FLUSH TABLE waits")
        admin.execute("KILL JOB %s", (first,))
        assert admin.execute("FLUSH TABLE waits WITH (wait)").fetchone()[2] == "completed"
