"""Statements about jobs: FLUSH makes them, KILL JOB ends them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jobs.errors import WaitTimedOut
from jobs.flush import FlushParameters
from jobs.record import JobType
from jobs.request import JobRequest
from sql import errors, statements
from sql.privileges import may_use
from sql.resolve import table_for
from sql.result import ResultColumn, Rows
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.record import JobRecord
    from jobs.request import Started
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


async def run_job_statement(statement: JobStatement, session: SessionState) -> Result:
    """Run a job statement. Refused inside a transaction block (25001)."""
    match statement:
        case statements.FlushTable():
            session.block.refuse_inside("FLUSH TABLE")
            table = table_for(session, statement.table, "flush")
            return Rows(FLUSH_COLUMNS, await _flush([table], statement.options, session), "FLUSH TABLE")
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
    if statement.options.idempotency_key is not None:
        # It would be one key for many jobs.
        raise errors.InvalidParameterValue("FLUSH ALL TABLES takes no idempotency_key")
    return Rows(FLUSH_COLUMNS, await _flush(tables, statement.options, session), "FLUSH ALL TABLES")


async def _flush(tables: Sequence[Table], options: FlushOptions, session: SessionState) -> list[tuple[object, ...]]:
    """Start the flushes of all tables, and only then wait for them. Raises the first failure once all have ended."""
    started = [await _start(table, options, session) for table in tables]
    records: list[JobRecord | BaseException] = [each.record for each in started]
    if options.wait:
        records = await asyncio.gather(
            *(_wait(each.record, options, session) for each in started), return_exceptions=True
        )
    rows: list[tuple[object, ...]] = []
    for each, record in zip(started, records, strict=True):
        if isinstance(record, BaseException):
            raise record
        rows.append((record.job_id, record.table, record.status.value, each.deduplicated, record.message))
    return rows


async def _start(table: Table, options: FlushOptions, session: SessionState) -> Started:
    key = options.idempotency_key
    request = JobRequest(
        job_type=JobType.FLUSH,
        parameters=FlushParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name),
        owner=session.role.name,
        namespace=table.namespace,
        table_name=table.name,
        idempotency_key=key,
        idempotency_key_source="derived" if key is None else "user",
        priority=options.priority or 0,
    )
    return await session.shared.jobs.start_job(request)


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
        statement.job_id, session.actor, statement.reason, sync=statement.sync, timeout_s=timeout_s
    )
    row = (outcome.job_id, outcome.previous_status.value, outcome.status.value, outcome.detail)
    return Rows(KILL_COLUMNS, [row], "KILL JOB")
