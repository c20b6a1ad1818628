"""What the rows of the system relations are computed from: one session's view of the server at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobs.record import JobRecord
    from sql.acting_role import ActingRole
    from sql.settings import Setting
    from storage.catalog import Catalog

DATABASE: Final = "siltdb"
"""The one database."""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A connected client. Times are microseconds since the epoch."""

    pid: int
    role_oid: int
    role_name: str
    application_name: str
    state: str
    """As pg_stat_activity has it: `active`, `idle`, `idle in transaction`, `idle in transaction (aborted)`."""
    query: str
    """The statement that runs, or the last one that ran."""
    connected_at: int
    state_changed_at: int
    transaction_started_at: int | None = None
    statement_started_at: int | None = None
    client_addr: str | None = None
    """`None` for a Unix socket."""
    client_port: int | None = None


@dataclass(frozen=True, slots=True)
class TableStatistics:
    """What a table holds now. Rows count live ones, `dead_rows` those deleted and still in segments."""

    table_oid: int
    hot_rows: int = 0
    cold_rows: int = 0
    dead_rows: int = 0
    hot_bytes: int = 0
    cold_bytes: int = 0
    segments: int = 0
    last_flushed_at: int | None = None


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """A segment of a table. `owner` is the user whose rows it holds, in a user table."""

    table_oid: int
    path: str
    rows: int
    dead_rows: int
    bytes: int
    min_seq: int
    max_seq: int
    created_at: int
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class RelationContext:
    """One session's view of the server.

    What is dear to collect comes as a function that is called only by the relations that show it. They are called on
    the thread that computes the rows, at most once for a relation.
    """

    catalog: Catalog
    """As the session's transaction sees it."""
    role: ActingRole
    """The current role."""
    search_path: tuple[str, ...]
    """Namespaces where a name without one is looked for, in order: only those that exist, `pg_catalog` included."""
    settings: Callable[[], Sequence[tuple[Setting, str]]]
    """Every setting with the value in force."""
    sessions: Callable[[], Sequence[SessionInfo]]
    """Every session of the server."""
    jobs: Callable[[], Sequence[JobRecord]]
    """The jobs that the role may see."""
    statistics: Callable[[], Sequence[TableStatistics]]
    """One for each table of the catalog; a table that is left out counts as empty."""
    segments: Callable[[], Sequence[SegmentInfo]]
    """Every segment of every table of the catalog."""
