"""What is legal when, what happens to the rest, and how much is held."""

from __future__ import annotations

import struct
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.protocol import NEED_DATA, LocalProtocolError, ProtocolError, ServerProtocol, ServerStep, State
from server.protocol.messages import CopyData, CopyDone, Message, Query, Sync, Terminate
from server.protocol.states import CLIENT_TABLE, SERVER_TABLE

STARTUP = b"\0\0\0\x10\0\x03\0\0user\0a\0\0"


def typed(kind: bytes, body: bytes = b"") -> bytes:
    """A message with a type byte."""
    return kind + struct.pack("!i", len(body) + 4) + body


def ready(max_message_bytes: int = 1 << 20) -> ServerProtocol:
    """A protocol whose client is in."""
    protocol = ServerProtocol(max_message_bytes)
    protocol.receive_data(STARTUP)
    protocol.next_event()
    protocol.take_step(ServerStep.AUTHENTICATED)
    return protocol


def read_all(protocol: ServerProtocol) -> list[Message | str]:
    """Events until data is needed, with the SQLSTATE of each error that is not fatal."""
    read: list[Message | str] = []
    while True:
        try:
            event = protocol.next_event()
        except ProtocolError as error:
            if error.fatal:
                raise
            read.append(error.sqlstate)
            continue
        if event is NEED_DATA:
            return read
        read.append(event)


def test_what_follows_an_error_is_passed_over_up_to_sync() -> None:
    """After a failed extended message nothing is read, not even looked into, until the Sync."""
    protocol = ready()
    protocol.take_step(ServerStep.FAIL_EXTENDED)
    garbage = typed(b"B", b"\xff") + typed(b"P", b"no end") + typed(b"Q", b"\xff\0") + typed(b"H") + typed(b"d", b"x")
    protocol.receive_data(garbage + typed(b"S") + typed(b"Q", b"1\0"))
    assert read_all(protocol) == [Sync(), Query("1")]


@pytest.mark.parametrize(
    ("kind", "body", "sqlstate"),
    [
        (b"B", b"\0s\0\0\0\0\1\0\0\0\x0512", "08P01"),
        (b"B", b"\0s\0\0\0\0\1\xff\xff\xff\xfe\0\0", "08P01"),
        (b"B", b"\0s\0\0\0\0\0\0\0\0", "08P01"),
        (b"B", b"no end", "08P01"),
        (b"B", b"\0s\0\0\0\xff\xff\0\0", "08P01"),
        (b"P", b"\0SELECT\0\0\1", "08P01"),
        (b"P", b"\0\xff\0\0\0", "22021"),
        (b"D", b"Xa\0", "08P01"),
        (b"D", b"", "08P01"),
        (b"C", b"Sa", "08P01"),
        (b"E", b"p\0\0\0", "08P01"),
        (b"S", b"x", "08P01"),
    ],
)
def test_a_malformed_extended_message_is_an_error_up_to_sync(kind: bytes, body: bytes, sqlstate: str) -> None:
    """Its frame is sound, so the conversation goes on behind the next Sync."""
    protocol = ready()
    protocol.receive_data(typed(kind, body) + typed(b"E", b"\0\0\0\0\0") + typed(b"S"))
    assert read_all(protocol) == [sqlstate, Sync()]


@pytest.mark.parametrize(("body", "sqlstate"), [(b"a\xe9\0", "22021"), (b"a", "08P01"), (b"a\0b\0", "08P01")])
def test_a_malformed_query_is_an_error_of_its_own(body: bytes, sqlstate: str) -> None:
    """No Sync follows a Query, so the next message counts."""
    protocol = ready()
    protocol.receive_data(typed(b"Q", body) + typed(b"Q", b"b\0"))
    assert read_all(protocol) == [sqlstate, Query("b")]


def test_the_values_of_invalid_text_are_named() -> None:
    """The message for bytes that are not UTF-8 is PostgreSQL's."""
    protocol = ready()
    protocol.receive_data(typed(b"Q", b"a\xe9\0"))
    with pytest.raises(ProtocolError, match='invalid byte sequence for encoding "UTF8": 0xe9'):
        protocol.next_event()


def test_copy_data_outside_a_copy_means_nothing() -> None:
    """It is left over from a COPY that has failed."""
    protocol = ready()
    protocol.receive_data(typed(b"d", b"1\n") + typed(b"c") + typed(b"f", b"\0") + typed(b"Q", b"1\0"))
    assert read_all(protocol) == [Query("1")]


def test_flush_and_sync_in_a_copy_mean_nothing() -> None:
    """Clients may send them behind any Execute; only the data counts."""
    protocol = ready()
    protocol.take_step(ServerStep.COPY_IN_EXTENDED)
    protocol.receive_data(typed(b"H") + typed(b"S") + typed(b"d", b"1\n") + typed(b"S") + typed(b"c"))
    assert read_all(protocol) == [CopyData(b"1\n"), CopyDone()]
    protocol.take_step(ServerStep.COPY_IN_ENDED)
    assert protocol.state is State.READY


def test_nothing_is_read_after_terminate() -> None:
    """Whatever follows the good-bye is dropped."""
    protocol = ready()
    protocol.receive_data(typed(b"X") + b"garbage of any kind")
    assert read_all(protocol) == [Terminate()]
    protocol.receive_data(b"more")
    assert protocol.buffered_bytes == 0


ILLEGAL = [
    (state, kind)
    for state, kind in product(CLIENT_TABLE, range(256))
    if kind not in CLIENT_TABLE[state] and state is not State.CLOSED
]


def reach(state: State) -> ServerProtocol:
    """A protocol in a state that has typed messages."""
    protocol = ServerProtocol()
    protocol.receive_data(STARTUP)
    protocol.next_event()
    steps = {
        State.AUTHENTICATING: [],
        State.SASL_INITIAL: [ServerStep.ASK_FOR_SASL],
        State.SASL_EXCHANGE: [ServerStep.CHALLENGE],
        State.READY: [ServerStep.AUTHENTICATED],
        State.SKIPPING: [ServerStep.AUTHENTICATED, ServerStep.FAIL_EXTENDED],
        State.COPY_IN: [ServerStep.AUTHENTICATED, ServerStep.COPY_IN],
        State.COPY_IN_EXTENDED: [ServerStep.AUTHENTICATED, ServerStep.COPY_IN_EXTENDED],
    }
    for step in steps[state]:
        protocol.take_step(step)
    assert protocol.state is state
    return protocol


def test_what_is_not_in_the_table_is_refused() -> None:
    """In every state every other type byte ends the conversation, and nothing after it is read."""
    for state, kind in ILLEGAL:
        protocol = reach(state)
        protocol.receive_data(typed(bytes([kind]), b"\0\0\0\0"))
        with pytest.raises(ProtocolError) as caught:
            protocol.next_event()
        assert caught.value.fatal
        assert caught.value.sqlstate == "08P01"
        assert protocol.state is State.CLOSED


def test_a_step_that_is_not_in_the_table_is_a_bug() -> None:
    """The server cannot take it, and the state stays."""
    for state, step in product([State.READY, State.COPY_IN, State.SKIPPING, State.SASL_INITIAL], ServerStep):
        if (state, step) not in SERVER_TABLE:
            protocol = reach(state)
            with pytest.raises(LocalProtocolError):
                protocol.take_step(step)
            assert protocol.state is state


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!iI", 8, 3 << 16),
        struct.pack("!iI", 10_001, 3 << 16),
        struct.pack("!iI", 7, 3 << 16),
        struct.pack("!iI", -1, 3 << 16),
        struct.pack("!iI", 9, 2 << 16) + b"\0",
        struct.pack("!iI", 9, 4 << 16) + b"\0",
        struct.pack("!iI", 13, 3 << 16) + b"user\0",
        struct.pack("!iI", 12, 3 << 16) + b"a\0\xff\0",
        struct.pack("!iI", 12, 1234 << 16 | 5678) + b"\0\0\0\0",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_a_bad_start_is_fatal(data: bytes) -> None:
    """Who does not begin as the protocol says is not talked to."""
    protocol = ServerProtocol()
    protocol.receive_data(data)
    with pytest.raises(ProtocolError) as caught:
        protocol.next_event()
    assert caught.value.fatal
    assert protocol.state is State.CLOSED


def test_encryption_is_asked_for_once_each() -> None:
    """SSL then GSSAPI, or the other way around; a second time is a bad start."""
    ssl = struct.pack("!iI", 8, 1234 << 16 | 5679)
    gss = struct.pack("!iI", 8, 1234 << 16 | 5680)
    for first, second in ((ssl, gss), (gss, ssl)):
        protocol = ServerProtocol()
        protocol.receive_data(first + second)
        assert len(read_all(protocol)) == 2
        protocol.receive_data(first)
        with pytest.raises(ProtocolError, match="unsupported frontend protocol"):
            protocol.next_event()


@pytest.mark.parametrize("length", [0, 3, -1, 1001, 0x7FFFFFFF])
def test_lengths_beyond_the_limit_are_fatal_before_the_body_comes(length: int) -> None:
    """A message is refused on its header alone."""
    protocol = ready(max_message_bytes=1000)
    protocol.receive_data(b"Q" + struct.pack("!i", length))
    with pytest.raises(ProtocolError, match="invalid message length"):
        protocol.next_event()


def test_messages_before_authentication_are_small() -> None:
    """Who has not shown who it is cannot make the server hold much."""
    protocol = reach(State.SASL_INITIAL)
    protocol.receive_data(b"p" + struct.pack("!i", 65_536))
    with pytest.raises(ProtocolError, match="invalid message length"):
        protocol.next_event()


def test_a_large_message_in_small_pieces_costs_its_size_once() -> None:
    """Pieces are gathered, not joined anew each time, and nothing is kept of what was read."""
    protocol = ready(max_message_bytes=1 << 24)
    text = b"x" * (1 << 22)
    data = typed(b"Q", text + b"\0")
    for start in range(0, len(data), 1000):
        assert protocol.next_event() is NEED_DATA
        protocol.receive_data(data[start : start + 1000])
        assert protocol.buffered_bytes == min(start + 1000, len(data))
    assert protocol.next_event() == Query(text.decode())
    assert protocol.buffered_bytes == 0


KINDS = st.sampled_from([bytes([kind]) for kind in b"QPBDECHSFdcfXp"])
FRAMES = st.builds(typed, KINDS, st.binary(max_size=40))
STREAMS = st.lists(st.one_of(FRAMES, FRAMES, FRAMES, st.binary(max_size=12)), max_size=12).map(b"".join)
STATES = st.sampled_from([state for state in CLIENT_TABLE if state is not State.CLOSED])
CUTS = st.integers(1, 50)


@settings(max_examples=300, deadline=None)
@given(state=STATES, stream=STREAMS, cut=CUTS)
def test_no_bytes_raise_anything_but_protocol_errors(state: State, stream: bytes, cut: int) -> None:
    """Whatever comes, in whatever pieces: messages, ProtocolError, and no more held than what came."""
    protocol = reach(state)
    received = 0
    for start in range(0, len(stream), cut):
        piece = stream[start : start + cut]
        protocol.receive_data(piece)
        received += len(piece)
        try:
            read_all(protocol)
        except ProtocolError as error:
            assert error.fatal  # noqa: PT017 - the other kind is dealt with in `read_all`.
            assert protocol.state is State.CLOSED
        assert protocol.buffered_bytes <= received


@settings(max_examples=200, deadline=None)
@given(stream=st.binary(max_size=80), cut=CUTS)
def test_no_start_raises_anything_but_protocol_errors(stream: bytes, cut: int) -> None:
    """The same, for the very first bytes."""
    protocol = ServerProtocol()
    for start in range(0, len(stream), cut):
        protocol.receive_data(stream[start : start + cut])
        try:
            event = protocol.next_event()
        except ProtocolError as error:
            assert error.fatal  # noqa: PT017 - there is no other kind here.
            return
        if event is not NEED_DATA and protocol.state is State.AUTHENTICATING:
            return


@settings(max_examples=200, deadline=None)
@given(stream=STREAMS, cuts=st.lists(st.integers(1, 30), min_size=1, max_size=30))
def test_how_a_stream_is_cut_does_not_matter(stream: bytes, cuts: list[int]) -> None:
    """The same bytes give the same messages and the same errors, whole or in pieces."""

    def run(pieces: list[bytes]) -> list[object]:
        protocol = ready()
        seen: list[object] = []
        for piece in pieces:
            protocol.receive_data(piece)
            while protocol.state is not State.CLOSED:
                try:
                    event = protocol.next_event()
                except ProtocolError as error:
                    seen.append(str(error))
                else:
                    if event is NEED_DATA:
                        break
                    seen.append(event)
        return seen

    pieces, start, turn = [], 0, 0
    while start < len(stream):
        size = cuts[turn % len(cuts)]
        pieces.append(stream[start : start + size])
        start += size
        turn += 1
    assert run(pieces) == run([stream])
