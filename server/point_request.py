"""Point statements that come whole, answered in one go: Bind, Execute and Sync in one piece, or one Query.

That is what a driver sends for a statement, again and again with other values. What is the same each time is understood
once: of the bytes around parameters a `_Shape`, of the answer a `_Reply`. Whatever is not just so, an error included,
is left to the messages' own handlers, which begin anew: nothing has happened by then.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from server.encoding import row_encoder
from server.protocol import backend
from sql.result import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from server.replies import Replies
    from sql.point_runs import PointRun
    from sql.session import Session
    from storage.engine import Commit

    Values = Sequence[bytes | None] | Sequence[str]
    Answer = tuple[bytes, Commit | None]
    """The bytes, and the commit to wait for before they are sent, if there is one."""

_BIND: Final = ord("B")
_QUERY: Final = ord("Q")
_HEADER: Final = struct.Struct("!Bi").unpack_from
_SHORT: Final = struct.Struct("!H").unpack_from
_LENGTH: Final = struct.Struct("!i").unpack_from
_TEXT_AT: Final = 5
_LONGEST_BYTES: Final = 8192
_KEPT: Final = 256
"""Shapes, replies and ends: more are forgotten, and understood anew."""

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


class _Reply(Struct, frozen=True):
    """How a statement is run, and what of the answer is the same each time."""

    point: PointRun
    text: str
    """Of the statement, as the client sent it; of one that differs each time nothing."""
    head: bytes
    """What comes before rows."""
    encode_row: Callable[[tuple[object, ...]], bytes]


class PointRequests:
    """Answers the point requests of one client."""

    def __init__(self, session: Session, replies: Replies) -> None:
        self._session = session
        self._replies = replies
        self._shapes: dict[bytes, _Shape] = {}
        """By the bytes of Bind before the parameters."""
        self._bound: dict[bytes, _Reply] = {}
        """By the same."""
        self._queried: dict[PointRun, _Reply] = {}
        self._ends: dict[tuple[str, str], bytes] = {}
        """CommandComplete and ReadyForQuery, by tag and transaction status."""

    def answer(self, data: bytes) -> Answer | None:
        """The answer to a request; `None`: go message by message.

        The caller has nothing else from this client, and the client is between requests.
        """
        kind = data[0]
        if len(data) > _LONGEST_BYTES:
            return None
        try:
            if kind == _BIND:
                return self._answer_bind(data)
            return self._answer_query(data) if kind == _QUERY else None
        except (ValueError, IndexError, struct.error):
            return None

    def _answer_bind(self, data: bytes) -> Answer | None:
        start = data.index(0, data.index(0, _TEXT_AT) + 1) + 1
        position = start + 2 + 2 * _SHORT(data, start)[0] + 2
        before = data[_TEXT_AT:position]
        shape = self._shapes.get(before) or self._understand(data, before, start, position)
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
        reply = self._bound.get(before)
        if reply is None or not reply.point.is_of(self._session, shape.statement):
            point = self._session.point(shape.statement, shape.parameter_formats, shape.result_formats)
            if point is None or len(point.decoders) != shape.parameter_count:
                return None
            head = backend.BIND_COMPLETE
            if shape.describes:
                head += self._description(point) or backend.NO_DATA
            reply = self._bound[before] = self._reply(point, point.prepared.key.text, head)
        return self._run(reply, values, reply.text)

    def _answer_query(self, data: bytes) -> Answer | None:
        end = len(data) - 1
        if _LENGTH(data, 1)[0] != end or data.index(0, _TEXT_AT) != end:
            return None
        text = data[_TEXT_AT:end].decode()
        found = self._session.point_of_text(text)
        if found is None:
            return None
        point, constants = found
        reply = self._queried.get(point)
        if reply is None:
            _make_room(self._queried)
            reply = self._queried[point] = self._reply(point, "", self._description(point))
        return self._run(reply, constants, text)

    def _understand(self, data: bytes, before: bytes, start: int, position: int) -> _Shape | None:
        """Read a Bind for the unnamed portal, and what follows it. What is malformed raises, or fits no shape."""
        kind, length_bytes = _HEADER(data, 0)
        end = 1 + length_bytes
        behind = data[end:]
        describes = behind.startswith(_DESCRIBE)
        if kind != _BIND or data[_TEXT_AT] != 0 or behind[len(_DESCRIBE) * describes :] != _EXECUTE_SYNC:
            return None
        formats = _shorts(data, start)
        (count,) = _SHORT(data, position - 2)
        after = position
        for _ in range(count):
            (size,) = _LENGTH(data, after)
            after += 4 + max(size, 0)
        result_formats = _shorts(data, after)
        if after + 2 + 2 * len(result_formats) != end:
            return None
        if len(self._shapes) >= _KEPT:
            self._shapes.clear()
            self._bound.clear()
        shape = _Shape(data[6 : start - 1].decode(), formats, count, data[after:], result_formats, describes)
        self._shapes[before] = shape
        return shape

    def _description(self, point: PointRun) -> bytes:
        columns = point.columns
        return b"" if columns is None else self._replies.results.description(columns, point.formats)

    def _reply(self, point: PointRun, text: str, head: bytes) -> _Reply:
        return _Reply(point, text, head, row_encoder(point.columns or (), point.formats, self._session.codecs))

    def _run(self, reply: _Reply, values: Values, text: str) -> Answer | None:
        session = self._session
        try:
            done = session.run_point(reply.point, values, text)
        except Exception as error:  # noqa: BLE001 - COMMIT has failed, for whatever reason, and the client is told.
            self._replies.buffer += reply.head
            self._replies.report(error)
            self._replies.ready()
            self._replies.output.flush()
            return b"", None
        if done is None:
            return None
        result, commit = done
        tag, status = result.tag, session.block.status
        end = self._ends.get((tag, status))
        if end is None:
            _make_room(self._ends)
            end = self._ends[tag, status] = backend.command_complete(tag) + backend.READY_FOR_QUERY[status]
        if type(result) is Rows:
            return b"".join([reply.head, *map(reply.encode_row, result.rows), end]), commit
        return reply.head + end, commit


def _make_room(kept: dict[PointRun, _Reply] | dict[tuple[str, str], bytes]) -> None:
    if len(kept) >= _KEPT:
        kept.clear()


def _shorts(data: bytes, at: int) -> tuple[int, ...]:
    (count,) = _SHORT(data, at)
    return struct.unpack_from(f"!{count}H", data, at + 2)
