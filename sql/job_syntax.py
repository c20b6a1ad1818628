"""Statements about jobs and schedules, as the dialect reads them. Frozen values, like those of `sql.statements`.

Durations are milliseconds. Where a text may be a parameter of the statement, it is a `Parameter` until the statement
is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.names import QualifiedName


class Parameter(Struct, frozen=True):
    """`$number`, a parameter of the statement, counted from 1: a text."""

    number: int
    position: int


Text = str | Parameter
Duration = int | Parameter
"""Milliseconds, or a parameter whose text is a duration."""


# Statements that start jobs.


class StartOptions(Struct, frozen=True):
    """WITH (…) of a statement that starts jobs. `None`: not given."""

    wait: bool | None = None
    timeout: Duration | None = None
    idempotency_key: Text | None = None
    priority: int | None = None


class FlushTable(Struct, frozen=True):
    """FLUSH TABLE t [WITH (…)]."""

    table: QualifiedName
    options: StartOptions = StartOptions()


class FlushAllTables(Struct, frozen=True):
    """FLUSH ALL TABLES [IN NAMESPACE | SCHEMA n] [WITH (…)]."""

    namespace: str | None = None
    options: StartOptions = StartOptions()


class ExplainFlush(Struct, frozen=True):
    """EXPLAIN FLUSH …: what it would do."""

    statement: FlushTable | FlushAllTables


class CompactTable(Struct, frozen=True):
    """COMPACT TABLE t [WITH (…)]."""

    table: QualifiedName
    options: StartOptions = StartOptions()


class Vacuum(Struct, frozen=True):
    """VACUUM [FULL] [(options)] [a, b] [WITH (…)]. Without tables: all that the role may maintain.

    Every VACUUM is a full one. `ignored` are PostgreSQL's other options, which have no effect here.
    """

    tables: tuple[QualifiedName, ...] = ()
    ignored: tuple[str, ...] = ()
    options: StartOptions = StartOptions()

    @property
    def gives_rows(self) -> bool:
        """Whether it tells of its jobs. As PostgreSQL writes it, it gives nothing, and clients rely on that."""
        return self.options != StartOptions()


class BackupDatabase(Struct, frozen=True):
    """BACKUP DATABASE TO 'name' [WITH (…)]."""

    name: Text
    options: StartOptions = StartOptions()


class RestoreDatabase(Struct, frozen=True):
    """RESTORE DATABASE FROM 'name' [WITH (…)]."""

    name: Text
    options: StartOptions = StartOptions()


# Statements that control jobs and wait for them.


class OneJob(Struct, frozen=True):
    """JOB 'id'."""

    job_id: Text


class JobsWhere(Struct, frozen=True):
    """JOBS WHERE predicate: `query` gives the ids of the jobs of system.jobs that fulfil it, the oldest first."""

    query: exp.Select


JobTarget = OneJob | JobsWhere
JobAction = Literal["kill", "pause", "resume", "retry"]


class ControlJobs(Struct, frozen=True):
    """KILL | PAUSE | RESUME | RETRY JOB 'id', or JOBS WHERE …, [SYNC | ASYNC] [TIMEOUT '10s'] [REASON 'text'].

    Only KILL has a reason, and only KILL and PAUSE have something to wait for.
    """

    action: JobAction
    target: JobTarget
    sync: bool = True
    timeout: Duration | None = None
    reason: Text | None = None


class WaitJobs(Struct, frozen=True):
    """WAIT JOB 'id' | JOBS WHERE … [TIMEOUT '30s']."""

    target: JobTarget
    timeout: Duration | None = None


# What is beside jobs.


class UndropTable(Struct, frozen=True):
    """UNDROP TABLE t [RENAME TO new_name]."""

    table: QualifiedName
    new_name: str | None = None


ScheduledStatement = FlushTable | FlushAllTables | CompactTable | Vacuum | BackupDatabase
"""What a schedule may do."""
Overlap = Literal["skip", "queue"]


class CreateSchedule(Struct, frozen=True):
    """CREATE SCHEDULE [IF NOT EXISTS] n CRON '…' [TIMEZONE '…'] [ON OVERLAP SKIP | QUEUE] AS statement."""

    name: str
    cron: str
    statement: ScheduledStatement
    timezone: str | None = None
    on_overlap: Overlap | None = None
    if_not_exists: bool = False


class AlterSchedule(Struct, frozen=True):
    """ALTER SCHEDULE n PAUSE | RESUME | [CRON '…'] [TIMEZONE '…'] [ON OVERLAP …]. `None`: stays as it is."""

    name: str
    paused: bool | None = None
    cron: str | None = None
    timezone: str | None = None
    on_overlap: Overlap | None = None


class DropSchedule(Struct, frozen=True):
    """DROP SCHEDULE [IF EXISTS] a, b."""

    names: tuple[str, ...]
    if_exists: bool = False


class RunSchedule(Struct, frozen=True):
    """RUN SCHEDULE n [WITH (…)]."""

    name: str
    options: StartOptions = StartOptions()


StartStatement = FlushTable | FlushAllTables | CompactTable | Vacuum | BackupDatabase | RestoreDatabase | RunSchedule
"""A statement that starts jobs, and gives a row for each."""
ScheduleStatement = CreateSchedule | AlterSchedule | DropSchedule
JobStatement = StartStatement | ExplainFlush | ControlJobs | WaitJobs | UndropTable | ScheduleStatement
"""A statement about jobs or schedules: refused inside a transaction block, but for EXPLAIN."""
