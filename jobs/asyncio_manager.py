"""The job manager that runs jobs as tasks of one asyncio loop, with threads for what would block it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from jobs.clock import ends_within
from jobs.control import has_ended
from jobs.core import JobCore, Placed
from jobs.durable import wait_durable
from jobs.errors import WaitTimedOut
from jobs.manager import JobManager
from jobs.owner import WhoeverAsks
from jobs.request import ControlOutcome, Started

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator

    from structlog.typing import FilteringBoundLogger

    from jobs.attempts import JobAttempt
    from jobs.body import JobBody
    from jobs.clock import Clock
    from jobs.control import Decision
    from jobs.durable import RecordStorage
    from jobs.events import JobEvent
    from jobs.options import JobOptions
    from jobs.permissions import Actor
    from jobs.record import JobId, JobRecord
    from jobs.request import JobRequest, JobTransition
    from jobs.view import JobView


class AsyncioJobManager(JobManager):
    """Whoever calls a method changes jobs itself, then and there: all callers are tasks of the loop.

    Everything but the workers' threads runs on the loop that `start` was called on.
    """

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
        self._core = JobCore(
            storage, bodies, WhoeverAsks(), options, sqlstate_of=sqlstate_of, log=log, clock=clock, rng=rng
        )
        self._clock = self._core.clock
        self._progress_writer: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Recover what had not ended, then run jobs."""
        self._core.recover()
        self._progress_writer = asyncio.create_task(self._write_progress(), name="job progress")
        await self.start_what_data_asks_for(self._core.bodies, self._core.log)
        await self._core.store.all_written()

    async def stop(self, flush_timeout_s: float) -> None:
        """Stop the work, then the threads; the loop may be closed afterwards."""
        await ends_within(self._clock, self._core.close(), flush_timeout_s)
        await self._core.runner.stop_all()
        if self._progress_writer is not None:
            self._progress_writer.cancel()
        await self._core.store.all_written()
        self._core.workers.shutdown()

    async def start_job(self, request: JobRequest) -> Started:
        """Make or join a job."""
        asked = self._core.admit(request)
        while not isinstance(placed := self._core.place(asked), Placed):
            await placed
        if placed.commit is not None:
            await wait_durable(placed.commit)
        return Started(placed.show(), placed.deduplicated)

    async def cancel_job(
        self, job_id: JobId, by: Actor, reason: str | None = None, *, sync: bool = True, timeout_s: float = 10.0
    ) -> ControlOutcome:
        """Kill a job."""
        return await self._carried_out(self._core.control.kill(job_id, by, reason), timeout_s if sync else None)

    async def pause_job(
        self, job_id: JobId, by: Actor, *, sync: bool = True, timeout_s: float = 10.0
    ) -> ControlOutcome:
        """Pause a job."""
        return await self._carried_out(self._core.control.pause(job_id, by), timeout_s if sync else None)

    async def resume_job(self, job_id: JobId, by: Actor) -> ControlOutcome:
        """Queue a paused job."""
        return await self._carried_out(self._core.control.resume(job_id, by))

    async def retry_job(self, job_id: JobId, by: Actor) -> ControlOutcome:
        """Skip a wait, or start ended work again."""
        status, request = self._core.request_again(job_id, by)
        if request is None:
            return await self._carried_out(self._core.control.retry_now(job_id, by))
        again = (await self.start_job(request)).record
        return ControlOutcome(again.job_id, status, again.status, f"Started again for {job_id}.")

    async def get_job_status(self, job_id: JobId) -> JobRecord:
        """The job as it stands."""
        return self._core.record(job_id)

    async def list_active_jobs(self) -> list[JobRecord]:
        """The jobs that have not ended, the oldest first."""
        return self._core.active()

    async def wait_for_job(self, job_id: JobId, timeout_s: float | None = None) -> JobRecord:
        """The record, once the job has ended."""
        job = self._core.store.get(job_id)
        if job is not None and not await ends_within(self._clock, job.becomes(has_ended), timeout_s):
            raise WaitTimedOut(job.shown(self._clock.now_us()))
        return self._core.successful(job_id)

    def view(self) -> JobView:
        """Active jobs from memory, then ended ones from RocksDB."""
        return self._core.view()

    def find_attempts(self, job_id: JobId | None = None) -> Iterator[JobAttempt]:
        """The attempts of one job, or of all."""
        return self._core.history.attempts(job_id)

    def find_events(self, job_id: JobId | None = None) -> Iterator[JobEvent]:
        """The events of one job, or of all."""
        return self._core.history.events(job_id)

    def subscribe(self, listener: Callable[[JobTransition], None]) -> Callable[[], None]:
        """Tell `listener` of every transition, in order."""
        return self._core.listeners.add(listener)

    async def _carried_out(self, decision: Decision, timeout_s: float | None = None) -> ControlOutcome:
        """Wait until it is durable and, with a timeout, until the job has come to where it was sent."""
        if decision.commit is not None:
            await wait_durable(decision.commit)
        if timeout_s is not None:
            reached = decision.job.becomes(decision.until)
            if not await ends_within(self._clock, reached, timeout_s):
                return decision.late(timeout_s)
        return decision.outcome()

    async def _write_progress(self) -> None:
        interval_s = self._core.options.progress_interval_ms / 1e3
        while True:
            await self._clock.sleep(interval_s)
            self._core.save_progress()
