"""What all sessions share: storage, jobs, schedules, the query engine, the system relations, and plans made so far."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sql.clock import now_us
from sql.hot_tier_options import HotTierOptions
from sql.notifications import NotificationHub
from sql.plan_cache import PlanCache
from sql.types import Codecs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobs.manager import JobManager
    from jobs.schedules.scheduler import Scheduler
    from sql.backends import Backend
    from sql.engine import Engine
    from sql.relations import Relations, SessionInfo
    from sql.settings import SessionSettings
    from storage.advisory import LockParty
    from storage.engine import Storage


class Shared:
    """The parts of a server that a statement may need. Lives on the event loop's thread."""

    def __init__(
        self,
        storage: Storage,
        jobs: JobManager,
        schedules: Scheduler,
        engine: Engine,
        relations: Relations,
        make_verifier: Callable[[str], str],
        copy_folder: Path | None = None,
        hot_tier: HotTierOptions = HotTierOptions(),  # noqa: B008 - frozen
    ) -> None:
        self.storage = storage
        self.jobs = jobs
        self.schedules = schedules
        self.engine = engine
        self.relations = relations
        self.make_verifier = make_verifier
        self.copy_folder = copy_folder
        """Where COPY may read and write files of the server."""
        self.hot_tier = hot_tier
        self.notifications = NotificationHub()
        jobs.subscribe(self.notifications.job_changed)
        self.plans = PlanCache()
        self.started_at_s = time.monotonic()
        self.started_us = now_us()
        self.sessions: dict[int, Callable[[], SessionInfo]] = {}
        """By process id, what tells of each session that is there."""
        self.backends: dict[int, Backend] = {}
        """By process id, the sessions that are there, for signals."""
        self._codecs: dict[tuple[str, str], Codecs] = {}

    @property
    def pids_of_parties(self) -> dict[LockParty, int]:
        """The process ids of those who lock and wait."""
        return {backend.locks: pid for pid, backend in self.backends.items()}

    def codecs(self, settings: SessionSettings) -> Codecs:
        """The codecs of all sessions with the same settings of types."""
        key = (settings.get("timezone"), settings.get("extra_float_digits"))
        found = self._codecs.get(key)
        if found is None:
            found = self._codecs[key] = Codecs(key[0], int(key[1]))
        return found
