"""One client's state: what its statements read and change while they are planned and run."""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.backends import Backend
from sql.binding.context import BindContext, Interruption
from sql.block import ISOLATION_LEVELS, Characteristics, TransactionBlock
from sql.clock import now_us
from sql.cursors import SessionCursors
from sql.errors import InvalidAuthorization, UndefinedObject
from sql.notifications import SessionNotifications
from sql.prepared import PlanBasis
from sql.privileges import reader, reader_named
from sql.relations.context import SessionInfo
from sql.relations.functions import CATALOG_FUNCTIONS
from sql.result import Notice
from sql.sequence_names import usable_sequence
from sql.session_names import SessionNames
from sql.session_roles import SessionRoles
from sql.settings import SessionSettings
from sql.types import Codecs
from sql.types.object_name import names_objects
from sql.waiting import wait_for_commit
from storage.catalog import SYSTEM_NAMESPACES
from storage.engine import Commit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Self

    from sqlglot import exp

    from jobs.permissions import Actor
    from sql.acting_role import ActingRole
    from sql.binding.parts import StatementParts
    from sql.prepared import Portal, Prepared
    from sql.settings import Values
    from sql.shared import Shared
    from storage.catalog import Catalog
    from storage.catalog_entries import Role, SequenceGenerator
    from storage.types import SqlType

    FollowUp = Callable[[], Awaitable[None]]

QUIETER: Final = {"warning": ("NOTICE",), "error": ("NOTICE", "WARNING")}
"""Severities that a client_min_messages keeps from the client."""
_ACTIVITIES: Final = {"I": "idle", "T": "idle in transaction", "E": "idle in transaction (aborted)"}


class Client(Struct, frozen=True):
    """Where a client connects from: an address and port, or nothing for a Unix socket."""

    host: str | None = None
    port: int | None = None


class SessionState:
    """The settings, transaction, prepared statements and portals of a client that has logged in."""

    test_deferred: FollowUp
    """Tests the deferred constraints of the transaction in progress. Set by the session, since it runs queries."""

    def __init__(self, shared: Shared, role: Role, pid: int, client: Client, start: Mapping[str, str]) -> None:
        self.shared = shared
        self.pid = pid
        self.client = client
        self.settings = SessionSettings(
            {**start, "session_authorization": role.name, "is_superuser": "on" if role.superuser else "off"}
        )
        self.roles = SessionRoles(role, self.settings)
        self.locks = shared.storage.lock_party()
        """As which its transactions wait, and what it holds beyond them: advisory locks."""
        self.backend = Backend(role, self.locks)
        self.block = TransactionBlock(shared.storage, self.default_characteristics, self.locks)
        self.statements: dict[str, Prepared] = {}
        self.portals: dict[str, Portal] = {}
        self.cursors = SessionCursors()
        self._codecs = shared.codecs(self.settings)
        self._settings_of_codecs = self.settings.values
        self._names = SessionNames(self._view_of_names, shared.relations)
        self._named_codecs: tuple[Codecs, Codecs] | None = None
        """The codecs in force, and the same with names."""
        self.parts: StatementParts | None = None
        """Of the statement that is planned, if that is one in parts."""
        self.interruption = Interruption()
        """Of the planning of a statement: only that of a copy is ever set."""
        self.current_statement = ""
        """The text of the statement that runs, or of the last one that ran."""
        self.connected_us = self.statement_start_us = self.state_changed_us = now_us()
        self.waits_for: str | None = None
        """What kind of lock a statement waits for, or what else: pg_stat_activity's wait_event."""
        self.running = False
        """Whether a statement runs, or its result is being read."""
        self.notices: list[Notice] = []
        """What the client has yet to be told beside results."""
        self.left_behind: tuple[str, str | None] | None = None
        """Detail and hint for the error of a statement that was stopped while it waited for what goes on without it."""
        self.unseen: Commit | None = None
        """The last commit that the client was told of before it was durable: nobody sees its rows before that."""
        self.follow_ups: list[FollowUp] = []
        """What is to be done once the transaction in progress is durable."""
        self.notifications = SessionNotifications(shared.notifications, pid, self._listener)
        self._defaults: tuple[Values, Characteristics] | None = None
        self._basis: tuple[Values, Role | None, PlanBasis] | None = None

    @property
    def catalog(self) -> Catalog:
        """The catalog as the current transaction sees it."""
        return self.block.catalog

    @property
    def codecs(self) -> Codecs:
        """How values are read and written under the settings in force."""
        values = self.settings.values
        if values is not self._settings_of_codecs:
            self._codecs, self._settings_of_codecs = self.shared.codecs(self.settings), values
        return self._codecs

    def codecs_for(self, types: Iterable[SqlType]) -> Codecs:
        """Those for values of these types: names of catalog objects mean something to this session alone."""
        codecs = self.codecs
        if not names_objects(types):
            return codecs
        named = self._named_codecs
        if named is None or named[0] is not codecs:
            naming = Codecs(codecs.time_zone, codecs.extra_float_digits, names=self._names)
            named = self._named_codecs = (codecs, naming)
        return named[1]

    def _view_of_names(self) -> tuple[Catalog, tuple[str, ...]]:
        return self.catalog, self.current_schemas(implicit=True)

    @property
    def role(self) -> ActingRole:
        """The role that statements act as. Raises `InvalidAuthorization` once it has been dropped."""
        return self.roles.current(self.block.catalog)

    @property
    def actor(self) -> Actor:
        """Who the session is to the job manager."""
        return self.role

    def _listener(self) -> Actor | None:
        """Who hears of jobs."""
        try:
            return self.role
        except InvalidAuthorization:
            return None

    def role_to_become(self, name: str) -> Role:
        """The role of that name, if the session may act as it. Raises `UndefinedObject`, `InsufficientPrivilege`."""
        role = self.catalog.role(name)
        if role is None:
            raise UndefinedObject(f'role "{name}" does not exist')
        self.roles.require_may_become(self.catalog, role)
        return role

    @property
    def plan_basis(self) -> PlanBasis:
        """With what a statement is planned now."""
        known, values, as_user = self._basis, self.settings.values, self.roles.as_user
        if known is not None and known[0] is values and known[1] is as_user:
            return known[2]
        basis = PlanBasis(values.get("search_path"), values.get("timezone"), self.roles.current_oid)
        self._basis = (values, as_user, basis)
        return basis

    @property
    def search_path(self) -> tuple[str, ...]:
        """The namespaces where a name without one is looked for and made: those of the setting that exist."""
        catalog = self.catalog
        names = (part.strip().strip('"') for part in self.settings.get("search_path").split(","))
        resolved = (self.role.name if name == "$user" else name for name in names)
        return tuple(name for name in resolved if catalog.namespace(name) is not None or name in SYSTEM_NAMESPACES)

    def current_schemas(self, *, implicit: bool) -> tuple[str, ...]:
        """What current_schemas() says: the search path, with pg_catalog first where it is searched implicitly."""
        path = self.search_path
        return ("pg_catalog", *path) if implicit and "pg_catalog" not in path else path

    def bind_context(self, declared: Sequence[SqlType | None]) -> BindContext:
        """Under what a statement of this session is bound."""
        return BindContext(
            catalog=self.catalog,
            search_path=self.search_path,
            relations=self.shared.relations,
            functions=CATALOG_FUNCTIONS,
            parameter_types=tuple(declared),
            may_read=reader(self.catalog, self.role),
            may_read_as=partial(reader_named, self.catalog),
            codecs=self.codecs,
            reads_rows_of_all=self.role.reads_rows_of_all,
            sequence_of=self.sequence_of,
            parts=self.parts,
            interruption=self.interruption,
        )

    def for_planning(self) -> Self:
        """The state as it is now, for a worker to plan a statement with, whatever the session goes on to do."""
        other = copy(self)
        other.block, other.settings = copy(self.block), copy(self.settings)
        other.roles = self.roles.under(other.settings)
        other.interruption = Interruption()
        return other

    @contextmanager
    def planning_in_parts(self, parts: StatementParts) -> Iterator[None]:
        """What is planned meanwhile are parts of one statement."""
        self.parts = parts
        try:
            yield
        finally:
            self.parts = None

    def sequence_of(self, argument: exp.Expr) -> SequenceGenerator | None:
        """The sequence that an argument of nextval() names; `None` where it is no constant. Raises `SqlError`."""
        return usable_sequence(self.catalog, self.search_path, self.role, argument)

    def notice(self, message: str, severity: str = "NOTICE", sqlstate: str = "00000", **fields: str) -> None:
        """Tell the client something beside the result."""
        if severity not in QUIETER.get(self.settings.get("client_min_messages"), ()):
            self.notices.append(Notice(message, severity, sqlstate, **fields))

    def info(self) -> SessionInfo:
        """What the server's activity shows of this session."""
        return SessionInfo(
            pid=self.pid,
            role_oid=self.roles.login.oid,
            role_name=self.roles.login.name,
            application_name=self.settings.get("application_name"),
            state="active" if self.running else _ACTIVITIES[self.block.status],
            query=self.current_statement,
            connected_at=self.connected_us,
            state_changed_at=self.state_changed_us,
            transaction_started_at=self.block.started_us,
            statement_started_at=self.statement_start_us if self.running else None,
            client_addr=self.client.host,
            client_port=self.client.port,
            isolation=self.block.characteristics.isolation,
            read_only=self.block.characteristics.read_only,
            waits_for=self.waits_for,
        )

    # The end of a transaction.

    @property
    def misses_own_rows(self) -> bool:
        """Whether it would not see what it has written (synchronous_commit = off): a statement has to wait for that."""
        if self.unseen is not None and self.unseen.done:
            self.unseen = None
        return self.unseen is not None

    def after_commit(self, follow_up: FollowUp) -> None:
        """Have `follow_up` run once the transaction in progress is durable, before the client is told so."""
        self.follow_ups.append(follow_up)

    def default_characteristics(self) -> Characteristics:
        """How a transaction is begun of which nothing is said: as the session's settings have it."""
        values = self.settings.values
        known = self._defaults
        if known is None or known[0] is not values:
            isolation = ISOLATION_LEVELS[values.get("default_transaction_isolation")]
            read_only, deferrable = (
                values.get(f"default_transaction_{name}") == "on" for name in ("read_only", "deferrable")
            )
            defaults = Characteristics(isolation, read_only, deferrable)
            known = self._defaults = (values, defaults)
        return known[1]

    def end_transaction(self, *, commit: bool) -> Commit | Awaitable[None] | None:
        """COMMIT or ROLLBACK, explicit or not: what there is to wait for before the client may be told."""
        if commit and self.prepares_commit:
            return self._prepare_and_commit()
        self.portals.clear()
        self.cursors.end_transaction()
        follow_ups, self.follow_ups = self.follow_ups, []
        if not commit:
            self.notifications.rollback()
        elif self.notifications.is_pending:
            follow_ups = [*follow_ups, self._notify]
        transaction = self.block.transaction
        defines = transaction is not None and transaction.catalog_change is not None
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
            return _follow_up(done, follow_ups)
        if done is not None and not defines and self.settings.get("synchronous_commit") == "off":
            self.unseen = done
            return None
        return done

    @property
    def prepares_commit(self) -> bool:
        """Whether there is anything to do before a commit."""
        return self.block.deferred.is_pending or bool(self.cursors.to_hold())

    async def prepare_commit(self) -> None:
        """Test what was deferred; cursors WITH HOLD read what is left. Where that fails it is rolled back."""
        try:
            if self.block.deferred.is_pending:
                await self.test_deferred()
            for cursor in self.cursors.to_hold():
                await cursor.hold()
        except BaseException:
            self.end_transaction(commit=False)
            raise

    async def _prepare_and_commit(self) -> None:
        await self.prepare_commit()
        done = self.end_transaction(commit=True)
        if isinstance(done, Commit):
            await wait_for_commit(done)
        elif done is not None:
            await done

    async def _notify(self) -> None:
        self.notifications.commit()


async def _follow_up(done: Commit | None, follow_ups: Sequence[FollowUp]) -> None:
    if done is not None:
        await wait_for_commit(done)
    for follow_up in follow_ups:
        await follow_up()
