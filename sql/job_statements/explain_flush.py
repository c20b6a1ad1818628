"""EXPLAIN FLUSH: what a flush would do. Nothing is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jobs.flush import estimate
from jobs.record import JobStatus, JobType
from jobs.request import JobFilter
from sql.job_statements.columns import EXPLAIN_FLUSH_COLUMNS
from sql.job_statements.flush import flushable_table, tables_to_flush
from sql.job_syntax import FlushTable
from sql.result import Rows

if TYPE_CHECKING:
    from sql.job_syntax import ExplainFlush
    from sql.session_state import SessionState
    from storage.catalog_entries import Table

_JOINED: Final = frozenset(
    status for status in JobStatus if not status.is_terminal and status is not JobStatus.CANCELLING
)
"""In which another flush joins one. It waits for the end of one that is being cancelled, and is then a new job."""


async def explain_flush(statement: ExplainFlush, session: SessionState) -> Rows:
    """A row for each table that would be flushed."""
    flush = statement.statement
    if isinstance(flush, FlushTable):
        tables = [flushable_table(flush.table, session)]
    else:
        tables = tables_to_flush(flush.namespace, session)
    return Rows(EXPLAIN_FLUSH_COLUMNS, [_explained(table, session) for table in tables], "EXPLAIN")


def _explained(table: Table, session: SessionState) -> tuple[object, ...]:
    # By the table's id: a job that is active keeps the name that the table had when it was asked for.
    active = session.shared.jobs.find_jobs(JobFilter(statuses=_JOINED))
    flushes = (record for record in active if record.job_type is JobType.FLUSH)
    joined = next((record.job_id for record in flushes if record.parameters.get("table_oid") == table.oid), None)
    would = estimate(session.shared.storage, table)
    return (f"{table.namespace}.{table.name}", would.rows, would.bytes, would.files, joined)
