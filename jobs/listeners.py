"""Whoever listens to jobs."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from jobs.request import JobTransition

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.record import JobRecord


class Listeners:
    """Functions that are called on the loop after each durable change of a status."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[JobTransition], None]] = []

    def add(self, listener: Callable[[JobTransition], None]) -> Callable[[], None]:
        """Returns what ends it."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    def tell(self, before: JobRecord | None, after: JobRecord) -> None:
        """Tell all, if the status has changed. `before` is `None` for a new job."""
        if before is not None and before.status is after.status:
            return
        transition = JobTransition(None if before is None else before.status, after)
        for listener in tuple(self._listeners):
            try:
                listener(transition)
            except Exception as error:  # noqa: BLE001 - somebody else's code: others must hear, and the loop reports it
                told = {"message": "a listener of job transitions failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(told)
