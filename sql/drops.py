"""DROP of what is in namespaces: the catalog without it, and the jobs that give the space of tables back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobs.cleanup import cleanup_request
from jobs.errors import JobError
from jobs.permissions import SYSTEM
from sql.foreign_keys.links import with_links, without_foreign_key
from sql.job_statements.waiting import for_each
from sql.relations.identifiers import qualified
from storage import types as t
from storage.catalog_entries import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.request import Started
    from sql.dependencies import Drop
    from sql.session_state import SessionState
    from storage.catalog import Catalog


def carry_out_drop(drop: Drop, session: SessionState, command: str) -> None:
    """Remove what a drop takes from the catalog, in the session's transaction. `command` is for error messages.

    Columns and keys that it names are left to whoever changes their table; so are defaults of tables that go as well.
    """
    relations = drop.relations
    if not relations and not drop.defaults and not drop.foreign_keys:
        return
    session.block.for_writing(command).change_catalog(partial(without_dropped, drop=drop))
    tables = [each for each in relations if isinstance(each, Table)]
    if tables:
        # Once it is durable the session may act as another role again.
        session.after_commit(partial(_clean_up, tables, session.role.name, session))


def without_dropped(catalog: Catalog, drop: Drop) -> Catalog:
    """The catalog without what a drop takes; columns and keys that it names are there yet."""
    for each in drop.foreign_keys:
        catalog = without_foreign_key(catalog, each.table.oid, each.foreign_key.oid)
    going = {relation.oid for relation in drop.relations}
    for relation in drop.relations:
        if isinstance(relation, Table) and any(each.referenced_table not in going for each in relation.foreign_keys):
            catalog = with_links(catalog, replace(catalog.tables[relation.oid], foreign_keys=()))
    catalog = catalog.without_relation(*drop.relations)
    for default in drop.defaults:
        table = catalog.table_by_oid(default.table.oid)
        if table is not None:
            columns = [
                replace(each, default=None, identity=None) if each.number == default.column.number else each
                for each in table.columns
            ]
            catalog = catalog.with_table(replace(table, columns=tuple(columns), version=table.version + 1))
    return catalog


async def _clean_up(tables: Sequence[Table], owner: str, session: SessionState) -> None:
    """The drop is durable: its space is given back by a job, of which a NOTICE tells.

    The job is the server's own where the role was dropped in the same transaction.
    """
    if session.shared.storage.catalog.role(owner) is None:
        owner = SYSTEM.name

    async def start(table: Table) -> Started | JobError:
        try:
            return await session.shared.jobs.start_job(cleanup_request(session.shared.storage, table, owner))
        except JobError as error:
            return error

    for table, started in zip(tables, await for_each(tables, start), strict=True):
        if isinstance(started, JobError):
            # The drop is done: an error would say that it is not.
            message = (
                f'the space of table "{table.name}" is reclaimed by a job of the next start of the server: {started}'
            )
            session.notice(message, "WARNING", "01000")
            continue
        message = f'space of table "{table.name}" is reclaimed by job {started.record.job_id}'
        until_us = started.record.next_run_at
        if until_us is None:
            session.notice(message)
            continue
        until = session.codecs.of(t.TIMESTAMPTZ).format(until_us - until_us % 1_000_000).decode()
        undrop = f"UNDROP TABLE {qualified(table.namespace, table.name)}"
        session.notice(message, hint=f"{undrop} brings it back until {until}.")
