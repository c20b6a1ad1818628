"""A point statement that comes whole: Bind, Execute and Sync in one piece, answered in one go.

That is what a driver sends for a prepared statement, again and again with other parameters. The bytes around the
parameters are the same each time: they are understood once (`_Shape`) and only compared afterwards. Whatever is not
just so, an error included, is left to the messages' own handlers, which begin anew: nothing has happened by then.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from server.protocol import backend
from sql.result import Rows

if TYPE_CHECKING:
    from server.replies import Replies
    from sql.session import Session

_BIND: Final = ord("B")
_HEADER: Final = struct.Struct("!Bi").unpack_from
_SHORT: Final = struct.Struct("!H").unpack_from
_LENGTH: Final = struct.Struct("!i").unpack_from
_LONGEST_BYTES: Final = 8192
_SHAPES_KEPT: Final = 64

_EXECUTE_SYNC: Final = b"E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04"
_DESCRIBE: Final = b"D\0\0\0\x06P\0"


class _Shape(Struct, frozen=True):
    """What the bytes around the parameters say."""

    statement: str
    parameter_formats: tuple[int, ...]
    parameter_count: int
    behind: bytes
    """What follows the parameters: result formats, Describe or not, Execute, Sync."""
    result_formats: tuple[int, ...]
    describes: bool


class PointRequests:
    """Answers the point requests of one client."""

    def __init__(self, session: Session, replies: Replies) -> None:
        self._session = session
        self._replies = replies
        self._shapes: dict[bytes, _Shape] = {}
        """By the bytes of Bind before the parameters."""

    def answer(self, data: bytes) -> tuple[bytes, Any] | None:
        """The reply to a request, and the commit to wait for if there is one; `None`: go message by message.

        The caller has nothing else from this client, and the client is between requests.
        """
        if data[0] != _BIND or len(data) > _LONGEST_BYTES:
            return None
        try:
            start = data.index(0, data.index(0, 5) + 1) + 1
            position = start + 2 + 2 * _SHORT(data, start)[0] + 2
            shape = self._shapes.get(data[5:position]) or self._understand(data, start, position)
            if shape is None:
                return None
            values: list[bytes | None] = []
            for _ in range(shape.parameter_count):
                (size,) = _LENGTH(data, position)
                position += 4
                if size < 0:
                    values.append(None)
                else:
                    values.append(data[position : position + size])
                    position += size
            if data[position:] != shape.behind:
                return None
        except (ValueError, IndexError, struct.error):
            return None
        return self._run(shape, values)

    def _understand(self, data: bytes, start: int, position: int) -> _Shape | None:
        """Read a Bind for the unnamed portal, and what follows it. What is malformed raises, or fits no shape."""
        kind, length_bytes = _HEADER(data, 0)
        end = 1 + length_bytes
        behind = data[end:]
        describes = behind.startswith(_DESCRIBE)
        if kind != _BIND or data[5] != 0 or behind[len(_DESCRIBE) * describes :] != _EXECUTE_SYNC:
            return None
        formats = _shorts(data, start)
        (count,) = _SHORT(data, position - 2)
        after = position
        for _ in range(count):
            (size,) = _LENGTH(data, after)
            after += 4 + max(size, 0)
        result_formats = _shorts(data, after)
        if after + 2 + 2 * len(result_formats) != end or len(self._shapes) >= _SHAPES_KEPT:
            return None
        shape = _Shape(data[6 : start - 1].decode(), formats, count, data[after:], result_formats, describes)
        self._shapes[data[5:position]] = shape
        return shape

    def _run(self, shape: _Shape, values: list[bytes | None]) -> tuple[bytes, Any] | None:
        session = self._session
        done = session.run_point(shape.statement, shape.parameter_formats, values, shape.result_formats)
        if done is None:
            return None
        result, columns, formats, commit = done
        parts = [backend.BIND_COMPLETE]
        results = self._replies.results
        if shape.describes:
            parts.append(backend.NO_DATA if columns is None else results.description(columns, formats))
        if type(result) is Rows:
            parts.append(results.encoded(result.rows, result.columns, formats, session.codecs))
        parts.append(backend.command_complete(result.tag))
        parts.append(backend.READY_FOR_QUERY["I"])
        return b"".join(parts), commit


def _shorts(data: bytes, at: int) -> tuple[int, ...]:
    (count,) = _SHORT(data, at)
    return struct.unpack_from(f"!{count}H", data, at + 2)
