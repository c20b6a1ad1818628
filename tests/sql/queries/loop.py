"""Runs a coroutine function as a test."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TIMEOUT_S = 60


def asynchronous(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """The test on an event loop of its own, stopped when it takes too long."""

    @functools.wraps(test)
    def run(*args: object, **kwargs: object) -> None:
        async def timed() -> None:
            await asyncio.wait_for(test(*args, **kwargs), TIMEOUT_S)

        asyncio.run(timed())

    return run
