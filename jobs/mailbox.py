"""The mailbox of an actor: messages that its one task deals with in the order in which they came."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Mailbox:
    """An `Owner` of jobs whose steps are messages, done by the task that runs `serve` and by nobody else.

    Before that task begins and after it has ended there is nobody to wait for, and steps are done at once.
    """

    def __init__(self) -> None:
        self._messages: asyncio.Queue[tuple[Callable[[], Any], asyncio.Future[Any] | None]] = asyncio.Queue()
        self._is_served = False

    def ask(self, step: Callable[[], T]) -> asyncio.Future[T]:
        """The future reply."""
        reply: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._post(step, reply)
        return reply

    def tell(self, step: Callable[[], object]) -> None:
        """A message without a reply."""
        self._post(step, None)

    async def serve(self) -> None:
        """The actor: do what comes, until cancelled."""
        self._is_served = True
        try:
            while True:
                _do(*await self._messages.get())
        finally:
            self._is_served = False
            while not self._messages.empty():
                _do(*self._messages.get_nowait())

    def _post(self, step: Callable[[], Any], reply: asyncio.Future[Any] | None) -> None:
        if self._is_served:
            self._messages.put_nowait((step, reply))
        else:
            _do(step, reply)


def _do(step: Callable[[], Any], reply: asyncio.Future[Any] | None) -> None:
    try:
        result = step()
    except Exception as error:  # noqa: BLE001 - it goes to whoever asked, or to the loop, which reports it
        if reply is None:
            told = {"message": "a step of the job manager failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(told)
        elif not reply.done():
            reply.set_exception(error)
    else:
        if reply is not None and not reply.done():
            reply.set_result(result)
