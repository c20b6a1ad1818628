"""A second job manager: one task owns the state, and whoever wants something sends it a message.

The server does not run it. It is there as the proof that nothing depends on callers and work touching the state of jobs
themselves: a manager whose actor is on another machine can take its place.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from jobs.clock import ends_within
from jobs.control import has_ended
from jobs.core import JobCore, Placed
from jobs.durable import wait_durable
from jobs.errors import WaitTimedOut
from jobs.mailbox import Mailbox
from jobs.manager import JobManager
from jobs.request import ControlOutcome, Started

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator

    from structlog.typing import FilteringBoundLogger

    from jobs.active import ActiveJob
    from jobs.attempts import JobAttempt
    from jobs.body import JobBody
    from jobs.clock import Clock
    from jobs.control import Decision
    from jobs.durable import RecordStorage
    from jobs.events import JobEvent
    from jobs.options import JobOptions
    from jobs.permissions import Actor
    from jobs.record import JobId, JobRecord, JobStatus
    from jobs.request import JobRequest, JobTransition
    from jobs.view import JobView


class ActorJobManager(JobManager):
    """The actor is the task that serves the mailbox: it alone changes `_core`.

    Callers, the work of jobs, clocks and the storage that says what has become durable all send messages to it. What
    takes time is waited for outside of it, by whoever wants to know.
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
        self._mailbox = Mailbox()
        self._core = JobCore(
            storage, bodies, self._mailbox, options, sqlstate_of=sqlstate_of, log=log, clock=clock, rng=rng
        )
        self._clock = self._core.clock
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to serve, and have the actor recover what had not ended."""
        self._tasks.append(asyncio.create_task(self._mailbox.serve(), name="job actor"))
        await self._mailbox.ask(self._core.recover)
        self._tasks.append(asyncio.create_task(self._tick(), name="job actor's clock"))
        await self.start_what_data_asks_for(self._core.bodies, self._core.log)
        await self._core.store.all_written()

    async def stop(self, flush_timeout_s: float) -> None:
        """Have the work stopped, then end the actor and the threads; the loop may be closed afterwards."""
        await ends_within(self._clock, await self._mailbox.ask(self._core.close), flush_timeout_s)
        await (await self._mailbox.ask(self._core.runner.stop_all))
        await self._core.store.all_written()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._core.workers.shutdown()

    async def start_job(self, request: JobRequest) -> Started:
        """Make or join a job."""
        asked = await self._mailbox.ask(partial(self._core.admit, request))
        while not isinstance(placed := await self._mailbox.ask(partial(self._core.place, asked)), Placed):
            await placed
        if placed.commit is not None:
            await wait_durable(placed.commit)
        return Started(await self._mailbox.ask(placed.show), placed.deduplicated)

    async def cancel_job(
        self, job_id: JobId, by: Actor, reason: str | None = None, *, sync: bool = True, timeout_s: float = 10.0
    ) -> ControlOutcome:
        """Kill a job."""
        return await self._carried_out(
            partial(self._core.control.kill, job_id, by, reason), timeout_s if sync else None
        )

    async def pause_job(
        self, job_id: JobId, by: Actor, *, sync: bool = True, timeout_s: float = 10.0
    ) -> ControlOutcome:
        """Pause a job."""
        return await self._carried_out(partial(self._core.control.pause, job_id, by), timeout_s if sync else None)

    async def resume_job(self, job_id: JobId, by: Actor) -> ControlOutcome:
        """Queue a paused job."""
        return await self._carried_out(partial(self._core.control.resume, job_id, by))

    async def retry_job(self, job_id: JobId, by: Actor) -> ControlOutcome:
        """Skip a wait, or start ended work again."""
        status, request = await self._mailbox.ask(partial(self._core.request_again, job_id, by))
        if request is None:
            return await self._carried_out(partial(self._core.control.retry_now, job_id, by))
        again = (await self.start_job(request)).record
        return ControlOutcome(again.job_id, status, again.status, f"Started again for {job_id}.")

    async def get_job_status(self, job_id: JobId) -> JobRecord:
        """The job as it stands."""
        return await self._mailbox.ask(partial(self._core.record, job_id))

    async def list_active_jobs(self) -> list[JobRecord]:
        """The jobs that have not ended, the oldest first."""
        return await self._mailbox.ask(self._core.active)

    async def wait_for_job(self, job_id: JobId, timeout_s: float | None = None) -> JobRecord:
        """The record, once the job has ended."""
        job = await self._mailbox.ask(partial(self._core.store.get, job_id))
        if job is not None and not await ends_within(self._clock, self._becomes(job, has_ended), timeout_s):
            raise WaitTimedOut(await self.get_job_status(job_id))
        return await self._mailbox.ask(partial(self._core.successful, job_id))

    def view(self) -> JobView:
        """Records are values: whoever reads them between two steps of the actor sees what the last one left."""
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

    async def _carried_out(self, decide: Callable[[], Decision], timeout_s: float | None = None) -> ControlOutcome:
        """Have the actor decide; wait until that is durable and, with a timeout, until the job is where it was sent."""
        decision = await self._mailbox.ask(decide)
        if decision.commit is not None:
            await wait_durable(decision.commit)
        if timeout_s is not None:
            reached = self._becomes(decision.job, decision.until)
            if not await ends_within(self._clock, reached, timeout_s):
                return await self._mailbox.ask(partial(decision.late, timeout_s))
        return await self._mailbox.ask(decision.outcome)

    async def _becomes(self, job: ActiveJob, condition: Callable[[JobStatus], bool]) -> None:
        """Ask the actor for the job's next change, until its status fulfils the condition."""

        def change_unless_fulfilled() -> asyncio.Future[None] | None:
            return None if condition(job.record.status) else job.next_change()

        while (change := await self._mailbox.ask(change_unless_fulfilled)) is not None:
            await change

    async def _tick(self) -> None:
        interval_s = self._core.options.progress_interval_ms / 1e3
        while True:
            await self._clock.sleep(interval_s)
            self._mailbox.tell(self._core.save_progress)
