"""CREATE, ALTER, DROP and RUN SCHEDULE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.record import JobType
from jobs.schedules.schedule import NewSchedule, OverlapPolicy, ScheduleChange
from sql import errors
from sql import job_syntax as syntax
from sql.job_statements.compaction import compactable_table
from sql.job_statements.flush import check_namespace, flushable_table
from sql.job_statements.starting import Starting, rows_of
from sql.privileges import require_superuser
from sql.relations.identifiers import qualified, quote_identifier
from sql.result import Command
from sql.schedule_rights import maintains_all
from storage.backup_manifest import require_valid_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sql.result import Rows
    from sql.session_state import SessionState
    from storage.catalog_entries import Namespace, Table

    Work = tuple[str, JobType, dict[str, Any]]
    """The statement in a form that means the same in any session, the type of its jobs, and what that is given."""


async def create_schedule(statement: syntax.CreateSchedule, session: SessionState) -> Command:
    """Run CREATE SCHEDULE: the role must be one that may run the scheduled statement itself."""
    text, job_type, parameters = _work(statement.statement, session)
    new = NewSchedule(
        schedule_name=statement.name,
        cron=statement.cron,
        timezone="UTC" if statement.timezone is None else statement.timezone,
        statement=text,
        job_type=job_type,
        parameters=parameters,
        on_overlap=OverlapPolicy(statement.on_overlap or OverlapPolicy.SKIP),
    )
    made = await session.shared.schedules.create(new, session.actor, if_not_exists=statement.if_not_exists)
    if not made:
        session.notice(f'schedule "{statement.name}" already exists, skipping', sqlstate="42710")
    return Command("CREATE SCHEDULE")


async def alter_schedule(statement: syntax.AlterSchedule, session: SessionState) -> Command:
    """Run ALTER SCHEDULE."""
    change = ScheduleChange(
        paused=statement.paused,
        cron=statement.cron,
        timezone=statement.timezone,
        on_overlap=None if statement.on_overlap is None else OverlapPolicy(statement.on_overlap),
    )
    await session.shared.schedules.alter(statement.name, change, session.actor)
    return Command("ALTER SCHEDULE")


async def drop_schedules(statement: syntax.DropSchedule, session: SessionState) -> Command:
    """Run DROP SCHEDULE. Jobs that the schedules have made go on."""
    for name in statement.names:
        if not await session.shared.schedules.drop(name, session.actor, if_exists=statement.if_exists):
            session.notice(f'schedule "{name}" does not exist, skipping')
    return Command("DROP SCHEDULE")


async def run_schedule(statement: syntax.RunSchedule, session: SessionState, parameters: Sequence[object]) -> Rows:
    """Run RUN SCHEDULE: what the schedule would start when its time comes is started now."""
    options = statement.options
    if options.idempotency_key is not None or options.priority is not None:
        raise errors.InvalidParameterValue("RUN SCHEDULE takes no options but wait and timeout")
    starting = Starting.of(options, session, parameters)
    started = await session.shared.schedules.run(statement.name, session.actor)
    return await rows_of(started, starting, session, "RUN SCHEDULE")


def _work(statement: syntax.ScheduledStatement, session: SessionState) -> Work:
    match statement:
        case syntax.FlushTable(table):
            return _of_table("FLUSH TABLE", JobType.FLUSH, flushable_table(table, session))
        case syntax.FlushAllTables(namespace):
            _require_all_tables(session, "FLUSH ALL TABLES")
            check_namespace(namespace, session)
            return _flush_of_all(None if namespace is None else session.catalog.namespace(namespace))
        case syntax.CompactTable(table):
            return _of_table("COMPACT TABLE", JobType.COMPACTION, compactable_table(table, session), full=True)
        case syntax.Vacuum():
            return _vacuum(statement, session)
        case syntax.BackupDatabase(name):
            require_superuser(session.role, "back the database up")
            assert isinstance(name, str), "the grammar refuses parameters in schedules"
            require_valid_name(name)
            quoted = name.replace("'", "''")
            return f"BACKUP DATABASE TO '{quoted}'", JobType.BACKUP, {"name": name}


def _flush_of_all(namespace: Namespace | None) -> Work:
    named: dict[str, Any] = {"namespace": None, "table_name": None}
    if namespace is None:
        return "FLUSH ALL TABLES", JobType.FLUSH, named
    # By its oid the schedule follows the schema when that is renamed.
    text = f"FLUSH ALL TABLES IN NAMESPACE {quote_identifier(namespace.name)}"
    return text, JobType.FLUSH, {**named, "namespace": namespace.name, "namespace_oid": namespace.oid}


def _vacuum(statement: syntax.Vacuum, session: SessionState) -> Work:
    if not statement.tables:
        _require_all_tables(session, "VACUUM")
        return "VACUUM", JobType.COMPACTION, {"namespace": None, "table_name": None, "full": True}
    if len(statement.tables) > 1:
        raise errors.FeatureNotSupported(
            "a schedule vacuums one table or all of them", position=statement.tables[1].position
        )
    return _of_table("VACUUM", JobType.COMPACTION, compactable_table(statement.tables[0], session), full=True)


def _require_all_tables(session: SessionState, what: str) -> None:
    """Raise `InsufficientPrivilege`: a schedule knows no tables but all, whoever owns them, or one."""
    if not maintains_all(session.role):
        raise errors.InsufficientPrivilege(
            f"permission denied to schedule {what}",
            detail="A schedule of all tables is for superusers and members of job_operator.",
            hint="Schedule each table of your own.",
        )


def _of_table(verb: str, job_type: JobType, table: Table, **parameters: bool) -> Work:
    # By its oid the schedule follows the table when that is renamed.
    text = f"{verb} {qualified(table.namespace, table.name)}"
    named = {"namespace": table.namespace, "table_name": table.name, "table_oid": table.oid}
    return text, job_type, {**named, **parameters}
