"""The job manager that runs jobs as tasks of one asyncio loop, with threads for what would block it."""

from __future__ import annotations

import asyncio
import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from jobs import endings, recovery
from jobs.admission import Admission
from jobs.body import JobBodies
from jobs.clock import SystemClock, ends_by
from jobs.control import JobControl, has_ended
from jobs.durable import wait_durable
from jobs.errors import JobFailed, JobWasCancelled, ManagerStopped, NoSuchJob, WaitTimedOut
from jobs.history import JobHistory
from jobs.log import log_change
from jobs.manager import JobManager
from jobs.options import JobOptions
from jobs.record import JobStatus
from jobs.request import ControlOutcome, JobRequest, JobTransition, Started
from jobs.runner import Runner
from jobs.store import JobStore
from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from structlog.typing import FilteringBoundLogger

    from jobs.active import ActiveJob
    from jobs.attempts import JobAttempt
    from jobs.body import JobBody
    from jobs.clock import Clock
    from jobs.durable import RecordStorage
    from jobs.events import JobEvent
    from jobs.permissions import Actor
    from jobs.record import JobId, JobRecord
    from jobs.request import JobFilter


class AsyncioJobManager(JobManager):
    """Everything but the workers' threads runs on the loop that `start` was called on."""

    def __init__(
        self,
        storage: RecordStorage,
        bodies: Iterable[JobBody[Any]],
        options: JobOptions | None = None,
        *,
        sqlstate_of: Callable[[BaseException], str],
        log: FilteringBoundLogger | None = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._options = options or JobOptions()
        self._log: FilteringBoundLogger = log or structlog.get_logger("jobs")
        self._clock: Clock = clock or SystemClock()
        self._bodies = JobBodies(bodies)
        self._store = JobStore(storage, self._changed, self._lost)
        self._history = JobHistory(storage)
        self._admission = Admission(self._store, self._history, self._bodies, self._options, self._clock)
        self._workers = ThreadPoolExecutor(self._options.max_concurrent, thread_name_prefix="siltdb-job")
        # Jitter need not be secret.
        rng = rng or random.Random()  # noqa: S311
        self._runner = Runner(
            self._store, self._bodies, self._workers, self._options, self._clock, rng, self._log, sqlstate_of
        )
        self._control = JobControl(self._store, self._history, self._runner, self._clock)
        self._listeners: list[Callable[[JobTransition], None]] = []
        self._progress_writer: asyncio.Task[None] | None = None
        self._accepting = False

    async def start(self) -> None:
        """Recover what had not ended, then run jobs."""
        for job in self._store.load():
            self._recover(job)
        self._accepting = True
        self._progress_writer = asyncio.create_task(self._write_progress(), name="job progress")
        self._runner.open()
        for body in self._bodies:
            for request in body.requests_at_start():
                await self.start_job(request)
        await self._store.all_written()

    async def stop(self, flush_timeout_s: float) -> None:
        """Stop the work, then the threads; the loop may be closed afterwards."""
        self._accepting = False
        await self._runner.close(self._in(flush_timeout_s))
        if self._progress_writer is not None:
            self._progress_writer.cancel()
        await self._store.all_written()
        self._workers.shutdown()

    async def start_job(self, request: JobRequest) -> Started:
        """Make or join a job."""
        self._check_accepting()
        asked = self._admission.check(request)
        bound = self._admission.bound_job(asked)
        if bound is not None:
            active = self._store.get(bound.job_id)
            if active is not None:
                await active.written_durably()
            return Started(bound, deduplicated=True)
        while (holder := self._admission.holder(asked)) is not None:
            if holder.written.status is not JobStatus.CANCELLING:
                if self._admission.join(asked, holder):
                    self._runner.enqueue(holder)
                await holder.written_durably()
                return Started(holder.shown(self._clock.now_us()), deduplicated=True)
            # Joined to it, what is asked for would never be done.
            await holder.changed()
            self._check_accepting()
        job, created = self._admission.create(asked)
        made = job.written
        self._store.change(job, made, endings.queued(made, made.created_at))
        self._runner.enqueue(job)
        await wait_durable(created)
        return Started(made, deduplicated=False)

    async def cancel_job(
        self, job_id: JobId, by: Actor, reason: str | None = None, *, sync: bool = True, timeout_s: float = 10.0
    ) -> ControlOutcome:
        """Kill a job."""
        return await self._control.kill(job_id, by, reason, sync=sync, timeout_s=timeout_s)

    async def pause_job(
        self, job_id: JobId, by: Actor, *, sync: bool = True, timeout_s: float = 10.0
    ) -> ControlOutcome:
        """Pause a job."""
        return await self._control.pause(job_id, by, sync=sync, timeout_s=timeout_s)

    async def resume_job(self, job_id: JobId, by: Actor) -> ControlOutcome:
        """Queue a paused job."""
        return await self._control.resume(job_id, by)

    async def retry_job(self, job_id: JobId, by: Actor) -> ControlOutcome:
        """Skip a wait, or start ended work again."""
        record = self._control.permitted(job_id, by)
        if record.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
            return await self._control.retry_now(job_id, by)
        started = await self.start_job(
            JobRequest(
                job_type=record.job_type,
                parameters=self._bodies.of(record.job_type).parse(record.parameters),
                owner=by.name,
                namespace=record.namespace,
                table_name=record.table_name,
                parent_job_id=job_id,
                priority=record.priority,
                max_retries=record.max_retries,
            )
        )
        again = started.record
        return ControlOutcome(again.job_id, record.status, again.status, f"Started again for {job_id}.")

    async def get_job_status(self, job_id: JobId) -> JobRecord:
        """The job as it stands."""
        job = self._store.get(job_id)
        record = job.shown(self._clock.now_us()) if job is not None else self._history.get(job_id)
        if record is None:
            raise NoSuchJob(job_id)
        return record

    async def list_active_jobs(self) -> list[JobRecord]:
        """The jobs that have not ended, the oldest first."""
        now_us = self._clock.now_us()
        return sorted((job.shown(now_us) for job in self._store.active()), key=lambda record: record.created_at)

    async def wait_for_job(self, job_id: JobId, timeout_s: float | None = None) -> JobRecord:
        """The record, once the job has ended."""
        job = self._store.get(job_id)
        if job is not None:
            by_us = None if timeout_s is None else self._in(timeout_s)
            if not await ends_by(self._clock, job.becomes(has_ended), by_us):
                raise WaitTimedOut(job.shown(self._clock.now_us()))
        record = await self.get_job_status(job_id)
        if record.status is JobStatus.FAILED:
            raise JobFailed(record)
        if record.status is JobStatus.CANCELLED:
            raise JobWasCancelled(record)
        return record

    def find_jobs(self, wanted: JobFilter) -> Iterator[JobRecord]:
        """Active jobs from memory, then ended ones from RocksDB."""
        now_us = self._clock.now_us()
        active = {job.record.job_id: job.shown(now_us) for job in self._store.active()}
        # A job whose end is written but not durable is among both, and has not ended as far as anybody was told.
        ended = (record for record in self._history.find(wanted) if record.job_id not in active)
        return itertools.chain(filter(wanted.accepts, active.values()), ended)

    def find_attempts(self, job_id: JobId | None = None) -> Iterator[JobAttempt]:
        """The attempts of one job, or of all."""
        return self._history.attempts(job_id)

    def find_events(self, job_id: JobId | None = None) -> Iterator[JobEvent]:
        """The events of one job, or of all."""
        return self._history.events(job_id)

    def subscribe(self, listener: Callable[[JobTransition], None]) -> Callable[[], None]:
        """Tell `listener` of every transition, in order."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    def _recover(self, job: ActiveJob) -> None:
        read, now_us = job.written, self._clock.now_us()
        attempts = list(self._history.attempts(read.job_id)) if read.status.is_at_work else []
        after = recovery.record_after_restart(read, attempts, self._options, now_us)
        if after is not read:
            closed = recovery.attempt_after_restart(attempts[-1], now_us) if attempts else None
            self._store.change(job, read, after, attempt=closed)
        if after.status in (JobStatus.QUEUED, JobStatus.RETRYING):
            self._runner.enqueue(job)

    def _changed(self, before: JobRecord | None, after: JobRecord, event: JobEvent) -> None:
        """A change is durable: from here on it may be told."""
        log_change(self._log, after, event)
        if after.status in (JobStatus.CANCELLING, JobStatus.PAUSING):
            self._runner.stop_work(after.job_id)
        if before is not None and before.status is after.status:
            return
        transition = JobTransition(None if before is None else before.status, after)
        for listener in tuple(self._listeners):
            try:
                listener(transition)
            except Exception as error:  # noqa: BLE001 - somebody else's code: others must hear, and the loop reports it
                told = {"message": "a listener of job transitions failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(told)

    def _lost(self, job: ActiveJob, error: Exception) -> None:
        self._log.error("a change was not made durable", job_id=job.written.job_id, error=str(error))

    async def _write_progress(self) -> None:
        interval_us = self._options.progress_interval_ms * 1_000
        while True:
            await self._clock.sleep_until(self._clock.now_us() + interval_us)
            try:
                self._store.save_progress(self._runner.running(), self._clock.now_us())
            except StorageError as error:
                # Progress is a convenience; the write that matters will fail by itself and be told.
                self._log.warning("progress was not written", error=str(error))

    def _in(self, seconds: float) -> int:
        return self._clock.now_us() + int(seconds * 1e6)

    def _check_accepting(self) -> None:
        if not self._accepting:
            raise ManagerStopped
