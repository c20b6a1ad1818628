"""One client's conversation: settings, transaction, prepared statements and portals.

The protocol's messages arrive here as method calls. A method that has nothing to wait for is a plain function that
gives its result; where a statement must wait, an awaitable comes back instead, and nothing else is called until it is
done.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING

from sql import errors
from sql.block import TransactionBlock
from sql.dialect import parse_script
from sql.prepared import Portal, Prepared, StatementDescription
from sql.result import Notice
from sql.settings import SessionSettings, milliseconds_of
from sql.types import Codecs
from sql.waiting import wait_for_commit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from sql.database import Database
    from sql.dialect import ParsedStatement
    from sql.result import Result
    from storage.catalog import Catalog, Role
    from storage.engine import Commit

LONG_STATEMENT_BYTES = 65_536
"""A longer text is parsed in a worker, so that the loop goes on."""


class Session:
    """A client that has logged in. Lives on the event loop's thread."""

    def __init__(self, database: Database, role: Role, pid: int, peer: str, start: Mapping[str, str]) -> None:
        self.database = database
        self.role = role
        self.pid = pid
        self.peer = peer
        self.settings = SessionSettings(
            {**start, "session_authorization": role.name, "is_superuser": "on" if role.superuser else "off"}
        )
        self.block = TransactionBlock(database.storage)
        self.statements: dict[str, Prepared] = {}
        self.portals: dict[str, Portal] = {}
        self.codecs = Codecs(time_zone=self.settings.get("timezone"))
        self.current_statement = ""
        self._notices: list[Notice] = []
        self._after_commit: list[Callable[[], Awaitable[None]]] = []

    # What the connection asks for between messages.

    @property
    def transaction_status(self) -> str:
        """`I`, `T` or `E`, as ReadyForQuery has it."""
        return self.block.status

    @property
    def catalog(self) -> Catalog:
        """The catalog as the current transaction sees it."""
        return self.block.catalog

    def notice(self, message: str, severity: str = "NOTICE", sqlstate: str = "00000", **fields: str) -> None:
        """Tell the client something beside the result."""
        self._notices.append(Notice(message, severity, sqlstate, **fields))

    def take_notices(self) -> list[Notice]:
        """The notices since this was last asked."""
        if not self._notices:
            return []
        notices, self._notices = self._notices, []
        return notices

    def take_parameter_changes(self) -> list[tuple[str, str]]:
        """Name and value of each reported setting that changed."""
        changes = self.settings.take_changes()
        if changes:
            self.codecs = Codecs(time_zone=self.settings.get("timezone"))
        return changes

    def take_notifications(self) -> list[tuple[int, str, str]]:
        """Notifications (process id, channel, payload) for this client: none until LISTEN is there."""
        return []

    def initial_parameters(self) -> list[tuple[str, str]]:
        """Name and value of every reported setting."""
        return self.settings.reported()

    # Simple query.

    def parse_script(self, text: str) -> list[ParsedStatement] | Awaitable[list[ParsedStatement]]:
        """The statements of a Query message. Raises `SqlSyntaxError`."""
        if len(text) > LONG_STATEMENT_BYTES:
            return asyncio.get_running_loop().run_in_executor(None, parse_script, text)
        return parse_script(text)

    def run_script_statement(self, statement: ParsedStatement) -> Result | Awaitable[Result]:
        """Plan and run one statement of a script."""
        self.current_statement = statement.text
        prepared = self.database.prepare(self, statement, ())
        if prepared.parameter_types:
            raise errors.UndefinedParameter("there is no parameter $1")
        return self._run(prepared, ())

    # Extended query.

    def parse(self, name: str, text: str, parameter_oids: tuple[int, ...]) -> Awaitable[None] | None:
        """Prepare a statement under a name; the empty name is free to be taken again."""
        if name and name in self.statements:
            raise errors.DuplicatePreparedStatement(f'prepared statement "{name}" already exists')
        cached = self.database.cached(self, text, parameter_oids)
        if cached is not None:
            self.statements[name] = cached
            return None
        if len(text) > LONG_STATEMENT_BYTES:
            return self._parse_in_worker(name, text, parameter_oids)
        self._prepare(name, parse_script(text), parameter_oids)
        return None

    async def _parse_in_worker(self, name: str, text: str, parameter_oids: tuple[int, ...]) -> None:
        parsed = await asyncio.get_running_loop().run_in_executor(None, parse_script, text)
        self._prepare(name, parsed, parameter_oids)

    def _prepare(self, name: str, parsed: Sequence[ParsedStatement], parameter_oids: tuple[int, ...]) -> None:
        if len(parsed) > 1:
            raise errors.SqlSyntaxError("cannot insert multiple commands into a prepared statement")
        statement = parsed[0] if parsed else self.database.empty_statement
        if self.block.status == "E" and not self.database.ends_transaction(statement):
            raise errors.InFailedTransaction
        self.statements[name] = self.database.prepare(self, statement, parameter_oids)

    def statement(self, name: str) -> Prepared:
        """The prepared statement, planned anew if the catalog changed. Raises `CachedPlanChanged`."""
        prepared = self.statements.get(name)
        if prepared is None:
            what = f'prepared statement "{name}"' if name else "unnamed prepared statement"
            raise errors.UndefinedPreparedStatement(f"{what} does not exist")
        if prepared.catalog is self.catalog:
            return prepared
        fresh = self.database.prepare(self, prepared.statement, prepared.key.declared)
        if fresh.columns != prepared.columns:
            raise errors.CachedPlanChanged
        self.statements[name] = fresh
        return fresh

    def bind(
        self,
        portal: str,
        statement: str,
        parameter_formats: tuple[int, ...],
        values: tuple[bytes | None, ...],
        result_formats: tuple[int, ...],
    ) -> None:
        """Make a portal of a statement and its parameters."""
        prepared = self.statement(statement)
        if len(values) != len(prepared.parameter_types):
            raise errors.ProtocolViolation(
                f'bind message supplies {len(values)} parameters, but prepared statement "{statement}" requires '
                f"{len(prepared.parameter_types)}"
            )
        if portal and portal in self.portals:
            raise errors.DuplicatePortal(f'portal "{portal}" already exists')
        decoders = prepared.decoders(parameter_formats, self.codecs)
        parameters = [None if value is None else decode(value) for decode, value in zip(decoders, values, strict=True)]
        self.portals[portal] = Portal(portal, prepared, parameters, prepared.result_formats(result_formats))

    def describe_statement(self, name: str) -> StatementDescription:
        """Parameter types and result columns of a statement."""
        prepared = self.statement(name)
        return StatementDescription(tuple(known.oid for known in prepared.parameter_types), prepared.columns)

    def portal(self, name: str) -> Portal:
        """The portal of that name. Raises `UndefinedPortal`."""
        portal = self.portals.get(name)
        if portal is None:
            raise errors.UndefinedPortal(f'portal "{name}" does not exist')
        return portal

    def execute(self, name: str) -> Result | Awaitable[Result]:
        """Run a portal for the first time."""
        portal = self.portal(name)
        self.current_statement = portal.prepared.key.text
        return self._run(portal.prepared, portal.parameters)

    def close_statement(self, name: str) -> None:
        """Forget a statement; it is no error if there is none."""
        self.statements.pop(name, None)

    def close_portal(self, name: str) -> None:
        """Forget a portal; it is no error if there is none."""
        self.portals.pop(name, None)

    # Running.

    def _run(self, prepared: Prepared, parameters: Sequence[object]) -> Result | Awaitable[Result]:
        """Run under the session's time limits and the block's rules."""
        result = self.database.executor.run(self, prepared, parameters)
        if inspect.isawaitable(result):
            timeout_ms = milliseconds_of(self.settings.get("statement_timeout"))
            return self._within(result, timeout_ms / 1000) if timeout_ms else result
        return result

    async def _within(self, result: Awaitable[Result], timeout_s: float) -> Result:
        try:
            async with asyncio.timeout(timeout_s):
                return await result
        except TimeoutError:
            raise errors.QueryCanceled("canceling statement due to statement timeout") from None

    def finish(self) -> Commit | Awaitable[None] | None:
        """The implicit transaction ends: at Sync, and after the last statement of a Query message."""
        return self.end_transaction(commit=True) if self.block.status == "I" else None

    def end_transaction(self, *, commit: bool) -> Commit | Awaitable[None] | None:
        """COMMIT or ROLLBACK, explicit or not: what there is to wait for before the client may be told."""
        self.portals.clear()
        follow_ups, self._after_commit = self._after_commit, []
        try:
            done = self.block.commit() if commit else self.block.rollback()
        except BaseException:
            self.settings.end(committed=False)
            raise
        self.settings.end(committed=commit)
        if commit and follow_ups:
            return self._follow_up(done, follow_ups)
        if done is not None and self.settings.get("synchronous_commit") == "off":
            return None
        return done

    def after_commit(self, follow_up: Callable[[], Awaitable[None]]) -> None:
        """Have `follow_up` run once the transaction in progress is durable, before the client is told so."""
        self._after_commit.append(follow_up)

    async def _follow_up(self, done: Commit | None, follow_ups: list[Callable[[], Awaitable[None]]]) -> None:
        if done is not None:
            await wait_for_commit(done)
        for follow_up in follow_ups:
            await follow_up()

    def fail(self, _error: BaseException) -> None:
        """A statement failed: its transaction is over, or its block is marked."""
        self.block.fail()
        self._after_commit.clear()
        if self.block.status == "I":
            self.portals.clear()
            self.settings.end(committed=False)

    async def close(self) -> None:
        """The client has gone: whatever was not committed is forgotten."""
        self.block.rollback()
        self.portals.clear()
        self.statements.clear()
        self.database.disconnected(self)
