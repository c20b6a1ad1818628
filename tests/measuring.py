"""Tests that measure: noise does not come again, and what has become slow always does.

What a machine takes for itself shows in every figure. A processor that its host takes away is charged to the thread
that had it: 24 ms of CPU time, on a virtual machine, in which nothing was done. So no bound is put where noise does not
reach, and what is out of bounds is measured again, from a new state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Test = TypeVar("Test", bound=Callable[..., Any])

TIMES: Final = 3
TIMEOUT_S: Final = 1_200
"""For all of them, on a machine that is busy."""


class OutOfBounds(AssertionError):
    """what was measured is more or less than it may be"""


def measures(test: Test) -> Test:
    """Mark a test that fails if what it measures is out of bounds `TIMES` times, each time with new fixtures.

    Whatever else is wrong with it fails it at once. Fixtures of a module stay: memory that has grown does not grow
    again, and tables are there. Such a test takes a server of its own, by `server_factory`.
    """
    again = pytest.mark.flaky(reruns=TIMES - 1, only_rerun=OutOfBounds)
    return pytest.mark.timeout(TIMEOUT_S)(again(test))


def assert_measured(is_in_bounds: bool, measured: object) -> None:
    """Raise `OutOfBounds`, with what was measured, unless it is in its bounds."""
    if not is_in_bounds:
        raise OutOfBounds(f"measured {measured}")
