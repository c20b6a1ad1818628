"""CREATE and DROP of views: changes of the catalog, made in the session's transaction.

A view is its query, kept as text that means the same to everyone (`sql.view_text`). Queries that name it read it as a
subquery with the rights of its owner (`sql.binding.views`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sql import errors
from sql.clock import now_us
from sql.dependencies import plan_drop
from sql.drops import carry_out_drop
from sql.resolve import creation_namespace, find_relation, is_system_relation
from sql.result import Command
from sql.view_text import define_view
from storage.catalog import Catalog
from storage.catalog_entries import Table, View
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.names import QualifiedName
    from sql.session_state import SessionState
    from sql.statements import CreateView, DropView
    from sql.view_text import ViewDefinition
    from storage.catalog_entries import Relation

_OPTIONS: Final = ("security_barrier", "security_invoker")
_BOOLEANS: Final = ("true", "on", "yes", "1", "false", "off", "no", "0")


def create_view(statement: CreateView, session: SessionState) -> Command:
    """CREATE [OR REPLACE] VIEW."""
    options = _checked(statement.options)
    # As in PostgreSQL, who may not read a table may make a view of it, and then not read that.
    context = replace(session.bind_context(()), may_read=_anyone, may_read_as=lambda _owner: _anyone)
    definition = define_view(statement.query, statement.columns, context)
    _hold(definition, session)
    namespace, name = creation_namespace(session, statement.view), statement.view.name
    existing = session.catalog.relation(namespace, name)
    if statement.or_replace and isinstance(existing, View):
        view = _replaced(existing, definition, options, session)
    elif session.catalog.is_taken(namespace, name):
        if statement.or_replace:
            raise errors.WrongObjectType(f'"{name}" is not a view')
        raise errors.DuplicateTable(f'relation "{name}" already exists')
    else:
        view = View(
            oid=session.block.for_writing("CREATE VIEW").new_oid(),
            namespace=namespace,
            name=name,
            owner=session.role.name,
            text=definition.text,
            columns=definition.columns,
            uses=definition.uses,
            options=options,
            created_at=now_us(),
        )
    session.block.for_writing("CREATE VIEW").change_catalog(partial(Catalog.with_relation, relation=view))
    return Command("CREATE VIEW")


def _hold(definition: ViewDefinition, session: SessionState) -> None:
    """Keep the tables that a query reads from being dropped or altered before the view is there. Raises `Blocked`."""
    transaction = session.block.for_writing("CREATE VIEW")
    for oid in sorted({oid for oid, _ in definition.uses if oid in session.catalog.tables}):
        transaction.lock_table(oid, LockMode.ACCESS_SHARE)


def _anyone(_relation: Relation) -> None:
    return None


def _checked(options: Sequence[tuple[str, str]]) -> dict[str, str]:
    checked = {}
    for name, value in options:
        if name == "check_option":
            raise errors.FeatureNotSupported("WITH CHECK OPTION is not supported")
        if name not in _OPTIONS:
            raise errors.InvalidParameterValue(f'unrecognized parameter "{name}"')
        if value.lower() not in _BOOLEANS:
            raise errors.InvalidParameterValue(f'invalid value for boolean option "{name}": {value}')
        checked[name] = value
    return checked


def _replaced(view: View, definition: ViewDefinition, options: dict[str, str], session: SessionState) -> View:
    """The view with another query. Raises where its columns would not be the same, with others behind them at most."""
    if not session.role.owns(view.owner):
        raise errors.InsufficientPrivilege(f"must be owner of view {view.name}")
    if len(definition.columns) < len(view.columns):
        raise errors.InvalidTableDefinition("cannot drop columns from view")
    for old, new in zip(view.columns, definition.columns, strict=False):
        if old.name != new.name:
            raise errors.InvalidTableDefinition(
                f'cannot change name of view column "{old.name}" to "{new.name}"',
                hint="Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.",
            )
        if old.type != new.type:
            raise errors.InvalidTableDefinition(
                f'cannot change data type of view column "{old.name}" from {old.type} to {new.type}'
            )
    if _reads(definition.uses, view.oid, session.catalog):
        raise errors.InvalidObjectDefinition(f'infinite recursion detected in rules for relation "{view.name}"')
    kept = {column.name: column.comment for column in view.columns}
    columns = tuple(replace(column, comment=kept.get(column.name)) for column in definition.columns)
    return replace(
        view, text=definition.text, columns=columns, uses=definition.uses, options=options, version=view.version + 1
    )


def _reads(uses: Sequence[tuple[int, int]], oid: int, catalog: Catalog) -> bool:
    """Whether what a query uses is, or leads to, the relation with that oid."""
    left, seen = [used for used, _ in uses], set()
    while left:
        each = left.pop()
        if each == oid:
            return True
        view = catalog.views.get(each)
        if view is not None and each not in seen:
            seen.add(each)
            left.extend(used for used, _ in view.uses)
    return False


def drop_views(statement: DropView, session: SessionState) -> Command:
    """DROP VIEW."""
    views = []
    for name in statement.views:
        relation = find_relation(session, name)
        if relation is None:
            _missing(name, session, if_exists=statement.if_exists)
            continue
        if not isinstance(relation, View):
            raise errors.WrongObjectType(f'"{name.name}" is not a view', hint=_hint(relation))
        if not session.role.owns(relation.owner):
            raise errors.InsufficientPrivilege(f"must be owner of view {name.name}")
        views.append(relation)
    if views:
        carry_out_drop(plan_drop(session, views, cascade=statement.cascade), session, "DROP VIEW")
    return Command("DROP VIEW")


def _hint(relation: Relation) -> str:
    kind = "table" if isinstance(relation, Table) else "sequence"
    return f"Use DROP {kind.upper()} to remove a {kind}."


def _missing(name: QualifiedName, session: SessionState, *, if_exists: bool) -> None:
    if is_system_relation(session, name):
        raise errors.InsufficientPrivilege(f"permission denied: {name} is a system relation")
    if not if_exists:
        raise errors.UndefinedTable(f'view "{name}" does not exist')
    session.notice(f'view "{name.name}" does not exist, skipping')
