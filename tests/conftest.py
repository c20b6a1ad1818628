"""Fixtures for every test, and how they are run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

from tests.oracle import postgres
from tests.server_process import server, server_factory, server_processes

if TYPE_CHECKING:
    import pytest

__all__ = ["postgres", "server", "server_factory", "server_processes"]

LONG_FILES = (
    "tests/test_responsiveness.py",
    "tests/test_scripts.py",
    "tests/test_typed_values.py",
    "tests/test_isolation.py",
    "tests/test_crash.py",
    "tests/test_crash_everything.py",
    "tests/test_bulk_load.py",
    "tests/test_memory_limits.py",
    "tests/test_kill.py",
)
"""What takes longest; beside the first, which looks at the time that an answer takes, what leaves the machine room."""

# How long an example takes is up to the machine, which does other things besides. The examples are the same in each
# run, so that it says something about a change; `--hypothesis-profile=search` takes others each time.
AT_ANY_PACE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("siltdb", AT_ANY_PACE, derandomize=True)
settings.register_profile("search", AT_ANY_PACE)
settings.load_profile("siltdb")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: at the end no process is left alone with one of them."""
    ranks = {name: rank for rank, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))
