"""Work that does what the test tells it, and a world that looks at every transition: for test_machine.py."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs.errors import JobCancelled, TransientJobError
from jobs.outcome import Outcome
from jobs.record import JobStatus
from jobs.states import TRANSITIONS
from tests.jobs.world import Scripted, Work, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobs.context import JobContext
    from jobs.manager import JobManager
    from jobs.record import JobRecord
    from jobs.request import JobTransition

S = JobStatus


@dataclass
class Puppet:
    """The work of one attempt, which does what it is told by the test."""

    stubborn: bool
    commands: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    told_to_stop: bool = False


class Puppets:
    """All work that goes on."""

    def __init__(self, notify: Callable[[], None]) -> None:
        self._notify = notify
        self.at_work: dict[str, Puppet] = {}
        self.most_at_work = 0
        self._released = False

    async def __call__(self, context: JobContext[Work]) -> Outcome:
        """The work: it is at work until this has returned or raised."""
        assert context.job_id not in self.at_work, "two attempts of one job at once"
        puppet = self.at_work[context.job_id] = Puppet(context.parameters.size > 1)
        self.most_at_work = max(self.most_at_work, len(self.at_work))
        self._notify()
        try:
            return await self._obey(puppet)
        finally:
            del self.at_work[context.job_id]
            self._notify()

    async def _obey(self, puppet: Puppet) -> Outcome:
        while True:
            try:
                command = await puppet.commands.get()
            except asyncio.CancelledError:
                puppet.told_to_stop = True
                if puppet.stubborn and not self._released:
                    continue
                raise
            match command:
                case "complete":
                    return Outcome("done")
                case "transient":
                    raise TransientJobError("busy")
                case "permanent":
                    raise ValueError("bad")
                case _:
                    raise JobCancelled

    def release(self) -> None:
        """Let all stop that are told to, from now on."""
        self._released = True
        for puppet in self.at_work.values():
            if puppet.told_to_stop:
                puppet.commands.put_nowait("stop")

    def hold(self) -> None:
        """Let the stubborn ones be stubborn again."""
        self._released = False


class Puppetry(Scripted):
    """Any job with a key does what any other one with it does."""

    def coalesce(self, active: Work, asked: Work) -> Work:
        """The one that is active."""
        return active


class WatchedWorld(World):
    """Looks at every transition in the moment in which it is told."""

    def __init__(self, path: Path, make_manager: Callable[..., JobManager]) -> None:
        super().__init__(path, make_manager)
        self.puppets = Puppets(self.notify)
        self.last_told: dict[str, JobRecord] = {}
        self.untold: set[str] = set()
        """Jobs of which a crash kept something from being told that had happened."""
        self.wrong: list[str] = []

    def hear(self, transition: JobTransition) -> None:
        """Check it."""
        record, before = transition.record, transition.previous_status
        last = self.last_told.get(record.job_id)
        if (None if last is None else last.status) is not before and record.job_id not in self.untold:
            self.wrong.append(f"{record.job_id} was told to be {last}, and then to have been {before}")
        if record.status not in (TRANSITIONS[before] if before is not None else (S.NEW,)):
            self.wrong.append(f"{record.job_id} went from {before} to {record.status}")
        if record.status in (S.CANCELLED, S.PAUSED, S.FAILED, S.RETRYING) and record.job_id in self.puppets.at_work:
            self.wrong.append(f"{record.job_id} is {record.status} while it works")
        self.last_told[record.job_id] = record
        self.untold.discard(record.job_id)
        super().hear(transition)
