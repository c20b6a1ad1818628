"""COPY with files of the server: `sql.copy.server_file` opens them, and what is read or written is as with a client."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING

from sql.copy.server_file import open_server_file
from sql.result import Command

if TYPE_CHECKING:
    from sql.plan import ServerFile
    from sql.result import CopyOut, CopySink

PIECE_BYTES = 1 << 20
"""Read at once."""


async def read_server_file(sink: CopySink, file: ServerFile) -> Command:
    """Feed a file to a COPY FROM."""
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    descriptor = await in_worker(partial(open_server_file, file.folder, file.name, writing=False))
    try:
        while piece := await in_worker(os.read, descriptor, PIECE_BYTES):
            await sink.write(piece)
        return Command(await sink.finish())
    except BaseException:
        await sink.abort()
        raise
    finally:
        os.close(descriptor)


async def write_server_file(copy: CopyOut, file: ServerFile) -> Command:
    """Write what a COPY TO gives to a file, and bring it to disk."""
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    descriptor = await in_worker(partial(open_server_file, file.folder, file.name, writing=True))
    rows = 0
    try:
        async for chunk in copy.chunks:
            await in_worker(_write_all, descriptor, chunk.data)
            rows += chunk.rows
        await in_worker(os.fsync, descriptor)
    finally:
        os.close(descriptor)
    return Command(f"{copy.tag} {rows}")


def _write_all(descriptor: int, data: bytes | memoryview) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
