"""KILL of every job type in every state: what it answers, and that nothing of the work is left behind."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from jobs.asyncio_manager import AsyncioJobManager
from jobs.backup import BackupBody, BackupParameters
from jobs.cleanup import CleanupBody, cleanup_request
from jobs.compaction import CompactionBody, CompactionParameters
from jobs.errors import WrongJobState
from jobs.flush import FlushBody
from jobs.job_cleanup import JobCleanupBody, JobCleanupParameters
from jobs.outcome import Outcome
from jobs.record import JobStatus, JobType
from jobs.request import JobRequest
from jobs.restore import RestoreBody, RestoreParameters
from jobs.retention import RetentionBody, RetentionParameters
from jobs.stream_eviction import StreamEvictionBody, stream_eviction_request
from jobs.user_cleanup import UserCleanupBody, UserCleanupParameters
from tests.jobs.stores import create_role, create_table_of_type, drop_role, insert_as
from tests.jobs.tables import create_table, delete, drop_table, files, flush_now, flush_of, insert
from tests.jobs.world import ADMIN, Scripted, Work, World, request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from jobs.body import JobBody
    from jobs.context import JobContext
    from storage.catalog_entries import Table

S = JobStatus
ROWS = 50


@dataclass(frozen=True)
class Kind:
    """A job type: its body and others that are needed, how such a job comes to be, and where it can be held up."""

    bodies: Callable[[World], tuple[JobBody[Any], ...]]
    prepare: Callable[[World], Awaitable[JobRequest]]
    held_at: str | None
    """A point that its thread reaches; `None`: it is held up by others who have all threads."""


def backups(world: World) -> Path:
    """The folder of backups."""
    return world.storage.cold_folder.parent / "backups"


async def table_with_rows(world: World, segments: int = 0, **options: str) -> Table:
    """A table with hot rows, or with segments."""
    table = await create_table(world.storage, **options)
    for number in range(max(segments, 1)):
        await insert(world.storage, table, range(number * ROWS, (number + 1) * ROWS))
        if segments:
            await flush_now(world.storage, table)
    return table


def about(job_type: JobType, parameters: Any) -> JobRequest:
    """A request of the administrator's."""
    return JobRequest(job_type=job_type, parameters=parameters, owner=ADMIN.name)


async def to_flush(world: World) -> JobRequest:
    """A table with hot rows."""
    return flush_of(await table_with_rows(world), owner=ADMIN.name)


async def to_clean_up(world: World) -> JobRequest:
    """A dropped table."""
    table = await table_with_rows(world, segments=2)
    await drop_table(world.storage, table)
    return cleanup_request(world.storage, table, ADMIN.name)


async def to_compact(world: World) -> JobRequest:
    """Two segments."""
    table = await table_with_rows(world, segments=2)
    parameters = CompactionParameters(table_oid=table.oid, namespace="public", table_name="t", full=True)
    return about(JobType.COMPACTION, parameters)


async def to_rewrite(world: World) -> JobRequest:
    """A segment with dead rows."""
    table = await table_with_rows(world, segments=1)
    await delete(world.storage, table, range(10))
    parameters = RetentionParameters(table_oid=table.oid, namespace="public", table_name="t")
    return about(JobType.RETENTION, parameters)


async def to_evict(world: World) -> JobRequest:
    """A stream whose rows have expired."""
    table = await table_with_rows(world, type="stream", ttl="1h")
    world.clock.advance(7_200)
    return stream_eviction_request(table, ADMIN.name)


async def to_back_up(world: World) -> JobRequest:
    """A table with a segment."""
    await table_with_rows(world, segments=1)
    return about(JobType.BACKUP, BackupParameters(name="monday"))


async def to_restore(world: World) -> JobRequest:
    """A backup."""
    await world.ended((await world.manager.start_job(await to_back_up(world))).record.job_id)
    return about(JobType.RESTORE, RestoreParameters(name="monday"))


async def to_clean_up_users(world: World) -> JobRequest:
    """A dropped role with rows in a segment of a user table."""
    alice = await create_role(world.storage, "alice")
    table = await create_table_of_type(world.storage, {"type": "user"}, "t")
    await flush_now(world.storage, table, await insert_as(world.storage, table, alice, range(ROWS)))
    await drop_role(world.storage, alice)
    world.clock.advance(1)
    return about(JobType.USER_CLEANUP, UserCleanupParameters())


async def to_clean_up_jobs(world: World) -> JobRequest:
    """A job that ended long ago."""
    await world.ended((await world.manager.start_job(await to_flush(world))).record.job_id)
    world.clock.advance(3_600 * 24 * 365)
    return about(JobType.JOB_CLEANUP, JobCleanupParameters())


class Server:
    """What a restore asks of the server."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def start_job(self, request: JobRequest) -> Any:
        """As the manager does."""
        return await self._world.manager.start_job(request)

    def reload_schedules(self) -> None:
        """There are none."""


KINDS = {
    JobType.FLUSH: Kind(lambda world: (FlushBody(world.storage),), to_flush, "flush.before_write"),
    JobType.CLEANUP: Kind(lambda world: (CleanupBody(world.storage),), to_clean_up, "drop.after_mark"),
    JobType.COMPACTION: Kind(lambda world: (CompactionBody(world.storage),), to_compact, "compact.before_write"),
    JobType.RETENTION: Kind(lambda world: (RetentionBody(world.storage, 0),), to_rewrite, "compact.before_write"),
    JobType.STREAM_EVICTION: Kind(lambda world: (StreamEvictionBody(world.storage),), to_evict, None),
    JobType.USER_CLEANUP: Kind(lambda world: (UserCleanupBody(world.storage, 0),), to_clean_up_users, None),
    JobType.JOB_CLEANUP: Kind(
        lambda world: (JobCleanupBody(world.storage, clock=world.clock), FlushBody(world.storage)),
        to_clean_up_jobs,
        None,
    ),
    JobType.BACKUP: Kind(lambda world: (BackupBody(world.storage, backups(world)),), to_back_up, "backup.after_copy"),
    JobType.RESTORE: Kind(
        lambda world: (
            BackupBody(world.storage, backups(world)),
            RestoreBody(world.storage, backups(world), Server(world)),
        ),
        to_restore,
        "restore.after_store",
    ),
}
STATES = ("new", "queued", "delayed", "running", "retrying", "pausing", "paused", "cancelling")


class Holder(Scripted):
    """Other jobs, which have all places, or all threads. They are of a type that nobody needs just then."""

    def __init__(self, world: World, job_type: JobType) -> None:
        super().__init__(self._hold)
        self.job_type = job_type
        self.world = world
        self.held = threading.Semaphore(0)

    async def _hold(self, context: JobContext[Work]) -> Outcome:
        await asyncio.gather(*(context.run_in_worker(self._wait) for _ in range(context.parameters.size)))
        return Outcome("held")

    def _wait(self, _checkpoint: object) -> None:
        self.held.release()
        self.world.disk.released.wait()

    async def hold(self, threads: int) -> None:
        """Take a place and so many threads, until the disk is released."""
        self.world.disk.hold_at("nowhere")
        holding = request(job_type=self.job_type, parameters=Work("hold", threads))
        await self.world.manager.start_job(holding)
        for _ in range(threads):
            await asyncio.to_thread(self.held.acquire)


class Scene:
    """One job of a type, brought into a state."""

    def __init__(self, world: World, kind: Kind) -> None:
        world.open_storage()
        self.world = world
        self.kind = kind
        unneeded = {JobType.BACKUP, JobType.USER_CLEANUP} - {body.job_type for body in kind.bodies(world)}
        self.holder = Holder(world, min(unneeded))
        self.files: list[Path] = []
        """What was there before the job."""
        self.job_id = ""

    async def open(self, places: int) -> JobRequest:
        """Make what the job needs, and start a manager."""
        bodies = (*self.kind.bodies(self.world), self.holder)
        await self.world.open(*bodies, max_concurrent=places)
        asked = replace(await self.kind.prepare(self.world), run_after_us=None)
        self.files = self.files_now()
        return asked

    def files_now(self) -> list[Path]:
        """All files but RocksDB's own."""
        data = self.world.storage.cold_folder.parent
        return [path for path in files(data) if "hot" not in path.relative_to(data).parts[:1]]

    async def start(self, asked: JobRequest) -> None:
        """Start it."""
        self.job_id = (await self.world.manager.start_job(asked)).record.job_id

    async def wait_for_a_place(self, asked: JobRequest) -> None:
        """Start it while others have all places."""
        await self.holder.hold(1)
        await self.start(asked)

    async def work(self, asked: JobRequest) -> None:
        """Start it, and hold it up in the midst of its work."""
        if self.kind.held_at is not None:
            self.world.disk.hold_at(self.kind.held_at)
            await self.start(asked)
            await asyncio.to_thread(self.world.disk.reached.wait)
        else:
            await self.holder.hold(2)
            await self.start(asked)
        await self.world.saw(self.job_id, S.RUNNING)

    async def kill(self) -> tuple[JobStatus, JobStatus]:
        """KILL, and let go of the work once that is recorded. The status before and the one that is answered."""
        killing = asyncio.create_task(self.world.manager.cancel_job(self.job_id, ADMIN, "enough"))
        await self.world.saw(self.job_id, S.CANCELLING)
        self.world.disk.release()
        outcome = await killing
        return outcome.previous_status, outcome.status


async def brought_to(scene: Scene, state: str) -> tuple[JobStatus, JobStatus]:
    """Bring a job into a state, kill it there, and return what KILL says: the status before, and after."""
    world = scene.world
    asked = await scene.open(1 if state in ("new", "queued") else 2)
    match state:
        case "new":
            await scene.holder.hold(1)
            starting = asyncio.create_task(world.manager.start_job(asked))
            while not (made := world.jobs(statuses=frozenset({S.NEW}))):
                await asyncio.sleep(0)
            scene.job_id = made[0].job_id
            outcome = await world.manager.cancel_job(scene.job_id, ADMIN, "enough")
            assert (await starting).record.job_id == scene.job_id
            return S.NEW, outcome.status
        case "queued":
            await scene.wait_for_a_place(asked)
        case "delayed":
            await scene.start(replace(asked, run_after_us=world.clock.now_us() + 1_000_000))
        case "retrying":
            assert scene.kind.held_at is not None
            world.disk.failures[scene.kind.held_at] = OSError(28, "No space left on device")
            await scene.start(asked)
            await world.saw(scene.job_id, S.RETRYING)
        case "running":
            await scene.work(asked)
            return await scene.kill()
        case "cancelling":
            await scene.work(asked)
            # In the same turn of the loop: what waits for a thread ends as soon as its kill is durable.
            first = asyncio.create_task(world.manager.cancel_job(scene.job_id, ADMIN, "enough", sync=False))
            outcomes = await scene.kill()
            await first
            return outcomes
        case "pausing":
            await scene.work(asked)
            await world.manager.pause_job(scene.job_id, ADMIN, sync=False)
            return await scene.kill()
        case "paused":
            await scene.work(asked)
            await world.manager.pause_job(scene.job_id, ADMIN, sync=False)
            world.disk.release()
            await world.saw(scene.job_id, S.PAUSED)
    outcome = await world.manager.cancel_job(scene.job_id, ADMIN, "enough")
    return outcome.previous_status, outcome.status


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Of the manager that servers run; test_machine.py has both in all of these states."""
    return World(tmp_path / "data", AsyncioJobManager)


CASES = [
    (job_type, state)
    for job_type, kind in KINDS.items()
    for state in STATES
    # What waits for a thread stops at once when it is told to pause, and has no disk to fail.
    if state not in ("retrying", "pausing") or kind.held_at is not None
]


@pytest.mark.parametrize(("job_type", "state"), CASES)
async def test_kill_of_every_type_in_every_state(world: World, job_type: JobType, state: str):
    """It is cancelled, with who, when and why; its attempts are closed, and its files are gone; it never runs again."""
    scene = Scene(world, KINDS[job_type])
    before, after = await brought_to(scene, state)
    expected = {"delayed": S.QUEUED, "new": S.NEW}.get(state) or JobStatus(state)
    assert (before, after) == (expected, S.CANCELLED)
    record = await world.manager.get_job_status(scene.job_id)
    assert (record.status, record.message) == (S.CANCELLED, "cancelled by admin: enough")
    assert (record.cancel_requested_by, record.cancel_requested_at) == ("admin", world.clock.now_us())
    assert (record.finished_at, record.next_run_at, record.eta) == (world.clock.now_us(), None, None)
    attempts = list(world.manager.find_attempts(scene.job_id))
    assert all(attempt.finished_at is not None for attempt in attempts)
    if job_type in (JobType.CLEANUP, JobType.USER_CLEANUP):
        assert set(scene.files_now()) <= set(scene.files), "what is reclaimed is gone, the rest is for another job"
    else:
        assert scene.files_now() == scene.files, "nothing is left behind, and nothing is missing"
    world.disk.release()
    world.clock.advance(3_600)
    await asyncio.sleep(0)
    with pytest.raises(WrongJobState, match="has ended"):
        await world.manager.cancel_job(scene.job_id, ADMIN)
    assert len(list(world.manager.find_attempts(scene.job_id))) == len(attempts)


@pytest.mark.parametrize("job_type", KINDS)
async def test_kill_of_a_job_that_has_completed_is_an_error(world: World, job_type: JobType):
    """The error says that it has ended, and how; the record stays."""
    scene = Scene(world, KINDS[job_type])
    await scene.start(await scene.open(2))
    record = await world.ended(scene.job_id)
    assert record.status is S.COMPLETED
    with pytest.raises(WrongJobState) as caught:
        await world.manager.cancel_job(scene.job_id, ADMIN)
    assert "completed" in caught.value.hint
    assert await world.manager.get_job_status(scene.job_id) == record


@pytest.mark.parametrize("job_type", KINDS)
async def test_a_killed_job_can_be_run_again(world: World, job_type: JobType):
    """What a kill interrupted was left so that RETRY does the whole of it."""
    scene = Scene(world, KINDS[job_type])
    await brought_to(scene, "running")
    again = await world.manager.retry_job(scene.job_id, ADMIN)
    assert (await world.ended(again.job_id)).status is S.COMPLETED
