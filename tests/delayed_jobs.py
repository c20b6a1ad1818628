"""Jobs that stay as they are for as long as a test needs them: cleanups that wait for storage.drop_retention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    from tests.server_process import ServerProcess


def delayed_job(connection: psycopg.Connection[Any], table: str) -> str:
    """The id of a queued job that will not run for minutes: the cleanup of a table of that name, which is dropped."""
    return delayed_jobs(connection, table)[0]


def delayed_jobs(connection: psycopg.Connection[Any], *tables: str) -> list[str]:
    """The ids of such jobs, one for each table."""
    for table in tables:
        connection.execute(f"CREATE TABLE {table} (id bigint PRIMARY KEY)")
    connection.execute(f"DROP TABLE {', '.join(tables)}")
    return [
        row[0]
        for table in tables
        for row in connection.execute(
            "SELECT job_id FROM system.jobs WHERE table_name = %s AND job_type = 'cleanup' AND status = 'queued'",
            (table.rpartition(".")[2],),
        ).fetchall()
    ]


def make_users(server: ServerProcess, *names: str) -> None:
    """Make users who own a schema each, of their name."""
    with server.connect() as admin:
        for name in names:
            # Who makes a schema owns it, and only superusers make schemas.
            admin.execute(f"CREATE USER {name} SUPERUSER")
            with server.connect(user=name) as user:
                user.execute(f"CREATE SCHEMA {name}")
            admin.execute(f"ALTER USER {name} NOSUPERUSER")


def status_of(connection: psycopg.Connection[Any], job_id: str) -> str:
    """The job's status."""
    row = connection.execute("SELECT status FROM system.jobs WHERE job_id = %s", (job_id,)).fetchone()
    assert row is not None
    return str(row[0])
