"""COMPACT TABLE and VACUUM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.compaction import CompactionParameters
from jobs.record import JobType
from sql.job_statements.starting import Starting, start_and_wait, start_for_table
from sql.privileges import may_maintain
from sql.resolve import table_for
from storage.compaction import wants_compaction
from storage.compaction_policy import CompactionPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.request import JobRequest
    from sql.job_syntax import CompactTable, Vacuum
    from sql.names import QualifiedName
    from sql.result import Rows
    from sql.session_state import SessionState
    from storage.catalog import Table


async def compact_table(statement: CompactTable, session: SessionState, parameters: Sequence[object]) -> Rows:
    """Run COMPACT TABLE: all segments of the table are merged, and dead rows go."""
    starting = Starting.of(statement.options, session, parameters)
    table = compactable_table(statement.table, session)
    request = _compaction(table, starting, session, full=True)
    return await start_for_table(request, table, starting, session, "COMPACT TABLE")


async def vacuum(statement: Vacuum, session: SessionState, parameters: Sequence[object]) -> Rows:
    """Run VACUUM: what the compaction policy would do in its time; with FULL what COMPACT TABLE does."""
    starting = Starting.of(statement.options, session, parameters)
    for option in statement.ignored:
        session.notice(f"VACUUM option {option.upper()} has no effect")
    if len(statement.tables) == 1:
        table = compactable_table(statement.tables[0], session)
        request = _compaction(table, starting, session, full=statement.full)
        return await start_for_table(request, table, starting, session, "VACUUM")
    starting = starting.for_many("VACUUM of several tables")
    named = [compactable_table(name, session) for name in statement.tables]
    tables = named or _tables_to_compact(CompactionPolicy(full=statement.full), session)
    requests = [_compaction(table, starting, session, full=statement.full) for table in tables]
    return await start_and_wait(requests, starting, session, "VACUUM")


def compactable_table(name: QualifiedName, session: SessionState) -> Table:
    """The table. Raises what `table_for` raises."""
    return table_for(session, name, "compact")


def _tables_to_compact(policy: CompactionPolicy, session: SessionState) -> list[Table]:
    """The tables in which the policy finds something to merge, of those that the role may maintain."""
    storage = session.shared.storage
    return [
        table
        for table in sorted(storage.catalog.tables.values(), key=lambda table: (table.namespace, table.name))
        if may_maintain(session.role, table)
        and any(wants_compaction(storage, store_oid, policy) for store_oid in storage.stores(table.oid))
    ]


def _compaction(table: Table, starting: Starting, session: SessionState, *, full: bool) -> JobRequest:
    parameters = CompactionParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name, full=full)
    return starting.request(JobType.COMPACTION, parameters, session, table)
