"""COMMENT ON: texts about objects, in their catalog entries."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sql import errors
from sql.alter.constraints import has_constraint
from sql.alter.relations import relation_to_alter, table_of_index
from sql.privileges import require_owner
from sql.result import Command
from storage.catalog import Catalog
from storage.catalog_entries import SequenceGenerator, Table, View

if TYPE_CHECKING:
    from sql.comment_syntax import Comment
    from sql.session_state import SessionState
    from storage.catalog_entries import Relation

_KINDS: Final[dict[str, type]] = {"table": Table, "view": View, "sequence": SequenceGenerator}


def comment_on(statement: Comment, session: SessionState) -> Command:
    """Run COMMENT ON, for the owner of the object. Raises what PostgreSQL raises where there is none."""
    text = statement.text or None
    match statement.kind:
        case "schema":
            _on_namespace(statement.name.name, text, session)
        case "role":
            _on_role(statement.name.name, text, session)
        case "database":
            raise errors.FeatureNotSupported("COMMENT ON DATABASE is not supported")
        case "index":
            _on_index(statement, text, session)
        case "column":
            _put(_with_column(_relation(statement, session), statement.part, text), session)
        case "constraint":
            _put(_with_constraint(_relation(statement, session), statement.part, text), session)
        case kind:
            relation = _relation(statement, session)
            if not isinstance(relation, _KINDS[kind]):
                raise errors.WrongObjectType(f'"{relation.name}" is not a {kind}')
            _put(replace(relation, comment=text), session)
    return Command("COMMENT")


def _relation(statement: Comment, session: SessionState) -> Relation:
    relation = relation_to_alter(statement.name, session, if_exists=False)
    assert relation is not None, "that it is not there would have been raised"
    return relation


def _put(relation: Relation, session: SessionState) -> None:
    changed = replace(relation, version=relation.version + 1)
    session.block.for_writing("COMMENT").change_catalog(partial(Catalog.with_relation, relation=changed))


def _with_column(relation: Relation, name: str | None, text: str | None) -> Relation:
    if isinstance(relation, SequenceGenerator):
        raise errors.WrongObjectType(
            f'cannot set comment on relation "{relation.name}"',
            detail="This operation is not supported for sequences.",
        )
    if all(column.name != name for column in relation.columns):
        raise errors.UndefinedColumn(f'column "{name}" of relation "{relation.name}" does not exist')
    if isinstance(relation, View):
        shown = tuple(replace(each, comment=text) if each.name == name else each for each in relation.columns)
        return replace(relation, columns=shown)
    columns = tuple(replace(each, comment=text) if each.name == name else each for each in relation.columns)
    return replace(relation, columns=columns)


def _with_constraint(relation: Relation, name: str | None, text: str | None) -> Relation:
    if not isinstance(relation, Table) or name is None or not has_constraint(relation, name):
        raise errors.UndefinedObject(f'constraint "{name}" for table "{relation.name}" does not exist')
    checks = tuple(replace(check, comment=text) if check.name == name else check for check in relation.checks)
    keys = tuple(replace(key, comment=text) if key.name == name else key for key in relation.foreign_keys)
    return replace(_with_index(relation, name, text), checks=checks, foreign_keys=keys)


def _with_index(table: Table, name: str, text: str | None) -> Table:
    """The table with a comment on an index of it. That of a constraint's index is also the constraint's."""
    key = table.primary_key
    if key is not None and key.name == name:
        key = replace(key, comment=text)
    indexes = tuple(replace(index, comment=text) if index.name == name else index for index in table.indexes)
    return replace(table, primary_key=key, indexes=indexes)


def _on_index(statement: Comment, text: str | None, session: SessionState) -> None:
    table = table_of_index(statement.name, session)
    if table is None:
        relation = _relation(statement, session)
        raise errors.WrongObjectType(f'"{relation.name}" is not an index')
    require_owner(session.role, table)
    _put(_with_index(table, statement.name.name, text), session)


def _on_namespace(name: str, text: str | None, session: SessionState) -> None:
    namespace = session.catalog.namespace(name)
    if namespace is None:
        raise errors.UndefinedNamespace(f'schema "{name}" does not exist')
    if not session.role.owns(namespace.owner):
        raise errors.InsufficientPrivilege(f"must be owner of schema {name}")
    changed = replace(namespace, comment=text)
    session.block.for_writing("COMMENT").change_catalog(partial(Catalog.with_namespace, namespace=changed))


def _on_role(name: str, text: str | None, session: SessionState) -> None:
    role = session.catalog.role(name)
    if role is None:
        raise errors.UndefinedObject(f'role "{name}" does not exist')
    if role.superuser and not session.role.superuser:
        raise errors.InsufficientPrivilege("must be superuser to comment on superuser roles")
    if not session.role.creates_roles:
        raise errors.InsufficientPrivilege("must have CREATEROLE privilege to comment on role")
    session.block.for_writing("COMMENT").change_catalog(partial(Catalog.with_role, role=replace(role, comment=text)))
