"""SIGKILL under everything at once: writers of every kind, jobs of every type, kills and pauses, backups and restores.

After each death the server is started again, and everything is looked at: see `tests.crash`. What is tried is decided
by a seed, which is printed; SILTDB_CRASH_SEED gives another one.
"""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crash.arena import Arena

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server_process import ServerProcess

ROOT = Path(__file__).parents[1]

SEED = 20261122


@pytest.fixture
def arena(server_factory: Callable[..., ServerProcess], tmp_path: Path) -> Arena:
    """A data folder for rounds."""
    seed = int(os.environ.get("SILTDB_CRASH_SEED", SEED))
    return Arena(partial(server_factory, data_dir=tmp_path / "data", start=False), seed)


@pytest.mark.timeout(900)
def test_killed_under_everything_it_loses_and_doubles_nothing(arena: Arena) -> None:
    """Five deaths at random moments."""
    for _ in range(5):
        arena.round()
    arena.inspect()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_killed_a_hundred_times_under_everything(arena: Arena) -> None:
    """A hundred deaths at random moments, of one data folder."""
    for number in range(100):
        arena.round()
        if number % 4 == 3:
            arena.inspect()


def fault_points() -> list[str]:
    """All that the source names, those of whoever writes segments for each of them."""
    found = set()
    for path in (ROOT / "storage").glob("*.py"):
        for name in re.findall(r"""\.reach\(f?"([^"]+)"\)""", path.read_text(encoding="utf-8")):
            found |= {name.replace("{self._task}", task) for task in ("flush", "compact", "bulk")}
    # Of the log there is one at each commit, from the first at the start; those of opening are only there.
    return sorted(name for name in found - {"log.sync"} if not name.startswith("open."))


@pytest.mark.long
@pytest.mark.parametrize("fault", fault_points())
def test_killed_at_any_fault_point_under_everything(arena: Arena, fault: str) -> None:
    """A death at that point, and another one when it is reached again later."""
    assert arena.round(fault=fault)
    arena.round(fault=f"{fault}:3")
    arena.inspect()


def test_every_fault_point_is_found() -> None:
    """What looks for them in the source finds those of each file that has some."""
    files = {name.partition(".")[0] for name in fault_points()}
    assert files >= {"backup", "bulk", "compact", "drop", "evict", "flush", "load", "restore", "undrop", "users"}
