"""Fixtures of the tests of schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.jobs.schedules.scheduling import Scheduling

if TYPE_CHECKING:
    from tests.jobs.world import World


@pytest.fixture
def scheduling(world: World) -> Scheduling:
    """Starts schedulers on a world."""
    return Scheduling(world)
