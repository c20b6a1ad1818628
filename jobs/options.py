"""How a manager runs jobs: what `[jobs]` in config.toml sets, and limits."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class JobOptions(Struct, frozen=True, kw_only=True):
    """Counts, and times in the unit of their names."""

    max_concurrent: int = 4
    """Jobs that run at once."""
    max_retries: int = 3
    """For requests that do not say."""
    retry_backoff_ms: int = 100
    retry_backoff_longest_ms: int = 60_000
    recovery: Literal["resume", "fail"] = "resume"
    """What becomes of a job that was running when the server crashed: queued again, or failed."""
    crashes_allowed: int = 2
    """A job that was running at one crash more than this is failed, or it might crash the server for ever."""
    max_active: int = 100_000
    """Jobs that have not ended. More are refused with `QueueFull`."""
    progress_interval_ms: int = 1_000
    """Progress is written to disk at most this often."""
    key_binding_days: int = 3
    """How long a key that a user gave stays bound to its job after the job has ended."""
    node_id: str = "local"
