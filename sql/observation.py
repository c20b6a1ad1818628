"""What the system relations show of the server, as one session may see it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jobs.permissions import may_see
from jobs.request import JobFilter
from sql.privileges import may_use
from sql.relations.context import RelationContext, SegmentInfo, SessionInfo, TableStatistics
from sql.row_stores import statistics_shown
from sql.session_statements import setting_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.permissions import Actor
    from jobs.record import JobRecord
    from sql.acting_role import ActingRole
    from sql.session_state import SessionState
    from storage.catalog import Table


def relation_context(session: SessionState) -> RelationContext:
    """The server as this session sees it now."""
    path, role = session.search_path, session.role
    return RelationContext(
        catalog=session.catalog,
        role=role,
        search_path=path if "pg_catalog" in path else ("pg_catalog", *path),
        settings=lambda: [(each, setting_value(each.name, session)) for each, _ in session.settings.all()],
        sessions=partial(_sessions, session, role),
        jobs=partial(_jobs, session, role),
        statistics=lambda: [_statistics(session, role, table) for table in _tables(session)],
        segments=lambda: [info for table in _tables(session) for info in _segments(session, role, table)],
    )


def _tables(session: SessionState) -> Iterator[Table]:
    """The tables that are there for everyone: those of the transaction itself hold nothing that could be shown."""
    visible = session.shared.storage.catalog
    for table in session.catalog.tables.values():
        if visible.table_by_oid(table.oid) is not None:
            yield table


def _statistics(session: SessionState, role: ActingRole, table: Table) -> TableStatistics:
    measured = statistics_shown(session.shared.storage, role, table)
    return TableStatistics(
        table_oid=table.oid,
        hot_rows=measured.hot_rows,
        cold_rows=measured.cold_rows,
        dead_rows=measured.dead_rows,
        hot_bytes=measured.hot_bytes,
        cold_bytes=measured.cold_bytes,
        segments=measured.segments,
        last_flushed_at=measured.last_flushed_at,
    )


def _segments(session: SessionState, role: ActingRole, table: Table) -> Iterator[SegmentInfo]:
    if not may_use(role, table):
        return
    storage = session.shared.storage
    owners: dict[int, str | None] = {table.oid: None}
    for partition in storage.partitions(table.oid):
        if role.reads_rows_of_all or partition.owner_oid == role.oid:
            owners[partition.oid] = partition.owner
    for store_oid, owner in owners.items():
        snapshot = storage.snapshot(store_oid)
        for segment in snapshot.segments:
            yield SegmentInfo(
                table_oid=table.oid,
                path=str(segment.path.relative_to(storage.cold_folder.parent)),
                rows=segment.rows,
                dead_rows=snapshot.dead_rows_in(segment),
                bytes=segment.bytes,
                min_seq=segment.min_seq,
                max_seq=segment.max_seq,
                created_at=segment.created_at,
                owner=owner,
            )


def _jobs(session: SessionState, actor: Actor) -> list[JobRecord]:
    return [record for record in session.shared.jobs.find_jobs(JobFilter()) if may_see(record, actor)]


def _sessions(session: SessionState, role: ActingRole) -> list[SessionInfo]:
    """All sessions for a superuser, those of the role and of the roles that it is in for others."""
    there = [info() for info in session.shared.sessions.values()]
    return [info for info in there if role.owns(info.role_name)]
