"""Extended query: prepared statements and portals, in steps (PostgreSQL manual, "Extended Query").

These are the messages that a busy client sends, so what need not wait is done at once by a plain function.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from server.copying import copy_steps
from server.protocol import ServerStep, backend
from server.stream_reader import StreamReader
from sql.errors import WrongState
from sql.result import Command, CopyIn, CopyOut, Rows, Stream

if TYPE_CHECKING:
    from collections.abc import Generator

    from server.protocol import ServerProtocol
    from server.protocol.messages import Bind, Close, Describe, Execute, Flush, Parse, Sync
    from server.replies import Replies
    from server.steps import Steps, Wait
    from sql.prepared import Portal, StatementDescription
    from sql.result import Result, ResultColumn
    from storage.syncer import Commit


class ExtendedQuery:
    """Runs the messages of the extended protocol. What a method raises is for `fail`."""

    def __init__(self, replies: Replies, protocol: ServerProtocol) -> None:
        self._replies = replies
        self._session = replies.session
        self._buffer = replies.buffer
        self._results = replies.results
        self._protocol = protocol

    def fail(self, error: Exception) -> None:
        """Tell the client of an error, and pass over everything up to its Sync."""
        self._protocol.take_step(ServerStep.FAIL_EXTENDED)
        self._replies.report(error)

    def parse(self, message: Parse) -> Steps | None:
        """Prepare a statement."""
        waiting = self._session.parse(message.statement, message.text, message.parameter_oids)
        if waiting is not None:
            return self._say_later(waiting, backend.PARSE_COMPLETE)
        self._buffer += backend.PARSE_COMPLETE
        return None

    def bind(self, message: Bind) -> Steps | None:
        """Make a portal."""
        self._replies.is_idle = False
        waiting = self._session.bind(*message)
        if waiting is not None:
            return self._say_later(waiting, backend.BIND_COMPLETE)
        self._buffer += backend.BIND_COMPLETE
        return None

    def _say_later(self, waiting: Awaitable[None], complete: bytes) -> Steps:
        try:
            yield waiting
            self._buffer += complete
        except Exception as error:  # noqa: BLE001 - as in `SimpleQuery.query`.
            self.fail(error)

    def describe(self, message: Describe) -> Steps | None:
        """Tell what a portal returns, or what a statement takes and returns."""
        if message.kind == "P":
            self._say_columns(*self._session.describe_portal(message.name))
            return None
        description = self._session.describe_statement(message.name)
        if isinstance(description, Awaitable):
            return self._describe_later(description)
        self._describe_statement(description)
        return None

    def _describe_later(self, waiting: Awaitable[StatementDescription]) -> Steps:
        try:
            self._describe_statement(cast("StatementDescription", (yield waiting)))
        except Exception as error:  # noqa: BLE001 - as in `SimpleQuery.query`.
            self.fail(error)

    def _describe_statement(self, description: StatementDescription) -> None:
        self._buffer += backend.parameter_description(description.parameter_oids)
        columns = description.columns
        # Formats are not known before Bind, and zero stands for that.
        self._say_columns(columns, (0,) * len(columns or ()))

    def _say_columns(self, columns: tuple[ResultColumn, ...] | None, formats: tuple[int, ...]) -> None:
        self._buffer += backend.NO_DATA if columns is None else self._results.description(columns, formats)

    def execute(self, message: Execute) -> Steps | None:
        """Run a portal, or read on in it."""
        self._replies.is_idle = False
        session = self._session
        portal = session.portal(message.portal)
        if portal.result is not None:
            return self._read_on(portal, message.row_limit)
        result = session.execute(message.portal)
        if isinstance(result, Rows) and not message.row_limit:
            codecs = session.codecs_for(column.type for column in result.columns)
            self._results.write_rows(result.rows, result.columns, portal.result_formats, codecs)
            complete = backend.command_complete(result.tag)
        elif isinstance(result, Command):
            complete = backend.command_complete(result.tag) if result.tag else backend.EMPTY_QUERY_RESPONSE
        else:
            return self._execute_later(portal, result, message.row_limit)
        portal.result = result
        portal.done = True
        self._replies.send_notices()
        self._buffer += complete
        return None

    def _execute_later(self, portal: Portal, result: Result | Awaitable[Result], row_limit: int) -> Steps:
        try:
            if isinstance(result, Awaitable):
                result = cast("Result", (yield result))
            portal.result = result
            yield from self._send_part(portal, row_limit)
        except Exception as error:  # noqa: BLE001 - as in `SimpleQuery.query`.
            self.fail(error)

    def _read_on(self, portal: Portal, row_limit: int) -> Steps:
        try:
            yield from self._send_part(portal, row_limit)
        except Exception as error:  # noqa: BLE001 - as in `SimpleQuery.query`.
            self.fail(error)

    def _send_part(self, portal: Portal, row_limit: int) -> Steps:
        """Send a portal's next rows; its end is known once fewer are left than may be sent, as in PostgreSQL."""
        if portal.done and not isinstance(portal.result, Rows | Stream):
            raise WrongState(f'portal "{portal.name}" cannot be run')
        assert portal.result is not None
        match portal.result:
            case Rows(columns, rows, tag):
                start = portal.rest if isinstance(portal.rest, int) else 0
                part = rows[start : start + row_limit] if row_limit else rows[start:]
                portal.rest = start + len(part)
                portal.done = not row_limit or len(part) < row_limit
                codecs = self._session.codecs_for(column.type for column in columns)
                yield from self._results.write_many_rows(part, columns, portal.result_formats, codecs)
                complete = backend.command_complete(_part_tag(tag, len(part)))
            case Stream() as stream:
                sent_rows = yield from self._send_stream_part(portal, stream, row_limit)
                complete = backend.command_complete(f"{stream.tag} {sent_rows}")
            case Command(tag):
                portal.done = True
                complete = backend.command_complete(tag) if tag else backend.EMPTY_QUERY_RESPONSE
            case CopyIn() | CopyOut() as copy:
                portal.done = True
                complete = yield from copy_steps(copy, self._protocol, self._replies, extended=True)
        self._replies.send_notices()
        self._buffer += complete if portal.done else backend.PORTAL_SUSPENDED

    def _send_stream_part(self, portal: Portal, stream: Stream, row_limit: int) -> Generator[Wait, Any, int]:
        if portal.done:
            return 0
        if isinstance(portal.rest, StreamReader):
            reader = portal.rest
        else:
            portal.rest = reader = StreamReader(stream)
            self._replies.suspended.append((portal.name, reader))
        codecs = self._session.codecs_for(column.type for column in stream.columns)
        sent_rows, portal.done = yield self._results.write_stream(
            reader, stream.columns, portal.result_formats, codecs, row_limit
        )
        if portal.done:
            self._replies.suspended.remove((portal.name, reader))
        return int(sent_rows)

    def close(self, message: Close) -> Steps | None:
        """Forget a statement or portal."""
        if message.kind == "P":
            self._session.close_portal(message.name)
            if self._replies.suspended:
                return self._close_later(message.name)
        else:
            self._session.close_statement(message.name)
        self._buffer += backend.CLOSE_COMPLETE
        return None

    def _close_later(self, portal: str) -> Steps:
        try:
            yield from self._replies.close_streams(portal)
            self._buffer += backend.CLOSE_COMPLETE
        except Exception as error:  # noqa: BLE001 - as in `SimpleQuery.query`.
            self.fail(error)

    def flush(self, _message: Flush) -> None:
        """Send what is waiting to be sent."""
        self._replies.output.flush_wanted = True

    def sync(self, _message: Sync) -> Steps | None:
        """End the implicit transaction and say so."""
        try:
            commit = self._session.finish()
        except Exception as error:  # noqa: BLE001 - as in `SimpleQuery.query`.
            self._replies.report(error)
            self._replies.ready()
            return None
        if commit is None and not self._replies.suspended:
            self._replies.ready()
            return None
        return self._sync_later(commit)

    def _sync_later(self, commit: Commit | Awaitable[Commit | None] | None) -> Steps:
        try:
            yield from self._replies.wait_for_commit(commit)
        except Exception as error:  # noqa: BLE001 - as in `SimpleQuery.query`.
            self._replies.report(error)
        self._replies.ready()


def _part_tag(tag: str, row_count: int) -> str:
    """The tag of a part of a result: as in PostgreSQL, its count is of the rows of this part."""
    words, _, count = tag.rpartition(" ")
    return f"{words} {row_count}" if count.isdecimal() else tag
