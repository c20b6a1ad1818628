"""A scheduler on the world of the job tests, and its clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from jobs.body import JobBody
from jobs.durable import wait_durable
from jobs.outcome import Outcome
from jobs.permissions import SYSTEM
from jobs.record import JobType
from jobs.request import JobRequest
from jobs.schedules.options import SchedulerOptions
from jobs.schedules.schedule import NewSchedule, Schedule
from jobs.schedules.scheduler import Scheduler
from storage.catalog_entries import Role
from tests.jobs.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobs.context import JobContext
    from jobs.manager import JobManager
    from jobs.record import JobRecord
    from storage.catalog_entries import Table
    from tests.jobs.world import World

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
FIRST_MINUTE_US = 1_700_000_040_000_000
"""The first whole minute after the world begins: 2023-11-14 22:14:00."""


class Chore(msgspec.Struct, frozen=True):
    """The parameters of the jobs that the schedules of these tests make."""

    tables: tuple[str, ...] = ()


class Chores(JobBody[Chore]):
    """A job type that does what there is to do, and can be kept from ending."""

    job_type = JobType.COMPACTION

    def __init__(self) -> None:
        super().__init__(Chore)
        self.opened = asyncio.Event()
        self.opened.set()
        self.is_done = False
        """Whether there is nothing to do."""

    def scheduled(self, parameters: dict[str, Any]) -> Iterable[JobRequest]:
        """A job for each table, or one without any."""
        chore = self.parse(parameters)
        for table in () if self.is_done else chore.tables or (None,):
            parameter = Chore((table,) if table else ())
            yield JobRequest(
                job_type=self.job_type,
                parameters=parameter,
                owner=SYSTEM.name,
                namespace="public" if table else None,
                table_name=table,
            )

    def describe(self, parameters: Chore) -> str:
        """Its name."""
        return "a chore"

    async def run(self, context: JobContext[Chore]) -> Outcome:
        """Do it once it may."""
        await self.opened.wait()
        return Outcome("done")


class Errands(Chores):
    """A job type whose schedules make jobs of two types, both of the same table."""

    job_type = JobType.RETENTION

    def scheduled(self, parameters: dict[str, Any]) -> Iterable[JobRequest]:
        """A chore, and one of its own."""
        for job_type in (JobType.COMPACTION, JobType.RETENTION):
            yield JobRequest(
                job_type=job_type, parameters=Chore(), owner=SYSTEM.name, namespace="public", table_name="t"
            )


class Scheduling:
    """Starts and stops schedulers of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.chores = Chores()
        self.manager: JobManager | None = None
        self.options = SchedulerOptions()
        self.bodies: list[JobBody[Any]] = []
        self.refused: dict[str, str] = {}
        """Why a role may not do what its schedules are for, by the role's name."""

    async def open(self, *bodies: JobBody[Any], options: SchedulerOptions | None = None, **jobs: Any) -> Scheduler:
        """Storage, a manager and a scheduler, started."""
        self.bodies = [self.chores, *bodies]
        self.options = options or self.options
        self.manager = await self.world.open(*self.bodies, **jobs)
        return await self.start()

    async def start(self) -> Scheduler:
        """One more scheduler on what is open."""
        assert self.manager is not None
        world = self.world
        scheduler = Scheduler(
            world.storage,
            self.manager,
            self.bodies,
            self.options,
            refusal=lambda owner, *_: self.refused.get(owner),
            clock=world.clock,
            log=world.log,
        )
        await scheduler.start()
        return scheduler

    async def reaches(self, at_us: int) -> None:
        """Move the clock to that moment, once somebody sleeps until then."""
        await self.world.clock.somebody_sleeps_until(at_us)
        self.set(at_us)

    def set(self, at_us: int) -> None:
        """Set the clock, to an earlier time too."""
        self.world.clock.set(at_us)

    async def made(self, count: int) -> list[JobRecord]:
        """All jobs, once there are so many and all have ended; the oldest first."""
        assert self.manager is not None
        told = asyncio.Event()
        end = self.manager.subscribe(lambda _: told.set())
        while len(jobs := self.world.jobs()) < count or not all(record.status.is_terminal for record in jobs):
            told.clear()
            await told.wait()
        end()
        assert len(jobs) == count, jobs
        return sorted(jobs, key=lambda record: (record.created_at, record.table_name))


async def idle(turns: int = 50) -> None:
    """Let everything that can go on without time passing go on."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def create_policy_table(world: World, policy: str | None, name: str = "t") -> Table:
    """A table of alice's with a flush policy; without any: the default one."""
    storage = world.open_storage()
    table = await create_table(storage, name)
    if policy is not None:
        table = await set_policy(world, table, policy)
    return table


async def set_policy(world: World, table: Table, policy: str) -> Table:
    """Change its flush policy."""
    changed = replace(table, options={**table.options, "flush_policy": policy}, version=table.version + 1)
    tx = world.storage.begin()
    tx.change_catalog(lambda catalog: catalog.with_table(changed))
    await wait_durable(world.storage.commit(tx))
    return changed


async def create_role(world: World, name: str) -> Role:
    """A role."""
    storage = world.storage
    tx = storage.begin()
    role = Role(tx.new_oid(), name, login=True)
    tx.change_catalog(lambda catalog: catalog.with_role(role))
    await wait_durable(storage.commit(tx))
    return role


async def drop_role(world: World, name: str) -> None:
    """Drop it."""
    tx = world.storage.begin()
    tx.change_catalog(lambda catalog: catalog.without_role(name))
    await wait_durable(world.storage.commit(tx))


def new(name: str = "tidy", cron: str = "* * * * *", **fields: Any) -> NewSchedule:
    """A schedule of chores."""
    return NewSchedule(
        **{
            "schedule_name": name,
            "cron": cron,
            "statement": "COMPACT TABLE t",
            "job_type": JobType.COMPACTION,
            **fields,
        }
    )


def only(scheduler: Scheduler, name: str = "tidy") -> Schedule:
    """The schedule of that name."""
    return next(schedule for schedule in scheduler.schedules() if schedule.schedule_name == name)


def moment(text: str) -> int:
    """Microseconds of an ISO time, UTC unless it says otherwise."""
    parsed = datetime.fromisoformat(text)
    parsed = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return round(parsed.timestamp() * 1_000_000)
