"""What a job's work costs: processor time and memory, as far as they can be told apart in one process.

`cpu_seconds` is the job's share of what the process spent, the loop's own thread apart, while the job had a worker:
equal shares of those who had one at the same time. So the threads and pools that the work uses are in it, and so are
queries that ran beside it.

`peak_memory_bytes` is the most by which the process's resident memory stood above what it was when the attempt's first
worker began, sampled at the checkpoints of its workers. Whatever ran beside it is in it too. Jobs that never use a
worker cost next to nothing of either, and both are 0.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE_INTERVAL_S: Final = 0.02
_STATM: Final = Path("/proc/self/statm")
_PAGE_BYTES: Final = resource.getpagesize()
_MAXRSS_UNIT_BYTES: Final = 1 if sys.platform == "darwin" else 1024


def resident_bytes() -> int:
    """Memory of this process that is in RAM. Where the system tells only the highest value so far, that."""
    if _STATM.exists():
        return int(_STATM.read_bytes().split()[1]) * _PAGE_BYTES
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT_BYTES


class SharedCpu:
    """Divides the processor time of the process among those who are at work. Made on the loop's thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop_clock = time.pthread_getcpuclockid(threading.get_ident())
        self._at_work = 0
        self._spent_s = 0.0
        self._share_s = 0.0
        """What one who had been at work all the time would have got."""

    def begin(self) -> float:
        """One more is at work. Returns what `end` wants."""
        with self._lock:
            self._divide()
            self._at_work += 1
            return self._share_s

    def end(self, begun_at: float) -> float:
        """One less is. Returns the seconds that it is charged."""
        with self._lock:
            self._divide()
            self._at_work -= 1
            return self._share_s - begun_at

    def so_far(self, begun_at: float) -> float:
        """The seconds that one who is still at work would be charged now."""
        with self._lock:
            self._divide()
            return self._share_s - begun_at

    def _divide(self) -> None:
        spent_s = time.process_time() - time.clock_gettime(self._loop_clock)
        if self._at_work:
            self._share_s += max(spent_s - self._spent_s, 0.0) / self._at_work
        self._spent_s = spent_s


class Usage:
    """The meter of one attempt. Several threads of the job may use it at the same time."""

    def __init__(self, cpu: SharedCpu) -> None:
        self._cpu = cpu
        self._lock = threading.Lock()
        self._base_bytes: int | None = None
        self._sampled_at_s = 0.0
        self._charged_s = 0.0
        self._at_work_since: list[float] = []
        self.peak_memory_bytes = 0

    @property
    def cpu_seconds(self) -> float:
        """What it has cost so far."""
        with self._lock:
            return self._charged_s + sum(map(self._cpu.so_far, self._at_work_since))

    def sample_memory(self) -> None:
        """Look at the memory, unless somebody just did."""
        now_s = time.monotonic()
        if now_s - self._sampled_at_s < SAMPLE_INTERVAL_S:
            return
        with self._lock:
            self._sampled_at_s = now_s
            now_bytes = resident_bytes()
            if self._base_bytes is None:
                self._base_bytes = now_bytes
            self.peak_memory_bytes = max(self.peak_memory_bytes, now_bytes - self._base_bytes)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Count the processor time of the block, which a worker thread runs."""
        self.sample_memory()
        begun_at = self._cpu.begin()
        with self._lock:
            self._at_work_since.append(begun_at)
        try:
            yield
        finally:
            with self._lock:
                self._at_work_since.remove(begun_at)
                self._charged_s += self._cpu.end(begun_at)
