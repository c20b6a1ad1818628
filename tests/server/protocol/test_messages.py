"""Every message as bytes, from the manual's "Message Formats": read whole, byte by byte, and several at once."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from server.protocol import NEED_DATA, ServerProtocol, ServerStep, backend
from server.protocol.messages import (
    Bind,
    CancelRequest,
    Close,
    CopyData,
    CopyDone,
    CopyFail,
    Describe,
    Execute,
    Flush,
    FunctionCall,
    GSSENCRequest,
    Message,
    Parse,
    Query,
    SASLInitialResponse,
    SASLResponse,
    SSLRequest,
    StartupMessage,
    Sync,
    Terminate,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def typed(kind: bytes, body: bytes = b"") -> bytes:
    """A message with a type byte."""
    return kind + struct.pack("!i", len(body) + 4) + body


def untyped(body: bytes) -> bytes:
    """A message of the start of a conversation."""
    return struct.pack("!i", len(body) + 4) + body


STARTUP = untyped(b"\0\x03\0\0user\0ada\0database\0siltdb\0\0")

START: tuple[ServerStep, ...] = ()
SASL_INITIAL = (ServerStep.ASK_FOR_SASL,)
SASL_EXCHANGE = (ServerStep.ASK_FOR_SASL, ServerStep.CHALLENGE)
READY = (ServerStep.AUTHENTICATED,)
COPY_IN = (ServerStep.AUTHENTICATED, ServerStep.COPY_IN)
COPY_IN_EXTENDED = (ServerStep.AUTHENTICATED, ServerStep.COPY_IN_EXTENDED)

CASES: list[tuple[tuple[ServerStep, ...], bytes, Message]] = [
    (START, untyped(b"\x04\xd2\x16\x2f"), SSLRequest()),
    (START, untyped(b"\x04\xd2\x16\x30"), GSSENCRequest()),
    (START, untyped(b"\x04\xd2\x16\x2e\0\0\0\x2a\x01\x02\x03\x04"), CancelRequest(42, b"\1\2\3\4")),
    (START, STARTUP, StartupMessage(3, 0, {"user": "ada", "database": "siltdb"})),
    (START, untyped(b"\0\x03\0\x02user\0a\0_pq_.x\0\0\0"), StartupMessage(3, 2, {"user": "a", "_pq_.x": ""})),
    (SASL_INITIAL, typed(b"p", b"SCRAM\0\0\0\0\x04n,,n"), SASLInitialResponse("SCRAM", b"n,,n")),
    (SASL_INITIAL, typed(b"p", b"X\0\xff\xff\xff\xff"), SASLInitialResponse("X", None)),
    (SASL_EXCHANGE, typed(b"p", b"c=biws"), SASLResponse(b"c=biws")),
    (READY, b"Q\0\0\0\x0dSELECT 1\0", Query("SELECT 1")),
    (READY, typed(b"Q", b"\0"), Query("")),
    (READY, typed(b"Q", "héllo\0".encode()), Query("héllo")),
    (READY, typed(b"P", b"s1\0SELECT 1\0\0\0"), Parse("s1", "SELECT 1", ())),
    (READY, typed(b"P", b"\0$1\0\0\x02\0\0\0\x17\xff\xff\xff\xff"), Parse("", "$1", (23, 0xFFFFFFFF))),
    (READY, b"B\0\0\0\x0c\0\0\0\0\0\0\0\0", Bind("", "", (), (), ())),
    (
        READY,
        typed(b"B", b"p\0s\0\0\x02\0\0\0\1\0\2\0\0\0\x02hi\xff\xff\xff\xff\0\x03\0\1\0\0\0\1"),
        Bind("p", "s", (0, 1), (b"hi", None), (1, 0, 1)),
    ),
    (READY, typed(b"B", b"\0s\0\0\1\0\1\0\1\0\0\0\0\0\1\0\1"), Bind("", "s", (1,), (b"",), (1,))),
    (READY, typed(b"D", b"P\0"), Describe("P", "")),
    (READY, typed(b"D", b"Pa\0"), Describe("P", "a")),
    (READY, typed(b"D", b"Sa\0"), Describe("S", "a")),
    (READY, typed(b"E", b"\0\0\0\0\0"), Execute("", 0)),
    (READY, typed(b"E", b"p\0\0\0\0\x0a"), Execute("p", 10)),
    (READY, typed(b"E", b"p\0\xff\xff\xff\xff"), Execute("p", 0)),
    (READY, typed(b"C", b"Sa\0"), Close("S", "a")),
    (READY, typed(b"C", b"P\0"), Close("P", "")),
    (READY, b"H\0\0\0\x04", Flush()),
    (READY, b"S\0\0\0\x04", Sync()),
    (READY, typed(b"F", b"\0\0\0\1anything"), FunctionCall()),
    (READY, b"X\0\0\0\x04", Terminate()),
    (COPY_IN, typed(b"d", b"1\tone\n"), CopyData(b"1\tone\n")),
    (COPY_IN, typed(b"d"), CopyData(b"")),
    (COPY_IN, b"c\0\0\0\x04", CopyDone()),
    (COPY_IN, typed(b"f", b"no more\0"), CopyFail("no more")),
    (COPY_IN_EXTENDED, typed(b"d", b"x"), CopyData(b"x")),
    (COPY_IN_EXTENDED, b"c\0\0\0\x04", CopyDone()),
]


def protocol_after(steps: Iterable[ServerStep]) -> ServerProtocol:
    """A protocol that has been brought where the steps lead."""
    protocol = ServerProtocol()
    if steps:
        protocol.receive_data(STARTUP)
        protocol.next_event()
    for step in steps:
        protocol.take_step(step)
        if step is ServerStep.ASK_FOR_SASL and ServerStep.CHALLENGE in steps:
            protocol.receive_data(typed(b"p", b"X\0\xff\xff\xff\xff"))
            protocol.next_event()
    return protocol


def events(protocol: ServerProtocol) -> Iterator[Message]:
    """The messages that are buffered."""
    while (event := protocol.next_event()) is not NEED_DATA:
        yield event


@pytest.mark.parametrize(("steps", "data", "message"), CASES)
def test_a_message_is_read_whole(steps: tuple[ServerStep, ...], data: bytes, message: Message) -> None:
    """Bytes of one message give that message, of that type, and leave nothing behind."""
    protocol = protocol_after(steps)
    protocol.receive_data(data)
    assert [(type(event), event) for event in events(protocol)] == [(type(message), message)]
    assert protocol.buffered_bytes == 0


@pytest.mark.parametrize(("steps", "data", "message"), CASES)
def test_a_message_is_read_byte_by_byte(steps: tuple[ServerStep, ...], data: bytes, message: Message) -> None:
    """No byte but the last gives an event, and none is lost."""
    protocol = protocol_after(steps)
    for byte in data[:-1]:
        protocol.receive_data(bytes([byte]))
        assert protocol.next_event() is NEED_DATA
    protocol.receive_data(data[-1:])
    assert protocol.next_event() == message
    assert protocol.next_event() is NEED_DATA


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
def test_a_pipeline_is_read_in_pieces_of_any_size(size: int) -> None:
    """How the network cuts a stream changes nothing: messages come out whole and in order."""
    cases = [(data, message) for steps, data, message in CASES if steps == READY and message != Terminate()]
    stream = b"".join(data for data, _ in cases) * 3
    protocol = protocol_after(READY)
    read: list[Message] = []
    for start in range(0, len(stream), size):
        protocol.receive_data(stream[start : start + size])
        read += events(protocol)
    assert read == [message for _, message in cases] * 3


def test_binds_of_alternating_shapes_are_told_apart() -> None:
    """What the reader remembers of one Bind never leaks into the next, whichever parts they share."""
    heads = [b"\0s\0\0\0\0\1", b"\0s\0\0\1\0\1\0\1", b"p\0s\0\0\0\0\1", b"\0t\0\0\0\0\1"]
    tails = [b"\0\0", b"\0\1\0\1", b"\0\1\0\0"]
    wanted = {
        head + tail: Bind(
            "p" if head[:1] == b"p" else "",
            "t" if b"t" in head else "s",
            (1,) if len(head) == 9 else (),
            (b"\0\1",),
            {2: (), 4: (tail[3],) if len(tail) == 4 else ()}[len(tail)],
        )
        for head in heads
        for tail in tails
    }
    protocol = protocol_after(READY)
    for first in wanted:
        for second in wanted:
            for shape in (first, second):
                cut = next(len(head) for head in heads if shape.startswith(head) and shape[len(head) :] in tails)
                protocol.receive_data(typed(b"B", shape[:cut] + b"\0\0\0\x02\0\1" + shape[cut:]))
                assert protocol.next_event() == wanted[shape]


def test_consecutive_copy_data_is_joined() -> None:
    """A client that sends a message a row costs no event a row; what ends the data stays a message of its own."""
    protocol = protocol_after(COPY_IN)
    protocol.receive_data(typed(b"d", b"1\n") + typed(b"d", b"2\n") + typed(b"d", b"3\n")[:-1])
    assert list(events(protocol)) == [CopyData(b"1\n2\n")]
    protocol.receive_data(b"\n" + typed(b"c"))
    assert list(events(protocol)) == [CopyData(b"3\n"), CopyDone()]


BACKEND_CASES: list[tuple[bytes, bytes]] = [
    (backend.AUTHENTICATION_OK, typed(b"R", b"\0\0\0\0")),
    (backend.authentication_sasl(["A-PLUS", "A"]), typed(b"R", b"\0\0\0\x0aA-PLUS\0A\0\0")),
    (backend.authentication_sasl_continue(b"r=x"), typed(b"R", b"\0\0\0\x0br=x")),
    (backend.authentication_sasl_final(b"v=y"), typed(b"R", b"\0\0\0\x0cv=y")),
    (backend.parameter_status("TimeZone", "UTC"), typed(b"S", b"TimeZone\0UTC\0")),
    (backend.backend_key_data(7, b"abcd"), typed(b"K", b"\0\0\0\x07abcd")),
    (backend.negotiate_protocol_version(0, ["_pq_.a"]), typed(b"v", b"\0\x03\0\0\0\0\0\1_pq_.a\0")),
    (backend.READY_FOR_QUERY["I"], typed(b"Z", b"I")),
    (backend.READY_FOR_QUERY["T"], typed(b"Z", b"T")),
    (backend.READY_FOR_QUERY["E"], typed(b"Z", b"E")),
    (
        backend.row_description([backend.FieldDescription("é", 16384, 2, 23, 4, -1, 1)]),
        typed(b"T", b"\0\1\xc3\xa9\0\0\0\x40\0\0\x02\0\0\0\x17\0\x04\xff\xff\xff\xff\0\1"),
    ),
    (backend.row_description([]), typed(b"T", b"\0\0")),
    (backend.parameter_description([23, 4294967295]), typed(b"t", b"\0\x02\0\0\0\x17\xff\xff\xff\xff")),
    (backend.NO_DATA, typed(b"n")),
    (backend.PARSE_COMPLETE, typed(b"1")),
    (backend.BIND_COMPLETE, typed(b"2")),
    (backend.CLOSE_COMPLETE, typed(b"3")),
    (backend.EMPTY_QUERY_RESPONSE, typed(b"I")),
    (backend.PORTAL_SUSPENDED, typed(b"s")),
    (backend.command_complete("INSERT 0 1"), typed(b"C", b"INSERT 0 1\0")),
    (backend.copy_in_response(2, binary=False), typed(b"G", b"\0\0\x02\0\0\0\0")),
    (backend.copy_out_response(1, binary=True), typed(b"H", b"\1\0\1\0\1")),
    (backend.copy_data(b"1\n"), typed(b"d", b"1\n")),
    (backend.COPY_DONE, typed(b"c")),
    (
        backend.error_response(backend.ErrorFields("42601", "bad", position=8, hint="no")),
        typed(b"E", b"SERROR\0VERROR\0C42601\0Mbad\0Hno\0P8\0\0"),
    ),
    (
        backend.notice_response(backend.ErrorFields("00000", "so", "NOTICE", schema="s", table="t", column="c")),
        typed(b"N", b"SNOTICE\0VNOTICE\0C00000\0Mso\0ss\0tt\0cc\0\0"),
    ),
    (backend.error_response(backend.ErrorFields("22021", "a\0b")), typed(b"E", b"SERROR\0VERROR\0C22021\0Mab\0\0")),
    (backend.notification_response(9, "ch", "pay"), typed(b"A", b"\0\0\0\x09ch\0pay\0")),
]


@pytest.mark.parametrize(("built", "expected"), BACKEND_CASES)
def test_what_the_server_says(built: bytes, expected: bytes) -> None:
    """Each builder gives the bytes that the manual describes."""
    assert built == expected
