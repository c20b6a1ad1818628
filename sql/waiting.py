"""Waiting, on the event loop, for what storage tells by callback."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.engine import Commit


def wake(future: asyncio.Future[None]) -> None:
    """Let whoever awaits it go on; it may be too late for that."""
    if not future.done():
        future.set_result(None)


async def wait_for_commit(commit: Commit) -> None:
    """Return once the commit is durable and visible. Raises its error."""
    await until_settled(commit)
    if commit.error is not None:
        raise commit.error


async def until_settled(commit: Commit) -> None:
    """Return once the commit is durable and visible, or has failed."""
    if not commit.done:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        commit.on_done(lambda _: wake(future))
        # A commit that was handed to the syncer happens whatever its client does: only the waiting can be cancelled.
        await future
