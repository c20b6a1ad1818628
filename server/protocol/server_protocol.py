"""The server's side of one conversation, as a state machine over bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from server.protocol import parsing
from server.protocol.bind_reader import UNFINISHED, BindReader
from server.protocol.errors import LocalProtocolError, ProtocolError
from server.protocol.messages import NEED_DATA, CopyData, GSSENCRequest, SSLRequest
from server.protocol.states import (
    AFTER_BAD_MESSAGE,
    AFTER_GSSENC_REQUEST,
    AFTER_SSL_REQUEST,
    CANCEL_REQUEST_CODE,
    CLIENT_TABLE,
    COPY_STATES,
    GSSENC_REQUEST_CODE,
    SERVER_TABLE,
    SSL_REQUEST_CODE,
    UNTYPED_STATES,
    ServerStep,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.protocol.messages import Message, NeedData
    from server.protocol.parsing import Parser
    from server.protocol.states import Table

_HEADER: Final = struct.Struct("!Bi").unpack_from
_STARTUP_HEADER: Final = struct.Struct("!iI").unpack_from
_HEADER_BYTES: Final = 5
_STARTUP_HEADER_BYTES: Final = 8
_COPY_DATA_KIND: Final = ord("d")

MAX_STARTUP_MESSAGE_BYTES: Final = 10_000
"""As in PostgreSQL."""
MAX_AUTHENTICATION_MESSAGE_BYTES: Final = 65_535
DEFAULT_MAX_MESSAGE_BYTES: Final = 256 << 20


class ServerProtocol:
    """Reads what a client sends.

    Feed it with `receive_data` and take messages with `next_event` until that gives `NEED_DATA`. Tell it with
    `take_step` what the server does that changes what the client may send. It holds no more than one message of the
    largest size allowed and what one `receive_data` brought beyond it, as long as events are taken as they come.
    """

    def __init__(self, max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES) -> None:
        self._max_message_bytes = max_message_bytes
        self._state = State.START
        self._tables = _with_own_parsers(BindReader().read, self._join_copy_data)
        self._table: Table | None = None
        self._limit_bytes = MAX_STARTUP_MESSAGE_BYTES
        # Messages are read from `_buffer`, from `_position` on. What follows is gathered in `_tail` until the whole of
        # the next message is there: appending to a bytearray costs a byte the same however many it holds.
        self._buffer = b""
        self._position = 0
        self._tail = bytearray()

    @property
    def state(self) -> State:
        """Where the conversation stands."""
        return self._state

    @property
    def buffered_bytes(self) -> int:
        """Bytes received that no event has consumed."""
        return len(self._buffer) - self._position + len(self._tail)

    @property
    def awaits_request(self) -> bool:
        """Whether everything received has been read, and the client may begin something new."""
        return self._state is State.READY and self._position == len(self._buffer) and not self._tail

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the client."""
        if self._state is State.CLOSED:
            return
        if self._position == len(self._buffer) and not self._tail:
            self._buffer = data
            self._position = 0
        else:
            self._tail += data

    def next_event(self) -> Message | NeedData:
        """Give the next message, or `NEED_DATA`. Raises `ProtocolError`."""
        while True:
            table = self._table
            if table is None:
                return self._next_untyped()
            buffer = self._buffer
            position = self._position
            available_bytes = len(buffer) - position
            if available_bytes < _HEADER_BYTES:
                if self._gather(_HEADER_BYTES):
                    continue
                return NEED_DATA
            kind, length_bytes = _HEADER(buffer, position)
            entry = table.get(kind)
            if entry is None:
                raise self._illegal(kind)
            if not 4 <= length_bytes <= self._limit_bytes:
                raise self._fatal(f"invalid message length {length_bytes}")
            if length_bytes >= available_bytes:
                if self._gather(1 + length_bytes):
                    continue
                return NEED_DATA
            parser, next_state = entry
            self._position = end = position + 1 + length_bytes
            if next_state is not self._state:
                self._enter(next_state)
            try:
                message = parser(buffer, position + _HEADER_BYTES, end)
            except (ProtocolError, UnicodeDecodeError, struct.error) as error:
                self._enter(AFTER_BAD_MESSAGE.get(kind, self._state))
                raise _bad_message(error) from error
            if message is not None:
                if message is UNFINISHED:
                    self._position = position
                return message

    def take_step(self, step: ServerStep) -> None:
        """Go where a step of the server leads. Raises `LocalProtocolError` when it is not legal now."""
        state = SERVER_TABLE.get((self._state, step))
        if state is None:
            raise LocalProtocolError(f"{step} in {self._state}")
        self._enter(state)

    def _enter(self, state: State) -> None:
        self._state = state
        if state is State.CLOSED:
            self._buffer = b""
            self._position = 0
            self._tail.clear()
        self._table = self._tables.get(state)
        self._limit_bytes = (
            MAX_STARTUP_MESSAGE_BYTES
            if state in UNTYPED_STATES
            else MAX_AUTHENTICATION_MESSAGE_BYTES
            if state in (State.AUTHENTICATING, State.SASL_INITIAL, State.SASL_EXCHANGE)
            else self._max_message_bytes
        )

    def _gather(self, needed_bytes: int) -> bool:
        """Make `_buffer` hold the next `needed_bytes`, if that many have been received."""
        buffered_bytes = len(self._buffer) - self._position
        if buffered_bytes + len(self._tail) < needed_bytes:
            if self._position:
                # Nothing read holds on to the bytes of messages that are done.
                self._tail[:0] = self._buffer[self._position :]
                self._buffer = b""
                self._position = 0
            return False
        # Copied once: a message may have megabytes.
        self._buffer = b"".join((memoryview(self._buffer)[self._position :], self._tail))
        self._position = 0
        self._tail = bytearray()
        return True

    def _join_copy_data(self, buffer: bytes, start: int, end: int) -> CopyData:
        """Read a CopyData and those after it that are buffered whole: some clients send one a row."""
        pieces = [buffer[start:end]]
        buffer_bytes = len(buffer)
        position = end
        while position + _HEADER_BYTES <= buffer_bytes:
            kind, length_bytes = _HEADER(buffer, position)
            end = position + 1 + length_bytes
            if kind != _COPY_DATA_KIND or not 4 <= length_bytes <= self._limit_bytes or end > buffer_bytes:
                break
            pieces.append(buffer[position + _HEADER_BYTES : end])
            position = end
        self._position = position
        return CopyData(b"".join(pieces))

    def _next_untyped(self) -> Message | NeedData:
        """A message of the start of a conversation: length, code, body."""
        if len(self._buffer) - self._position < _STARTUP_HEADER_BYTES and not self._gather(_STARTUP_HEADER_BYTES):
            return NEED_DATA
        length_bytes, code = _STARTUP_HEADER(self._buffer, self._position)
        if not _STARTUP_HEADER_BYTES <= length_bytes <= self._limit_bytes:
            raise self._fatal("invalid length of startup packet")
        if len(self._buffer) - self._position < length_bytes and not self._gather(length_bytes):
            return NEED_DATA
        start = self._position + _STARTUP_HEADER_BYTES
        end = self._position + length_bytes
        self._position = end
        try:
            return self._parse_untyped(code, start, end)
        except (ProtocolError, UnicodeDecodeError, struct.error) as error:
            self._enter(State.CLOSED)
            bad = _bad_message(error)
            bad.fatal = True
            raise bad from error

    def _parse_untyped(self, code: int, start: int, end: int) -> Message:
        if code == SSL_REQUEST_CODE and self._state in AFTER_SSL_REQUEST and start == end:
            self._enter(AFTER_SSL_REQUEST[self._state])
            return SSLRequest()
        if code == GSSENC_REQUEST_CODE and self._state in AFTER_GSSENC_REQUEST and start == end:
            self._enter(AFTER_GSSENC_REQUEST[self._state])
            return GSSENCRequest()
        if code == CANCEL_REQUEST_CODE:
            request = parsing.parse_cancel_request(self._buffer, start, end)
            self._enter(State.CLOSED)
            return request
        if code >> 16 != 3:
            version = f"{code >> 16}.{code & 0xFFFF}"
            raise ProtocolError(f"unsupported frontend protocol {version}: server supports 3.0", sqlstate="0A000")
        self._enter(State.AUTHENTICATING)
        return parsing.parse_startup(self._buffer, start, end)

    def _illegal(self, kind: int) -> ProtocolError:
        if self._state in COPY_STATES:
            return self._fatal(f"unexpected message type 0x{kind:02X} during COPY from stdin")
        if self._state in (State.SASL_INITIAL, State.SASL_EXCHANGE):
            return self._fatal(f"expected SASL response, got message type {kind}")
        return self._fatal(f"invalid frontend message type {kind}")

    def _fatal(self, message: str) -> ProtocolError:
        self._enter(State.CLOSED)
        return ProtocolError(message, fatal=True)


def _with_own_parsers(parse_bind: Parser, parse_copy_data: Parser) -> Mapping[State, Table]:
    """Give the table of what clients may send, with parsers that know the conversation that they read."""
    tables = dict(CLIENT_TABLE)
    tables[State.READY] = {**CLIENT_TABLE[State.READY], ord("B"): (parse_bind, State.READY)}
    for state in COPY_STATES:
        tables[state] = {**CLIENT_TABLE[state], _COPY_DATA_KIND: (parse_copy_data, state)}
    return tables


def _bad_message(error: ProtocolError | UnicodeDecodeError | struct.error) -> ProtocolError:
    match error:
        case ProtocolError():
            return error
        case UnicodeDecodeError():
            bad = " ".join(f"0x{byte:02x}" for byte in error.object[error.start : error.end])
            return ProtocolError(f'invalid byte sequence for encoding "UTF8": {bad}', sqlstate="22021")
        case _:
            return ProtocolError("insufficient data left in message")
