"""The queue of jobs that wait for a place: by priority, and by age among equals. Some may not run before a time.

Times are those of `Clock.elapsed_us`.
"""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jobs.record import JobId

_REMOVED_KEPT: Final = 64


class RunQueue:
    """Two heaps: those that may run, and those whose time has not come, by time.

    A job that is removed leaves its entry behind, which is passed over when its turn comes; when most entries are such,
    they are thrown out.
    """

    def __init__(self) -> None:
        self._ready: list[tuple[int, int, JobId]] = []
        self._later: list[tuple[int, int, JobId, int]] = []
        self._places: dict[JobId, int] = {}
        """The number of each job's entry: another entry of the job is one that was removed."""
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._places)

    def push(self, job_id: JobId, priority: int, not_before_us: int | None = None) -> None:
        """Put a job behind those of its priority, once its time has come. Wherever it was in the queue, it is moved."""
        number = self._places[job_id] = next(self._numbers)
        if not_before_us is None:
            heapq.heappush(self._ready, (-priority, number, job_id))
        else:
            heapq.heappush(self._later, (not_before_us, number, job_id, priority))
        self._throw_out_removed()

    def remove(self, job_id: JobId) -> None:
        """Take a job out, if it is there."""
        if self._places.pop(job_id, None) is not None:
            self._throw_out_removed()

    def pop(self, now_us: int) -> JobId | None:
        """The next job that may run by now, or `None` when there is none."""
        while (due_us := self.next_due_us) is not None and due_us <= now_us:
            _, _, job_id, priority = heapq.heappop(self._later)
            self.push(job_id, priority)
        while self._ready:
            _, number, job_id = heapq.heappop(self._ready)
            if self._places.get(job_id) == number:
                del self._places[job_id]
                return job_id
        return None

    @property
    def next_due_us(self) -> int | None:
        """When the time of the next job comes that has to wait for it, if there is one."""
        while self._later:
            due_us, number, job_id, _ = self._later[0]
            if self._places.get(job_id) == number:
                return due_us
            heapq.heappop(self._later)
        return None

    def _throw_out_removed(self) -> None:
        # Otherwise what was to run in weeks and was killed would be kept for weeks.
        if len(self._ready) + len(self._later) <= 2 * len(self._places) + _REMOVED_KEPT:
            return
        self._ready = [entry for entry in self._ready if self._places.get(entry[2]) == entry[1]]
        self._later = [entry for entry in self._later if self._places.get(entry[2]) == entry[1]]
        heapq.heapify(self._ready)
        heapq.heapify(self._later)
