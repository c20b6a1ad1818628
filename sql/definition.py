"""CREATE and DROP: catalog changes, made in the session's transaction."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sql import errors, statements
from sql.comment_syntax import Comment
from sql.comments import comment_on
from sql.dependencies import plan_drop
from sql.drops import carry_out_drop
from sql.grant_syntax import DropOwned, Grant, ReassignOwned, Revoke
from sql.grants import run_grant
from sql.owned import drop_owned, reassign_owned
from sql.privileges import kind_of, require_owner
from sql.relations.context import DATABASE
from sql.resolve import find_relation
from sql.result import Command
from sql.role_definition import resolved, run_role_statement
from sql.role_syntax import RoleStatement
from sql.sequence_syntax import SequenceStatement
from sql.sequences import run_sequence_statement
from sql.table_definition import create_table
from sql.truncate import truncate_tables
from sql.views import create_view, drop_views
from storage.catalog import SYSTEM_NAMESPACES, Catalog
from storage.catalog_entries import Namespace, Table

if TYPE_CHECKING:
    from sql.names import QualifiedName
    from sql.result import Result
    from sql.session_state import SessionState
    from sql.statements import OwnStatement


def run_definition(statement: OwnStatement, session: SessionState) -> Result:
    """Run a statement that changes the catalog. Raises `FeatureNotSupported` for statements not known here."""
    match statement:
        case statements.CreateNamespace():
            return _create_namespace(statement, session)
        case statements.DropNamespace():
            return _drop_namespace(statement, session)
        case statements.CreateTable():
            return create_table(statement, session)
        case Comment():
            return comment_on(statement, session)
        case statements.DropTable():
            return _drop_table(statement, session)
        case statements.TruncateTable():
            return truncate_tables(statement, session)
        case statements.CreateView():
            return create_view(statement, session)
        case statements.DropView():
            return drop_views(statement, session)
        case _ if isinstance(statement, SequenceStatement):
            return run_sequence_statement(statement, session)
        case Grant() | Revoke():
            return run_grant(statement, session)
        case DropOwned():
            return drop_owned(statement, session)
        case ReassignOwned():
            return reassign_owned(statement, session)
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
    namespaces = []
    for name in dict.fromkeys(statement.names):
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
        namespaces.append(namespace)
    carry_out_drop(plan_drop(session, namespaces, cascade=statement.cascade), session, "DROP SCHEMA")
    for namespace in namespaces:
        change = partial(Catalog.without_namespace, name=namespace.name)
        session.block.for_writing("DROP SCHEMA").change_catalog(change)
    return Command("DROP SCHEMA")


def _drop_table(statement: statements.DropTable, session: SessionState) -> Command:
    tables = []
    for name in statement.tables:
        table = find_relation(session, name)
        if table is None:
            _missing(name, session, "table", if_exists=statement.if_exists)
            continue
        if not isinstance(table, Table):
            kind = kind_of(table)
            hint = f"Use DROP {kind.upper()} to remove a {kind}."
            raise errors.WrongObjectType(f'"{name.name}" is not a table', hint=hint)
        require_owner(session.role, table)
        tables.append(table)
    carry_out_drop(plan_drop(session, tables, cascade=statement.cascade), session, "DROP TABLE")
    return Command("DROP TABLE")


def _missing(name: QualifiedName, session: SessionState, kind: str, *, if_exists: bool) -> None:
    if session.shared.relations.find(name.namespace or "pg_catalog", name.name) is not None:
        raise errors.InsufficientPrivilege(f"permission denied: {name} is a system relation")
    if not if_exists:
        raise errors.UndefinedTable(f'{kind} "{name.name}" does not exist')
    session.notice(f'{kind} "{name.name}" does not exist, skipping')
