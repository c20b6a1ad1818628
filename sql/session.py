"""One client's conversation: settings, transaction, prepared statements and portals.

The protocol's messages arrive here as method calls. A method that has nothing to wait for is a plain function that
gives its result; where a statement must wait, an awaitable comes back instead, and nothing else is called until it is
done.
"""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sql import errors
from sql.binding.context import BindContext
from sql.block import TransactionBlock
from sql.clock import now_us
from sql.dialect import parse_script
from sql.executor import ends_block, execute
from sql.prepared import Portal, Prepared, StatementDescription
from sql.relations.functions import CATALOG_FUNCTIONS
from sql.resolve import effective_search_path, require_use
from sql.result import Notice
from sql.settings import SessionSettings, milliseconds_of
from sql.statements import ParsedStatement
from sql.waiting import wait_for_commit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from sql.database import Database
    from sql.result import Result, ResultColumn
    from storage.catalog import Catalog, Role
    from storage.engine import Commit
    from storage.types import SqlType

EMPTY_STATEMENT = ParsedStatement(None, "", 0)
QUIETER = {"warning": ("NOTICE",), "error": ("NOTICE", "WARNING")}
"""Severities that a client_min_messages keeps from the client."""
LONG_STATEMENT_BYTES = 65_536
"""A longer text is parsed in a worker, so that the loop goes on."""


@dataclass(frozen=True, slots=True)
class Client:
    """Where a client connects from: an address and port, or nothing for a Unix socket."""

    host: str | None = None
    port: int | None = None


class Session:
    """A client that has logged in. Lives on the event loop's thread."""

    def __init__(self, database: Database, role: Role, pid: int, client: Client, start: Mapping[str, str]) -> None:
        self.database = database
        self.role = role
        self.pid = pid
        self.client = client
        self.settings = SessionSettings(
            {**start, "session_authorization": role.name, "is_superuser": "on" if role.superuser else "off"}
        )
        self.block = TransactionBlock(database.storage)
        self.statements: dict[str, Prepared] = {}
        self.portals: dict[str, Portal] = {}
        self.codecs = database.codecs(self.settings.get("timezone"))
        self.current_statement = ""
        self.connected_us = self.statement_start_us = self.state_changed_us = now_us()
        self.running = False
        """Whether a statement runs, or its result is being read."""
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
        if severity not in QUIETER.get(self.settings.get("client_min_messages"), ()):
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
            self.codecs = self.database.codecs(self.settings.get("timezone"))
        return changes

    def take_notifications(self) -> list[tuple[int, str, str]]:
        """Notifications (process id, channel, payload) for this client: none until LISTEN is there."""
        return []

    @property
    def search_path(self) -> tuple[str, ...]:
        """The namespaces where a name without one is looked for and made, those that exist."""
        return effective_search_path(self.settings.get("search_path"), self.role.name, self.catalog)

    def bind_context(self, declared: Sequence[SqlType | None]) -> BindContext:
        """Under what a statement of this session is bound."""
        return BindContext(
            catalog=self.catalog,
            search_path=self.search_path,
            relations=self.database.relations,
            functions=CATALOG_FUNCTIONS,
            parameter_types=tuple(declared),
            may_read=partial(require_use, self),
            codecs=self.codecs,
        )

    def current_schemas(self, *, implicit: bool) -> tuple[str, ...]:
        """What current_schemas() says: the search path, with pg_catalog first where it is searched implicitly."""
        path = self.search_path
        return ("pg_catalog", *path) if implicit and "pg_catalog" not in path else path

    def initial_parameters(self) -> list[tuple[str, str]]:
        """Name and value of every reported setting."""
        return self.settings.reported()

    # Simple query.

    def parse_script(self, text: str) -> list[ParsedStatement] | Awaitable[list[ParsedStatement]]:
        """The statements of a Query message. Raises `SqlSyntaxError`."""
        if len(text) > LONG_STATEMENT_BYTES:
            return asyncio.get_running_loop().run_in_executor(None, parse_script, text)
        return parse_script(text)

    def run_script_statement(self, statement: ParsedStatement, _last: bool) -> Result | Awaitable[Result]:
        """Plan and run one statement of a script."""
        self.current_statement = statement.text
        if self.block.status == "E" and not ends_block(statement.tree):
            raise errors.InFailedTransaction
        prepared = self.database.cached(self, statement.text) or self.database.prepare(self, statement, ())
        if prepared.parameter_types:
            raise errors.UndefinedParameter("there is no parameter $1")
        return self.run(prepared, ())

    # Extended query.

    def parse(self, name: str, text: str, parameter_oids: tuple[int, ...]) -> Awaitable[None] | None:
        """Prepare a statement under a name; the empty name is free to be taken again."""
        if name and name in self.statements:
            raise errors.DuplicatePreparedStatement(f'prepared statement "{name}" already exists')
        cached = None if self.block.status == "E" else self.database.cached(self, text, parameter_oids)
        if cached is not None:
            self.statements[name] = cached
            return None
        if len(text) > LONG_STATEMENT_BYTES:
            return self._parse_in_worker(name, text, parameter_oids)
        self._prepare(name, text, parse_script(text), parameter_oids)
        return None

    async def _parse_in_worker(self, name: str, text: str, parameter_oids: tuple[int, ...]) -> None:
        parsed = await asyncio.get_running_loop().run_in_executor(None, parse_script, text)
        self._prepare(name, text, parsed, parameter_oids)

    def _prepare(
        self, name: str, text: str, parsed: Sequence[ParsedStatement], parameter_oids: tuple[int, ...]
    ) -> None:
        if len(parsed) > 1:
            raise errors.SqlSyntaxError("cannot insert multiple commands into a prepared statement")
        statement = parsed[0] if parsed else EMPTY_STATEMENT
        if self.block.status == "E" and not ends_block(statement.tree):
            raise errors.InFailedTransaction
        self.statements[name] = self.database.prepare(self, statement, parameter_oids, text)

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

    def describe_portal(self, name: str) -> tuple[tuple[ResultColumn, ...] | None, tuple[int, ...]]:
        """Result columns of a portal, and their formats."""
        portal = self.portal(name)
        return portal.columns, portal.result_formats

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
        return self.run(portal.prepared, portal.parameters)

    def close_statement(self, name: str) -> None:
        """Forget a statement; it is no error if there is none."""
        self.statements.pop(name, None)

    def close_portal(self, name: str) -> None:
        """Forget a portal; it is no error if there is none."""
        self.portals.pop(name, None)

    # Running.

    def run(self, prepared: Prepared, parameters: Sequence[object]) -> Result | Awaitable[Result]:
        """Run a planned statement within the session's time limits."""
        self.statement_start_us = self.state_changed_us = now_us()
        self.running = True
        result = execute(self, prepared, parameters)
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
        self.running = False
        self.state_changed_us = now_us()
        block = self.block
        if block.status != "I":
            return None
        if block.transaction is None and not self._after_commit and not self.settings.is_changed:
            # What a look-up needs: it is worth a shorter way.
            self.portals.clear()
            block.forget_time()
            return None
        return self.end_transaction(commit=True)

    def end_transaction(self, *, commit: bool) -> Commit | Awaitable[None] | None:
        """COMMIT or ROLLBACK, explicit or not: what there is to wait for before the client may be told."""
        self.portals.clear()
        follow_ups, self._after_commit = self._after_commit, []
        try:
            if commit:
                done = self.block.commit()
            else:
                done = None
                self.block.rollback()
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
