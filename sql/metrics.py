"""The figures of `system.metrics`: what the server counts anyway, so that showing it costs nothing."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING, Final

from sql.relations.context import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.session_state import SessionState

_ROCKSDB: Final = (
    ("storage.block_cache_used", "block-cache-usage", "Blocks of RocksDB that are cached."),
    ("storage.block_cache_capacity", "block-cache-capacity", "What the cache may hold: storage.block_cache."),
    ("storage.memtables", "cur-size-all-mem-tables", "Written and not yet in a file of RocksDB."),
    ("storage.rocksdb_files", "total-sst-files-size", "Files of RocksDB, without its log."),
)


def metrics_of(session: SessionState) -> Callable[[], Sequence[Metric]]:
    """Take the figures of a server, on the loop; the function gives them, in a worker."""
    shared = session.shared
    sessions = [info() for info in shared.sessions.values()]
    counts = (
        ("sessions.connected", len(sessions), "Clients that are connected."),
        ("sessions.active", sum(info.state == "active" for info in sessions), "Those with a statement that runs."),
        ("transactions.open", sum(info.transaction_started_at is not None for info in sessions), "In progress."),
        ("jobs.active", len(shared.jobs.view()), "Jobs that have not ended."),
        ("schedules.defined", len(shared.schedules.schedules()), "Rows of system.schedules."),
        ("catalog.tables", len(shared.storage.catalog.tables), "Users' tables."),
    )
    storage = shared.storage
    memory = storage.hot_memory
    hot = (
        ("hot.memory_held", memory.held_bytes, "Rows that are not in segments, of open transactions, too."),
        ("hot.memory_limit", memory.limit_bytes, "From which on inserts wait: hot.memory_limit."),
    )

    def taken() -> list[Metric]:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return [
            *(Metric(name, float(value), "", told) for name, value, told in counts),
            *(Metric(name, float(value), "bytes", told) for name, value, told in hot),
            *(Metric(name, float(storage.measure(figure)), "bytes", told) for name, figure, told in _ROCKSDB),
            Metric("process.cpu", usage.ru_utime + usage.ru_stime, "s", "Processor time since the start."),
            Metric("process.memory_peak", usage.ru_maxrss * 1024.0, "bytes", "The most memory that was resident."),
            Metric("process.uptime", time.monotonic() - shared.started_at_s, "s", "Time since the start."),
        ]

    return taken
