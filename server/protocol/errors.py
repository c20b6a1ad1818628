"""What can be wrong with bytes from a client."""

from __future__ import annotations


class ProtocolError(Exception):
    """The client broke the protocol.

    After a fatal one the stream cannot be trusted and the connection must end. Otherwise the message was framed well
    but made no sense: it has been consumed, and the conversation goes on as after any failed statement.
    """

    def __init__(self, message: str, *, sqlstate: str = "08P01", fatal: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.fatal = fatal


class LocalProtocolError(Exception):
    """The server itself tried a step that the state does not allow: a bug of the caller."""
