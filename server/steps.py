"""Work for a message that may have to wait, as a generator: it yields what to wait for and gets back what came of it.

Most messages never wait, so no task is made for them. The connection runs a generator until it yields, and goes on with
it when what it waits for is there: what to do stands apart from how to wait.
"""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from storage.syncer import Commit


class NextMessage(Enum):
    """The type of `NEXT_MESSAGE`."""

    NEXT_MESSAGE = "NEXT_MESSAGE"


NEXT_MESSAGE: Final = NextMessage.NEXT_MESSAGE
"""Wait for the client's next message; it is what comes back."""


class UntilDurable(Struct, frozen=True):
    """Wait for a commit that is not done yet."""

    commit: Commit


class Uninterruptible(Struct, frozen=True):
    """Wait for something that must not be cancelled midway: the end of a transaction, a clean-up."""

    awaitable: Awaitable[Any]


Wait = Awaitable[Any] | Uninterruptible | UntilDurable | NextMessage
"""A plain awaitable is a statement at work: a cancel request cancels it."""

Steps = Generator[Wait, Any, None]
