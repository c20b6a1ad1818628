"""A client that says exactly what a test tells it to, byte by byte if need be."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

Reply = tuple[str, bytes]
"""Type byte and body of a message from the server."""


def message(kind: str, body: bytes = b"") -> bytes:
    """A message with a type byte."""
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def untyped(code: int, body: bytes = b"") -> bytes:
    """A message of the start of a conversation."""
    return struct.pack("!iI", len(body) + 8, code) + body


def startup(version: int = 3 << 16, **parameters: str) -> bytes:
    """A StartupMessage."""
    pairs = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items())
    return untyped(version, pairs + b"\0")


def query(text: str) -> bytes:
    """A Query."""
    return message("Q", text.encode() + b"\0")


def parse(text: str, statement: str = "", oids: Iterable[int] = ()) -> bytes:
    """A Parse."""
    types = [struct.pack("!I", oid) for oid in oids]
    body = f"{statement}\0{text}\0".encode() + struct.pack("!H", len(types)) + b"".join(types)
    return message("P", body)


def bind(*values: bytes | None, statement: str = "", portal: str = "") -> bytes:
    """A Bind of text values that asks for text."""
    body = f"{portal}\0{statement}\0".encode() + struct.pack("!HH", 0, len(values))
    for value in values:
        body += b"\xff\xff\xff\xff" if value is None else struct.pack("!i", len(value)) + value
    return message("B", body + b"\0\0")


def describe(kind: str, name: str = "") -> bytes:
    """A Describe."""
    return message("D", f"{kind}{name}\0".encode())


def execute(portal: str = "", row_limit: int = 0) -> bytes:
    """An Execute."""
    return message("E", f"{portal}\0".encode() + struct.pack("!i", row_limit))


def close(kind: str, name: str = "") -> bytes:
    """A Close."""
    return message("C", f"{kind}{name}\0".encode())


FLUSH = message("H")
SYNC = message("S")
TERMINATE = message("X")
SSL_REQUEST = untyped(80_877_103)
GSSENC_REQUEST = untyped(80_877_104)


class WireClient:
    """A TCP connection that speaks in whole messages."""

    def __init__(self, host: str, port: int, timeout_s: float = 60) -> None:
        self.socket = socket.create_connection((host, port), timeout=timeout_s)
        self._buffer = b""
        self.pid = 0
        self.secret = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, *messages: bytes) -> None:
        """Send messages in one go."""
        self.socket.sendall(b"".join(messages))

    def read_bytes(self, count: int) -> bytes:
        """Read bytes that are no message. Raises `EOFError`."""
        while len(self._buffer) < count:
            data = self.socket.recv(1 << 16)
            if not data:
                raise EOFError
            self._buffer += data
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def read(self) -> Reply:
        """Read one message."""
        kind, length = struct.unpack("!ci", self.read_bytes(5))
        return kind.decode(), self.read_bytes(length - 4)

    def read_until(self, kind: str) -> list[Reply]:
        """Read up to and with the first message of a type."""
        replies = [self.read()]
        while replies[-1][0] != kind:
            replies.append(self.read())
        return replies

    def read_until_closed(self) -> list[Reply]:
        """Read all there is until the server ends the connection."""
        replies = []
        try:
            while True:
                replies.append(self.read())
        except (EOFError, ConnectionResetError):
            return replies

    def log_in(self, user: str = "admin", **parameters: str) -> list[Reply]:
        """Start as a trusted user; keeps the cancel key."""
        self.send(startup(user=user, **parameters))
        replies = self.read_until("Z")
        key = next(body for kind, body in replies if kind == "K")
        self.pid, self.secret = struct.unpack("!i", key[:4])[0], key[4:]
        return replies

    def ask(self, *messages: bytes) -> list[Reply]:
        """Send messages and read up to ReadyForQuery."""
        self.send(*messages)
        return self.read_until("Z")


def kinds(replies: Iterable[Reply]) -> str:
    """The type bytes of messages, in order."""
    return "".join(kind for kind, _ in replies)


def fields(reply: Reply) -> dict[str, str]:
    """The fields of an ErrorResponse or NoticeResponse, by their codes."""
    return {part[:1].decode(): part[1:].decode() for part in reply[1].split(b"\0") if part}


def errors(replies: Iterable[Reply]) -> list[tuple[str, str]]:
    """Severity and SQLSTATE of each ErrorResponse."""
    return [(fields(reply)["S"], fields(reply)["C"]) for reply in replies if reply[0] == "E"]


def tags(replies: Iterable[Reply]) -> list[str]:
    """The command tags."""
    return [body[:-1].decode() for kind, body in replies if kind == "C"]


def rows(replies: Iterable[Reply]) -> list[tuple[bytes | None, ...]]:
    """The values of each DataRow."""
    found = []
    for kind, body in replies:
        if kind == "D":
            (count,) = struct.unpack_from("!H", body)
            position, values = 2, []
            for _ in range(count):
                (length,) = struct.unpack_from("!i", body, position)
                position += 4
                values.append(None if length < 0 else body[position : position + length])
                position += max(length, 0)
            found.append(tuple(values))
    return found
