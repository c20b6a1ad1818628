"""What the job tests work with: real storage, a clock that is moved by hand, job types that do as they are told."""

from __future__ import annotations

import asyncio
import logging
import random
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from jobs.body import JobBody
from jobs.errors import JobFailed
from jobs.options import JobOptions
from jobs.outcome import Outcome, Skip
from jobs.permissions import Actor
from jobs.record import JobStatus, JobType
from jobs.request import JobFilter, JobRequest, JobTransition
from storage.engine import Storage, StorageOptions
from storage.hot_memory import NO_LIMIT
from tests.jobs.tables import Disk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from jobs.context import JobContext
    from jobs.manager import JobManager
    from jobs.record import JobId, JobRecord

ALICE = Actor("alice")
BOB = Actor("bob")
ADMIN = Actor("admin", superuser=True)
START_US = 1_700_000_000_000_000
OPENING_US = 1_000


def sqlstate_of(error: BaseException) -> str:
    """As server/errors.py would say."""
    return "53100" if isinstance(error, OSError) else "XX000"


class FakeClock:
    """A clock that stands still until it is advanced."""

    def __init__(self) -> None:
        self._now_us = START_US
        self._elapsed_us = 0
        self._sleepers: list[tuple[int, int | None, asyncio.Future[None]]] = []
        """Until when, how much time has elapsed then if that is what they wait for, and what wakes them."""
        self._asleep = asyncio.Event()

    def now_us(self) -> int:
        """The time that it shows."""
        return self._now_us

    def elapsed_us(self) -> int:
        """How far it has been advanced."""
        return self._elapsed_us

    async def sleep_until(self, at_us: int) -> None:
        """Return once it has been advanced or set so far, or was set back."""
        if at_us > self._now_us:
            await self._sleep(at_us, None)

    async def sleep(self, seconds: float) -> None:
        """Return once it has been advanced so far."""
        if seconds > 0:
            await self._sleep(self._now_us + round(seconds * 1e6), self._elapsed_us + round(seconds * 1e6))

    async def _sleep(self, at_us: int, due_us: int | None) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((at_us, due_us, sleeper))
        self._asleep.set()
        await sleeper

    async def somebody_sleeps_until(self, at_us: int) -> None:
        """Return once somebody waits for exactly that time."""
        while not any(at == at_us and not sleeper.done() for at, _, sleeper in self._sleepers):
            self._asleep.clear()
            await self._asleep.wait()

    def advance(self, seconds: float) -> None:
        """Let time go by, and wake whoever has slept long enough."""
        assert seconds >= 0
        self._elapsed_us += round(seconds * 1e6)
        self.set(self._now_us + round(seconds * 1e6))

    def set(self, at_us: int) -> None:
        """Set the clock, while no time goes by."""
        is_set_back, self._now_us = at_us < self._now_us, at_us
        for until_us, due_us, sleeper in self._sleepers:
            is_over = is_set_back or until_us <= at_us if due_us is None else due_us <= self._elapsed_us
            if is_over and not sleeper.done():
                sleeper.set_result(None)
        self._sleepers = [each for each in self._sleepers if not each[2].done()]


class Work(msgspec.Struct, frozen=True):
    """The parameters of the jobs of these tests."""

    name: str = "work"
    size: int = 1


class Scripted(JobBody[Work]):
    """A job type that does what the test says. Compaction stands in for any type; nothing of it is special."""

    job_type = JobType.COMPACTION

    def __init__(self, run: Callable[[JobContext[Work]], Awaitable[Outcome]], skip: Skip | None = None) -> None:
        super().__init__(Work)
        self._run = run
        self._skip = skip
        self.runs = 0

    def describe(self, parameters: Work) -> str:
        """Its name."""
        return parameters.name

    async def prepare(self, context: JobContext[Work]) -> Skip | None:
        """As the test says."""
        return self._skip

    async def run(self, context: JobContext[Work]) -> Outcome:
        """As the test says."""
        self.runs += 1
        return await self._run(context)


class Gate:
    """A job's work that says that it has begun and then waits to be let through."""

    def __init__(self) -> None:
        self.entered = asyncio.Semaphore(0)
        self.opened = asyncio.Event()
        self.inside = 0
        self.most_inside = 0

    async def __call__(self, context: JobContext[Work]) -> Outcome:
        """The work."""
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.entered.release()
        try:
            await self.opened.wait()
        finally:
            self.inside -= 1
        return Outcome("through")


async def at_once(context: JobContext[Work]) -> Outcome:
    """Work that is done already."""
    return Outcome(f"did {context.parameters.name}", {"size": context.parameters.size})


def failing(*errors: Exception) -> Callable[[JobContext[Work]], Awaitable[Outcome]]:
    """Work that fails with each error in turn and then succeeds."""
    left = list(errors)

    async def run(context: JobContext[Work]) -> Outcome:
        if left:
            raise left.pop(0)
        return await at_once(context)

    return run


def request(name: str = "work", **fields: Any) -> JobRequest:
    """A request for a scripted job of alice's."""
    parameters = fields.pop("parameters", Work(name))
    return JobRequest(**{"job_type": JobType.COMPACTION, "parameters": parameters, "owner": "alice", **fields})


class World:
    """A data folder and whoever works on it."""

    def __init__(self, path: Path, make_manager: Callable[..., JobManager]) -> None:
        self._path = path
        self._make_manager = make_manager
        self._generation = 0
        self._storage: Storage | None = None
        self._manager: JobManager | None = None
        self.clock = FakeClock()
        self.disk = Disk()
        self.drop_retention_s = 0.0
        self.hot_memory_limit_bytes = NO_LIMIT
        """Both for storage that is opened from now on."""
        self._openings = 0
        self.transitions: list[JobTransition] = []
        self.lines: list[dict[str, Any]] = []
        """What was logged."""
        log_type = structlog.make_filtering_bound_logger(logging.DEBUG)
        self.log = structlog.wrap_logger(None, processors=[self._keep_line], wrapper_class=log_type)
        self._told = asyncio.Event()

    @property
    def storage(self) -> Storage:
        """The open storage."""
        assert self._storage is not None
        return self._storage

    @property
    def is_open(self) -> bool:
        """Whether a manager is running."""
        return self._manager is not None

    @property
    def manager(self) -> JobManager:
        """The running manager."""
        assert self._manager is not None
        return self._manager

    def open_storage(self) -> Storage:
        """Open the data folder, if it is not open."""
        if self._storage is None:
            call_soon = asyncio.get_running_loop().call_soon_threadsafe
            self._openings += 1
            options = StorageOptions(
                faults=self.disk,
                now_us=self._now_us,
                drop_retention_s=self.drop_retention_s,
                hot_memory_limit_bytes=self.hot_memory_limit_bytes,
            )
            self._storage = Storage.open(self._path, options, call_soon)
        return self._storage

    def _now_us(self) -> int:
        # The clock stands still, but each opening is later than those before.
        return self.clock.now_us() + self._openings * OPENING_US

    async def open(self, *bodies: JobBody[Any], **options: Any) -> JobManager:
        """Start a manager with these job types."""
        self._manager = self._make_manager(
            self.open_storage(),
            bodies,
            JobOptions(**options),
            sqlstate_of=sqlstate_of,
            log=self.log,
            clock=self.clock,
            rng=random.Random(1),
        )
        self._manager.subscribe(self.hear)
        await self._manager.start()
        return self._manager

    async def close(self) -> None:
        """Stop the manager and close storage, in order."""
        self.disk.release()
        if self._manager is not None:
            await self._manager.stop(0)
        if self._storage is not None:
            self._storage.close()
        self._manager = self._storage = None

    async def crash(self) -> None:
        """Go on with the data folder as it is at this moment, as after SIGKILL. Everything open is gone."""
        await self.go_on_with(self.image())

    def image(self) -> Path:
        """A copy of the data folder as it is at this moment."""
        self._generation += 1
        image = self._path.with_name(f"after-crash-{self._generation}")
        _copy(self._path, image)
        return image

    async def go_on_with(self, image: Path) -> None:
        """Go on with a copy of the data folder. Everything open is gone."""
        await self.close()
        self._path = image
        self.transitions.clear()
        self.lines.clear()

    async def saw(self, job_id: JobId, status: JobStatus) -> JobRecord:
        """The record with which the job came to the status: as soon as it does, if it has not yet."""
        while True:
            for transition in self.transitions:
                if transition.record.job_id == job_id and transition.record.status is status:
                    return transition.record
            await self.something_happens()

    def story(self, job_id: JobId) -> list[JobStatus]:
        """The statuses that the job came to, in order."""
        return [told.record.status for told in self.transitions if told.record.job_id == job_id]

    async def ended(self, job_id: JobId) -> JobRecord:
        """The job's last record."""
        try:
            return await self.manager.wait_for_job(job_id)
        except JobFailed as failed:
            return failed.record

    def jobs(self, *, idempotency_key: str | None = None, **conditions: Any) -> list[JobRecord]:
        """The jobs that the manager finds."""
        if idempotency_key is not None:
            conditions["idempotency_keys"] = frozenset({idempotency_key})
        return list(self.manager.find_jobs(JobFilter(**conditions)))

    def hear(self, transition: JobTransition) -> None:
        """A transition is told."""
        self.transitions.append(transition)
        self.notify()

    def notify(self) -> None:
        """Wake who waits for something to happen."""
        self._told.set()

    async def something_happens(self) -> None:
        """Return with the next transition, or whatever else is notified of."""
        self._told.clear()
        await self._told.wait()

    def _keep_line(self, _logger: object, method: str, event: dict[str, Any]) -> str:
        self.lines.append({"level": method, **event})
        raise structlog.DropEvent


def _copy(folder: Path, image: Path) -> None:
    """Copy a folder in which RocksDB is open: in the background it may just be removing files that it needs no more."""
    for _ in range(10):
        try:
            shutil.copytree(folder, image)
        except shutil.Error:
            shutil.rmtree(image)
        else:
            return
    raise AssertionError(f"{folder} does not stay as it is")


async def running(world: World, gate: Gate, **fields: Any) -> str:
    """The id of a job that waits inside the gate."""
    job_id = (await world.manager.start_job(request(**fields))).record.job_id
    await gate.entered.acquire()
    await world.saw(job_id, JobStatus.RUNNING)
    return job_id


async def stubborn_job(world: World) -> tuple[JobId, asyncio.Event]:
    """A job at work that, told to stop, stops only once the event is set."""
    release = asyncio.Event()
    entered = asyncio.Event()

    async def stubborn(context: object) -> Outcome:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            await release.wait()
        return Outcome("never")

    await world.open(Scripted(stubborn))
    job_id = (await world.manager.start_job(request())).record.job_id
    await entered.wait()
    return job_id, release


async def told_to_stop(job_id: JobId) -> None:
    """Return once the job's task has been cancelled, whether or not its work has stopped."""
    (task,) = (task for task in asyncio.all_tasks() if task.get_name() == job_id)
    while not task.cancelling():
        await asyncio.sleep(0)


@asynccontextmanager
async def advancing(clock: FakeClock, seconds: float = 1.0) -> AsyncIterator[None]:
    """Let the clock run while the block waits: it jumps whenever the loop has nothing else to do."""

    async def run() -> None:
        while True:
            await asyncio.sleep(0)
            clock.advance(seconds)

    running = asyncio.create_task(run())
    try:
        yield
    finally:
        running.cancel()
