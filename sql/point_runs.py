"""Statements that a client sends again and again with other values: what is the same each time, worked out once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sql.plan import InsertValues, Utility
from sql.statements import Begin, Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.compiled import Run
    from sql.prepared import Prepared
    from sql.result import ResultColumn
    from sql.session_state import SessionState
    from sql.settings import Values

    Decode = Callable[[Any], object]
    """Of the bytes of a parameter, or of the text of a constant."""


class PointRun:
    """A point statement, or the BEGIN or COMMIT around some, as one client sends it. Immutable."""

    __slots__ = (
        "boundary",
        "columns",
        "decoders",
        "formats",
        "only_inserts",
        "prepared",
        "run",
        "settings",
        "waits_for_commit",
    )

    def __init__(
        self, session: SessionState, prepared: Prepared, decoders: Sequence[Decode], formats: tuple[int, ...]
    ) -> None:
        self.prepared = prepared
        self.run: Run | None = prepared.run
        self.boundary = boundary_of(prepared)
        """In the place of `run`."""
        plan = prepared.plan
        self.only_inserts = isinstance(plan, InsertValues) and plan.conflict is None and not plan.table.foreign_keys
        """It reads no row."""
        self.decoders = decoders
        """For each parameter the function from what the client sends to a stored value."""
        self.columns: tuple[ResultColumn, ...] | None = prepared.columns
        self.formats = formats
        """Of the result's columns."""
        self.settings: Values = session.settings.values
        """Those under which it holds."""
        self.waits_for_commit = self.settings.get("synchronous_commit") != "off"

    def is_of(self, session: SessionState, statement: str) -> bool:
        """Whether it is what the session has under that name now."""
        return session.statements.get(statement) is self.prepared and self.holds(session)

    def holds(self, session: SessionState) -> bool:
        """Whether it still is what it was when it was made."""
        block = session.block
        block.see_definitions()
        return self.settings is session.settings.values and self.prepared.catalog is block.catalog


def boundary_of(prepared: Prepared) -> Begin | Commit | None:
    """The BEGIN or the COMMIT that it is, if it is one."""
    if isinstance(prepared.plan, Utility):
        statement = prepared.plan.statement
        if isinstance(statement, Begin) or (isinstance(statement, Commit) and not statement.chain):
            return statement
    return None


def may_run_at_once(session: SessionState, prepared: Prepared | None) -> bool:
    """Whether it is a statement of this kind, planned for the session as it is now."""
    return (
        prepared is not None
        and (prepared.run is not None or boundary_of(prepared) is not None)
        and not prepared.names_objects
        and prepared.catalog is session.catalog
        and prepared.key.basis == session.plan_basis
    )
