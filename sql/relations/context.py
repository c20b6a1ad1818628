"""What the rows of the system relations are computed from: one session's view of the server at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, NoReturn

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobs.schedules.schedule import Schedule
    from jobs.view import JobView
    from sql.acting_role import ActingRole
    from sql.settings import Setting
    from storage.catalog import Catalog
    from storage.sequences import SequenceValue

DATABASE: Final = "siltdb"
"""The one database."""

HOT_MEMORY: Final = "HotMemory"
"""What a statement waits for that finds no room there."""

JOB: Final = "Job"
"""What a statement waits for that has started a job, or was told to wait for one."""


class SessionInfo(Struct, frozen=True):
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
    isolation: str = "read committed"
    """Of the transaction in progress."""
    read_only: bool = False
    waits_for: str | None = None
    """The kind of lock that its statement waits for."""


class TableStatistics(NamedTuple):
    """What a table holds now. Rows count live ones, `dead_rows` those deleted and not yet gone."""

    table_oid: int
    hot_rows: int = 0
    cold_rows: int = 0
    dead_rows: int = 0
    hot_bytes: int = 0
    cold_bytes: int = 0
    segments: int = 0
    last_flushed_at: int | None = None
    flush_policy: str | None = None
    """The one in force: its own or the server's."""


class SegmentInfo(Struct, frozen=True):
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


class TransactionInfo(Struct, frozen=True):
    """A transaction in progress. Times are microseconds since the epoch."""

    pid: int
    role_name: str
    isolation: str
    read_only: bool
    state: str
    """`active`, `idle in transaction` or `idle in transaction (aborted)`."""
    started_at: int
    waits_for: str | None = None
    """The kind of lock that its statement waits for."""


class LockInfo(Struct, frozen=True):
    """A session that holds a lock or waits for one. `kind`, `key` and `second_key` are those of a `LockTag`.

    Who waits for a row waits for a `transactionid`.
    """

    kind: str
    key: int
    second_key: int | bytes | None
    mode: str
    pid: int | None
    is_granted: bool


class CursorInfo(Struct, frozen=True):
    """An open cursor. `created_at` is in microseconds since the epoch."""

    name: str
    statement: str
    is_holdable: bool
    is_binary: bool
    is_scrollable: bool
    created_at: int


class Metric(Struct, frozen=True):
    """A figure that the server keeps of itself. `name` says what it is of, as in `jobs.active`."""

    name: str
    value: float
    unit: str
    description: str


Part = Literal[
    "sequences",
    "settings",
    "sessions",
    "transactions",
    "jobs",
    "schedules",
    "statistics",
    "segments",
    "metrics",
    "locks",
    "cursors",
]
"""What a context can show of the server beside its catalog."""


def _not_taken() -> NoReturn:
    raise LookupError("this part of the context was not taken: the relation does not say that it shows it")


class RelationContext(Struct, frozen=True):
    """One session's view of the server at one moment.

    It is made on the loop, of immutable values: what changes is taken then, for the relations that say that they show
    it (`Relation.shows`), and what is dear to work out of that is left to the functions, which a worker calls.
    """

    catalog: Catalog
    """As the session's transaction sees it."""
    role: ActingRole
    """The current role."""
    search_path: tuple[str, ...]
    """Namespaces where a name without one is looked for, in order: only those that exist, `pg_catalog` included."""
    settings: Callable[[], Sequence[tuple[Setting, str]]] = _not_taken
    """Every setting with the value in force."""
    sessions: Callable[[], Sequence[SessionInfo]] = _not_taken
    """The sessions that the role may see."""
    transactions: Callable[[], Sequence[TransactionInfo]] = _not_taken
    """The transactions of these sessions."""
    locks: Callable[[], Sequence[LockInfo]] = _not_taken
    """Every lock of a table, every advisory one, and who waits."""
    cursors: Callable[[], Sequence[CursorInfo]] = _not_taken
    """The cursors of the session itself."""
    jobs: Callable[[], JobView] = _not_taken
    """All jobs: whoever shows one asks whether the role may see it."""
    schedules: Callable[[], Sequence[Schedule]] = _not_taken
    """The schedules that the role may see."""
    statistics: Callable[[], Sequence[TableStatistics]] = _not_taken
    """One for each table of the catalog; a table that is left out counts as empty."""
    segments: Callable[[], Sequence[SegmentInfo]] = _not_taken
    """Every segment of every table of the catalog that the role may use."""
    sequences: Callable[[], Mapping[int, SequenceValue]] = _not_taken
    """Where each sequence of the catalog stands, by oid."""
    metrics: Callable[[], Sequence[Metric]] = _not_taken
    """The server's figures."""
