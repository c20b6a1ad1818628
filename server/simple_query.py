"""Simple query: statements in one text, one after the other (PostgreSQL manual, "Simple Query")."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from server.copying import copy_steps
from server.protocol import backend
from server.stream_reader import StreamReader
from sql.errors import FeatureNotSupported
from sql.result import Command, Rows, Stream

if TYPE_CHECKING:
    from collections.abc import Generator

    from server.protocol import ServerProtocol
    from server.protocol.messages import FunctionCall, Query
    from server.replies import Replies
    from server.steps import Steps, Wait
    from sql.result import Result


class SimpleQuery:
    """Runs Query messages."""

    def __init__(self, replies: Replies, protocol: ServerProtocol) -> None:
        self._replies = replies
        self._session = replies.session
        self._buffer = replies.buffer
        self._results = replies.results
        self._protocol = protocol

    def query(self, message: Query) -> Steps:
        """Run each statement of a text. An error ends them all; ReadyForQuery follows in any case."""
        try:
            statements = self._session.parse_script(message.text)
            if isinstance(statements, Awaitable):
                statements = yield statements
            if not statements:
                self._buffer += backend.EMPTY_QUERY_RESPONSE
            self._session.block.spans_statements = len(statements) > 1
            complete = b""
            for statement in statements:
                self._buffer += complete
                result = self._session.run_script_statement(statement)
                if isinstance(result, Awaitable):
                    result = yield result
                complete = yield from self._send_whole(result)
            yield from self._replies.finish()
            # As in PostgreSQL, the last statement is complete only once the transaction is.
            self._buffer += complete
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the client is told and may go on.
            self._replies.report(error)
            yield from self._replies.finish_or_report()
        self._replies.ready()

    def _send_whole(self, result: Result) -> Generator[Wait, Any, bytes]:
        """Send all but the CommandComplete, which is given back."""
        match result:
            case Command(tag):
                self._replies.send_notices()
                return backend.command_complete(tag) if tag else backend.EMPTY_QUERY_RESPONSE
            case Rows(columns, rows, tag):
                formats = (0,) * len(columns)
                self._buffer += self._results.description(columns, formats)
                codecs = self._session.codecs_for(column.type for column in columns)
                yield from self._results.write_many_rows(rows, columns, formats, codecs)
                self._replies.send_notices()
                return backend.command_complete(tag)
            case Stream():
                columns = result.columns
                formats = (int(result.is_binary),) * len(columns)
                self._buffer += self._results.description(columns, formats)
                codecs = self._session.codecs_for(column.type for column in columns)
                sent_rows, _ = yield self._results.write_stream(StreamReader(result), columns, formats, codecs)
                self._replies.send_notices()
                return backend.command_complete(f"{result.tag} {sent_rows}")
            case _:
                return (yield from copy_steps(result, self._protocol, self._replies, extended=False))

    def function_call(self, _message: FunctionCall) -> Steps:
        """Refuse the fast-path call, which goes without Sync as Query does."""
        self._replies.report(FeatureNotSupported("fastpath function calls are not supported"))
        yield from self._replies.finish_or_report()
        self._replies.ready()
