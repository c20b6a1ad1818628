"""Point statements whose rows are cold and not in the cache: a worker reads them first, for that takes milliseconds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from storage.errors import NotCached

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sql.session_state import SessionState

T = TypeVar("T")


def look_up(session: SessionState, attempt: Callable[[], T]) -> T | Awaitable[T]:
    """Run a look-up at once, or, if a row must be read first, when a worker has done so. Raises `CorruptSegment`."""
    try:
        return session.shared.storage.from_cache(attempt)
    except NotCached as cold:
        return _look_up_once_read(session, attempt, cold)


async def _look_up_once_read(session: SessionState, attempt: Callable[[], T], cold: NotCached) -> T:
    while True:
        await read_cold_row(cold)
        try:
            return session.shared.storage.from_cache(attempt, ahead=cold.ahead)
        except NotCached as again:
            cold = again


async def read_cold_row(cold: NotCached) -> None:
    """Have a worker read the row for the next attempt. Raises `CorruptSegment`."""
    await asyncio.get_running_loop().run_in_executor(None, cold.read)
