"""KILL, PAUSE, RESUME and RETRY: of one job, or of all that a predicate holds for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jobs.errors import NoSuchJob, NotAllowed, WrongJobState
from jobs.record import JobStatus
from jobs.request import ControlOutcome
from sql.job_statements.columns import CONTROL_COLUMNS
from sql.job_statements.values import seconds_of, text_of, text_or_none
from sql.job_statements.waiting import for_each, leaves_behind, warn_of_late
from sql.job_syntax import ControlJobs, OneJob
from sql.queries import query_table
from sql.result import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import JobCommand, QueryPlan
    from sql.session_state import SessionState

DEFAULT_TIMEOUT_S: Final = 10.0
"""How long SYNC waits."""
_THEN: Final = "Its work has been told to stop. SHOW JOB '{id}' tells when it has."


async def control_jobs(plan: JobCommand, session: SessionState, parameters: Sequence[object]) -> Rows:
    """Run the statement: a row for each job, with what became of it.

    Of one job, what cannot be done is an error. Of many, it is told in the job's row: that a job has ended meanwhile,
    that it is in another state, or that the role may not control it.
    """
    statement = plan.statement
    assert isinstance(statement, ControlJobs), "whoever runs statements has looked"
    asked = _Asked(statement, session, parameters)
    # Whatever was asked by then is durable, or happens before the job manager looks at anything else.
    with leaves_behind(session, f"Only the waiting has ended: what {asked.word} has asked for is done."):
        if plan.ids is None:
            assert isinstance(statement.target, OneJob), "the planner has bound the predicate of the others"
            outcomes = [await asked.control(text_of(statement.target.job_id, parameters))]
            noun = "JOB"
        else:
            job_ids = await find_job_ids(plan.ids, session, parameters)
            outcomes = [found for found in await for_each(job_ids, asked.control_if_possible) if found is not None]
            noun = "JOBS"
    asked.tell_of_late(outcomes)
    rows = [(each.job_id, each.previous_status.value, each.status.value, each.detail) for each in outcomes]
    return Rows(CONTROL_COLUMNS, rows, f"{asked.word} {noun}")


async def find_job_ids(ids: QueryPlan, session: SessionState, parameters: Sequence[object]) -> list[str]:
    """The ids of the jobs that a predicate over system.jobs holds for, the oldest first."""
    found = await query_table(session, ids, parameters)
    return [str(value) for value in found.column(0).to_pylist()]


class _Asked:
    """What is asked of each job."""

    def __init__(self, statement: ControlJobs, session: SessionState, parameters: Sequence[object]) -> None:
        self.word = statement.action.upper()
        self._action = statement.action
        self._sync = statement.sync
        given_s = seconds_of(statement.timeout, parameters)
        if given_s is not None and not statement.sync:
            session.notice("TIMEOUT has no effect on what is ASYNC")
        self._timeout_s = DEFAULT_TIMEOUT_S if given_s is None else given_s
        self._reason = text_or_none(statement.reason, parameters)
        self._session = session
        self._jobs = session.shared.jobs
        self._actor = session.actor

    async def control(self, job_id: str) -> ControlOutcome:
        """Ask it of one job. Raises `NoSuchJob`, `NotAllowed` and `WrongJobState`."""
        jobs, actor = self._jobs, self._actor
        match self._action:
            case "kill":
                return await jobs.cancel_job(job_id, actor, self._reason, sync=self._sync, timeout_s=self._timeout_s)
            case "pause":
                return await jobs.pause_job(job_id, actor, sync=self._sync, timeout_s=self._timeout_s)
            case "resume":
                return await jobs.resume_job(job_id, actor)
            case "retry":
                return await jobs.retry_job(job_id, actor)

    async def control_if_possible(self, job_id: str) -> ControlOutcome | None:
        """Ask it of one of many jobs; `None` for one that is there no more."""
        try:
            return await self.control(job_id)
        except NotAllowed:
            detail = "permission denied"
        except WrongJobState as wrong:
            detail = wrong.hint or str(wrong)
        except NoSuchJob:
            return None
        try:
            status = (await self._jobs.get_job_status(job_id)).status
        except NoSuchJob:
            return None
        return ControlOutcome(job_id, status, status, detail)

    def tell_of_late(self, outcomes: Sequence[ControlOutcome]) -> None:
        """Warn of the jobs that have not come to a stop in the time that SYNC waits."""
        if self._sync and self._action in ("kill", "pause"):
            late = [each for each in outcomes if each.status in (JobStatus.CANCELLING, JobStatus.PAUSING)]
            warn_of_late(late, self._timeout_s, _THEN, self._session)
