"""The queue of jobs that wait for a place to run: by priority, and by age among equals."""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.record import JobId


class RunQueue:
    """A heap. A job that is removed leaves its entry behind, which is passed over when its turn comes."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, JobId]] = []
        self._places: dict[JobId, int] = {}
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._places)

    def push(self, job_id: JobId, priority: int) -> None:
        """Put a job behind those of its priority; one that is there already keeps its place."""
        if job_id in self._places:
            return
        number = next(self._numbers)
        self._places[job_id] = number
        heapq.heappush(self._heap, (-priority, number, job_id))

    def remove(self, job_id: JobId) -> None:
        """Take a job out, if it is there."""
        self._places.pop(job_id, None)

    def pop(self) -> JobId | None:
        """The next job, or `None` when nobody waits."""
        while self._heap:
            _, number, job_id = heapq.heappop(self._heap)
            if self._places.get(job_id) == number:
                del self._places[job_id]
                return job_id
        return None
