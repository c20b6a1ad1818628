"""Whatever happens to the server and to its clock: a fire time makes one job, and the last one that passed makes it."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.asyncio_manager import AsyncioJobManager
from jobs.schedules.schedule import OverlapPolicy, ScheduleChange
from jobs.schedules.timing import iso
from storage.keys import KeyKind, key
from storage.kv import Put
from tests.jobs.schedules.scheduling import MINUTE_US, Scheduling, idle, new, only
from tests.jobs.world import ALICE, START_US, World

if TYPE_CHECKING:
    from jobs.schedules.scheduler import Scheduler

STORED = key(KeyKind.SCHEDULE, b"n", "tidy")

ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("forward"), st.integers(1, 400)),
        st.tuples(st.just("back"), st.integers(1, 400)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("crash"), st.integers(0, 400)),
        st.tuples(st.just("forget"), st.integers(0, 400)),
        st.tuples(st.just("pause"), st.integers(1, 400)),
    ),
    max_size=12,
)


class Story:
    """A minutely schedule to which things happen."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.scheduling = Scheduling(world)
        self.scheduler: Scheduler | None = None
        self.latest_us = START_US
        """The latest time that there was."""

    async def begin(self) -> None:
        """A server with the schedule."""
        self.scheduler = await self.scheduling.open()
        await self.scheduler.create(new(on_overlap=OverlapPolicy.QUEUE), ALICE)

    async def happen(self, action: str, seconds: int) -> None:
        """One thing."""
        assert self.scheduler is not None
        if action in ("restart", "crash", "forget"):
            before = self.world.storage.get(STORED)
            if action == "forget":
                # The jobs of what fires now are made, and then the server crashes before that is remembered.
                await self.pass_time(seconds)
            await self.scheduler.stop()
            if action == "forget":
                assert before is not None
                self.world.storage.write((Put(STORED, before),))
            await (self.world.close() if action == "restart" else self.world.crash())
            self.move(seconds if action == "crash" else 0)
            self.scheduler = await self.scheduling.open()
            await self.see()
        elif action == "pause":
            await self.scheduler.alter("tidy", ScheduleChange(paused=True), ALICE)
            self.move(seconds)
            await idle()
            await self.scheduler.alter("tidy", ScheduleChange(paused=False), ALICE)
            # What was missed while it was paused is not made up for.
            self.latest_us = max(self.latest_us, self.world.clock.now_us())
        elif action == "back":
            self.move(-seconds)
        else:
            await self.pass_time(seconds)

    async def pass_time(self, seconds: int) -> None:
        """The clock goes on while the server is up."""
        await idle()
        self.move(seconds)
        await self.see()

    async def see(self) -> None:
        """Wait until the last minute that is new has fired; fails when it does not."""
        await idle()
        now_us = self.world.clock.now_us()
        last_us = now_us // MINUTE_US * MINUTE_US
        if last_us > self.latest_us:
            async with asyncio.timeout(60):
                # Times that come again after the clock was set back by more than a minute have other keys.
                while not any(str(each).startswith(f"schedule-tidy-{iso(last_us)}") for each in self.keys()):
                    await asyncio.sleep(0)
        self.latest_us = max(self.latest_us, now_us)

    def keys(self) -> list[str | None]:
        """The keys of all jobs."""
        return [record.idempotency_key for record in self.world.jobs()]

    def move(self, seconds: int) -> None:
        """Let time go by, or set the clock back."""
        clock = self.world.clock
        if seconds < 0:
            clock.set(clock.now_us() + seconds * 1_000_000)
        else:
            clock.advance(seconds)

    async def end(self) -> None:
        """No fire time has two jobs, and there is a next one."""
        assert self.scheduler is not None
        await idle()
        keys = self.keys()
        assert len(keys) == len(set(keys))
        next_us = only(self.scheduler).next_run_at
        assert next_us is not None
        assert next_us > self.world.clock.now_us()
        await self.scheduler.stop()


@settings(max_examples=25, deadline=None)
@given(ACTIONS)
def test_a_fire_time_makes_one_job(actions: list[tuple[str, int]]) -> None:
    """Through crashes, restarts, pauses, a clock that is set, and runs that were not remembered."""

    async def run(folder: Path) -> None:
        world = World(folder / "data", AsyncioJobManager)
        story = Story(world)
        try:
            await story.begin()
            for action, seconds in actions:
                await story.happen(action, seconds)
            await story.end()
        finally:
            await world.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
