"""Which errors are retried, and when."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import JobError, TransientJobError
from jobs.retry import Backoff, is_transient


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (TransientJobError("busy"), True),
        (OSError(28, "No space left on device"), True),
        (TimeoutError(), True),
        (JobError("no"), False),
        (ValueError("no"), False),
    ],
)
def test_transient_errors_are_those_marked_and_those_of_the_system(error: Exception, transient: bool):
    """An OSError, and what says that it is transient, may pass."""
    assert is_transient(error) is transient


@given(st.integers(1, 10_000), st.integers(0, 2**32))
def test_waits_double_up_to_the_longest_and_are_shortened_by_a_quarter_at_most(retry: int, seed: int):
    """The wait before retry n lies between 75% and 100% of first * 2 ** (n - 1), or of the longest."""
    full_us = min(100 * 2 ** (retry - 1), 60_000) * 1_000
    delay_us = Backoff(100, 60_000).delay_us(retry, random.Random(seed))
    assert full_us * 3 // 4 <= delay_us <= full_us
