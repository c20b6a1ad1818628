"""What all sessions share: storage, jobs, the query engine, the system relations, and the plans made so far."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from sql import errors
from sql.compiled import compile_plan
from sql.plan import InsertValues, KeyDelete, KeyLookup, KeyUpdate, parameter_types_of
from sql.planner import plan_statement, result_columns
from sql.prepared import PlanKey, Prepared
from sql.session import Session
from sql.settings import checked_start
from sql.types import Codecs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobs.manager import JobManager
    from sql.engine import Engine
    from sql.relations import Relations
    from sql.session import Client
    from sql.statements import ParsedStatement
    from storage.engine import Storage

DATABASE_NAME = "siltdb"
CACHED_PLANS = 1024
LONGEST_CACHED_TEXT = 8192
"""Characters: longer texts are seldom sent twice, and cost memory."""


class Database:
    """The one database of a server. Lives on the event loop's thread."""

    def __init__(
        self,
        storage: Storage,
        jobs: JobManager,
        engine: Engine,
        relations: Relations,
        make_verifier: Callable[[str], str],
        *,
        synchronous_commit: bool = True,
    ) -> None:
        self.storage = storage
        self.jobs = jobs
        self.engine = engine
        self.relations = relations
        self.make_verifier = make_verifier
        self.sessions: dict[int, Session] = {}
        self._synchronous_commit = synchronous_commit
        self._codecs: dict[str, Codecs] = {}
        self._plans: OrderedDict[PlanKey, Prepared] = OrderedDict()

    def authenticate_lookup(self, user: str) -> str | None:
        """The SCRAM verifier of a role that may log in; `None` if there is no such role, or no password for it."""
        role = self.storage.catalog.role(user)
        return role.verifier if role is not None and role.login else None

    def connect(self, user: str, dbname: str, options: Mapping[str, str], pid: int, client: Client) -> Session:
        """A session for a client that has proved who it is.

        Raises `UndefinedDatabase`, `InvalidAuthorization`, and what bad start-up options raise.
        """
        role = self.storage.catalog.role(user)
        if role is None:
            raise errors.InvalidAuthorization(f'role "{user}" does not exist')
        if not role.login:
            raise errors.InvalidAuthorization(f'role "{user}" is not permitted to log in')
        if dbname and dbname not in (DATABASE_NAME, user, "postgres"):
            raise errors.UndefinedDatabase(f'database "{dbname}" does not exist')
        start = {"synchronous_commit": "on" if self._synchronous_commit else "off", **checked_start(options)}
        session = Session(self, role, pid, client, start)
        self.sessions[pid] = session
        return session

    def disconnected(self, session: Session) -> None:
        """The session has ended."""
        self.sessions.pop(session.pid, None)

    def codecs(self, time_zone: str) -> Codecs:
        """The codecs of all sessions in a time zone."""
        found = self._codecs.get(time_zone)
        if found is None:
            found = self._codecs[time_zone] = Codecs(time_zone)
        return found

    # Plans

    def cached(self, session: Session, text: str, declared: tuple[int, ...] = ()) -> Prepared | None:
        """The plan made before for this text, if it still holds."""
        key = self._key(session, text, declared)
        prepared = self._plans.get(key)
        if prepared is None or prepared.catalog is not session.catalog:
            return None
        self._plans.move_to_end(key)
        return prepared

    def prepare(
        self, session: Session, statement: ParsedStatement, declared: Sequence[int], text: str | None = None
    ) -> Prepared:
        """Plan a statement for a session, with the parameter types (oids; 0 is unknown) that its client declared.

        The plan is kept under `text`, where that is all the client sent.
        """
        key = self._key(session, statement.text if text is None else text, tuple(declared))
        catalog = session.catalog
        plan = plan_statement(statement, session, key.declared)
        run = None
        if isinstance(plan, KeyLookup | InsertValues | KeyUpdate | KeyDelete):
            run = compile_plan(plan, session.codecs)
        prepared = Prepared(key, statement, plan, catalog, parameter_types_of(plan), result_columns(plan, session), run)
        if len(key.text) <= LONGEST_CACHED_TEXT and catalog is self.storage.catalog:
            self._plans[key] = prepared
            if len(self._plans) > CACHED_PLANS:
                self._plans.popitem(last=False)
        return prepared

    def _key(self, session: Session, text: str, declared: tuple[int, ...]) -> PlanKey:
        settings = session.settings
        return PlanKey(text, declared, settings.get("search_path"), settings.get("timezone"), session.role.oid)
