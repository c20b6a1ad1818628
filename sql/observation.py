"""What the system relations show of the server, as one session may see it.

All of it is taken on the loop, and only what a relation says that it shows: immutable values. The work on them is left
to the functions of the context, which a worker calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.permissions import sees_all
from sql.metrics import metrics_of
from sql.privileges import has_privilege
from sql.relations.context import (
    CursorInfo,
    LockInfo,
    RelationContext,
    SegmentInfo,
    SessionInfo,
    TableStatistics,
    TransactionInfo,
)
from sql.row_stores import statistics_shown
from sql.session_statements import setting_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jobs.schedules.schedule import Schedule
    from sql.relations.context import Part
    from sql.session_state import SessionState
    from storage.catalog_entries import Table
    from storage.snapshot import TableSnapshot

    Take = Callable[[SessionState], Callable[[], Any]]


def relation_context(session: SessionState, shows: frozenset[Part]) -> RelationContext:
    """The server as this session sees it now, with these parts."""
    path = session.search_path
    taken: dict[str, Callable[[], Any]] = {part: _TAKE[part](session) for part in shows}
    return RelationContext(
        catalog=session.catalog,
        role=session.role,
        search_path=path if "pg_catalog" in path else ("pg_catalog", *path),
        **taken,
    )


def _sequences(session: SessionState) -> Callable[[], Any]:
    stand = session.shared.storage.sequences
    values = {oid: stand.value(each) for oid, each in session.catalog.sequences.items()}
    return lambda: values


def _settings(session: SessionState) -> Callable[[], Sequence[Any]]:
    values = [(each, setting_value(each.name, session)) for each, _ in session.settings.all()]
    return lambda: values


def _visible_sessions(session: SessionState) -> list[SessionInfo]:
    """All sessions for a superuser, those of the role and of the roles that it is in for others.

    A session whose role was dropped is there until its client leaves: a role made anew with that name is another one.
    """
    role, roles = session.role, session.catalog.roles
    there = [info() for info in session.shared.sessions.values()]
    if role.superuser:
        return there
    mine = {roles[name].oid for name in role.member_of if name in roles}
    return [info for info in there if info.role_oid in mine]


def _sessions(session: SessionState) -> Callable[[], Sequence[SessionInfo]]:
    visible = _visible_sessions(session)
    return lambda: visible


def _transactions(session: SessionState) -> Callable[[], Sequence[TransactionInfo]]:
    visible = _visible_sessions(session)
    return lambda: [
        TransactionInfo(
            info.pid,
            info.role_name,
            info.isolation,
            info.read_only,
            info.state,
            info.transaction_started_at,
            info.waits_for,
        )
        for info in visible
        if info.transaction_started_at is not None
    ]


def _locks(session: SessionState) -> Callable[[], Sequence[LockInfo]]:
    pids = session.shared.pids_of_parties
    locks = [
        LockInfo(*each.tag, each.mode.title, pids.get(each.party), each.is_granted)
        for each in session.shared.storage.locks_shown()
    ]
    return lambda: locks


def _cursors(session: SessionState) -> Callable[[], Sequence[CursorInfo]]:
    cursors = [
        CursorInfo(each.name, each.text, each.is_holdable, each.is_binary, each.scrolls, each.opened_us)
        for each in session.cursors.all()
    ]
    return lambda: cursors


def _jobs(session: SessionState) -> Callable[[], Any]:
    view = session.shared.jobs.view()
    return lambda: view


def _schedules(session: SessionState) -> Callable[[], Sequence[Schedule]]:
    role = session.role
    everything = session.shared.schedules.schedules()
    if sees_all(role):
        return lambda: everything
    return lambda: [each for each in everything if each.owner == role.name and each.owner_oid in (None, role.oid)]


def _tables(session: SessionState) -> Iterator[Table]:
    """The tables that are there for everyone: those of the transaction itself hold nothing that could be shown."""
    visible = session.shared.storage.catalog
    for table in session.catalog.tables.values():
        if visible.table_by_oid(table.oid) is not None:
            yield table


def _statistics(session: SessionState) -> Callable[[], Sequence[TableStatistics]]:
    storage, role = session.shared.storage, session.role
    policy_of = session.shared.schedules.flush_policy
    measured = [(table, statistics_shown(storage, role, table)) for table in _tables(session)]
    return lambda: [
        TableStatistics(
            table_oid=table.oid,
            hot_rows=each.hot_rows,
            cold_rows=each.cold_rows,
            dead_rows=each.dead_rows,
            hot_bytes=each.hot_bytes,
            cold_bytes=each.cold_bytes,
            segments=each.segments,
            last_flushed_at=each.last_flushed_at,
            flush_policy=str(policy) if (policy := policy_of(table)) else None,
        )
        for table, each in measured
    ]


def _segments(session: SessionState) -> Callable[[], Sequence[SegmentInfo]]:
    storage, role = session.shared.storage, session.role
    data_dir = storage.cold_folder.parent
    taken: list[tuple[int, str | None, TableSnapshot]] = []
    for table in _tables(session):
        if has_privilege(role, table, "SELECT"):
            taken.append((table.oid, None, storage.snapshot(table.oid)))
            taken += [
                (table.oid, partition.owner, storage.snapshot(partition.oid))
                for partition in storage.partitions(table.oid)
                if role.reads_rows_of_all or partition.owner_oid == role.oid
            ]
    return lambda: [
        SegmentInfo(
            table_oid=table_oid,
            path=str(segment.path.relative_to(data_dir)),
            rows=segment.rows,
            dead_rows=snapshot.dead_rows_in(segment),
            bytes=segment.bytes,
            min_seq=segment.min_seq,
            max_seq=segment.max_seq,
            created_at=segment.created_at,
            owner=owner,
        )
        for table_oid, owner, snapshot in taken
        for segment in snapshot.segments
    ]


_TAKE: dict[Part, Take] = {
    "sequences": _sequences,
    "settings": _settings,
    "sessions": _sessions,
    "transactions": _transactions,
    "locks": _locks,
    "cursors": _cursors,
    "jobs": _jobs,
    "schedules": _schedules,
    "statistics": _statistics,
    "segments": _segments,
    "metrics": metrics_of,
}
