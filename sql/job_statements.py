"""Statements about jobs: FLUSH makes them, KILL JOB ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.errors import WaitTimedOut
from jobs.flush import FlushParameters
from jobs.permissions import Actor
from jobs.record import JobType
from jobs.request import JobRequest
from sql import errors, statements
from sql.privileges import may_use
from sql.resolve import table_for
from sql.result import ResultColumn, Rows
from storage import types as t

if TYPE_CHECKING:
    from jobs.record import JobRecord
    from sql.result import Result
    from sql.session_state import SessionState
    from sql.statements import FlushOptions
    from storage.catalog import Table

FLUSH_COLUMNS = tuple(
    ResultColumn(name, column_type)
    for name, column_type in (
        ("job_id", t.TEXT),
        ("table_name", t.TEXT),
        ("status", t.TEXT),
        ("deduplicated", t.BOOLEAN),
        ("message", t.TEXT),
    )
)
KILL_COLUMNS = tuple(ResultColumn(name, t.TEXT) for name in ("job_id", "previous_status", "status", "detail"))
DEFAULT_KILL_TIMEOUT_S = 10.0

JobStatement = statements.FlushTable | statements.FlushAllTables | statements.KillJob


def job_columns(statement: JobStatement) -> tuple[ResultColumn, ...]:
    """The columns of the statement's result."""
    return KILL_COLUMNS if isinstance(statement, statements.KillJob) else FLUSH_COLUMNS


def actor_of(session: SessionState) -> Actor:
    """Who the session is to the job manager."""
    return Actor(session.role.name, session.role.superuser)


async def run_job_statement(statement: JobStatement, session: SessionState) -> Result:
    """Run a job statement. Refused inside a transaction block (25001)."""
    match statement:
        case statements.FlushTable():
            session.block.refuse_inside("FLUSH TABLE")
            table = table_for(session, statement.table, "flush")
            row = await _flush(table, statement.options, session)
            return Rows(FLUSH_COLUMNS, [row], "FLUSH TABLE")
        case statements.FlushAllTables():
            session.block.refuse_inside("FLUSH ALL TABLES")
            return await _flush_all(statement, session)
        case statements.KillJob():
            session.block.refuse_inside("KILL JOB")
            return await _kill(statement, session)


async def _flush_all(statement: statements.FlushAllTables, session: SessionState) -> Rows:
    catalog = session.catalog
    if statement.namespace is not None and catalog.namespace(statement.namespace) is None:
        raise errors.UndefinedNamespace(f'schema "{statement.namespace}" does not exist')
    tables = [
        table
        for table in catalog.tables.values()
        if statement.namespace in (None, table.namespace)
        and may_use(session.role, table)
        and session.shared.storage.statistics(table.oid).hot_rows
    ]
    rows = [await _flush(table, statement.options, session) for table in tables]
    return Rows(FLUSH_COLUMNS, rows, "FLUSH ALL TABLES")


async def _flush(table: Table, options: FlushOptions, session: SessionState) -> tuple[object, ...]:
    jobs = session.shared.jobs
    request = JobRequest(
        job_type=JobType.FLUSH,
        parameters=FlushParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name),
        owner=session.role.name,
        namespace=table.namespace,
        table_name=table.name,
        idempotency_key=options.idempotency_key,
        idempotency_key_source="derived" if options.idempotency_key is None else "user",
        priority=options.priority or 0,
    )
    started = await jobs.start_job(request)
    record = started.record
    if options.wait:
        record = await _wait(record, options, session)
    return (record.job_id, f"{table.namespace}.{table.name}", record.status.value, started.deduplicated, record.message)


async def _wait(record: JobRecord, options: FlushOptions, session: SessionState) -> JobRecord:
    timeout_s = None if options.timeout_ms is None else options.timeout_ms / 1000
    try:
        return await session.shared.jobs.wait_for_job(record.job_id, timeout_s)
    except WaitTimedOut as timed_out:
        session.notice(str(timed_out), "WARNING")
        return timed_out.record


async def _kill(statement: statements.KillJob, session: SessionState) -> Rows:
    timeout_s = DEFAULT_KILL_TIMEOUT_S if statement.timeout_ms is None else statement.timeout_ms / 1000
    outcome = await session.shared.jobs.cancel_job(
        statement.job_id, actor_of(session), statement.reason, sync=statement.sync, timeout_s=timeout_s
    )
    row = (outcome.job_id, outcome.previous_status.value, outcome.status.value, outcome.detail)
    return Rows(KILL_COLUMNS, [row], "KILL JOB")
