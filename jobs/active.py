"""A job that has not ended, in memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.record import JobRecord, JobStatus
    from storage.syncer import Commit


class Work(Protocol):
    """What the record of a job at work does not say by itself."""

    def shown_in(self, record: JobRecord, now_us: int) -> JobRecord:
        """The record with the progress and the cost of this moment in it."""

    def has_news(self) -> bool:
        """Whether there was progress since this was last asked."""


class ActiveJob:
    """One job between its creation and the durable end of its life. The owner of the jobs owns it.

    `written` is the newest record that was handed to storage: decisions are made on it. `record` is the newest one that
    is durable: it alone is shown and told.
    """

    def __init__(
        self, written: JobRecord, keys: tuple[str, ...], attempts: int = 0, events: int = 0, delay_left_us: int = 0
    ) -> None:
        self.written = written
        self.record = written
        self.keys = keys
        """The idempotency keys that lead to this job."""
        self.attempts = attempts
        """Attempts begun so far: the number of the last one."""
        self.events = events
        """Events recorded so far."""
        self.delay_left_us = delay_left_us
        """While it is paused: how long it still had to wait in the queue, and will have once it is resumed."""
        self.work: Work | None = None
        """The work of the newest attempt that this server has begun."""
        self.last_commit: Commit | None = None
        """The write of `written`; `None` when that was read from disk."""
        self._watchers: dict[asyncio.Future[None], None] = {}

    def shown(self, now_us: int) -> JobRecord:
        """The durable record, with the progress and the cost of this moment while it runs."""
        if self.work is None or not self.record.status.is_at_work:
            return self.record
        return self.work.shown_in(self.record, now_us)

    def next_change(self) -> asyncio.Future[None]:
        """Done with the next durable change. It raises when that change could not be made durable."""
        watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers[watcher] = None
        # Whoever does not wait any longer has cancelled it.
        watcher.add_done_callback(lambda done: self._watchers.pop(done, None))
        return watcher

    async def becomes(self, condition: Callable[[JobStatus], bool]) -> None:
        """Return once the durable status fulfils the condition. Raises as `next_change` does."""
        while not condition(self.record.status):
            await self.next_change()

    def wake(self, error: BaseException | None = None) -> None:
        """Tell who waits for the next change that something did, or that it never will."""
        for watcher in tuple(self._watchers):
            if watcher.done():
                continue
            if error is None:
                watcher.set_result(None)
            else:
                watcher.set_exception(error)
