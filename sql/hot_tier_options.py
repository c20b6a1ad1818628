"""What statements do about the limits of the hot tier."""

from __future__ import annotations

import sys

from msgspec import Struct


class HotTierOptions(Struct, frozen=True):
    """What config.toml says in `[hot]`, besides the limit itself."""

    wait_timeout_s: float = 30.0
    """How long a statement waits for room."""
    bulk_load_bytes: int = sys.maxsize
    """So much, of one statement that inserts rows, goes into segments straight away."""
    segment_bytes: int = 64 << 20
    """What such a segment holds, as Arrow tables in memory: two of them are held at once."""
