"""The durable records: compare-and-set, what is told when, indexes, and what a start reads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from jobs import endings, keys
from jobs.errors import IllegalTransition, StaleWrite
from jobs.events import EVENTS_KEPT
from jobs.history import JobHistory
from jobs.owner import WhoeverAsks
from jobs.record import JobRecord, JobStatus, JobType, new_job_id
from jobs.store import JobStore
from storage.errors import WriteFailed
from tests.jobs.world import ALICE, Gate, Scripted, World, at_once, request

if TYPE_CHECKING:
    from jobs.active import ActiveJob
    from jobs.events import JobEvent

S = JobStatus


def record(**fields: Any) -> JobRecord:
    """A new job's record."""
    defaults = {"job_id": new_job_id(JobType.FLUSH), "job_type": JobType.FLUSH, "owner": "alice", "max_retries": 3}
    return JobRecord(**{**defaults, "node_id": "n", "created_at": 1, "updated_at": 1, **fields})


class Ledger:
    """A store on the world's data folder, and everything that it tells."""

    def __init__(self, world: World) -> None:
        self.told: list[tuple[JobRecord | None, JobRecord]] = []
        self.lost: list[Exception] = []
        self.store = JobStore(world.open_storage(), WhoeverAsks(), self._changed, self._lost)
        self.history = JobHistory(world.open_storage())

    def _changed(self, before: JobRecord | None, after: JobRecord, event: JobEvent) -> None:
        self.told.append((before, after))

    def _lost(self, job: ActiveJob, error: Exception) -> None:
        self.lost.append(error)

    def end(self, made: JobRecord, status: JobStatus) -> None:
        """Write a job that came to an end."""
        job, _ = self.store.create(made, (), None, "made")
        self.store.change(job, made, queued := endings.queued(made, 2))
        self.store.change(job, queued, running := endings.begun(queued, 3))
        if status is S.CANCELLED:
            self.store.change(job, running, running := msgspec.structs.replace(running, status=S.CANCELLING))
        self.store.change(job, running, msgspec.structs.replace(running, status=status))


async def test_a_write_on_a_record_that_has_changed_is_refused(world: World):
    """Of two changes made from the same record the second raises and leaves no trace."""
    ledger = Ledger(world)
    made = record()
    job, _ = ledger.store.create(made, (), None, "made")
    ledger.store.change(job, made, queued := endings.queued(made, 2))
    with pytest.raises(StaleWrite, match="is queued now, and was new"):
        ledger.store.change(job, made, endings.queued(made, 3))
    assert job.written is queued


async def test_an_illegal_transition_is_refused(world: World):
    """A change that the table of transitions does not have raises and leaves no trace."""
    ledger = Ledger(world)
    made = record()
    job, _ = ledger.store.create(made, (), None, "made")
    with pytest.raises(IllegalTransition):
        ledger.store.change(job, made, endings.begun(made, 2))
    await ledger.store.all_written()
    assert [after.status for _, after in ledger.told] == [S.NEW]


async def test_nobody_is_told_before_it_is_durable(world: World):
    """`record` and what is told lag behind `written` until the write is durable; then they follow, in order."""
    ledger = Ledger(world)
    made = record()
    job, _ = ledger.store.create(made, (), None, "made")
    ledger.store.change(job, made, queued := endings.queued(made, 2))
    assert (job.written.status, ledger.told) == (S.QUEUED, [])
    await ledger.store.all_written()
    assert ledger.told == [(None, made), (made, queued)]
    assert job.record is queued


async def test_a_key_is_free_when_the_end_is_written_and_the_job_active_until_it_is_durable(world: World):
    """The end of a job gives its key up at once, and takes the job out of memory only when it is durable."""
    ledger = Ledger(world)
    made = record(idempotency_key="k")
    job, _ = ledger.store.create(made, ("k",), None, "made")
    ledger.store.change(job, made, queued := endings.queued(made, 2))
    assert ledger.store.by_key("k") is job
    killed = endings.kill_requested(queued, "alice", None, 3)
    ledger.store.change(job, queued, killed)
    assert ledger.store.by_key("k") is None
    assert ledger.store.get(made.job_id) is job
    await ledger.store.all_written()
    assert ledger.store.get(made.job_id) is None
    assert ledger.history.get(made.job_id) == killed


async def test_a_start_reads_active_jobs_only(world: World):
    """However many jobs have ended, a start takes up those that have not, with their keys."""
    ledger = Ledger(world)
    for number in range(50):
        ledger.end(record(created_at=number), S.COMPLETED)
    made = record(created_at=7)
    ledger.store.create(made, ("k",), None, "made")
    await ledger.store.all_written()
    assert len(list(world.storage.scan(keys.ACTIVE_PREFIX))) == 1
    await world.crash()
    again = Ledger(world)
    (job,) = again.store.load()
    assert (job.record, again.store.by_key("k")) == (made, job)


async def test_events_of_a_job_are_capped(world: World):
    """A job that changes without end keeps its newest events."""
    ledger = Ledger(world)
    made = record()
    job, _ = ledger.store.create(made, (), None, "made")
    for number in range(EVENTS_KEPT + 10):
        ledger.store.change(
            job, job.written, msgspec.structs.replace(made, priority=number), kind="joined", told=str(number)
        )
    events = list(ledger.history.events(made.job_id))
    assert len(events) == EVENTS_KEPT
    assert [event.message for event in events[-2:]] == [str(EVENTS_KEPT + 8), str(EVENTS_KEPT + 9)]


async def test_ended_jobs_are_found_by_id(world: World):
    """A filter by ids finds active and ended jobs, and nothing for an unknown id."""
    gate = Gate()
    await world.open(Scripted(gate))
    gate.opened.set()
    ended = (await world.manager.start_job(request())).record.job_id
    await world.ended(ended)
    gate.opened.clear()
    active = (await world.manager.start_job(request())).record.job_id
    found = world.jobs(job_ids=frozenset({ended, active, "FL-000000000000"}))
    assert {job.job_id for job in found} == {ended, active}


async def test_when_storage_stops_writing_nothing_is_claimed(world: World):
    """Once writes fail, requests raise, who waits for a job is told, and the next start finds it as last recorded."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = (await world.manager.start_job(request())).record.job_id
    await gate.entered.acquire()
    waiting = asyncio.create_task(world.manager.wait_for_job(job_id))
    await asyncio.sleep(0)
    world.storage.visible.syncer.fail(WriteFailed("the disk is gone"))
    with pytest.raises(WriteFailed):
        await world.manager.start_job(request())
    with pytest.raises(WriteFailed):
        await world.manager.cancel_job(job_id, ALICE)
    gate.opened.set()
    with pytest.raises(WriteFailed):
        await waiting
    assert (await world.manager.get_job_status(job_id)).status is S.RUNNING
    await world.crash()
    await world.open(Scripted(at_once))
    assert (await world.ended(job_id)).status is S.COMPLETED
