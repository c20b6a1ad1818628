"""What statements do about the limits of the hot tier."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HotTierOptions:
    """What config.toml says in `[hot]`, besides the limit itself."""

    wait_timeout_s: float = 30.0
    """How long a statement waits for room."""
