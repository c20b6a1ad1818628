"""A client's requests once it is in (PostgreSQL manual, "Message Flow")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.extended_query import ExtendedQuery
from server.point_request import PointRequests
from server.protocol import ProtocolError, State
from server.protocol.messages import (
    Bind,
    Close,
    Describe,
    Execute,
    Flush,
    FunctionCall,
    Parse,
    Query,
    Sync,
    Terminate,
    Unfinished,
)
from server.replies import Replies
from server.simple_query import SimpleQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.output import Output
    from server.protocol import ServerProtocol
    from server.steps import Steps
    from sql.session import Session
    from storage.engine import Commit


class Conversation:
    """Feeds messages to one session and what it gives to the output.

    `handlers` has what to do for each message: done at once, or `Steps` where it may have to wait. What a handler
    raises is for `fail`.
    """

    def __init__(self, session: Session, protocol: ServerProtocol, output: Output) -> None:
        self.session = session
        self._protocol = protocol
        self._output = output
        self._replies = Replies(session, output)
        simple = SimpleQuery(self._replies, protocol)
        extended = ExtendedQuery(self._replies, protocol)
        self._extended = extended
        self._point_requests = PointRequests(session, self._replies)
        self.handlers: Mapping[type, Callable[[Any], Steps | None]] = {
            Query: simple.query,
            FunctionCall: simple.function_call,
            Parse: extended.parse,
            Bind: extended.bind,
            Describe: extended.describe,
            Execute: extended.execute,
            Close: extended.close,
            Flush: extended.flush,
            Sync: extended.sync,
            # Whoever hands over messages looks at the time behind each.
            Unfinished: lambda _: None,
            # The state says that it is over; there is nothing to answer.
            Terminate: lambda _: None,
        }

    def answer_point_request(self, data: bytes) -> tuple[bytes, Commit | None] | None:
        """What to answer to a request that came whole, at once or when a commit is durable.

        `None`: it has to go message by message.
        """
        replies = self._replies
        return self._point_requests.answer(data) if replies.is_idle and not replies.suspended else None

    def add_answer(self, reply: bytes, commit: Commit) -> None:
        """Say what a point request has done, once that is durable or has failed."""
        replies = self._replies
        if commit.error is None:
            replies.buffer += reply
            replies.send_notifications()
            self._output.flush_wanted = True
        else:
            replies.report(commit.error)
            replies.ready()

    @property
    def is_idle(self) -> bool:
        """Nothing was begun that only a Sync will end."""
        return self._replies.is_idle

    def fail(self, error: Exception) -> Steps:
        """Tell the client of what a handler raised, or of a message that could not be read."""
        if not isinstance(error, ProtocolError):
            self._extended.fail(error)
            return
        self._replies.report(error)
        if self._protocol.state is not State.SKIPPING:
            # It was a Query: no Sync will follow.
            yield from self._replies.finish_or_report()
            self._replies.ready()

    def send_notifications(self) -> None:
        """Send what other sessions have notified this one of, if the client is between transactions."""
        if self.is_idle and self.session.transaction_status == "I":
            self._replies.send_notifications()
            self._output.flush()

    async def close(self) -> None:
        """The client has gone: stop its queries and end its session."""
        for _, reader in self._replies.suspended:
            await reader.close()
        await self.session.close()
