"""What large transactions leave behind, taken apart a little at a time, since everybody waits for the loop."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.syncer import CallSoon

    TakeSome = Callable[[int], bool]
    """Takes so many items away, and tells whether there are more."""

ITEMS_A_TURN: Final = 2_000
"""Items that are taken away before the loop is let go: about a millisecond."""


class Leftovers:
    """On the loop. Without one everything is done at once."""

    __slots__ = ("_call_soon", "_waiting")

    def __init__(self, call_soon: CallSoon | None = None) -> None:
        self._call_soon = call_soon
        self._waiting: deque[TakeSome] = deque()

    def add(self, take_some: TakeSome) -> None:
        """Have something taken apart."""
        if self._call_soon is None:
            while take_some(ITEMS_A_TURN):
                pass
            return
        self._waiting.append(take_some)
        if len(self._waiting) == 1:
            self._call_soon(self._run)

    def empty(self, container: list[Any] | dict[Any, Any] | set[Any]) -> None:
        """Empty a container that nobody uses any more: letting go of a million objects takes a tenth of a second."""
        if len(container) <= ITEMS_A_TURN:
            container.clear()
        else:
            self.add(partial(_empty_some, container))

    def _run(self) -> None:
        if not self._waiting[0](ITEMS_A_TURN):
            self._waiting.popleft()
        if self._waiting:
            assert self._call_soon is not None
            self._call_soon(self._run)


def _empty_some(container: list[Any] | dict[Any, Any] | set[Any], count: int) -> bool:
    if isinstance(container, list):
        del container[-count:]
    elif isinstance(container, dict):
        for _ in range(min(count, len(container))):
            container.popitem()
    else:
        for _ in range(min(count, len(container))):
            container.pop()
    return bool(container)
