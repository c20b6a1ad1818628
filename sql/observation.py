"""What the system relations show of the server, as one session may see it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jobs.permissions import may_see
from jobs.request import JobFilter
from sql.job_statements import actor_of
from sql.relations.context import RelationContext, SegmentInfo, SessionInfo, TableStatistics
from sql.resolve import may_use
from sql.session_statements import setting_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.record import JobRecord
    from sql.session import Session
    from storage.catalog import Table

_STATES = {"I": "idle", "T": "idle in transaction", "E": "idle in transaction (aborted)"}


def relation_context(session: Session) -> RelationContext:
    """The server as this session sees it now."""
    path = session.search_path
    return RelationContext(
        catalog=session.catalog,
        role=session.role,
        search_path=path if "pg_catalog" in path else ("pg_catalog", *path),
        settings=lambda: [(each, setting_value(each.name, session)) for each, _ in session.settings.all()],
        sessions=partial(_sessions, session),
        jobs=partial(_jobs, session),
        statistics=lambda: [_statistics(session, table) for table in _tables(session)],
        segments=lambda: [info for table in _tables(session) for info in _segments(session, table)],
    )


def _tables(session: Session) -> Iterator[Table]:
    """The tables that are there for everyone: those of the transaction itself hold nothing that could be shown."""
    visible = session.database.storage.catalog
    for table in session.catalog.tables.values():
        if visible.table_by_oid(table.oid) is not None:
            yield table


def _statistics(session: Session, table: Table) -> TableStatistics:
    storage = session.database.storage
    measured, snapshot = storage.statistics(table.oid), storage.snapshot(table.oid)
    return TableStatistics(
        table_oid=table.oid,
        hot_rows=measured.hot_rows,
        cold_rows=measured.cold_rows,
        dead_rows=sum(snapshot.dead_rows_in(segment) for segment in snapshot.segments),
        hot_bytes=measured.hot_bytes,
        cold_bytes=measured.cold_bytes,
        segments=measured.segments,
        last_flushed_at=max((segment.created_at for segment in snapshot.segments), default=None),
    )


def _segments(session: Session, table: Table) -> Iterator[SegmentInfo]:
    if not may_use(session, table):
        return
    snapshot = session.database.storage.snapshot(table.oid)
    data_dir = session.database.storage.cold_folder.parent
    for segment in snapshot.segments:
        yield SegmentInfo(
            table_oid=table.oid,
            path=str(segment.path.relative_to(data_dir)),
            rows=segment.rows,
            dead_rows=snapshot.dead_rows_in(segment),
            bytes=segment.bytes,
            min_seq=segment.min_seq,
            max_seq=segment.max_seq,
            created_at=segment.created_at,
        )


def _jobs(session: Session) -> list[JobRecord]:
    actor = actor_of(session)
    return [record for record in session.database.jobs.find_jobs(JobFilter()) if may_see(record, actor)]


def _sessions(session: Session) -> list[SessionInfo]:
    visible = [
        other
        for other in session.database.sessions.values()
        if session.role.superuser or other.role.oid == session.role.oid
    ]
    return [_session_info(other) for other in visible]


def _session_info(session: Session) -> SessionInfo:
    return SessionInfo(
        pid=session.pid,
        role_oid=session.role.oid,
        role_name=session.role.name,
        application_name=session.settings.get("application_name"),
        state="active" if session.running else _STATES[session.transaction_status],
        query=session.current_statement,
        connected_at=session.connected_us,
        state_changed_at=session.state_changed_us,
        transaction_started_at=session.block.started_us,
        statement_started_at=session.statement_start_us if session.running else None,
        client_addr=session.client.host,
        client_port=session.client.port,
    )
