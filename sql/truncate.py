"""TRUNCATE: a table is replaced by an empty one of the same definition, in the session's transaction.

The new table has an oid of its own, and with it empty row stores; views, and sequences that columns own, are made to
mean it. So it takes the same time whatever the table holds, comes into effect with the commit and is undone by a
rollback; readers keep what their snapshots have, and files go by the clean-up job of dropped tables. Of a user table it
empties the rows of all roles: who may do it is asked as for DROP TABLE, whose owner has the privilege.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobs.cleanup import cleanup_request
from jobs.errors import JobError
from jobs.permissions import SYSTEM
from sql import errors
from sql.foreign_keys.links import references_to, with_tables_replaced
from sql.privileges import require_privilege
from sql.resolve import table_for
from sql.result import Command
from sql.sequences import restart_identities
from storage.object_constants import with_other_oids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sql.session_state import SessionState
    from sql.statements import TruncateTable
    from storage.catalog import Catalog
    from storage.catalog_entries import Table


def truncate_tables(statement: TruncateTable, session: SessionState) -> Command:
    """Empty tables. Raises `UndefinedTable`, `WrongObjectType`, `InsufficientPrivilege`, and `Blocked` as DROP does."""
    transaction = session.block.for_writing("TRUNCATE TABLE")
    named = [replace(name, position=0) for name in statement.tables]
    tables = {table.oid: table for table in (table_for(session, name, "truncate") for name in named)}
    if statement.cascade:
        _add_referring(tables, session)
    _require_unreferred(tables, session)
    if statement.restart_identity:
        restart_identities(session, tuple(tables.values()))
    successors = {oid: replace(table, oid=transaction.new_oid()) for oid, table in tables.items()}
    transaction.change_catalog(partial(_succeeded, successors=successors))
    session.after_commit(partial(_reclaim, tuple(tables.values()), session.role.name, session))
    return Command("TRUNCATE TABLE")


def _add_referring(tables: dict[int, Table], session: SessionState) -> None:
    """Add, by their oids, the tables that refer to these, and those that refer to them in turn."""
    left = list(tables.values())
    while left:
        referring = {other.oid: other for table in left for other, _ in references_to(session.catalog, table)}
        left = [other for oid, other in sorted(referring.items()) if oid not in tables]
        for other in left:
            session.notice(f'truncate cascades to table "{other.name}"')
            require_privilege(session.role, other, "TRUNCATE")
            tables[other.oid] = other


def _require_unreferred(tables: Mapping[int, Table], session: SessionState) -> None:
    """Raise `FeatureNotSupported` for a table that one refers to which is not emptied as well."""
    for table in tables.values():
        for other, _ in references_to(session.catalog, table):
            if other.oid not in tables:
                raise errors.FeatureNotSupported(
                    "cannot truncate a table referenced in a foreign key constraint",
                    detail=f'Table "{other.name}" references "{table.name}".',
                    hint=f'Truncate table "{other.name}" at the same time, or use TRUNCATE ... CASCADE.',
                )


def _succeeded(catalog: Catalog, successors: Mapping[int, Table]) -> Catalog:
    """The catalog with tables, by oid, replaced by others of the same names."""
    after = with_tables_replaced(catalog, successors)
    oids = {oid: table.oid for oid, table in successors.items()}
    for view in catalog.views.values():
        if any(oid in successors for oid, _ in view.uses):
            uses = tuple((oids.get(oid, oid), number) for oid, number in view.uses)
            text = with_other_oids(view.text, oids)
            after = after.with_relation(replace(view, text=text, uses=uses, version=view.version + 1))
    for sequence in catalog.sequences.values():
        if sequence.owned_by is not None and sequence.owned_by[0] in successors:
            oid, number = sequence.owned_by
            owned_by = (successors[oid].oid, number)
            after = after.with_relation(replace(sequence, owned_by=owned_by, version=sequence.version + 1))
    return after


async def _reclaim(tables: Sequence[Table], owner: str, session: SessionState) -> None:
    """It is durable: the space is given back by jobs, of which nothing is said, since nothing is to be done."""
    storage = session.shared.storage
    if storage.catalog.role(owner) is None:
        owner = SYSTEM.name
    for table in tables:
        try:
            await session.shared.jobs.start_job(cleanup_request(storage, table, owner))
        except JobError as error:
            message = (
                f'the space of table "{table.name}" is reclaimed by a job of the next start of the server: {error}'
            )
            session.notice(message, "WARNING", "01000")
