"""Who changes jobs: every change is a step that the one owner of their state does, one step after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Owner(Protocol):
    """Does steps in the order in which they come. A step is a function that does not wait."""

    def ask(self, step: Callable[[], T]) -> asyncio.Future[T]:
        """What the step returns or raises. It is done even if nobody waits for that any more."""

    def tell(self, step: Callable[[], object]) -> None:
        """Have the step done; nobody waits for it."""


class WhoeverAsks:
    """Steps are done by whoever asks for them, at once: all of them are on one loop, and none waits."""

    def ask(self, step: Callable[[], T]) -> asyncio.Future[T]:
        """A future that is done."""
        reply: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        try:
            reply.set_result(step())
        except Exception as error:  # noqa: BLE001 - it goes to whoever asked
            reply.set_exception(error)
        return reply

    def tell(self, step: Callable[[], object]) -> None:
        """Do it."""
        step()
