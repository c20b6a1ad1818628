"""Rows on their way to a client: as fast as it reads, and no faster."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from server.output import HIGH_WATER_BYTES, Output
from server.results import ResultWriter
from server.stream_reader import StreamReader
from sql.result import ResultColumn, Stream
from sql.types import Codecs
from storage.types import INTEGER, TEXT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

COLUMNS = (ResultColumn("n", INTEGER), ResultColumn("t", TEXT))
TEXTS = (0, 0)


class Source:
    """Batches of rows, and how many of them were taken."""

    def __init__(self, batches: int, batch_rows: int) -> None:
        self.taken = 0
        self.closed = False
        self._batches = batches
        self._batch_rows = batch_rows

    async def read(self) -> AsyncIterator[pa.RecordBatch]:
        """Yield the batches; fails after the last one if they are fewer than asked for."""
        try:
            for _ in range(self._batches):
                self.taken += 1
                numbers = pa.array(range(self._batch_rows), pa.int32())
                yield pa.record_batch([numbers, pa.array(["x" * 100] * self._batch_rows)], names=["n", "t"])
        finally:
            self.closed = True


class Sender(asyncio.Protocol):
    """The server's end of a socket."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Make the output."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.output = Output(transport)
        self.full = asyncio.Event()

    def pause_writing(self) -> None:
        """The client does not read."""
        self.output.pause()
        self.full.set()

    def resume_writing(self) -> None:
        """It does."""
        self.output.resume()


async def connected() -> tuple[Sender, socket.socket]:
    """A sender, and the client's end of its socket."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    _, sender = await asyncio.get_running_loop().create_connection(Sender, sock=ours)
    return sender, theirs


def test_a_client_that_does_not_read_stops_the_query() -> None:
    """No more is taken from the query than fits on the way; when the client reads, all of it arrives."""

    async def run() -> None:
        sender, client = await connected()
        source = Source(batches=200, batch_rows=1000)
        reader = StreamReader(Stream(COLUMNS, source.read()))
        writing = asyncio.create_task(ResultWriter(sender.output).write_stream(reader, COLUMNS, TEXTS, Codecs()))
        await sender.full.wait()
        taken = source.taken
        assert taken < 50
        for _ in range(100):
            await asyncio.sleep(0)
        assert source.taken == taken
        assert sender.transport.get_write_buffer_size() < HIGH_WATER_BYTES + 200_000

        async def count_rows() -> int:
            loop, received, position, count = asyncio.get_running_loop(), b"", 0, 0
            while count < 200_000:
                received = received[position:] + await loop.sock_recv(client, 1 << 20)
                position = 0
                while len(received) - position >= 5:
                    (length,) = struct.unpack_from("!i", received, position + 1)
                    if len(received) - position < length + 1:
                        break
                    position += length + 1
                    count += 1
            return count

        counting = asyncio.create_task(count_rows())
        assert await writing == (200_000, True)
        sender.output.flush()
        assert await counting == 200_000
        client.close()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_cancelled_stream_is_closed() -> None:
    """The query behind it stops then and there."""

    async def run() -> None:
        sender, client = await connected()
        source = Source(batches=1000, batch_rows=1000)
        reader = StreamReader(Stream(COLUMNS, source.read()))
        writing = asyncio.create_task(ResultWriter(sender.output).write_stream(reader, COLUMNS, TEXTS, Codecs()))
        await sender.full.wait()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert source.closed
        client.close()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_stream_is_read_in_parts_across_batches() -> None:
    """A limit cuts batches where it must, loses no row and repeats none."""

    async def run() -> list[int]:
        source = Source(batches=3, batch_rows=10)
        reader = StreamReader(Stream(COLUMNS, source.read()))
        sizes = []
        for limit in (4, 4, 4, 0, 25, 1):
            part = await reader.read(limit)
            sizes.append(0 if part is None else part.num_rows)
        return sizes

    assert asyncio.run(run()) == [4, 4, 2, 10, 10, 0]


def test_a_wide_or_heavy_batch_is_cut_small() -> None:
    """What is encoded at a time is bounded in values and in bytes, so that the loop is not held up."""

    async def first_part(batch: pa.RecordBatch) -> int:
        async def batches() -> AsyncIterator[pa.RecordBatch]:
            yield batch

        part = await StreamReader(Stream((), batches())).read(0)
        assert part is not None
        return part.num_rows

    numbers = pa.array(range(100_000))
    wide = pa.record_batch([numbers] * 64, names=[str(n) for n in range(64)])
    heavy = pa.record_batch([pa.array(["x" * 1_000_000] * 10)], names=["t"])
    assert asyncio.run(first_part(wide)) == 512
    assert asyncio.run(first_part(heavy)) == 4


def test_a_description_tells_types_sizes_and_formats() -> None:
    """RowDescription: name, table, number, oid, length, modifier, format."""

    async def run() -> bytes:
        sender, client = await connected()
        client.close()
        columns = (ResultColumn("n", INTEGER, 16384, 2),)
        return ResultWriter(sender.output).description(columns, (1,))

    body = b"\0\1n\0" + struct.pack("!IhIhih", 16384, 2, 23, 4, -1, 1)
    assert asyncio.run(run()) == b"T" + struct.pack("!i", len(body) + 4) + body
