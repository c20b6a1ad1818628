"""Fixtures of the job tests. A test that is a coroutine runs on a loop of its own."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING

import pytest

from jobs.actor_manager import ActorJobManager
from jobs.asyncio_manager import AsyncioJobManager
from tests.jobs.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.manager import JobManager


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run coroutine tests."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}

    async def run() -> None:
        world = arguments.get("world")
        try:
            await pyfuncitem.obj(**arguments)
        finally:
            if isinstance(world, World):
                await world.close()

    asyncio.run(run())
    return True


@pytest.fixture(params=[AsyncioJobManager, ActorJobManager], ids=["asyncio", "actor"])
def manager_type(request: pytest.FixtureRequest) -> type[JobManager]:
    """Each implementation of the interface."""
    return request.param


@pytest.fixture
def world(manager_type: type[JobManager], tmp_path: Path) -> World:
    """A data folder, a clock moved by hand, and a way to open managers on them, for each implementation."""
    return World(tmp_path / "data", manager_type)
