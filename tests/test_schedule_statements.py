"""CREATE, ALTER, DROP and RUN SCHEDULE through a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors

from tests.delayed_jobs import make_users
from tests.notices import notices_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

NEVER_NOW = "0 0 1 1 *"
"""Fires at New Year: not while a test runs (but for one night a year, and then it does no harm)."""


@pytest.fixture
def admin(server: ServerProcess) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection."""
    with server.connect() as connection:
        yield connection


@pytest.fixture(scope="module", autouse=True)
def users(server: ServerProcess) -> None:
    """Users who own a schema each."""
    make_users(server, "owner", "stranger", "operator")
    with server.connect() as connection:
        connection.execute("GRANT job_operator TO operator")


def shown(connection: psycopg.Connection[Any], name: str) -> tuple[Any, ...] | None:
    """What system.schedules has of a schedule."""
    return connection.execute(
        "SELECT cron, timezone, statement, source, paused, on_overlap, next_run_at IS NULL FROM system.schedules "
        "WHERE schedule_name = %s",
        (name,),
    ).fetchone()


def test_the_life_of_a_schedule(admin: psycopg.Connection[Any]) -> None:
    """Made, changed, paused, run, resumed and dropped; its jobs bear its name."""
    admin.execute("CREATE TABLE rows (id int PRIMARY KEY)")
    admin.execute("INSERT INTO rows VALUES (1)")
    made = admin.execute(
        f"CREATE SCHEDULE yearly CRON '{NEVER_NOW}' TIMEZONE 'Europe/Paris' ON OVERLAP QUEUE AS FLUSH TABLE rows"
    )
    assert made.statusmessage == "CREATE SCHEDULE"
    flush = "FLUSH TABLE public.rows"
    assert shown(admin, "yearly") == (NEVER_NOW, "Europe/Paris", flush, "user", False, "queue", False)
    assert admin.execute("ALTER SCHEDULE yearly PAUSE").statusmessage == "ALTER SCHEDULE"
    admin.execute("ALTER SCHEDULE yearly CRON '0 0 2 1 *' TIMEZONE 'UTC' ON OVERLAP SKIP")
    assert shown(admin, "yearly") == ("0 0 2 1 *", "UTC", flush, "user", True, "skip", True)
    ran = admin.execute("RUN SCHEDULE yearly WITH (wait)")
    assert ran.statusmessage == "RUN SCHEDULE"
    (row,) = ran.fetchall()
    assert row[1:4] == ("public.rows", "completed", False)
    job = admin.execute("SELECT trigger, schedule_name, owner FROM system.jobs WHERE job_id = %s", (row[0],)).fetchone()
    assert job == ("schedule", "yearly", "admin")
    assert admin.execute("RUN SCHEDULE yearly").fetchall() == []
    admin.execute("ALTER SCHEDULE yearly RESUME")
    assert admin.execute("DROP SCHEDULE yearly").statusmessage == "DROP SCHEDULE"
    assert shown(admin, "yearly") is None


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        ("FLUSH ALL TABLES", "FLUSH ALL TABLES"),
        ('STORAGE FLUSH ALL IN SCHEMA "Odd name"', 'FLUSH ALL TABLES IN NAMESPACE "Odd name"'),
        ('FLUSH TABLE "Odd name"."T"', 'FLUSH TABLE "Odd name"."T"'),
        ('COMPACT TABLE "Odd name"."T"', 'COMPACT TABLE "Odd name"."T"'),
        ("VACUUM", "VACUUM"),
        ('VACUUM "Odd name"."T"', 'VACUUM "Odd name"."T"'),
    ],
)
def test_what_a_schedule_may_do(admin: psycopg.Connection[Any], statement: str, kept: str) -> None:
    """The statement is kept in a form that means the same in any session, and reads back as itself."""
    admin.execute('CREATE SCHEMA IF NOT EXISTS "Odd name"')
    admin.execute('CREATE TABLE IF NOT EXISTS "Odd name"."T" (id int)')
    admin.execute(f"CREATE SCHEDULE kept CRON '{NEVER_NOW}' AS {statement}")
    row = shown(admin, "kept")
    assert row is not None
    assert row[2] == kept
    admin.execute("DROP SCHEDULE kept")
    admin.execute(f"CREATE SCHEDULE kept CRON '{NEVER_NOW}' AS {kept}")
    assert shown(admin, "kept") == row
    admin.execute("RUN SCHEDULE kept WITH (wait)")
    admin.execute("DROP SCHEDULE kept")


def test_schedules_that_are_there_or_not(admin: psycopg.Connection[Any]) -> None:
    """42710 and 42704; with IF [NOT] EXISTS a notice instead."""
    told = notices_of(admin)
    create = f"CRON '{NEVER_NOW}' AS VACUUM"
    admin.execute(f"CREATE SCHEDULE twice {create}")
    with pytest.raises(errors.DuplicateObject, match='schedule "twice" already exists'):
        admin.execute(f"CREATE SCHEDULE twice {create}")
    admin.execute(f"CREATE SCHEDULE IF NOT EXISTS twice {create}")
    admin.execute("DROP SCHEDULE IF EXISTS nope, twice")
    assert [each.message for each in told] == [
        'schedule "twice" already exists, skipping',
        'schedule "nope" does not exist, skipping',
    ]
    for statement in ("ALTER SCHEDULE nope PAUSE", "DROP SCHEDULE nope", "RUN SCHEDULE nope"):
        with pytest.raises(errors.UndefinedObject, match='schedule "nope" does not exist'):
            admin.execute(statement)


@pytest.mark.parametrize(
    ("statement", "error", "message"),
    [
        ("CRON '* * *' AS VACUUM", errors.InvalidParameterValue, "invalid cron expression"),
        ("CRON '61 * * * *' AS VACUUM", errors.InvalidParameterValue, "invalid cron expression"),
        ("CRON '* * * * *' TIMEZONE 'Mars' AS VACUUM", errors.InvalidParameterValue, 'time zone "Mars"'),
        ("CRON '* * * * *' TIMEZONE '' AS VACUUM", errors.InvalidParameterValue, 'time zone "" not recognized'),
        ("CRON '* * * * *' AS FLUSH TABLE nope", errors.UndefinedTable, 'relation "nope" does not exist'),
        ("CRON '* * * * *' AS FLUSH TABLE system.jobs", errors.WrongObjectType, "is a system relation"),
        ("CRON '* * * * *' AS FLUSH ALL IN SCHEMA nope", errors.InvalidSchemaName, 'schema "nope" does not exist'),
        ("CRON '* * * * *' AS SELECT 1", errors.FeatureNotSupported, "a schedule cannot run this statement"),
        ("CRON '* * * * *' AS VACUUM pg_class, b", errors.FeatureNotSupported, "one table or all of them"),
        ("CRON '* * * * *' AS VACUUM WITH (wait)", errors.FeatureNotSupported, "takes no options"),
    ],
)
def test_what_is_wrong_with_a_schedule(
    admin: psycopg.Connection[Any], statement: str, error: type[psycopg.Error], message: str
) -> None:
    """It is told when the schedule is made, and nothing is made."""
    with pytest.raises(error, match=message):
        admin.execute(f"CREATE SCHEDULE wrong {statement}")
    assert shown(admin, "wrong") is None


def test_run_takes_only_how_to_wait(admin: psycopg.Connection[Any]) -> None:
    """A key or a priority is not for the jobs of a schedule."""
    admin.execute(f"CREATE SCHEDULE ran CRON '{NEVER_NOW}' AS VACUUM")
    with pytest.raises(errors.InvalidParameterValue, match="takes no options but wait and timeout"):
        admin.execute("RUN SCHEDULE ran WITH (priority = 1)")
    admin.execute("DROP SCHEDULE ran")


def test_who_may_schedule_what(server: ServerProcess) -> None:
    """One schedules what one may run; a schedule of all tables is for those who maintain all of them."""
    with server.connect(user="owner") as owner:
        owner.execute("CREATE TABLE owner.t (id int PRIMARY KEY)")
        owner.execute("INSERT INTO owner.t VALUES (1)")
        owner.execute(f"CREATE SCHEDULE mine CRON '{NEVER_NOW}' AS FLUSH TABLE owner.t")
        for statement in ("FLUSH ALL TABLES", "VACUUM", "FLUSH ALL TABLES IN SCHEMA owner"):
            with pytest.raises(errors.InsufficientPrivilege, match="permission denied to schedule") as caught:
                owner.execute(f"CREATE SCHEDULE all_of_them CRON '{NEVER_NOW}' AS {statement}")
            assert caught.value.diag.message_hint == "Schedule each table of your own."
        with pytest.raises(errors.InsufficientPrivilege, match="permission denied to back the database up"):
            owner.execute(f"CREATE SCHEDULE backup CRON '{NEVER_NOW}' AS BACKUP DATABASE TO 'b'")
    with server.connect(user="stranger") as stranger:
        with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table t"):
            stranger.execute(f"CREATE SCHEDULE theirs CRON '{NEVER_NOW}' AS FLUSH TABLE owner.t")
        for statement in ("ALTER SCHEDULE mine PAUSE", "DROP SCHEDULE mine", "RUN SCHEDULE mine"):
            with pytest.raises(errors.UndefinedObject):
                stranger.execute(statement)
    with server.connect(user="operator") as operator:
        assert [row[2] for row in operator.execute("RUN SCHEDULE mine WITH (wait)")] == ["completed"]
        operator.execute(f"CREATE SCHEDULE of_all CRON '{NEVER_NOW}' AS FLUSH ALL TABLES")
        operator.execute("DROP SCHEDULE mine, of_all")


def test_a_schedule_does_what_its_owner_may_do(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """It was allowed once; what counts is whether it is when the schedule runs, whoever runs it."""
    admin.execute("CREATE USER temporary IN ROLE job_operator")
    admin.execute("CREATE TABLE lent (id int PRIMARY KEY)")
    admin.execute("INSERT INTO lent VALUES (1)")
    with server.connect(user="temporary") as temporary:
        temporary.execute(f"CREATE SCHEDULE of_one CRON '{NEVER_NOW}' AS FLUSH TABLE public.lent")
        temporary.execute(f"CREATE SCHEDULE of_any CRON '{NEVER_NOW}' AS VACUUM")
    admin.execute("REVOKE job_operator FROM temporary")
    for name, why in (
        ("of_one", "permission denied for table lent"),
        ("of_any", "permission denied to maintain all tables"),
    ):
        with pytest.raises(errors.InsufficientPrivilege, match=f'as its owner "temporary": {why}'):
            admin.execute(f"RUN SCHEDULE {name}")
    admin.execute("GRANT job_operator TO temporary")
    assert [row[2] for row in admin.execute("RUN SCHEDULE of_one WITH (wait)")] == ["completed"]
    admin.execute("DROP TABLE lent")
    with pytest.raises(errors.UndefinedTable, match=r'"public\.lent" does not exist'):
        admin.execute("RUN SCHEDULE of_one")
    admin.execute("DROP SCHEDULE of_one, of_any")
    admin.execute("DROP ROLE temporary")


def test_the_servers_own_schedules(admin: psycopg.Connection[Any]) -> None:
    """They can be paused, resumed and run; what they are comes from the configuration, which the hint says."""
    admin.execute("ALTER SCHEDULE compaction PAUSE")
    assert (shown(admin, "compaction") or ())[3:5] == ("system", True)
    admin.execute("ALTER SCHEDULE compaction RESUME")
    admin.execute("RUN SCHEDULE compaction WITH (wait)")
    for statement in ("DROP SCHEDULE compaction", "ALTER SCHEDULE compaction CRON '* * * * *'"):
        with pytest.raises(errors.InsufficientPrivilege, match="system schedule") as caught:
            admin.execute(statement)
        assert caught.value.diag.message_hint == "Set compaction.cron in config.toml."


def test_a_session_that_only_reads_makes_no_schedule(admin: psycopg.Connection[Any]) -> None:
    """25006, as for any other definition; flushing only moves rows and is allowed."""
    admin.execute("SET default_transaction_read_only = on")
    with pytest.raises(
        errors.ReadOnlySqlTransaction, match="cannot execute CREATE SCHEDULE in a read-only transaction"
    ):
        admin.execute(f"CREATE SCHEDULE x CRON '{NEVER_NOW}' AS VACUUM")
    admin.execute("FLUSH ALL TABLES WITH (wait)")


def test_schedules_survive_a_restart(server: ServerProcess) -> None:
    """A schedule is durable when CREATE SCHEDULE returns."""
    with server.connect() as connection:
        connection.execute(f"CREATE SCHEDULE lasting CRON '{NEVER_NOW}' AS VACUUM")
        before = shown(connection, "lasting")
        assert before is not None
    server.kill()
    server.start()
    with server.connect() as connection:
        assert shown(connection, "lasting") == before
