"""Queries through DuckDB: snapshots and relations in, Arrow batches out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sql.numbering import with_numbers
from sql.observation import relation_context
from sql.query_scans import PartScan, RelationScan, RowsScan, TableScan
from sql.result import Stream
from sql.row_stores import snapshots_of
from sql.session_statements import setting_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from sql.engine import Source
    from sql.plan import QueryPlan
    from sql.relations import Relation
    from sql.relations.context import Part
    from sql.session_state import SessionState


def run_query(session: SessionState, plan: QueryPlan, parameters: Sequence[object]) -> Stream:
    """Start a query. Its snapshots are taken now; its rows come as they are asked for."""
    batches = session.shared.engine.stream(plan, sources_of(session, plan), parameters, session_values(session, plan))
    return Stream(plan.columns, batches)


async def query_table(
    session: SessionState, plan: QueryPlan, parameters: Sequence[object], rows: pa.Table | None = None
) -> pa.Table:
    """The whole result of a query, for statements that need it so; `rows` stand for its `RowsScan`."""
    found = await session.shared.engine.table(
        plan, sources_of(session, plan, rows), parameters, session_values(session, plan)
    )
    return await with_numbers(session, plan, found) if plan.numbered else found


def sources_of(session: SessionState, plan: QueryPlan, rows: pa.Table | None = None) -> dict[str, Source]:
    """What each scan of a plan reads, by alias."""
    sources: dict[str, Source] = {}
    scans = [scan for scan in plan.scans if isinstance(scan, RelationScan)]
    relations = {scan.alias: _relation(session, scan) for scan in scans}
    context = None
    if relations:
        shown: frozenset[Part] = frozenset().union(*(relations[scan.alias].needs(scan.columns) for scan in scans))
        context = relation_context(session, shown)
    for scan in plan.scans:
        match scan:
            case TableScan(alias=alias):
                sources[alias] = snapshots_of(session, scan)
            case RelationScan(alias=alias):
                assert context is not None
                sources[alias] = partial(relations[alias].rows, context)
            case RowsScan(alias):
                assert rows is not None, "only a RETURNING scans handed-in rows, and it hands them in"
                sources[alias] = rows
            case PartScan(alias, _, given):
                assert given is not None, "parts are run before what reads them"
                sources[alias] = given
    return sources


def _relation(session: SessionState, scan: RelationScan) -> Relation:
    relation = session.shared.relations.find(scan.namespace, scan.name)
    assert relation is not None, f"the binder found {scan.namespace}.{scan.name}"
    return relation


def session_values(session: SessionState, plan: QueryPlan) -> dict[str, object]:
    """The values of the session that a plan names."""
    return {name: _session_value(session, name) for name in plan.session_values}


def _session_value(session: SessionState, name: str) -> object:
    match name:
        case "current_user":
            return session.role.name
        case "session_user":
            return session.settings.get("session_authorization")
        case "current_schema":
            return next(iter(session.current_schemas(implicit=False)), None)
        case "current_schemas":
            return list(session.current_schemas(implicit=False))
        case "current_schemas_implicit":
            return list(session.current_schemas(implicit=True))
        case "listening_channels":
            return list(session.notifications.channels)
        case "server_start":
            return session.shared.started_us
        case "backend_pid":
            return session.pid
        case "now":
            return session.block.start_us()
        case "statement_timestamp":
            # A transaction that begins with its statement cannot be the later of both.
            return max(session.statement_start_us, session.block.start_us())
        case "time_zone":
            return session.settings.get("timezone")
        case _ if name.startswith("setting:"):
            return setting_value(name.removeprefix("setting:"), session)
        case _:
            raise AssertionError(f"no session value is called {name}")
