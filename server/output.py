"""What a connection has to say: collected, written in one go, and held back while the client does not read."""

from __future__ import annotations

import asyncio
from typing import Final

HIGH_WATER_BYTES: Final = 256 << 10
"""With more than this unsent, producers wait."""

LARGE_BYTES: Final = 16 << 10
"""Pieces from this size on are not copied into the buffer."""

FULL_BYTES: Final = 64 << 10
"""A buffer of this size is written although more is to come."""


class Output:
    """Messages to a client on their way into its transport."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.buffer = bytearray()
        """Messages not yet written. Small ones are appended right here."""
        self.flush_wanted = False
        """Something in the buffer should not wait for more: ReadyForQuery, an error, what Flush asks for."""
        self.paused = False
        """The client does not read: only what is already made may still be written."""
        self._writable: asyncio.Future[None] | None = None
        self.use_transport(transport)

    def use_transport(self, transport: asyncio.Transport) -> None:
        """Write to another transport from now on: the one inside TLS."""
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)

    def write(self, data: bytes | memoryview) -> None:
        """Send a piece of any size after what is in the buffer."""
        if len(data) < LARGE_BYTES:
            self.buffer += data
            if len(self.buffer) >= FULL_BYTES:
                self.flush()
        else:
            self.flush()
            if not self._transport.is_closing():
                self._transport.write(data)

    def flush(self) -> None:
        """Hand what is in the buffer to the transport."""
        self.flush_wanted = False
        if self.buffer:
            if not self._transport.is_closing():
                self._transport.write(bytes(self.buffer))
            self.buffer.clear()

    def pause(self) -> None:
        """The transport is full."""
        self.paused = True

    def resume(self) -> None:
        """The transport has room again, or is gone."""
        self.paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    async def wait_until_writable(self) -> None:
        """Let others run, and the client read."""
        if not self.paused:
            await asyncio.sleep(0)
            return
        if self._writable is None:
            self._writable = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._writable)
