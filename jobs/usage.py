"""What a job's work costs: processor time and memory, as far as they can be told apart in one process.

`cpu_seconds` is the processor time of the threads that the job ran in (`run_in_worker`), over all attempts. What
native thread pools (Arrow's, DuckDB's) did for it cannot be told from what they did for others and is not in it.

`peak_memory_bytes` is the most by which the process's resident memory stood above what it was when the job's attempt
began, sampled at the checkpoints of its workers. Jobs and queries that run at the same time are in each other's figure.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from pathlib import Path
from typing import Final

SAMPLE_INTERVAL_S: Final = 0.02
_STATM: Final = Path("/proc/self/statm")
_PAGE_BYTES: Final = resource.getpagesize()
_MAXRSS_UNIT_BYTES: Final = 1 if sys.platform == "darwin" else 1024


def resident_bytes() -> int:
    """Memory of this process that is in RAM. Where the system tells only the highest value so far, that."""
    if _STATM.exists():
        return int(_STATM.read_bytes().split()[1]) * _PAGE_BYTES
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT_BYTES


class Usage:
    """The meter of one attempt. Several threads of the job may use it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._base_bytes = resident_bytes()
        self._sampled_at_s = time.monotonic()
        self.cpu_seconds = 0.0
        self.peak_memory_bytes = 0

    def sample_memory(self) -> None:
        """Look at the memory, unless somebody just did."""
        now_s = time.monotonic()
        if now_s - self._sampled_at_s < SAMPLE_INTERVAL_S:
            return
        self._sampled_at_s = now_s
        above = resident_bytes() - self._base_bytes
        with self._lock:
            self.peak_memory_bytes = max(self.peak_memory_bytes, above)

    def add_cpu(self, seconds: float) -> None:
        """Count processor time that a thread spent on the job."""
        with self._lock:
            self.cpu_seconds += seconds
