"""One attempt at a job's work, while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from jobs import endings
from jobs.attempts import JobAttempt
from jobs.progress import Progress
from jobs.record import JobStatus
from jobs.usage import Usage

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from jobs.active import ActiveJob
    from jobs.clock import Clock
    from jobs.record import JobRecord
    from jobs.store import JobStore
    from jobs.usage import SharedCpu
    from storage.kv import Mutation
    from storage.syncer import Commit


class JobRun:
    """The newest attempt of a job. Its owner is the job's; worker threads report progress and look whether to stop."""

    def __init__(self, job: ActiveJob, store: JobStore, clock: Clock, cpu: SharedCpu) -> None:
        self._store = store
        self._clock = clock
        self.stop_requested = False
        """Whether the work was told to stop. Any thread may ask."""
        self.job = job
        started_at = endings.not_before(job.written, clock.now_us())
        self.attempt = JobAttempt(job_id=job.written.job_id, attempt=job.attempts + 1, started_at=started_at)
        self.progress = Progress(clock)
        self.usage = Usage(cpu)
        self._spent_before_s = job.written.cpu_seconds
        self._peak_before_bytes = job.written.peak_memory_bytes
        self.task: asyncio.Task[endings.Ending] | None = None
        self.looked_at = job.written.parameters
        """The parameters as the work last saw them."""

    @property
    def is_settled(self) -> bool:
        """Whether the job's record says how this attempt ended, or another attempt has begun: it has no more say."""
        return self.job.attempts != self.attempt.attempt or not self.job.written.status.is_at_work

    @property
    def is_asked_for_more(self) -> bool:
        """Whether another request has joined the job since the work last looked at what it is asked for."""
        return self.job.written.parameters != self.looked_at

    @property
    def is_killed(self) -> bool:
        """Whether a kill is written. The work is told to stop as soon as that is durable, and may hear of it before."""
        return self.job.written.status is JobStatus.CANCELLING

    def begin(self) -> Commit:
        """Record that the attempt starts."""
        read = self.job.written
        self.job.attempts = self.attempt.attempt
        self.job.work = self
        after = endings.begun(read, self.attempt.started_at)
        return self._store.change(self.job, read, after, told=f"attempt {self.attempt.attempt}", attempt=self.attempt)

    def shown_in(self, record: JobRecord, now_us: int) -> JobRecord:
        """The record with the progress of this attempt in it, and what all attempts have cost so far."""
        return msgspec.structs.replace(
            self.progress.shown_in(record, now_us),
            # Finer than microseconds is noise.
            cpu_seconds=round(self._spent_before_s + self.usage.cpu_seconds, 6),
            peak_memory_bytes=max(self._peak_before_bytes, self.usage.peak_memory_bytes),
        )

    def has_news(self) -> bool:
        """Whether there was progress since this was last asked."""
        return self.progress.has_changed()

    def stop(self) -> None:
        """Tell the work to stop: every checkpoint raises from now on, and the task is cancelled, once."""
        if not self.stop_requested:
            self.stop_requested = True
            if self.task is not None:
                self.task.cancel()

    def note(self, result: dict[str, Any], write: Callable[[tuple[Mutation, ...]], Commit]) -> Commit:
        """Record what the work has come to so far, in the batch that `write` writes."""
        read = self.job.written
        after = msgspec.structs.replace(read, result=result, updated_at=endings.not_before(read, self._clock.now_us()))
        return self._store.note(self.job, after, write)

    def settle(
        self,
        ending: endings.Ending,
        next_run_at_us: int = 0,
        write: Callable[[tuple[Mutation, ...]], Commit] | None = None,
    ) -> Commit:
        """Record how the attempt ended and what becomes of the job.

        `next_run_at_us` is when it runs again if that is to be retried; `write` is as in `JobStore.change`.
        """
        read = self.job.written
        now_us = self._clock.now_us()
        after = endings.record_after(self.shown_in(read, now_us), ending, now_us, next_run_at_us)
        closed = endings.attempt_after(self.attempt, ending, after)
        return self._store.change(self.job, read, after, attempt=closed, write=write)
