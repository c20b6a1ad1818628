"""Whether and when a failed attempt is followed by another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from jobs.errors import TransientJobError

if TYPE_CHECKING:
    from random import Random

JITTER: Final = 0.25
"""A wait is shortened by up to this share, so that jobs that failed together do not come back together."""


def is_transient(error: BaseException) -> bool:
    """Whether the error may pass by itself. An OSError is storage's: a full disk, a busy file."""
    return isinstance(error, TransientJobError | OSError)


class Backoff(Struct, frozen=True):
    """Waits that double from `first_ms` up to `longest_ms`."""

    first_ms: int = 100
    longest_ms: int = 60_000

    def delay_us(self, retry: int, rng: Random) -> int:
        """The wait before the `retry`-th retry, from 1."""
        # The exponent is bounded: 2 ** 10,000 would be a long number before min() makes it short.
        full_us = min(self.first_ms * 2 ** min(retry - 1, 32), self.longest_ms) * 1_000
        return int(full_us * (1 - JITTER * rng.random()))
