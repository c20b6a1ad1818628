"""UNDROP TABLE: the cleanup that waits is stopped, then the table comes back with all that it had."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from jobs.cleanup import cleanup_request
from jobs.errors import NoSuchJob, WrongJobState
from jobs.permissions import SYSTEM
from jobs.record import JobStatus, JobType
from jobs.request import JobFilter
from sql import errors
from sql.result import Command
from sql.waiting import wait_for_commit
from storage.drop import find_dropped
from storage.errors import Blocked, RowChanged
from storage.returning import as_it_comes_back
from storage.undrop import (
    commit_undrop,
    latest_dropped,
    owner_is_there,
    prepare_undrop,
    require_undroppable,
)

if TYPE_CHECKING:
    from sql.job_syntax import UndropTable
    from sql.session_state import SessionState
    from storage.catalog_entries import DroppedTable, Table
    from storage.engine import Storage
    from storage.returning import Returning
    from storage.undrop import PreparedUndrop

_ACTIVE: Final = frozenset(status for status in JobStatus if not status.is_terminal)


async def undrop_table(statement: UndropTable, session: SessionState) -> Command:
    """Run UNDROP TABLE, for the owner of the dropped table or a superuser.

    A table whose owner was dropped meanwhile comes back as the superuser's.

    Raises what `require_undroppable` raises; the table is then dropped as before.
    """
    storage = session.shared.storage
    dropped = _dropped_table(statement, session)
    new_owner = None if owner_is_there(storage, dropped) else storage.catalog.role(session.role.name)
    try:
        await _stop_cleanup(dropped, session)
        returning = as_it_comes_back(storage.catalog, dropped, new_owner, statement.new_name)
        commit = commit_undrop(storage, await _prepared(storage, dropped, returning))
    except BaseException as error:
        if find_dropped(storage, dropped.table.oid) is not None:
            # Nobody waits to reclaim it any more; whoever stopped that sees to it that somebody does.
            again = cleanup_request(storage, dropped.table, session.role.name)
            await asyncio.shield(session.shared.jobs.start_job(again))
        if isinstance(error, Blocked | RowChanged):
            name = statement.new_name or dropped.table.name
            raise errors.ObjectInUse(f'another transaction is about to make a table "{name}"; try again') from None
        raise
    await wait_for_commit(commit)
    if new_owner is not None:
        name, old_owner = returning.table.name, dropped.table.owner
        session.notice(f'table "{name}" belongs to "{new_owner.name}" now: its owner "{old_owner}" was dropped')
    _tell_of_defaults(dropped.table, returning.table, session)
    return Command("UNDROP TABLE")


def _tell_of_defaults(before: Table, after: Table, session: SessionState) -> None:
    for old, column in zip(before.columns, after.columns, strict=True):
        if old.default != column.default:
            message = f'column "{column.name}" of table "{after.name}" has no default any more'
            session.notice(message, detail="The sequence that it took its values from was dropped, too.")


def _dropped_table(statement: UndropTable, session: SessionState) -> DroppedTable:
    storage, name = session.shared.storage, statement.table
    namespaces = session.search_path if name.namespace is None else (name.namespace,)
    found = [dropped for each in namespaces if (dropped := latest_dropped(storage, each, name.name)) is not None]
    if not found:
        raise errors.UndefinedTable(
            f'there is no dropped table "{name}" to bring back',
            hint="A dropped table can be brought back until its drop_retention is over and its space is reclaimed.",
            position=name.position,
        )
    table = found[0].table
    if not (session.role.owns(table.owner) if owner_is_there(storage, found[0]) else session.role.superuser):
        raise errors.InsufficientPrivilege(f"must be owner of table {table.name}")
    return require_undroppable(storage, table.namespace, table.name, statement.new_name)


async def _stop_cleanup(dropped: DroppedTable, session: SessionState) -> None:
    """Kill the job that would reclaim the table's space. One that has begun is noticed by the commit."""
    jobs, table = session.shared.jobs, dropped.table
    named = JobFilter(statuses=_ACTIVE, namespaces=frozenset((table.namespace,)), table_names=frozenset((table.name,)))
    for record in list(jobs.find_jobs(named)):
        if record.job_type is not JobType.CLEANUP or record.parameters.get("table_oid") != table.oid:
            continue
        try:
            outcome = await jobs.cancel_job(record.job_id, SYSTEM, f"UNDROP TABLE by {session.role.name}")
        except (NoSuchJob, WrongJobState):
            continue
        if not outcome.status.is_terminal:
            raise errors.ObjectInUse(
                f'the space of dropped table "{table.name}" is being reclaimed', detail=outcome.detail
            )


async def _prepared(storage: Storage, dropped: DroppedTable, returning: Returning) -> PreparedUndrop:
    """Load the table in a worker, which has ended when this returns or raises."""
    work = asyncio.get_running_loop().run_in_executor(None, prepare_undrop, storage, dropped, returning)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
