"""Look-ups of cold rows that have to be read first: in a worker, for reading takes milliseconds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from storage.errors import NotCached

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.result import Result


async def look_up_once_read(cold: NotCached, look_up: Callable[[], Result]) -> Result:
    """Look up again once a worker has read the row."""
    while True:
        await read_cold_row(cold)
        try:
            return look_up()
        except NotCached as again:
            # It has come into another segment since.
            cold = again


async def read_cold_row(cold: NotCached) -> None:
    """Have a worker read the row. Raises `CorruptSegment`."""
    await asyncio.get_running_loop().run_in_executor(None, cold.read)
