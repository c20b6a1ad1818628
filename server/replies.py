"""What every kind of request ends with: the transaction's end, an error, ReadyForQuery."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from server.errors import error_fields
from server.protocol import backend
from server.results import ResultWriter
from server.steps import Uninterruptible, UntilDurable
from sql.hidden_values import hide_values
from storage.syncer import Commit

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from server.output import Output
    from server.steps import Steps
    from server.stream_reader import StreamReader
    from sql.session import Session


class Replies:
    """What a session's requests have in common."""

    def __init__(self, session: Session, output: Output) -> None:
        self.session = session
        self.output = output
        self.buffer = output.buffer
        self.results = ResultWriter(output)
        self.suspended: list[tuple[str, StreamReader]] = []
        """Streams that were not read to their end, with the names of their portals."""
        self.is_idle = True
        """Nothing was begun that only a Sync will end."""

    def finish(self) -> Steps:
        """End the implicit transaction. Raises what it failed with."""
        return self.wait_for_commit(self.session.finish())

    def wait_for_commit(self, commit: Commit | Awaitable[Commit | None] | None) -> Steps:
        """Wait until the implicit transaction is durable. Raises what it failed with."""
        if commit is not None and not isinstance(commit, Commit):
            commit = cast("Commit | None", (yield Uninterruptible(commit)))
        if commit is not None:
            if not commit.done:
                yield UntilDurable(commit)
            if commit.error is not None:
                raise commit.error
        if self.suspended and self.session.transaction_status != "T":
            # The portals have ended with their transaction.
            yield from self.close_streams()

    def finish_or_report(self) -> Steps:
        """End the implicit transaction, and tell the client if that failed."""
        try:
            yield from self.finish()
        except Exception as error:  # noqa: BLE001 - whatever it was, the client is told.
            self.report(error)

    def close_streams(self, portal: str | None = None) -> Steps:
        """Stop the queries of suspended portals: of one, or of all."""
        closing = [each for each in self.suspended if portal in (None, each[0])]
        for each in closing:
            self.suspended.remove(each)
            yield Uninterruptible(each[1].close())

    def report(self, error: Exception) -> None:
        """Undo what failed and tell the client."""
        hide_values(self.session, error)
        self.session.fail(error)
        self.send_notices()
        self.buffer += backend.error_response(error_fields(error))
        self.output.flush_wanted = True

    def ready(self) -> None:
        """Say that the client may send its next request."""
        session = self.session
        self.send_notices()
        for name, value in session.take_parameter_changes():
            self.buffer += backend.parameter_status(name, value)
        status = session.transaction_status
        if status == "I":
            self.send_notifications()
        self.buffer += backend.READY_FOR_QUERY[status]
        self.is_idle = True
        self.output.flush_wanted = True

    def send_notifications(self) -> None:
        """Send what other sessions have notified this one of."""
        for pid, channel, payload in self.session.take_notifications():
            self.buffer += backend.notification_response(pid, channel, payload)

    def send_notices(self) -> None:
        """Send what the session has to say beside the result."""
        for notice in self.session.take_notices():
            self.buffer += backend.notice_response(
                backend.ErrorFields(
                    notice.sqlstate, notice.message, notice.severity, detail=notice.detail, hint=notice.hint
                )
            )
