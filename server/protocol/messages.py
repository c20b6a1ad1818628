"""What a client can say: PostgreSQL manual, "Message Formats", the frontend half.

Names in messages are empty for the unnamed statement or portal. Format codes are 0 for text and 1 for binary.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class NeedData(Enum):
    """The type of `NEED_DATA`, so that a checker can tell it from a message."""

    NEED_DATA = "NEED_DATA"


NEED_DATA: Final = NeedData.NEED_DATA
"""No whole message is buffered."""


@dataclass(frozen=True, slots=True)
class StartupMessage:
    """The first message of a conversation: which protocol, who, which database, which settings."""

    major_version: int
    minor_version: int
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SSLRequest:
    """May the connection be encrypted with TLS? Answered by one byte."""


@dataclass(frozen=True, slots=True)
class GSSENCRequest:
    """May the connection be encrypted with GSSAPI? Answered by one byte."""


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """The only message of its connection: interrupt what the connection with this key is running."""

    pid: int
    secret: bytes


@dataclass(frozen=True, slots=True)
class SASLInitialResponse:
    """The mechanism that the client chose, and its first message if it sent one."""

    mechanism: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class SASLResponse:
    """The client's next message of a SASL exchange."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Query:
    """Statements to run one after the other: the simple query protocol."""

    text: str


@dataclass(frozen=True, slots=True)
class Parse:
    """Prepare `text` as `statement`. An oid of 0, or one left out, is to be inferred."""

    statement: str
    text: str
    parameter_oids: tuple[int, ...]


class Unfinished(NamedTuple):
    """No message: one is so long that others should have their turn before it is read on."""


class Bind(NamedTuple):
    """Make `portal` from a prepared statement and values for its parameters.

    A named tuple, because making one costs a third of a frozen dataclass and this is the busiest message there is.
    No formats mean all text, one is meant for all.
    """

    portal: str
    statement: str
    parameter_formats: tuple[int, ...]
    values: tuple[bytes | None, ...]
    result_formats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Describe:
    """What does a prepared statement (`S`) take and return, or a portal (`P`) return?"""

    kind: Literal["S", "P"]
    name: str


@dataclass(frozen=True, slots=True)
class Execute:
    """Run a portal. `row_limit` is 0 for all rows."""

    portal: str
    row_limit: int


@dataclass(frozen=True, slots=True)
class Close:
    """Forget a prepared statement (`S`) or a portal (`P`)."""

    kind: Literal["S", "P"]
    name: str


@dataclass(frozen=True, slots=True)
class Flush:
    """Send what is waiting to be sent."""


@dataclass(frozen=True, slots=True)
class Sync:
    """The end of a series of extended messages: end the implicit transaction, and start afresh after an error."""


@dataclass(frozen=True, slots=True)
class CopyData:
    """A piece of a COPY FROM STDIN. Boundaries mean nothing: the reader joins consecutive pieces."""

    data: bytes


@dataclass(frozen=True, slots=True)
class CopyDone:
    """All data of a COPY FROM STDIN was sent."""


@dataclass(frozen=True, slots=True)
class CopyFail:
    """The client gives up a COPY FROM STDIN."""

    reason: str


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """The obsolete fast-path call. Its content is not read: it is always refused."""


@dataclass(frozen=True, slots=True)
class Terminate:
    """Good-bye."""


Message = (
    StartupMessage
    | SSLRequest
    | GSSENCRequest
    | CancelRequest
    | SASLInitialResponse
    | SASLResponse
    | Query
    | Parse
    | Bind
    | Unfinished
    | Describe
    | Execute
    | Close
    | Flush
    | Sync
    | CopyData
    | CopyDone
    | CopyFail
    | FunctionCall
    | Terminate
)
