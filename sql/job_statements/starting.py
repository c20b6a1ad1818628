"""Statements that start jobs: the jobs are made, waited for where that is wanted, and told of in a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobs.record import JobStatus
from jobs.request import JobRequest
from jobs.schedules.schedule import FIRE_KEYS
from sql import errors
from sql.job_statements.columns import START_COLUMNS
from sql.job_statements.values import seconds_of, text_of
from sql.job_statements.waiting import for_each, wait_for_jobs
from sql.result import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import msgspec

    from jobs.record import JobRecord, JobType
    from jobs.request import Started
    from sql.job_syntax import StartOptions
    from sql.session_state import SessionState
    from storage.catalog_entries import Table


class Starting(Struct, frozen=True):
    """How a statement wants its jobs: WITH (…), with the values of its parameters."""

    wait: bool
    timeout_s: float | None
    idempotency_key: str | None
    priority: int

    @classmethod
    def of(cls, options: StartOptions, session: SessionState, parameters: Sequence[object]) -> Starting:
        """Read the options. A time limit alone means that the job is waited for."""
        timeout_s = seconds_of(options.timeout, parameters)
        key = None if options.idempotency_key is None else text_of(options.idempotency_key, parameters)
        if key is not None and key.startswith(FIRE_KEYS):
            raise errors.InvalidParameterValue(
                f'idempotency key "{key}" is reserved', detail=f'Keys of schedules begin with "{FIRE_KEYS}".'
            )
        if timeout_s is not None and options.wait is False:
            session.notice("option timeout has no effect without waiting")
        return cls(
            wait=timeout_s is not None if options.wait is None else options.wait,
            timeout_s=timeout_s,
            idempotency_key=key,
            priority=options.priority or 0,
        )

    def for_many(self, command: str) -> Starting:
        """The same. Raises `InvalidParameterValue` for a key, which would be that of several jobs."""
        if self.idempotency_key is not None:
            raise errors.InvalidParameterValue(
                f"{command} takes no idempotency_key", detail="It would be the key of several jobs."
            )
        return self

    def request(
        self, job_type: JobType, parameters: msgspec.Struct, session: SessionState, table: Table | None = None
    ) -> JobRequest:
        """A job that the session's role asks for."""
        return JobRequest(
            job_type=job_type,
            parameters=parameters,
            owner=session.role.name,
            owner_since_us=session.role.since_us,
            namespace=None if table is None else table.namespace,
            table_name=None if table is None else table.name,
            idempotency_key=self.idempotency_key,
            idempotency_key_source="derived" if self.idempotency_key is None else "user",
            priority=self.priority,
        )


async def start_and_wait(requests: Iterable[JobRequest], starting: Starting, session: SessionState, tag: str) -> Rows:
    """Start all jobs, and only then wait for them if that is wanted. Raises the first failure once all have ended."""
    # Together: one sync makes many of them durable.
    started = await for_each(requests, session.shared.jobs.start_job)
    return await rows_of(started, starting, session, tag)


async def start_for_table(
    request: JobRequest, table: Table, starting: Starting, session: SessionState, tag: str
) -> Rows:
    """Start the one job of a statement about one table. Raises `UndefinedTable` if it is dropped meanwhile."""
    rows = await start_and_wait([request], starting, session, tag)
    (row,) = rows.rows
    gone = session.shared.storage.catalog.table_by_oid(table.oid) is None
    if starting.wait and gone and row[2] == JobStatus.SKIPPED:
        raise errors.UndefinedTable(
            f'table "{table.name}" was dropped while the statement waited for it', detail=f'Job "{row[0]}" was skipped.'
        )
    return rows


async def rows_of(started: Sequence[Started], starting: Starting, session: SessionState, tag: str) -> Rows:
    """A row for each job, once it has ended if that is waited for."""
    records: dict[str, JobRecord] = {each.record.job_id: each.record for each in started}
    _tell_of_paused(records.values(), session)
    if starting.wait:
        records = await wait_for_jobs(list(records), starting.timeout_s, session)
    rows = [
        (record.job_id, record.table, record.status.value, each.deduplicated, record.message)
        for each in started
        for record in (records[each.record.job_id],)
    ]
    return Rows(START_COLUMNS, rows, tag)


def _tell_of_paused(records: Iterable[JobRecord], session: SessionState) -> None:
    """What is asked of a paused job is not done before somebody lets it go on."""
    for record in records:
        if record.status in (JobStatus.PAUSING, JobStatus.PAUSED):
            hint = f"RESUME JOB '{record.job_id}' lets it go on."
            session.notice(f'job "{record.job_id}" is {record.status}', hint=hint)
