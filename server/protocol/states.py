"""Which messages are legal when, how each is read, and what state it leads to.

What is illegal is absent. What the client sends moves along the first tables, what the server does along the last. See
PostgreSQL manual, "Message Flow": "Start-up", "Extended Query", "COPY Operations", "Termination".
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from server.protocol import parsing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.protocol.parsing import Parser

    Table = Mapping[int, tuple[Parser, "State"]]
    """Type byte → parser, and the state that the message leads to."""


class State(Enum):
    """Where a conversation stands."""

    START = auto()
    """Nothing was said, or a request for encryption was answered: see the table for which may follow."""
    START_AFTER_SSL = auto()
    START_AFTER_GSSENC = auto()
    START_AFTER_BOTH = auto()
    AUTHENTICATING = auto()
    """The server decides how the client shows who it is; the client is silent."""
    SASL_INITIAL = auto()
    """The client is to choose a SASL mechanism."""
    SASL_EXCHANGE = auto()
    """The client is to answer the server's challenge."""
    READY = auto()
    """Simple and extended queries."""
    SKIPPING = auto()
    """An extended message failed: everything up to Sync is passed over."""
    COPY_IN = auto()
    """A COPY FROM STDIN of a simple query takes data."""
    COPY_IN_EXTENDED = auto()
    """A COPY FROM STDIN of an Execute takes data. When it fails, everything up to Sync is passed over."""
    CLOSED = auto()
    """Nothing more is read."""


class ServerStep(Enum):
    """What the server does that changes what the client may send."""

    ASK_FOR_SASL = auto()
    CHALLENGE = auto()
    AUTHENTICATED = auto()
    FAIL_EXTENDED = auto()
    COPY_IN = auto()
    COPY_IN_EXTENDED = auto()
    COPY_IN_ENDED = auto()
    """The data was taken, or (in a simple query) the COPY failed."""
    CLOSE = auto()


SSL_REQUEST_CODE: Final = 1234 << 16 | 5679
GSSENC_REQUEST_CODE: Final = 1234 << 16 | 5680
CANCEL_REQUEST_CODE: Final = 1234 << 16 | 5678

AFTER_SSL_REQUEST: Final[Mapping[State, State]] = {
    State.START: State.START_AFTER_SSL,
    State.START_AFTER_GSSENC: State.START_AFTER_BOTH,
}
AFTER_GSSENC_REQUEST: Final[Mapping[State, State]] = {
    State.START: State.START_AFTER_GSSENC,
    State.START_AFTER_SSL: State.START_AFTER_BOTH,
}
UNTYPED_STATES: Final = frozenset(
    {State.START, State.START_AFTER_SSL, State.START_AFTER_GSSENC, State.START_AFTER_BOTH}
)
"""States in which messages have a code instead of a type byte."""

COPY_STATES: Final = frozenset({State.COPY_IN, State.COPY_IN_EXTENDED})

_TERMINATE: Final = {ord("X"): (parsing.parse_terminate, State.CLOSED)}

CLIENT_TABLE: Final[Mapping[State, Table]] = {
    State.AUTHENTICATING: {},
    State.CLOSED: {},
    State.SASL_INITIAL: _TERMINATE | {ord("p"): (parsing.parse_sasl_initial_response, State.AUTHENTICATING)},
    State.SASL_EXCHANGE: _TERMINATE | {ord("p"): (parsing.parse_sasl_response, State.AUTHENTICATING)},
    State.READY: _TERMINATE
    | {
        ord("Q"): (parsing.parse_query, State.READY),
        ord("P"): (parsing.parse_parse, State.READY),
        # Each conversation has a reader of its own for Bind: see `ServerProtocol`.
        ord("B"): (parsing.pass_over, State.READY),
        ord("D"): (parsing.parse_describe, State.READY),
        ord("E"): (parsing.parse_execute, State.READY),
        ord("C"): (parsing.parse_close, State.READY),
        ord("H"): (parsing.parse_flush, State.READY),
        ord("S"): (parsing.parse_sync, State.READY),
        ord("F"): (parsing.parse_function_call, State.READY),
        # Left over from a COPY that has failed.
        ord("d"): (parsing.pass_over, State.READY),
        ord("c"): (parsing.pass_over, State.READY),
        ord("f"): (parsing.pass_over, State.READY),
    },
    State.SKIPPING: _TERMINATE
    | dict.fromkeys(b"QPBDECHFdcf", (parsing.pass_over, State.SKIPPING))
    | {ord("S"): (parsing.parse_sync, State.READY)},
    State.COPY_IN: _TERMINATE
    | {
        ord("d"): (parsing.parse_copy_data, State.COPY_IN),
        ord("c"): (parsing.parse_copy_done, State.COPY_IN),
        ord("f"): (parsing.parse_copy_fail, State.COPY_IN),
        # Sent by clients that send Execute and Sync without looking at what the statement is.
        ord("H"): (parsing.pass_over, State.COPY_IN),
        ord("S"): (parsing.pass_over, State.COPY_IN),
    },
    State.COPY_IN_EXTENDED: _TERMINATE
    | {
        ord("d"): (parsing.parse_copy_data, State.COPY_IN_EXTENDED),
        ord("c"): (parsing.parse_copy_done, State.COPY_IN_EXTENDED),
        ord("f"): (parsing.parse_copy_fail, State.COPY_IN_EXTENDED),
        ord("H"): (parsing.pass_over, State.COPY_IN_EXTENDED),
        ord("S"): (parsing.pass_over, State.COPY_IN_EXTENDED),
    },
}
"""State → type byte → parser and next state. Absent: the client broke the protocol."""

AFTER_BAD_MESSAGE: Final[Mapping[int, State]] = dict.fromkeys(b"PBDECHS", State.SKIPPING)
"""Where a message of the extended protocol leads that cannot be understood. Others leave the state as it is."""

SERVER_TABLE: Final[Mapping[tuple[State, ServerStep], State]] = {
    (State.AUTHENTICATING, ServerStep.ASK_FOR_SASL): State.SASL_INITIAL,
    (State.AUTHENTICATING, ServerStep.CHALLENGE): State.SASL_EXCHANGE,
    (State.AUTHENTICATING, ServerStep.AUTHENTICATED): State.READY,
    (State.READY, ServerStep.FAIL_EXTENDED): State.SKIPPING,
    (State.SKIPPING, ServerStep.FAIL_EXTENDED): State.SKIPPING,
    (State.COPY_IN_EXTENDED, ServerStep.FAIL_EXTENDED): State.SKIPPING,
    (State.READY, ServerStep.COPY_IN): State.COPY_IN,
    (State.READY, ServerStep.COPY_IN_EXTENDED): State.COPY_IN_EXTENDED,
    (State.COPY_IN, ServerStep.COPY_IN_ENDED): State.READY,
    (State.COPY_IN_EXTENDED, ServerStep.COPY_IN_ENDED): State.READY,
    **{(state, ServerStep.CLOSE): State.CLOSED for state in State},
    # A statement that was running when the conversation ended may still come to its own end.
    **{(State.CLOSED, step): State.CLOSED for step in ServerStep},
}
"""State and step of the server → next state. Absent: a bug of the server."""
