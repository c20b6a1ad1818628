"""Runs queued jobs as asyncio tasks, at most so many at once, and records how each attempt ended."""

from __future__ import annotations

import asyncio
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from jobs.context import JobContext
from jobs.durable import wait_durable
from jobs.endings import Failure, Stopped
from jobs.errors import JobCancelled, JobError
from jobs.record import JobStatus
from jobs.retry import Backoff
from jobs.run import JobRun
from jobs.run_queue import RunQueue
from jobs.usage import SharedCpu
from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Set
    from concurrent.futures import Executor
    from random import Random

    from structlog.typing import FilteringBoundLogger

    from jobs.active import ActiveJob
    from jobs.body import JobBodies
    from jobs.clock import Clock
    from jobs.endings import Ending
    from jobs.options import JobOptions
    from jobs.owner import Owner
    from jobs.record import JobId, JobType
    from jobs.store import JobStore
    from storage.syncer import Commit

SHUT_DOWN: Final = "Stopped by a shutdown of the server; runs again when it is back"


class Runner:
    """The running jobs of one process. It belongs to the owner of the jobs, and what happens beside it comes as a step.

    Work begins when its start is durable, so that its story is told in order and no crash forgets an attempt. Its place
    is free again when its ending is written: that becomes durable before the start of what takes the place does.
    """

    def __init__(
        self,
        store: JobStore,
        bodies: JobBodies,
        workers: Executor,
        owner: Owner,
        options: JobOptions,
        clock: Clock,
        rng: Random,
        log: FilteringBoundLogger,
        sqlstate_of: Callable[[BaseException], str],
    ) -> None:
        self._store = store
        self._owner = owner
        self._bodies = bodies
        self._workers = workers
        self._options = options
        self._backoff = Backoff(options.retry_backoff_ms, options.retry_backoff_longest_ms)
        self._clock = clock
        self._rng = rng
        self._log = log
        self._sqlstate_of = sqlstate_of
        self._queue = RunQueue()
        self._runs: dict[JobId, JobRun] = {}
        self._idle: list[asyncio.Future[None]] = []
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at_us: int | None = None
        self._cpu = SharedCpu()
        self._open = False

    def open(self) -> None:
        """Begin to run jobs."""
        self._open = True
        self._fill_places()

    def enqueue(self, job: ActiveJob) -> None:
        """Run a queued or retrying job when its `next_run_at` has come and there is a place for it."""
        next_run_at = job.written.next_run_at
        not_before_us = None
        if next_run_at is not None:
            # By the time that elapses: a clock that is set neither shortens the wait nor prolongs it.
            not_before_us = self._clock.elapsed_us() + max(next_run_at - self._clock.now_us(), 0)
        self._queue.push(job.written.job_id, job.written.priority, not_before_us)
        self._fill_places()

    def withdraw(self, job: ActiveJob) -> None:
        """Take a job that is not running out of the queue."""
        self._queue.remove(job.written.job_id)

    def stop_work(self, job_id: JobId) -> None:
        """Tell a job's work to stop, if it is running."""
        run = self._runs.get(job_id)
        if run is not None:
            run.stop()

    def running(self) -> list[ActiveJob]:
        """The jobs at work."""
        return [run.job for run in self._runs.values()]

    def close(self) -> asyncio.Future[None]:
        """Start nothing more, and stop what a shutdown does not wait for. The future is done when nothing runs."""
        self._open = False
        if self._alarm is not None:
            self._alarm.cancel()
        return self._stop({body.job_type for body in self._bodies if body.finishes_at_shutdown})

    def stop_all(self) -> asyncio.Future[None]:
        """Stop what runs. The future is done when nothing does."""
        return self._stop(frozenset())

    def _stop(self, spared: Set[JobType]) -> asyncio.Future[None]:
        for run in self._runs.values():
            if run.job.written.job_type not in spared:
                run.stop()
        idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._idle.append(idle)
        self._tell_if_idle()
        return idle

    def _tell_if_idle(self) -> None:
        if not self._runs:
            for idle in self._idle:
                if not idle.done():
                    idle.set_result(None)
            self._idle.clear()

    def _fill_places(self) -> None:
        while self._open and len(self._runs) < self._options.max_concurrent:
            job_id = self._queue.pop(self._clock.elapsed_us())
            if job_id is None:
                self._set_alarm()
                return
            job = self._store.get(job_id)
            assert job is not None, "a job in the queue is active"
            self._begin(job)

    def _set_alarm(self) -> None:
        """Have somebody look again when the next time comes. While all places are taken, who leaves one looks."""
        due_us = self._queue.next_due_us
        if due_us == self._alarm_at_us:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at_us = due_us
        self._alarm = None if due_us is None else asyncio.create_task(self._ring(due_us), name="next job is due")

    async def _ring(self, at_us: int) -> None:
        await self._clock.sleep((at_us - self._clock.elapsed_us()) / 1e6)
        self._owner.tell(self._alarm_rang)

    def _alarm_rang(self) -> None:
        self._alarm = self._alarm_at_us = None
        self._fill_places()

    def _begin(self, job: ActiveJob) -> None:
        run = JobRun(job, self._store, self._clock, self._cpu)
        try:
            recorded = run.begin()
        except StorageError as error:
            self._give_up(job, error)
            return
        job_id = run.attempt.job_id
        self._runs[job_id] = run
        run.task = asyncio.create_task(self._attempt(run, recorded), name=job_id)
        # In a callback and not in the task, because a task that is cancelled early never runs.
        run.task.add_done_callback(lambda task: self._owner.tell(partial(self._attempt_ended, run, task)))

    async def _attempt(self, run: JobRun, recorded: Commit) -> Ending:
        """The task beside the owner in which the work is done."""
        await wait_durable(recorded)
        body = self._bodies.of(run.job.written.job_type)
        log = self._log.bind(job_id=run.attempt.job_id)
        context: JobContext[Any] = JobContext(run, body.parse, self._workers, self._owner, log)
        while True:
            try:
                ending = await body.prepare(context) or await body.run(context)
            except BaseException as error:
                _let_go(error)
                raise
            if await self._owner.ask(partial(self._end, run, ending)):
                return ending

    def _end(self, run: JobRun, ending: Ending) -> bool:
        """Settle what the work came to. False if it was asked for more before this, which it has to do, too."""
        if run.is_settled:
            return True
        if run.is_asked_for_more:
            if not run.stop_requested:
                run.looked_at = run.job.written.parameters
                return False
            ending = Stopped(SHUT_DOWN)
        self._settle(run, ending)
        return True

    def _attempt_ended(self, run: JobRun, task: asyncio.Task[Ending]) -> None:
        job_id = run.attempt.job_id
        del self._runs[job_id]
        # What failed in a worker leads from the task's trace back to the run: in a circle that nobody would ever open,
        # as the garbage collector does not see that a task has a trace.
        run.task = None
        ending = self._ending_of(run, task)
        if not run.is_settled:
            self._settle(run, ending)
        elif isinstance(ending, Failure):
            self._log.error("its work failed after its commit point", job_id=job_id, trace=ending.trace)
        self._fill_places()
        self._tell_if_idle()

    def _ending_of(self, run: JobRun, task: asyncio.Task[Ending]) -> Ending:
        error = None if task.cancelled() else task.exception()
        if error is None and not task.cancelled():
            return task.result()
        if error is None or isinstance(error, JobCancelled):
            if run.stop_requested or run.is_killed:
                return Stopped(SHUT_DOWN)
            error = error or JobError("the work cancelled itself")
        return Failure.of(error, self._sqlstate_of)

    def _settle(self, run: JobRun, ending: Ending) -> None:
        retry = run.job.written.retry_count + 1
        next_run_at_us = self._clock.now_us() + self._backoff.delay_us(retry, self._rng)
        try:
            run.settle(ending, next_run_at_us)
        except StorageError as error:
            self._give_up(run.job, error)
            return
        if run.job.written.status is JobStatus.RETRYING and self._open:
            self.enqueue(run.job)

    def _give_up(self, job: ActiveJob, error: StorageError) -> None:
        """Storage takes no more writes: run no more jobs. The next start finds this one as it was last recorded."""
        self._open = False
        self._log.error("cannot be recorded; no more jobs are run", job_id=job.written.job_id, error=str(error))
        job.wake(error)


def _let_go(error: BaseException | None) -> None:
    """Clear the frames that an exception and those behind it hold.

    In them is what the work read: snapshots, and so the files of segments, which would otherwise stay until the garbage
    collector comes by. Traces are made of the code's lines, which remain.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
