"""One client's conversation with its database.

The protocol's messages arrive here as method calls. A method that has nothing to wait for is a plain function that
gives its result; where a statement must wait, an awaitable comes back instead, and nothing else is called until it is
done.
"""

from __future__ import annotations

import asyncio
import inspect
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from sql import errors
from sql.clock import now_us
from sql.dialect import parse_script
from sql.executor import ends_block, execute
from sql.foreign_keys.deferred import test_deferred
from sql.long_statements import is_long, needs_renewal, parse_in_worker, plan_in_worker, renew, takes_worker
from sql.point_runs import PointRun, may_run_at_once
from sql.point_texts import PointTexts
from sql.prepared import Portal, StatementDescription, decoded
from sql.preparing import cached, current_statement, prepare
from sql.result import Command, Rows
from sql.session_state import SessionState
from sql.session_statements import begin
from sql.settings import milliseconds_of
from sql.statements import Begin, ParsedStatement
from sql.time_limit import limited, until, within
from storage.engine import Commit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from sql.prepared import Prepared
    from sql.result import Notice, Result, ResultColumn
    from sql.session_state import Client
    from sql.shared import Shared
    from sql.statements import Commit as CommitStatement
    from sql.types import Codecs
    from storage.catalog_entries import Role

T = TypeVar("T")

EMPTY_STATEMENT = ParsedStatement(None, "", 0)
AT_ONCE = frozenset((Command, Rows))
"""Results that are there when they are given."""
MANY_PARAMETERS = 5_000
MANY_PARAMETER_BYTES = 16_384
"""So many, and more, are decoded in a worker: an element of an array takes a microsecond or two."""


class Session(SessionState):
    """A client that has logged in. Lives on the event loop's thread."""

    def __init__(self, shared: Shared, role: Role, pid: int, client: Client, start: Mapping[str, str]) -> None:
        super().__init__(shared, role, pid, client, start)
        self.test_deferred = partial(test_deferred, self)
        self._point_texts = PointTexts()
        self._begun_s: float | None = None
        """When the statement in hand began to be parsed or planned in a worker, by the loop's time."""

    # What the connection asks for between messages.

    @property
    def transaction_status(self) -> str:
        """`I`, `T` or `E`, as ReadyForQuery has it."""
        return self.block.status

    def take_notices(self) -> list[Notice]:
        """The notices since this was last asked."""
        if not self.notices:
            return []
        notices, self.notices = self.notices, []
        return notices

    def take_parameter_changes(self) -> list[tuple[str, str]]:
        """Name and value of each reported setting that changed."""
        return self.settings.take_changes()

    def take_notifications(self) -> list[tuple[int, str, str]]:
        """Notifications (process id, channel, payload) that wait for this client."""
        return self.notifications.mailbox.take()

    def initial_parameters(self) -> list[tuple[str, str]]:
        """Name and value of every reported setting."""
        return self.settings.reported()

    # Simple query.

    def parse_script(self, text: str) -> list[ParsedStatement] | Awaitable[list[ParsedStatement]]:
        """The statements of a Query message. Raises `SqlSyntaxError`."""
        return self._in_time(text, parse_in_worker(text)) if is_long(text) else parse_script(text)

    def run_script_statement(self, statement: ParsedStatement) -> Result | Awaitable[Result]:
        """Plan and run one statement of a script."""
        self.current_statement = statement.text
        if self.block.status == "E" and not ends_block(statement.tree):
            raise errors.InFailedTransaction
        prepared = cached(self, statement.text)
        if prepared is None and takes_worker(self, statement):
            return self._plan_in_worker_and_run(statement)
        return self._run_alone(prepared or prepare(self, statement, ()))

    async def _plan_in_worker_and_run(self, statement: ParsedStatement) -> Result:
        prepared = await self._in_time(statement.text, plan_in_worker(self, statement, ()))
        result = self._run_alone(prepared)
        return await result if inspect.isawaitable(result) else result

    async def _in_time(self, text: str, work: Awaitable[T]) -> T:
        """What comes of parsing or planning a text, which is a part of running it. Raises `QueryCanceled`."""
        if self._begun_s is None:
            self._begun_s = asyncio.get_running_loop().time()
            self.current_statement = text
            self.statement_start_us = self.state_changed_us = now_us()
            self.running = True
        limit_s = milliseconds_of(self.settings.get("statement_timeout")) / 1000
        return await (until(work, self._begun_s + limit_s) if limit_s else work)

    def _run_alone(self, prepared: Prepared) -> Result | Awaitable[Result]:
        if prepared.parameter_types:
            raise errors.UndefinedParameter("there is no parameter $1")
        return self._run(prepared, ())

    # Extended query.

    def parse(self, name: str, text: str, parameter_oids: tuple[int, ...]) -> Awaitable[None] | None:
        """Prepare a statement under a name; the empty name is free to be taken again."""
        if name and name in self.statements:
            raise errors.DuplicatePreparedStatement(f'prepared statement "{name}" already exists')
        prepared = None if self.block.status == "E" else cached(self, text, parameter_oids)
        if prepared is not None:
            self.statements[name] = prepared
            return None
        if is_long(text):
            return self._parse_in_worker(name, text, parameter_oids)
        statement = self._only_statement(parse_script(text))
        if takes_worker(self, statement):
            return self._plan_in_worker(name, statement, text, parameter_oids)
        self.statements[name] = prepare(self, statement, parameter_oids, text)
        return None

    async def _parse_in_worker(self, name: str, text: str, parameter_oids: tuple[int, ...]) -> None:
        statement = self._only_statement(await self._in_time(text, parse_in_worker(text)))
        await self._plan_in_worker(name, statement, text, parameter_oids)

    async def _plan_in_worker(
        self, name: str, statement: ParsedStatement, text: str, parameter_oids: tuple[int, ...]
    ) -> None:
        if takes_worker(self, statement):
            planning = plan_in_worker(self, statement, parameter_oids, text)
            self.statements[name] = await self._in_time(text, planning)
        else:
            self.statements[name] = prepare(self, statement, parameter_oids, text)

    def _only_statement(self, parsed: Sequence[ParsedStatement]) -> ParsedStatement:
        if len(parsed) > 1:
            raise errors.SqlSyntaxError("cannot insert multiple commands into a prepared statement")
        statement = parsed[0] if parsed else EMPTY_STATEMENT
        if self.block.status == "E" and not ends_block(statement.tree):
            raise errors.InFailedTransaction
        return statement

    def bind(
        self,
        portal: str,
        statement: str,
        parameter_formats: tuple[int, ...],
        values: tuple[bytes | None, ...],
        result_formats: tuple[int, ...],
    ) -> Awaitable[None] | None:
        """Make a portal of a statement and its parameters."""
        if needs_renewal(self, statement):
            bind = partial(self.bind, portal, statement, parameter_formats, values, result_formats)
            return self._renew_and_bind(statement, bind)
        prepared = current_statement(self, statement)
        if len(values) != len(prepared.parameter_types):
            raise errors.ProtocolViolation(
                f'bind message supplies {len(values)} parameters, but prepared statement "{statement}" requires '
                f"{len(prepared.parameter_types)}"
            )
        if portal and portal in self.portals:
            raise errors.DuplicatePortal(f'portal "{portal}" already exists')
        codecs = self.codecs_for(prepared.parameter_types) if prepared.names_objects else self.codecs
        made = Portal(portal, prepared, (), prepared.result_formats(result_formats))
        if len(values) >= MANY_PARAMETERS or sum(map(len, filter(None, values))) >= MANY_PARAMETER_BYTES:
            decoding = self._bind_in_worker(made, parameter_formats, codecs, values)
            return self._in_time(prepared.key.text, decoding)
        made.parameters = decoded(prepared.decoders(parameter_formats, codecs), values)
        self.portals[portal] = made
        return None

    async def _renew_and_bind(self, statement: str, bind: Callable[[], Awaitable[None] | None]) -> None:
        await self._renew(statement)
        binding = bind()
        if binding is not None:
            await binding

    async def _renew(self, statement: str) -> None:
        await self._in_time(self.statements[statement].key.text, renew(self, statement))

    async def _bind_in_worker(
        self, portal: Portal, formats: tuple[int, ...], codecs: Codecs, values: tuple[bytes | None, ...]
    ) -> None:
        in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
        decoders = await in_worker(portal.prepared.decoders, formats, codecs)
        portal.parameters = await in_worker(decoded, decoders, values)
        self.portals[portal.name] = portal

    def describe_statement(self, name: str) -> StatementDescription | Awaitable[StatementDescription]:
        """Parameter types and result columns of a statement."""
        return self._renew_and_describe(name) if needs_renewal(self, name) else self._description(name)

    async def _renew_and_describe(self, name: str) -> StatementDescription:
        await self._renew(name)
        return self._description(name)

    def _description(self, name: str) -> StatementDescription:
        prepared = current_statement(self, name)
        return StatementDescription(tuple(known.oid for known in prepared.parameter_types), prepared.columns)

    def describe_portal(self, name: str) -> tuple[tuple[ResultColumn, ...] | None, tuple[int, ...]]:
        """Result columns of a portal, and their formats."""
        cursor = self.cursors.get(name) if name not in self.portals else None
        if cursor is not None:
            return cursor.columns, (int(cursor.is_binary),) * len(cursor.columns)
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
        return self._run(portal.prepared, portal.parameters)

    def close_statement(self, name: str) -> None:
        """Forget a statement; it is no error if there is none."""
        self.statements.pop(name, None)

    def close_portal(self, name: str) -> None:
        """Forget a portal; it is no error if there is none."""
        self.portals.pop(name, None)

    # Running.

    def point(
        self, statement: str, parameter_formats: tuple[int, ...], result_formats: tuple[int, ...]
    ) -> PointRun | None:
        """How a prepared statement is run at once with values in these formats; `None` where it cannot be."""
        prepared = self.statements.get(statement)
        if prepared is None or not may_run_at_once(self, prepared):
            return None
        try:
            decoders = prepared.decoders(parameter_formats, self.codecs)
            return PointRun(self, prepared, decoders, prepared.result_formats(result_formats))
        except errors.SqlError:
            # Binding it meets the same and tells.
            return None

    def point_of_text(self, text: str) -> tuple[PointRun, Sequence[str]] | None:
        """The same for a text that the client sends to be run, with its values."""
        return self._point_texts.find(self, text)

    def run_point(
        self, point: PointRun, values: Sequence[bytes | None] | Sequence[str], text: str
    ) -> tuple[Command | Rows, Commit | None] | None:
        """Bind and execute a compiled statement and, outside a transaction block, commit it: all in one. It holds.

        `None` where it has to go step by step, because something is wrong, locked or to be read first: then nothing has
        been done. Raises what COMMIT raises.
        """
        block = self.block
        if point.boundary is not None:
            return self._run_boundary(point.boundary, text)
        is_alone = block.status == "I"
        if is_alone and (block.transaction is not None or self.settings.is_changed):
            return None
        if self.misses_own_rows and not (is_alone and point.only_inserts):
            return None
        self.current_statement = text
        self.statement_start_us = self.state_changed_us = now_us()
        run = point.run
        assert run is not None, "it is a boundary otherwise"
        commit = None
        try:
            parameters = [
                None if value is None else decode(value) for decode, value in zip(point.decoders, values, strict=True)
            ]
            if is_alone:
                # Nothing was SET and nothing follows: the block's commit is all there is to the transaction's end.
                result, commit = block.run_alone(run, parameters)
            else:
                result = block.run_inside(run, parameters)
        except Exception:  # noqa: BLE001 - whatever it is, the same statement step by step meets it again and tells.
            return None
        self.portals.pop("", None)
        if point.waits_for_commit or commit is None:
            return result, commit
        self.unseen = commit
        return result, None

    def _run_boundary(self, statement: Begin | CommitStatement, text: str) -> tuple[Command, Commit | None] | None:
        """BEGIN, or the COMMIT of a block that has changed nothing but rows and definitions."""
        block = self.block
        if isinstance(statement, Begin):
            if block.status != "I" or block.transaction is not None or self.settings.is_changed:
                return None
            command: Command = begin(statement, self)
            done: Commit | Awaitable[None] | None = None
        else:
            has_news = self.notifications.is_pending or not self.notifications.mailbox.is_empty
            nothing_else = not (self.follow_ups or has_news or self.cursors.is_any_open or block.deferred.is_pending)
            if block.status != "T" or self.settings.is_changed or not nothing_else:
                return None
            command, done = Command("COMMIT"), self.end_transaction(commit=True)
        self.current_statement = text
        self.statement_start_us = self.state_changed_us = now_us()
        assert done is None or isinstance(done, Commit), "nothing else follows"
        return command, done

    def _run(self, prepared: Prepared, parameters: Sequence[object]) -> Result | Awaitable[Result]:
        """Run a planned statement within the session's time limits."""
        begun_s, self._begun_s = self._begun_s, None
        if begun_s is None:
            self.statement_start_us = self.state_changed_us = now_us()
            self.running = True
        result = execute(self, prepared, parameters)
        if type(result) in AT_ONCE:
            return result
        limit = self.settings.get("statement_timeout")
        if limit == "0":
            return result
        deadline_s = (begun_s or asyncio.get_running_loop().time()) + milliseconds_of(limit) / 1000
        return within(result, deadline_s) if inspect.isawaitable(result) else limited(result, deadline_s)

    def finish(self) -> Commit | Awaitable[None] | None:
        """The implicit transaction ends: at Sync, and after the last statement of a Query message."""
        self.running = False
        self._begun_s = None
        self.state_changed_us = now_us()
        block = self.block
        block.spans_statements = False
        if block.status != "I":
            return None
        nothing_follows = not self.follow_ups and not self.notifications.is_pending and not self.cursors.to_hold()
        if block.transaction is None and nothing_follows and not self.settings.is_changed:
            # What a look-up needs: it is worth a shorter way.
            self.portals.clear()
            block.forget_time()
            return None
        return self.end_transaction(commit=True)

    def fail(self, error: BaseException) -> None:
        """A statement failed: its transaction is over, or its block is marked."""
        left_behind, self.left_behind = self.left_behind, None
        if left_behind is not None and isinstance(error, errors.QueryCanceled):
            error.detail, error.hint = left_behind
        self.block.fail()
        if self.block.has_savepoints:
            # What came before the last one may still be committed: ROLLBACK TO takes back the rest.
            return
        self.follow_ups.clear()
        self.notifications.rollback()
        self.cursors.end_transaction()
        if self.block.status == "I":
            self.portals.clear()
            self.settings.end(committed=False)

    async def close(self) -> None:
        """The client has gone: whatever was not committed is forgotten."""
        self.block.rollback()
        self.locks.release_all()
        self.portals.clear()
        self.statements.clear()
        self.cursors.close_all()
        self.notifications.close()
        self.shared.sessions.pop(self.pid, None)
        self.shared.backends.pop(self.pid, None)
