"""CREATE and DROP: catalog changes, made in the session's transaction."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from jobs.cleanup import cleanup_request
from jobs.errors import JobError
from jobs.permissions import SYSTEM
from sql import errors, statements
from sql.job_statements.waiting import for_each
from sql.privileges import require_owner
from sql.relations.context import DATABASE
from sql.relations.identifiers import qualified
from sql.resolve import find_table
from sql.result import Command
from sql.role_definition import resolved, run_role_statement
from sql.role_syntax import RoleStatement
from sql.table_definition import create_table
from sql.views import create_view, drop_views
from storage.catalog import SYSTEM_NAMESPACES, Catalog
from storage.catalog_entries import Namespace, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.request import Started
    from sql.names import QualifiedName
    from sql.result import Result
    from sql.session_state import SessionState
    from sql.statements import OwnStatement


def run_definition(statement: OwnStatement, session: SessionState) -> Result:
    """Run a statement that changes the catalog. Raises `FeatureNotSupported` for statements not known here."""
    match statement:
        case statements.CreateNamespace():
            return _create_namespace(statement, session)
        case statements.CreateView():
            return create_view(statement, session)
        case statements.DropView():
            return drop_views(statement, session)
        case statements.DropNamespace():
            return _drop_namespace(statement, session)
        case statements.CreateTable():
            return create_table(statement, session)
        case statements.AlterTable():
            return _alter_table(statement, session)
        case statements.DropTable():
            return _drop_table(statement, session)
        case _ if isinstance(statement, RoleStatement):
            return run_role_statement(statement, session)
        case statements.Unsupported(what):
            raise errors.FeatureNotSupported(f"{what} is not supported")
        case _:
            raise errors.FeatureNotSupported(f"{command_of(statement)} is not supported")


def command_of(statement: OwnStatement) -> str:
    """What PostgreSQL calls a statement: `CREATE TABLE`."""
    name = type(statement).__name__.replace("Namespace", "Schema")
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip().upper()


def _create_namespace(statement: statements.CreateNamespace, session: SessionState) -> Command:
    if not session.role.superuser:
        raise errors.InsufficientPrivilege(f"permission denied for database {DATABASE}")
    owner = session.role.name if statement.owner is None else resolved(statement.owner, session).name
    name = statement.name or owner
    if name in SYSTEM_NAMESPACES or session.catalog.namespace(name) is not None:
        if statement.if_not_exists:
            session.notice(f'schema "{name}" already exists, skipping', sqlstate="42P06")
            return Command("CREATE SCHEMA")
        raise errors.DuplicateNamespace(f'schema "{name}" already exists')
    if name.startswith("pg_"):
        raise errors.ReservedName(
            f'unacceptable schema name "{name}"', detail='The prefix "pg_" is reserved for system schemas.'
        )
    namespace = Namespace(session.block.for_writing("CREATE SCHEMA").new_oid(), name, owner)
    session.block.for_writing("CREATE SCHEMA").change_catalog(lambda catalog: catalog.with_namespace(namespace))
    return Command("CREATE SCHEMA")


def _drop_namespace(statement: statements.DropNamespace, session: SessionState) -> Command:
    for name in statement.names:
        if name in SYSTEM_NAMESPACES:
            raise errors.DependentObjectsStillExist(f"cannot drop schema {name} because it is required by the system")
        namespace = session.catalog.namespace(name)
        if namespace is None:
            if not statement.if_exists:
                raise errors.UndefinedNamespace(f'schema "{name}" does not exist')
            session.notice(f'schema "{name}" does not exist, skipping')
            continue
        if not session.role.owns(namespace.owner):
            raise errors.InsufficientPrivilege(f"must be owner of schema {name}")
        tables = session.catalog.tables_in(name)
        if tables and not statement.cascade:
            raise errors.DependentObjectsStillExist(
                f"cannot drop schema {name} because other objects depend on it",
                detail="\n".join(f"table {name}.{table.name} depends on schema {name}" for table in tables),
                hint="Use DROP ... CASCADE to drop the dependent objects too.",
            )
        _drop(tables, session)
        session.block.for_writing("DROP SCHEMA").change_catalog(partial(Catalog.without_namespace, name=name))
    return Command("DROP SCHEMA")


def _alter_table(statement: statements.AlterTable, session: SessionState) -> Command:
    table = find_table(session, statement.table)
    if table is None:
        _missing(statement.table, session, "relation", if_exists=statement.if_exists)
        return Command("ALTER TABLE")
    require_owner(session.role, table)
    options = changed_options(table.options, dict(statement.options), session.notice)
    changed = replace(table, options=options, version=table.version + 1)
    session.block.for_writing("ALTER TABLE").change_catalog(lambda catalog: catalog.with_table(changed))
    return Command("ALTER TABLE")


def _drop_table(statement: statements.DropTable, session: SessionState) -> Command:
    tables = []
    for name in statement.tables:
        table = find_table(session, name)
        if table is None:
            _missing(name, session, "table", if_exists=statement.if_exists)
            continue
        require_owner(session.role, table)
        tables.append(table)
    _drop(tables, session)
    return Command("DROP TABLE")


def _missing(name: QualifiedName, session: SessionState, kind: str, *, if_exists: bool) -> None:
    if session.shared.relations.find(name.namespace or "pg_catalog", name.name) is not None:
        raise errors.InsufficientPrivilege(f"permission denied: {name} is a system relation")
    if not if_exists:
        raise errors.UndefinedTable(f'{kind} "{name.name}" does not exist')
    session.notice(f'{kind} "{name.name}" does not exist, skipping')


def _drop(tables: Sequence[Table], session: SessionState) -> None:
    if not tables:
        return
    transaction = session.block.for_writing("DROP TABLE")
    oids = [table.oid for table in tables]
    transaction.change_catalog(lambda catalog: catalog.without_table(*oids))
    # Once it is durable the session may act as another role again.
    session.after_commit(partial(_clean_up, tables, session.role.name, session))


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
