"""Threads that give the job system no rest: flushes, compactions, schedules, kills, pauses, all at random."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import psycopg

from tests.crash.clients import PsycopgClient, Refused, ServerGone

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server_process import ServerProcess

    Action = Callable[["Unrest", PsycopgClient], None]

TABLES = (
    "keyed",
    "plain",
    "loads",
    "mine",
    "notes",
    "counters",
    "lasting",
    "brief",
    "accounts",
    "wallets",
    "shape",
    "parents",
    "children",
)
SCHEDULES = ("compaction", "user-cleanup", "stream-eviction", "job-cleanup", "deleted-row-retention")
TO_BE_EXPECTED = frozenset(
    {
        "22023",  # a key that is bound to another job
        "42704",  # no such schedule or job: gone meanwhile
        "42710",  # the schedule, or role, is there already
        "42P01",  # the table is gone
        "2BP01",  # the role still owns something
        "55000",  # the job has ended meanwhile, or is not paused
        "57014",  # the job waited for was killed
        "55006",  # the role is in use
    }
)
"""What may become of statements that meet each other."""

ACTIVE_JOBS = """
SELECT job_id FROM system.jobs WHERE status NOT IN ('completed', 'failed', 'cancelled', 'skipped')
AND job_type <> 'cleanup' ORDER BY job_id
"""


class Unrest:
    """One thread's worth of it, and one life of it: `run`."""

    def __init__(self, seed: int, actions: tuple[Action, ...], round_number: int) -> None:
        self.random = random.Random(seed)
        self.completed_flushes: list[str] = []
        """The ids of flushes that were told to be completed."""
        self._actions = actions
        self._round = round_number
        self._made = 0
        self.server: ServerProcess

    def run(self, server: ServerProcess) -> None:
        """One action after the other until the server is gone."""
        self.server = server
        try:
            client = PsycopgClient(server, "admin")
        except ServerGone:
            return
        try:
            while True:
                self._act(client, self.random.choice(self._actions))
        except ServerGone:
            return
        finally:
            client.close()

    def _act(self, client: PsycopgClient, action: Action) -> None:
        try:
            action(self, client)
        except Refused as refused:
            if refused.sqlstate not in TO_BE_EXPECTED:
                raise

    def new_name(self, prefix: str) -> str:
        """One that was never used."""
        self._made += 1
        return f"{prefix}_{self._round}_{self._made}"


def flush(unrest: Unrest, client: PsycopgClient) -> None:
    """FLUSH TABLE, waiting for it or not."""
    table = unrest.random.choice(TABLES)
    if unrest.random.random() < 0.5:
        client.query(f"FLUSH TABLE {table}")
        return
    ((job_id, _, status, _, _),) = client.query(f"FLUSH TABLE {table} WITH (wait, timeout = '1s')")
    if status == "completed":
        unrest.completed_flushes.append(job_id)


def flush_all(unrest: Unrest, client: PsycopgClient) -> None:
    """FLUSH ALL TABLES."""
    client.query("FLUSH ALL TABLES")


def compact(unrest: Unrest, client: PsycopgClient) -> None:
    """COMPACT TABLE, waiting for it or not."""
    wait = unrest.random.choice(("", " WITH (wait, timeout = '1s')"))
    client.query(f"COMPACT TABLE {unrest.random.choice(TABLES)}{wait}")


def vacuum(unrest: Unrest, client: PsycopgClient) -> None:
    """VACUUM of everything."""
    client.query("VACUUM")


def look(unrest: Unrest, client: PsycopgClient) -> None:
    """Read while all of that goes on."""
    client.query(f"EXPLAIN FLUSH TABLE {unrest.random.choice(TABLES)}")
    client.query("SELECT count(*), min(v) FROM keyed JOIN plain USING (writer, v)")
    client.query("SELECT * FROM system.segments ORDER BY path LIMIT 3")


def change_schedules(unrest: Unrest, client: PsycopgClient) -> None:
    """Make, change and drop schedules of users."""
    name = f"s{unrest.random.randrange(4)}"
    statement = unrest.random.choice(("FLUSH TABLE keyed", "FLUSH ALL TABLES", "COMPACT TABLE plain", "VACUUM"))
    client.query(
        unrest.random.choice(
            (
                f"CREATE SCHEDULE IF NOT EXISTS {name} CRON '* * * * *' ON OVERLAP QUEUE AS {statement}",
                f"ALTER SCHEDULE {name} PAUSE",
                f"ALTER SCHEDULE {name} RESUME",
                f"ALTER SCHEDULE {name} CRON '*/2 * * * *'",
                f"DROP SCHEDULE {name}",
            )
        )
    )


def run_schedule(unrest: Unrest, client: PsycopgClient) -> None:
    """Have a schedule fire, of the server or of a user."""
    name = unrest.random.choice((*SCHEDULES, "s0", "s1", "s2", "s3"))
    client.query(f'RUN SCHEDULE "{name}"')


def control(unrest: Unrest, client: PsycopgClient) -> None:
    """KILL, PAUSE, RESUME or RETRY some job."""
    jobs = client.query(ACTIVE_JOBS)
    if jobs:
        (job_id,) = unrest.random.choice(jobs)
        verb = unrest.random.choice(("PAUSE", "RESUME", "RESUME", "RETRY", "KILL"))
        how = unrest.random.choice((" ASYNC", " SYNC TIMEOUT '1s'")) if verb in ("KILL", "PAUSE") else ""
        client.query(f"{verb} JOB '{job_id}'{how}")


def resume_all(unrest: Unrest, client: PsycopgClient) -> None:
    """RESUME all that is paused."""
    client.query("RESUME JOBS WHERE status = 'paused'")


def flash(unrest: Unrest, client: PsycopgClient) -> None:
    """Rows that disappear soon."""
    first = unrest.random.randrange(1 << 30)
    client.query(f"INSERT INTO flash SELECT {first} + g FROM generate_series(1, 20) g")


def leave(unrest: Unrest, client: PsycopgClient) -> None:
    """A role comes, writes into a user table and is dropped."""
    name = unrest.new_name("leaver")
    client.query(f"CREATE ROLE {name}")
    client.query(f"EXECUTE AS USER '{name}' (INSERT INTO mine VALUES (-1, 1, 'gone soon'))")
    client.query(f"DROP ROLE {name}")


def come_and_go(unrest: Unrest, client: PsycopgClient) -> None:
    """A table that is made, filled, settled and dropped."""
    name = unrest.new_name("passing")
    client.query(f"CREATE TABLE {name} (id int PRIMARY KEY)")
    client.query(f"INSERT INTO {name} SELECT g FROM generate_series(1, 300) g")
    client.query(f"FLUSH TABLE {name} WITH (wait, timeout = '1s')")
    client.query(f"DROP TABLE {name}")


MAINTENANCE: tuple[Action, ...] = (flush, flush, flush, flush_all, compact, compact, vacuum, look)
SCHEDULING: tuple[Action, ...] = (change_schedules, run_schedule, flash, leave, come_and_go)
CONTROL: tuple[Action, ...] = (control, control, resume_all, look)


def listen(server: ServerProcess) -> None:
    """LISTEN to what becomes of jobs until the server is gone. What is told is whole."""
    try:
        with server.connect() as connection:
            connection.execute("LISTEN job_events")
            for notification in connection.notifies():
                assert json.loads(notification.payload)["job_id"]
    except psycopg.OperationalError:
        return
