"""What becomes of each status at the next start."""

from __future__ import annotations

import pytest

from jobs.attempts import AttemptOutcome, JobAttempt
from jobs.options import JobOptions
from jobs.record import JobRecord, JobStatus, JobType
from jobs.recovery import attempt_after_restart, record_after_restart
from jobs.states import check_transition

S = JobStatus


def left_as(status: JobStatus, **fields: object) -> JobRecord:
    """A record as the last server left it."""
    return JobRecord(
        **{
            "job_id": "FL-000000000001",
            "job_type": JobType.FLUSH,
            "status": status,
            "owner": "alice",
            "max_retries": 3,
            "node_id": "n",
            "created_at": 1,
            "updated_at": 1,
            "cancel_requested_by": "bob",
            **fields,
        }
    )


def crashed(count: int) -> list[JobAttempt]:
    """Attempts that ended in crashes, and the one that was running."""
    attempts = [JobAttempt(job_id="FL-000000000001", attempt=number, started_at=1) for number in range(1, count + 2)]
    return [attempt_after_restart(attempt, 2) for attempt in attempts[:-1]] + attempts[-1:]


@pytest.mark.parametrize("recovery", ["resume", "fail"])
@pytest.mark.parametrize("status", [status for status in S if not status.is_terminal])
def test_every_status_goes_on_somewhere_legal(status: JobStatus, recovery: str):
    """Each status stays or goes where the table of transitions allows; nothing is left at work."""
    read = left_as(status)
    after = record_after_restart(read, crashed(0), JobOptions(recovery=recovery), 9)
    expected = {
        S.NEW: S.QUEUED,
        S.RUNNING: S.QUEUED if recovery == "resume" else S.FAILED,
        S.CANCELLING: S.CANCELLED,
        S.PAUSING: S.PAUSED,
    }.get(status, status)
    assert after.status is expected
    if after.status is status:
        assert after is read
    else:
        check_transition(status, after.status)
        assert after.updated_at == 9


def test_a_crash_counts_as_a_retry_beyond_any_limit():
    """A crash raises retry_count and is not held to max_retries."""
    after = record_after_restart(left_as(S.RUNNING, retry_count=3), crashed(0), JobOptions(), 9)
    assert (after.status, after.retry_count, after.message) == (S.QUEUED, 4, "Server restarted during execution")


@pytest.mark.parametrize(("crashes_before", "status"), [(0, S.QUEUED), (1, S.QUEUED), (2, S.FAILED), (5, S.FAILED)])
def test_the_third_crash_is_the_last(crashes_before: int, status: JobStatus):
    """Two crashes are forgiven, the third one fails the job."""
    after = record_after_restart(left_as(S.RUNNING), crashed(crashes_before), JobOptions(), 9)
    assert after.status is status
    if status is S.FAILED:
        assert (after.message, after.finished_at) == ("crash loop", 9)


def test_attempts_that_failed_otherwise_are_no_crashes():
    """Only crashes count towards the crash loop."""
    failed = JobAttempt(
        job_id="FL-000000000001", attempt=1, started_at=1, outcome=AttemptOutcome.FAILED, error_sqlstate="53100"
    )
    after = record_after_restart(left_as(S.RUNNING), [failed, failed, failed, *crashed(0)], JobOptions(), 9)
    assert after.status is S.QUEUED
