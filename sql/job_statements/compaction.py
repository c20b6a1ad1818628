"""COMPACT TABLE and VACUUM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jobs.compaction import CompactionParameters
from jobs.record import JobType
from sql.job_statements.starting import Starting, start_and_wait, start_for_table
from sql.privileges import may_maintain
from sql.resolve import table_for
from sql.result import Command
from storage.compaction import wants_compaction
from storage.compaction_policy import CompactionPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.request import JobRequest
    from sql.job_syntax import CompactTable, Vacuum
    from sql.names import QualifiedName
    from sql.result import Rows
    from sql.session_state import SessionState
    from storage.catalog_entries import Table


_FULL: Final = CompactionPolicy(full=True)
"""Who asks for it wants dead rows gone: what is worth while is for the schedule to weigh."""


async def compact_table(statement: CompactTable, session: SessionState, parameters: Sequence[object]) -> Rows:
    """Run COMPACT TABLE: small segments of the table are merged, and all dead rows go."""
    starting = Starting.of(statement.options, session, parameters)
    table = compactable_table(statement.table, session)
    return await start_for_table(_request(table, starting, session), table, starting, session, "COMPACT TABLE")


async def vacuum(statement: Vacuum, session: SessionState, parameters: Sequence[object]) -> Rows | Command:
    """Run VACUUM: COMPACT TABLE for each table, or for all those where there is something to do."""
    jobs = await _vacuum(statement, session, parameters)
    return jobs if statement.gives_rows else Command(jobs.tag)


async def _vacuum(statement: Vacuum, session: SessionState, parameters: Sequence[object]) -> Rows:
    starting = Starting.of(statement.options, session, parameters)
    for option in statement.ignored:
        session.notice(f"VACUUM option {option.upper()} has no effect")
    named = [compactable_table(name, session) for name in statement.tables]
    if len(named) == 1:
        (table,) = named
        return await start_for_table(_request(table, starting, session), table, starting, session, "VACUUM")
    starting = starting.for_many("VACUUM of several tables")
    requests = [_request(table, starting, session) for table in named or _tables_to_compact(session)]
    return await start_and_wait(requests, starting, session, "VACUUM")


def compactable_table(name: QualifiedName, session: SessionState) -> Table:
    """The table. Raises what `table_for` raises."""
    return table_for(session, name, "compact")


def _tables_to_compact(session: SessionState) -> list[Table]:
    """The tables with something to merge or to drop, of those that the role may maintain."""
    storage = session.shared.storage
    return [
        table
        for table in sorted(storage.catalog.tables.values(), key=lambda table: (table.namespace, table.name))
        if may_maintain(session.role, table)
        and any(wants_compaction(storage, store_oid, _FULL) for store_oid in storage.stores(table.oid))
    ]


def _request(table: Table, starting: Starting, session: SessionState) -> JobRequest:
    parameters = CompactionParameters(
        table_oid=table.oid, namespace=table.namespace, table_name=table.name, full=_FULL.full
    )
    return starting.request(JobType.COMPACTION, parameters, session, table)
