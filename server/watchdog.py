"""Tells when something held up the event loop: nothing may for more than a few milliseconds."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import structlog

INTERVAL_S: Final = 0.1
LATE_S: Final = 0.05
"""Lateness that is logged. The aim is 10 ms; a busy machine alone can make a timer later than that."""

log = structlog.get_logger()


class Watchdog:
    """A timer on the loop that logs when it rings late."""

    def __init__(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._watch(), name="watchdog")

    async def stop(self) -> None:
        """Stop watching."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + INTERVAL_S
            await asyncio.sleep(INTERVAL_S)
            late_s = loop.time() - due
            if late_s > LATE_S:
                log.warning("the event loop was held up", late_ms=round(late_s * 1000))
