"""What jobs ought to do, in plain Python: the model that test_machine.py holds the managers to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.record import JobStatus

if TYPE_CHECKING:
    from jobs.record import JobRecord

S = JobStatus
MAX_CONCURRENT = 2
MAX_RETRIES = 2
CRASHES_ALLOWED = 2
BACKOFF_US = 1_000_000


@dataclass
class ModelJob:
    """One job: `status` is what the managers must say of it."""

    job_id: str
    key: str | None
    stubborn: bool
    """Its work takes no notice of being told to stop, until it is let go."""
    status: JobStatus = S.QUEUED
    next_run_at: int | None = None
    delay_left_us: int = 0
    retries: int = 0
    attempts: int = 0
    crashes: int = 0
    killed_by: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return not self.status.is_terminal

    def is_eligible(self, now_us: int) -> bool:
        """Whether it only waits for a place."""
        waits = self.status in (S.QUEUED, S.RETRYING)
        return waits and (self.next_run_at is None or self.next_run_at <= now_us)

    def begin(self) -> None:
        """It got a place."""
        self.status, self.next_run_at = S.RUNNING, None
        self.attempts += 1

    def work_stopped(self) -> None:
        """Its work did what it was told."""
        self.status = S.CANCELLED if self.status is S.CANCELLING else S.PAUSED

    def work_completed(self) -> None:
        """Its work is done, whatever it was told meanwhile."""
        self.status = S.COMPLETED

    def work_failed(self, now_us: int, *, transient: bool) -> None:
        """Its work ended in an error. `next_run_at` becomes the latest time of the retry."""
        if self.status is S.CANCELLING:
            self.status = S.CANCELLED
        elif transient and self.status is S.PAUSING:
            self.status = S.PAUSED
        elif transient and self.retries < MAX_RETRIES:
            self.retries += 1
            self.status = S.RETRYING
            self.next_run_at = now_us + BACKOFF_US * 2 ** (self.retries - 1)
        else:
            self.status = S.FAILED

    def kill(self, by: str) -> None:
        """Somebody kills it."""
        if self.status is not S.CANCELLING:
            self.killed_by = by
        self.status = S.CANCELLING if self.status.is_at_work and self.stubborn else S.CANCELLED
        self.next_run_at = None

    def pause(self, now_us: int) -> None:
        """Somebody pauses it."""
        if self.status is S.QUEUED and self.next_run_at is not None:
            self.delay_left_us = max(self.next_run_at - now_us, 0)
        self.status = S.PAUSING if self.status.is_at_work and self.stubborn else S.PAUSED
        self.next_run_at = None

    def resume(self, now_us: int) -> None:
        """Somebody resumes it."""
        self.status = S.QUEUED
        self.next_run_at = now_us + self.delay_left_us if self.delay_left_us else None
        self.delay_left_us = 0

    def joined(self, now_us: int, delay_us: int) -> None:
        """Another request came to it, for that long from now."""
        if self.status is S.QUEUED and self.next_run_at is not None and self.next_run_at > now_us + delay_us:
            self.next_run_at = now_us + delay_us if delay_us else None
        self.delay_left_us = min(self.delay_left_us, delay_us)

    def server_crashed(self) -> None:
        """The server was killed, and is back."""
        at_work = self.status.is_at_work
        self.crashes += at_work
        if self.status is S.RUNNING:
            looping = self.crashes > CRASHES_ALLOWED
            self.status = S.FAILED if looping else S.QUEUED
            self.retries += not looping
        elif at_work:
            self.work_stopped()

    def server_restarted(self) -> None:
        """The server was shut down in order, without patience, and is back."""
        if self.status is S.RUNNING:
            self.status = S.QUEUED
        elif self.status.is_at_work:
            self.work_stopped()

    def agrees_with(self, record: JobRecord) -> bool:
        """Whether the record says what it must, beyond the status."""
        if self.status is S.RETRYING and self.next_run_at is not None and record.next_run_at is not None:
            # The wait is shortened by up to a quarter, at random: go by what was drawn.
            longest = BACKOFF_US * 2 ** (self.retries - 1)
            if self.next_run_at - longest // 4 <= record.next_run_at <= self.next_run_at:
                self.next_run_at = record.next_run_at
        return (
            (record.retry_count, record.next_run_at) == (self.retries, self.next_run_at)
            and record.cancel_requested_by == self.killed_by
            and (record.cancel_requested_at is None) == (self.killed_by is None)
            and (record.finished_at is None) == self.is_active
            and (record.started_at is None) == (self.attempts == 0)
        )
