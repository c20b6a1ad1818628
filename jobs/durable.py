"""What jobs need of storage: records that are written together and become durable."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage.kv import Mutation
    from storage.syncer import Commit


class RecordStorage(Protocol):
    """The part of `storage.engine.Storage` that keeps records."""

    def write(self, mutations: Iterable[Mutation]) -> Commit:
        """Write together. Raises `WriteFailed` once storage has become read-only."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key."""

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys that start with the prefix and their values, in order, as of now."""

    def scan_range(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys from `start`, up to and without `end`, and their values, in order, as of now."""

    def scan_range_backwards(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The same from the last one to the first."""


async def wait_durable(commit: Commit) -> None:
    """Return when the commit is durable. Raises what kept it from being so."""
    await wait_settled(commit)
    commit.result()


async def wait_settled(commit: Commit) -> None:
    """Return when the commit is durable or has failed."""
    if not commit.done:
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(_: Commit) -> None:
            # Who does not wait any longer has cancelled it.
            if not settled.done():
                settled.set_result(None)

        commit.on_done(tell)
        await settled


async def wait_durable_whatever(commit: Commit) -> None:
    """The same, but a cancellation is raised only after the commit is durable: it cannot be taken back any more."""
    cancelled: asyncio.CancelledError | None = None
    while not commit.done:
        try:
            await wait_settled(commit)
        except asyncio.CancelledError as error:
            cancelled = error
    commit.result()
    if cancelled is not None:
        raise cancelled
