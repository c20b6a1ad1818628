"""Bytes of a Bind → the message, remembering the last one's shape."""

from __future__ import annotations

import struct
from typing import Final

from server.protocol.errors import ProtocolError
from server.protocol.messages import Bind, Unfinished
from server.protocol.parsing import string_end

_UINT16: Final = struct.Struct("!H").unpack_from
_INT32: Final = struct.Struct("!i").unpack_from
VALUES_A_TURN: Final = 8_000
"""Values that are read at once: two milliseconds."""

UNFINISHED: Final = Unfinished()

_ONE_FORMAT: Final = {0: (0,), 1: (1,)}


class BindReader:
    """Reads the Bind messages of one conversation.

    A client that works binds the same statement again and again: everything before the first value and everything after
    the last one is then the same bytes, and comparing them is three times faster than reading them.
    """

    def __init__(self) -> None:
        self._head = b""
        self._portal = ""
        self._statement = ""
        self._parameter_formats: tuple[int, ...] = ()
        self._count = 0
        self._tail = b"\0\0"  # No result formats.
        self._result_formats: tuple[int, ...] = ()
        self._begun: list[bytes | None] = []
        """The values read so far, …"""
        self._begun_bytes = 0
        """… and what they and all before them take of the message."""

    def read(self, buffer: bytes, start: int, end: int) -> Bind | Unfinished:
        """Read: portal, statement, parameter formats, values, result formats. Raises as parsers do.

        Of one with very many values it reads some: it is to be called again with the same bytes.
        """
        if self._begun:
            position = start + self._begun_bytes
        elif self._head and buffer.startswith(self._head, start):
            position = start + len(self._head)
        else:
            position = self._read_head(buffer, start, end)
        values, self._begun = self._begun, []
        left = self._count - len(values)
        for _ in range(min(left, VALUES_A_TURN)):
            (length,) = _INT32(buffer, position)
            position += 4
            if length >= 0:
                values.append(buffer[position : position + length])
                position += length
            elif length == -1:
                values.append(None)
            else:
                raise ProtocolError("insufficient data left in message")
        if left > VALUES_A_TURN:
            self._begun, self._begun_bytes = values, position - start
            return UNFINISHED
        tail = buffer[position:end]
        if tail != self._tail:
            self._read_tail(tail)
        # Without the keyword handling of Bind(…), which takes twice as long.
        return tuple.__new__(
            Bind, (self._portal, self._statement, self._parameter_formats, tuple(values), self._result_formats)
        )

    def _read_head(self, buffer: bytes, start: int, end: int) -> int:
        self._head = b""  # Stays so when the rest raises.
        stop = string_end(buffer, start, end)
        self._portal = buffer[start:stop].decode()
        position = stop + 1
        stop = string_end(buffer, position, end)
        self._statement = buffer[position:stop].decode()
        self._parameter_formats, position = _read_formats(buffer, stop + 1)
        (self._count,) = _UINT16(buffer, position)
        position += 2
        if position > end:
            raise ProtocolError("insufficient data left in message")
        self._head = buffer[start:position]
        return position

    def _read_tail(self, tail: bytes) -> None:
        formats, position = _read_formats(tail, 0)
        if position != len(tail):
            raise ProtocolError("invalid message format")
        self._result_formats = formats
        self._tail = tail


def _read_formats(buffer: bytes, position: int) -> tuple[tuple[int, ...], int]:
    (count,) = _UINT16(buffer, position)
    position += 2
    if count == 1:
        (code,) = _UINT16(buffer, position)
        return _ONE_FORMAT.get(code) or (code,), position + 2
    return struct.unpack_from(f"!{count}H", buffer, position), position + 2 * count
