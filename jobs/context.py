"""What a job's work sees of the job system."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from jobs.durable import wait_durable_whatever
from jobs.errors import JobCancelled, StaleWrite
from jobs.once import Once
from storage.errors import WriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from typing import Any, TypeAlias

    from structlog.typing import FilteringBoundLogger

    from jobs.outcome import Outcome
    from jobs.owner import Owner
    from jobs.record import JobId
    from jobs.run import JobRun
    from storage.kv import Mutation
    from storage.syncer import Commit

    Checkpoint: TypeAlias = Callable[[int, int], None]

P = TypeVar("P", bound=msgspec.Struct)
T = TypeVar("T")


class JobContext(Generic[P]):
    """One attempt at a job's work, as the work sees it: on the loop, but for the checkpoints of its workers."""

    def __init__(
        self,
        run: JobRun,
        parse: Callable[[object], P],
        workers: Executor,
        owner: Owner,
        log: FilteringBoundLogger,
    ) -> None:
        self._run = run
        self._owner = owner
        self._parse = parse
        self._workers = workers
        self.log = log
        """A logger bound to the job's id."""

    @property
    def job_id(self) -> JobId:
        """The job's id."""
        return self._run.attempt.job_id

    @property
    def attempt(self) -> int:
        """The number of this attempt, from 1."""
        return self._run.attempt.attempt

    @property
    def parameters(self) -> P:
        """The parameters as they are now: a request that joined the job may have raised them since it started."""
        self._run.looked_at = self._run.job.written.parameters
        return self._parse(self._run.looked_at)

    @property
    def result(self) -> dict[str, Any] | None:
        """What the parts that were committed before have come to, in earlier attempts, too: see `commit_part`."""
        return self._run.job.written.result

    def progress(self, done: int, total: int, unit: str | None = None, phase: str | None = None) -> None:
        """Tell how far the work is. A `unit` or `phase` stays until another one is given. Any thread may call it."""
        self._run.progress.report(done, total, unit, phase)

    async def checkpoint(self) -> None:
        """Let others have the loop for a moment. Raises `JobCancelled` when the work should stop."""
        await asyncio.sleep(0)
        if self._run.stop_requested:
            raise JobCancelled

    async def run_in_worker(self, function: Callable[[Checkpoint], T], undo: Callable[[T], None] | None = None) -> T:
        """Call `function(checkpoint)` in a worker thread and return what it returns.

        `checkpoint(done, total)` records progress, and raises `JobCancelled` in the thread once the work should stop.
        A thread cannot be stopped otherwise: when this is cancelled it waits for the thread, and only then raises. If
        the thread got to its end in spite of it, what it returned is taken back with `undo`, in a worker too.
        """
        left = threading.Event()
        in_thread = self._workers.submit(Once(partial(self._measured, function, left)))
        work = asyncio.wrap_future(in_thread)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            left.set()
            if in_thread.cancel():
                # All threads are taken, and it had not begun: there is nothing to wait for.
                raise
            await _wait_until_ended(work)
            error = work.exception()
            if error is None and undo is not None:
                await self.finish_in_worker(partial(undo, work.result()))
            if error is not None and not isinstance(error, JobCancelled):
                # It did not stop because it was told to, but in an error of its own, which must be heard of.
                raise error from None
            raise

    async def finish_in_worker(self, function: Callable[[], None]) -> None:
        """Call a function in a worker thread, whatever happens: a cancellation is raised when it has returned.

        For what must not be left half done, as taking back what was written; so it has no checkpoints.
        """
        work = asyncio.get_running_loop().run_in_executor(self._workers, Once(partial(self._charged, function)))
        cancelled = await _wait_until_ended(work)
        work.result()
        if cancelled is not None:
            raise cancelled

    async def commit_point(
        self, outcome: Outcome, write: Callable[[tuple[Mutation, ...]], Commit], undo: Callable[[], None] | None = None
    ) -> bool:
        """Settle the job as completed in the same batch as its work, and wait until that is durable.

        `write(mutations)` writes them with what the work has to write. From then on a kill comes too late, and the
        idempotency key is free. If it raises, or the job was killed before (`JobCancelled`), nothing has happened, and
        the work is taken back with `undo`, in a worker. `WriteFailed` leaves that unknown.

        False when another request has joined the job since the work last looked at `parameters`: what was done is
        written as a part of the work, and the job goes on.
        """

        def settle() -> Commit:
            if self._run.is_settled:
                raise StaleWrite
            if self._run.is_killed:
                raise JobCancelled
            if self._run.is_asked_for_more:
                return self._write_part(write, outcome.result)
            return self._run.settle(outcome, write=write)

        await self._write_or_undo(settle, undo)
        return self._run.is_settled

    async def commit_part(
        self,
        write: Callable[[tuple[Mutation, ...]], Commit],
        undo: Callable[[], None] | None = None,
        result: dict[str, Any] | None = None,
    ) -> None:
        """Write a part of the work, with more to follow, and wait until it is durable. `undo` as in `commit_point`.

        `result` is what all parts so far have come to: it is in the job's record as soon as the part is there. If the
        job was killed before (`JobCancelled`), nothing has happened.
        """
        await self._write_or_undo(lambda: self._write_part(write, result), undo)

    def _write_part(self, write: Callable[[tuple[Mutation, ...]], Commit], result: dict[str, Any] | None) -> Commit:
        if self._run.is_killed:
            raise JobCancelled
        return write(()) if result is None else self._run.note(result, write)

    async def _write_or_undo(self, write: Callable[[], Commit], undo: Callable[[], None] | None) -> None:
        reply = self._owner.ask(write)
        # Until the owner has answered nobody knows whether it is written.
        cancelled = await _wait_until_ended(reply)
        try:
            commit = reply.result()
        except WriteFailed:
            # Whether it is there is not known before the next start, which removes what is not.
            raise
        except BaseException:
            if undo is not None:
                await self.finish_in_worker(undo)
            raise
        # What is written cannot be taken back any more: a cancellation has to wait until it is known to be there.
        await wait_durable_whatever(commit)
        if cancelled is not None:
            raise cancelled

    def _measured(self, function: Callable[[Checkpoint], T], left: threading.Event) -> T:
        """In the worker thread. `left` says that nobody waits for the result any more."""

        def checkpoint(done: int, total: int) -> None:
            if left.is_set() or self._run.stop_requested:
                raise JobCancelled
            self._run.progress.report(done, total)
            self._run.usage.sample_memory()

        return self._charged(lambda: function(checkpoint))

    def _charged(self, function: Callable[[], T]) -> T:
        with self._run.usage.at_work():
            return function()


async def _wait_until_ended(work: asyncio.Future[Any]) -> asyncio.CancelledError | None:
    """Wait for what cannot be cancelled, however often we are. Its result or error is for the caller to take.

    Returns our own cancellation, if there was one, which is for the caller to raise.
    """
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            cancelled = error
    return cancelled
