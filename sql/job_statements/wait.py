"""WAIT: until jobs have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.errors import NoSuchJob
from jobs.permissions import may_see
from sql.job_statements.columns import record_columns, record_row
from sql.job_statements.control import find_job_ids
from sql.job_statements.values import seconds_of, text_of
from sql.job_statements.waiting import turn_of_others, wait_for_jobs
from sql.job_syntax import OneJob, WaitJobs
from sql.result import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import JobCommand
    from sql.session_state import SessionState


async def wait_jobs(plan: JobCommand, session: SessionState, parameters: Sequence[object]) -> Rows:
    """Run the statement: the jobs' rows once all have ended, or the time is over.

    Raises `NoSuchJob`, and `JobFailed` or `JobWasCancelled` for the first job that came to such an end.
    """
    statement = plan.statement
    assert isinstance(statement, WaitJobs), "whoever runs statements has looked"
    timeout_s = seconds_of(statement.timeout, parameters)
    if plan.ids is None:
        assert isinstance(statement.target, OneJob), "the planner has bound the predicate of the others"
        job_ids = [text_of(statement.target.job_id, parameters)]
        if not may_see(await session.shared.jobs.get_job_status(job_ids[0]), session.actor):
            raise NoSuchJob(job_ids[0])
        tag = "WAIT JOB"
    else:
        job_ids = await find_job_ids(plan.ids, session, parameters)
        tag = "WAIT JOBS"
    records = await wait_for_jobs(job_ids, timeout_s, session)
    columns = record_columns(session.shared.relations)
    rows = []
    for number, job_id in enumerate(job_ids, start=1):
        rows.append(record_row(records[job_id], columns))
        await turn_of_others(number)
    return Rows(columns, rows, tag)
