"""Bytes of one message → the message: PostgreSQL manual, "Message Formats".

A parser gets the whole buffer and where the message's body starts and ends in it, so that only names and values are cut
out. Reading past `end` is harmless (the buffer holds the next messages, nobody else's) and always found out: what was
read must end exactly at `end`. Bind, the busiest message, is read in `bind_reader.py`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from server.protocol.errors import ProtocolError
from server.protocol.messages import (
    CancelRequest,
    Close,
    CopyData,
    CopyDone,
    CopyFail,
    Describe,
    Execute,
    Flush,
    FunctionCall,
    Parse,
    Query,
    SASLInitialResponse,
    SASLResponse,
    StartupMessage,
    Sync,
    Terminate,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from server.protocol.messages import Message

    Parser = Callable[[bytes, int, int], Message | None]
    """(buffer, start of the body, its end) → the message, or `None` for one that is to be passed over."""

_UINT16: Final = struct.Struct("!H").unpack_from
_INT32: Final = struct.Struct("!i").unpack_from
_UINT32: Final = struct.Struct("!I").unpack_from

_M = TypeVar("_M")

# What nearly every client sends, made once.
_FLUSH: Final = Flush()
_SYNC: Final = Sync()
_COPY_DONE: Final = CopyDone()
_TERMINATE: Final = Terminate()
_FUNCTION_CALL: Final = FunctionCall()
_DESCRIBE_UNNAMED_PORTAL: Final = Describe("P", "")
_EXECUTE_UNNAMED_PORTAL: Final = Execute("", 0)


def parse_execute(buffer: bytes, start: int, end: int) -> Execute:
    """Execute: portal, row limit (negative means none)."""
    if end - start == 5 and buffer.startswith(b"\0\0\0\0\0", start):
        return _EXECUTE_UNNAMED_PORTAL
    portal, position = _string(buffer, start, end)
    (row_limit,) = _INT32(buffer, position)
    if position + 4 != end:
        raise _invalid_format()
    return Execute(portal, max(row_limit, 0))


def parse_describe(buffer: bytes, start: int, end: int) -> Describe:
    """Describe: `S` or `P`, name."""
    if end - start == 2 and buffer.startswith(b"P\0", start):
        return _DESCRIBE_UNNAMED_PORTAL
    return Describe(*_kind_and_name(buffer, start, end, "DESCRIBE"))


def parse_close(buffer: bytes, start: int, end: int) -> Close:
    """Close: `S` or `P`, name."""
    return Close(*_kind_and_name(buffer, start, end, "CLOSE"))


def parse_parse(buffer: bytes, start: int, end: int) -> Parse:
    """Parse: statement, text, oids of the parameters."""
    statement, position = _string(buffer, start, end)
    text, position = _string(buffer, position, end)
    (count,) = _UINT16(buffer, position)
    position += 2
    if position + 4 * count != end:
        raise _invalid_format()
    return Parse(statement, text, struct.unpack_from(f"!{count}I", buffer, position))


def parse_query(buffer: bytes, start: int, end: int) -> Query:
    """Query: one string."""
    return Query(_only_string(buffer, start, end))


def parse_copy_data(buffer: bytes, start: int, end: int) -> CopyData:
    """CopyData: bytes."""
    return CopyData(buffer[start:end])


def parse_copy_fail(buffer: bytes, start: int, end: int) -> CopyFail:
    """CopyFail: one string."""
    return CopyFail(_only_string(buffer, start, end))


def parse_copy_done(_buffer: bytes, start: int, end: int) -> CopyDone:
    """CopyDone: nothing."""
    return _empty(_COPY_DONE, start, end)


def parse_sync(_buffer: bytes, start: int, end: int) -> Sync:
    """Sync: nothing."""
    return _empty(_SYNC, start, end)


def parse_flush(_buffer: bytes, start: int, end: int) -> Flush:
    """Flush: nothing."""
    return _empty(_FLUSH, start, end)


def parse_terminate(_buffer: bytes, _start: int, _end: int) -> Terminate:
    """Terminate: whatever it carries, it means the end."""
    return _TERMINATE


def parse_function_call(_buffer: bytes, _start: int, _end: int) -> FunctionCall:
    """FunctionCall: not looked into."""
    return _FUNCTION_CALL


def pass_over(_buffer: bytes, _start: int, _end: int) -> None:
    """A message that is legal here and means nothing."""
    return


def parse_sasl_initial_response(buffer: bytes, start: int, end: int) -> SASLInitialResponse:
    """SASLInitialResponse: mechanism, length (-1 for nothing), bytes."""
    mechanism, position = _string(buffer, start, end)
    (length,) = _INT32(buffer, position)
    position += 4
    if length == -1 and position == end:
        return SASLInitialResponse(mechanism, None)
    if length < 0 or position + length != end:
        raise _invalid_format()
    return SASLInitialResponse(mechanism, buffer[position:end])


def parse_sasl_response(buffer: bytes, start: int, end: int) -> SASLResponse:
    """SASLResponse: bytes."""
    return SASLResponse(buffer[start:end])


def parse_startup(buffer: bytes, start: int, end: int) -> StartupMessage:
    """StartupMessage: version, then pairs of strings, then a zero byte. `start` is after the version."""
    (version,) = _UINT32(buffer, start - 4)
    parameters: dict[str, str] = {}
    position = start
    while position < end and buffer[position] != 0:
        name, position = _string(buffer, position, end)
        parameters[name], position = _string(buffer, position, end)
    if position != end - 1:
        raise ProtocolError("invalid startup packet layout: expected terminator as last byte")
    return StartupMessage(version >> 16, version & 0xFFFF, parameters)


def parse_cancel_request(buffer: bytes, start: int, end: int) -> CancelRequest:
    """CancelRequest: process id, secret key (4 bytes in protocol 3.0)."""
    (pid,) = _INT32(buffer, start)
    if not 4 <= end - start - 4 <= 256:
        raise _invalid_format()
    return CancelRequest(pid, buffer[start + 4 : end])


def string_end(buffer: bytes, start: int, end: int) -> int:
    """Where the zero byte of the string is that starts at `start`."""
    stop = buffer.find(0, start, end)
    if stop < 0:
        raise ProtocolError("invalid string in message")
    return stop


def _string(buffer: bytes, start: int, end: int) -> tuple[str, int]:
    stop = string_end(buffer, start, end)
    return buffer[start:stop].decode(), stop + 1


def _only_string(buffer: bytes, start: int, end: int) -> str:
    text, position = _string(buffer, start, end)
    if position != end:
        raise _invalid_format()
    return text


def _kind_and_name(buffer: bytes, start: int, end: int, message: str) -> tuple[Literal["S", "P"], str]:
    subtype = buffer[start:end][:1]
    name = _only_string(buffer, start + 1, end)
    match subtype:
        case b"S":
            return "S", name
        case b"P":
            return "P", name
        case _:
            raise ProtocolError(f"invalid {message} message subtype {subtype[0]}")


def _empty(message: _M, start: int, end: int) -> _M:
    if start != end:
        raise _invalid_format()
    return message


def _invalid_format() -> ProtocolError:
    return ProtocolError("invalid message format")
