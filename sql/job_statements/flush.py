"""FLUSH TABLE and FLUSH ALL TABLES."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.flush import FlushParameters
from jobs.record import JobType
from sql import errors
from sql.job_statements.starting import Starting, start_and_wait, start_for_table
from sql.privileges import may_maintain
from sql.resolve import table_for
from storage.growth_watch import has_hot_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.request import JobRequest
    from sql.job_syntax import FlushAllTables, FlushTable
    from sql.names import QualifiedName
    from sql.result import Rows
    from sql.session_state import SessionState
    from storage.catalog_entries import Table


async def flush_table(statement: FlushTable, session: SessionState, parameters: Sequence[object]) -> Rows:
    """Run FLUSH TABLE."""
    starting = Starting.of(statement.options, session, parameters)
    table = flushable_table(statement.table, session)
    return await start_for_table(_request(table, starting, session), table, starting, session, "FLUSH TABLE")


async def flush_all_tables(statement: FlushAllTables, session: SessionState, parameters: Sequence[object]) -> Rows:
    """Run FLUSH ALL TABLES: of those that the role may use, the ones with something to flush."""
    starting = Starting.of(statement.options, session, parameters).for_many("FLUSH ALL TABLES")
    requests = [_request(table, starting, session) for table in tables_to_flush(statement.namespace, session)]
    return await start_and_wait(requests, starting, session, "FLUSH ALL TABLES")


def flushable_table(name: QualifiedName, session: SessionState) -> Table:
    """The table. Raises what `table_for` raises, and `WrongObjectType` for a stream table."""
    table = table_for(session, name, "flush")
    if table.type == "stream":
        raise errors.WrongObjectType(
            f'"{table.name}" is a stream table: its rows are never flushed',
            hint="They are gone once they are older than its ttl.",
            position=name.position,
        )
    return table


def check_namespace(namespace: str | None, session: SessionState) -> None:
    """Raise `UndefinedNamespace` unless the namespace is there."""
    if namespace is not None and session.catalog.namespace(namespace) is None:
        raise errors.UndefinedNamespace(f'schema "{namespace}" does not exist')


def tables_to_flush(namespace: str | None, session: SessionState) -> list[Table]:
    """The tables with something to flush that the role may use, of one namespace or of all."""
    check_namespace(namespace, session)
    storage = session.shared.storage
    return [
        table
        for table in sorted(storage.catalog.tables.values(), key=lambda table: (table.namespace, table.name))
        if namespace in (None, table.namespace)
        and may_maintain(session.role, table)
        and table.type != "stream"
        and has_hot_rows(storage, table.oid)
    ]


def _request(table: Table, starting: Starting, session: SessionState) -> JobRequest:
    parameters = FlushParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name)
    return starting.request(JobType.FLUSH, parameters, session, table)
