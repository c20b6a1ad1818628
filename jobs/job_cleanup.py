"""JC: removes the records of jobs that ended long ago, with their attempts, events and keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from jobs.body import JobBody
from jobs.clock import SystemClock
from jobs.expiry import Retention, count_expired, expired_jobs, expired_keys, start_of
from jobs.outcome import Outcome, Skip
from jobs.permissions import SYSTEM
from jobs.record import JobType
from jobs.request import JobRequest
from jobs.routes import ENDED_STATUSES
from storage.kv import Delete
from storage.units import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.clock import Clock
    from jobs.context import Checkpoint, JobContext
    from jobs.durable import RecordStorage
    from jobs.expiry import BoundKey, ExpiredJobs
    from jobs.record import JobStatus
    from storage.kv import Mutation
    from storage.syncer import Commit


class JobCleanupParameters(msgspec.Struct, frozen=True, kw_only=True):
    """None: how long records are kept is the server's configuration."""


class JobCleanupBody(JobBody[JobCleanupParameters]):
    """Removes records in batches, each of which takes all that there is of its jobs, or nothing.

    Keys are read in a worker and removed on the loop, a batch at a time. It can stop anywhere and be repeated: what is
    gone is gone, and the rest is still too old.
    """

    job_type = JobType.JOB_CLEANUP

    def __init__(self, storage: RecordStorage, retention: Retention | None = None, clock: Clock | None = None) -> None:
        super().__init__(JobCleanupParameters)
        self._storage = storage
        self._retention = retention or Retention()
        self._clock: Clock = clock or SystemClock()

    def idempotency_key(self, parameters: JobCleanupParameters) -> str:
        """One at a time."""
        return "job-cleanup"

    def scheduled(self, parameters: dict[str, Any]) -> Iterator[JobRequest]:
        """One job; whether there is anything to do it finds out itself, as that takes reading."""
        yield JobRequest(job_type=JobType.JOB_CLEANUP, parameters=JobCleanupParameters(), owner=SYSTEM.name)

    def describe(self, parameters: JobCleanupParameters) -> str:
        """What is logged of a new job."""
        return "cleanup of the records of ended jobs"

    async def run(self, context: JobContext[JobCleanupParameters]) -> Outcome | Skip:
        """Remove what is too old, one status after the other, and then the users' keys."""
        now_us = self._clock.now_us()
        removed = _Removed()
        total = await context.run_in_worker(partial(self._count, now_us))
        for status in ENDED_STATUSES:
            cursor: bytes | None = start_of(status)
            while cursor is not None:
                context.progress(removed.jobs, max(total, removed.jobs), "jobs", f"removing {status} jobs")
                found = await context.run_in_worker(partial(self._expired, status, now_us, cursor, removed.jobs, total))
                if found.deletes:
                    await context.commit_part(partial(self._remove, found.deletes))
                    removed.add(found)
                cursor = found.cursor
        context.progress(removed.jobs, removed.jobs, "jobs", "removing idempotency keys")
        for batch in await context.run_in_worker(partial(self._expired_keys, now_us, removed.jobs)):
            await context.commit_part(partial(self._remove_keys, batch, removed))
        return removed.outcome()

    def _count(self, now_us: int, checkpoint: Checkpoint) -> int:
        return count_expired(self._storage, self._retention, now_us, partial(checkpoint, 0, 0))

    def _expired(
        self, status: JobStatus, now_us: int, cursor: bytes, done: int, total: int, checkpoint: Checkpoint
    ) -> ExpiredJobs:
        step = partial(checkpoint, done, max(done, total))
        return expired_jobs(self._storage, status, self._retention.before_us(status, now_us), cursor, step)

    def _expired_keys(self, now_us: int, done: int, checkpoint: Checkpoint) -> list[list[BoundKey]]:
        return list(expired_keys(self._storage, self._retention, now_us, partial(checkpoint, done, done)))

    def _remove(self, deletes: tuple[Mutation, ...], mutations: tuple[Mutation, ...]) -> Commit:
        return self._storage.write((*deletes, *mutations))

    def _remove_keys(self, batch: list[BoundKey], removed: _Removed, mutations: tuple[Mutation, ...]) -> Commit:
        # A key that has been given to a new job since it was read is that job's.
        expired = [Delete(bound.key) for bound in batch if self._storage.get(bound.key) == bound.job_id]
        removed.keys += len(expired)
        return self._storage.write((*expired, *mutations))


class _Removed:
    """What one run has removed so far."""

    def __init__(self) -> None:
        self.jobs = self.attempts = self.events = self.keys = 0

    def add(self, found: ExpiredJobs) -> None:
        """A batch is gone."""
        self.jobs += found.jobs
        self.attempts += found.attempts
        self.events += found.events

    def outcome(self) -> Outcome | Skip:
        """What came of it."""
        result = {"jobs": self.jobs, "attempts": self.attempts, "events": self.events, "keys": self.keys}
        if not any(result.values()):
            return Skip("no job has ended that long ago", result)
        words = (counted(self.jobs, "job"), counted(self.attempts, "attempt"), counted(self.events, "event"))
        return Outcome(f"removed {', '.join(words)} and {counted(self.keys, 'idempotency key')}", result)
