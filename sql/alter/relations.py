"""ALTER VIEW, SEQUENCE and INDEX: RENAME, SET SCHEMA, OWNER TO."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sql import alter_syntax as syntax
from sql import errors
from sql.alter import moving
from sql.alter.constraints import has_constraint, renamed_index
from sql.privileges import require_owner
from storage.catalog import Catalog
from storage.catalog_entries import SequenceGenerator, Table, View

if TYPE_CHECKING:
    from sql.names import QualifiedName
    from sql.session_state import SessionState
    from storage.catalog_entries import Relation

_KINDS: Final[dict[str, type]] = {"view": View, "sequence": SequenceGenerator}


def relation_to_alter(name: QualifiedName, session: SessionState, *, if_exists: bool) -> Relation | None:
    """The relation that a name means, for its owner; `None` if there is none, of which a NOTICE tells.

    Raises `UndefinedTable`, `InsufficientPrivilege`.
    """
    for namespace in session.search_path if name.namespace is None else (name.namespace,):
        relation = session.catalog.relation(namespace, name.name)
        if relation is not None:
            _require_owner(relation, session)
            return relation
    _missing(name, session, if_exists=if_exists)
    return None


def alter_relation(statement: syntax.AlterRelation, session: SessionState) -> None:
    """Run ALTER VIEW, SEQUENCE or INDEX."""
    if statement.kind == "index":
        _rename_index(statement, session)
        return
    relation = relation_to_alter(statement.name, session, if_exists=statement.if_exists)
    if relation is None:
        return
    if not isinstance(relation, _KINDS[statement.kind]):
        raise errors.WrongObjectType(f'"{relation.name}" is not a {statement.kind}')
    if isinstance(relation, SequenceGenerator) and relation.owned_by is not None:
        _require_free(relation, statement.action, session)
    changed = _changed(relation, statement.action, session)
    if changed is not relation:
        command = f"ALTER {statement.kind.upper()}"
        session.block.for_writing(command).change_catalog(partial(moving.with_changed, before=relation, after=changed))


def _changed(
    relation: Relation,
    action: syntax.RenameColumn | syntax.RenameRelation | syntax.SetSchema | syntax.SetOwner,
    session: SessionState,
) -> Relation:
    match action:
        case syntax.RenameRelation(new_name):
            return moving.renamed(relation, new_name, session)
        case syntax.SetSchema(namespace):
            return moving.moved(relation, namespace, session)
        case syntax.SetOwner():
            return moving.given(relation, action, session)
        case syntax.RenameColumn():
            if not isinstance(relation, View):
                raise errors.WrongObjectType(f'cannot rename columns of sequence "{relation.name}"')
            return _with_column(relation, action, session)


def _with_column(view: View, action: syntax.RenameColumn, session: SessionState) -> View:
    names = [column.name for column in view.columns]
    if action.name not in names:
        raise errors.UndefinedColumn(f'column "{action.name}" does not exist')
    if action.new_name in names:
        raise errors.DuplicateColumn(f'column "{action.new_name}" of relation "{view.name}" already exists')
    columns = tuple(
        replace(column, name=action.new_name) if column.name == action.name else column for column in view.columns
    )
    return replace(view, columns=columns, version=view.version + 1)


def _rename_index(statement: syntax.AlterRelation, session: SessionState) -> None:
    assert isinstance(statement.action, syntax.RenameRelation), "the grammar refuses what else there is"
    name, new_name = statement.name, statement.action.new_name
    table = table_of_index(name, session)
    if table is None:
        if any(session.catalog.relation(each, name.name) for each in _path(name, session)):
            raise errors.WrongObjectType(f'"{name.name}" is not an index')
        _missing(name, session, if_exists=statement.if_exists)
        return
    require_owner(session.role, table)
    if session.catalog.is_taken(table.namespace, new_name):
        raise errors.DuplicateTable(f'relation "{new_name}" already exists')
    if has_constraint(table, name.name) and has_constraint(table, new_name):
        raise errors.DuplicateObject(f'constraint "{new_name}" for relation "{table.name}" already exists')
    changed = replace(renamed_index(table, name.name, new_name), version=table.version + 1)
    session.block.for_writing("ALTER INDEX").change_catalog(partial(Catalog.with_table, table=changed))


def table_of_index(name: QualifiedName, session: SessionState) -> Table | None:
    """The table whose index, that of its primary key included, a name means; `None` if there is none."""
    for namespace in _path(name, session):
        for table in session.catalog.tables_in(namespace):
            if (namespace, name.name) in table.index_names:
                return table
    return None


def _path(name: QualifiedName, session: SessionState) -> tuple[str, ...]:
    return session.search_path if name.namespace is None else (name.namespace,)


def _require_free(
    sequence: SequenceGenerator,
    action: syntax.RenameColumn | syntax.RenameRelation | syntax.SetSchema | syntax.SetOwner,
    session: SessionState,
) -> None:
    """Raise `FeatureNotSupported` for what a sequence has from the table that owns it."""
    assert sequence.owned_by is not None
    table = session.catalog.table_by_oid(sequence.owned_by[0])
    if table is None or isinstance(action, syntax.RenameRelation):
        return
    if isinstance(action, syntax.SetOwner):
        message = f'cannot change owner of sequence "{sequence.name}"'
    else:
        message = "cannot move an owned sequence into another schema"
    raise errors.FeatureNotSupported(message, detail=f'Sequence "{sequence.name}" is linked to table "{table.name}".')


def _require_owner(relation: Relation, session: SessionState) -> None:
    if isinstance(relation, Table):
        require_owner(session.role, relation)
    elif not session.role.owns(relation.owner):
        kind = "view" if isinstance(relation, View) else "sequence"
        raise errors.InsufficientPrivilege(f"must be owner of {kind} {relation.name}")


def _missing(name: QualifiedName, session: SessionState, *, if_exists: bool) -> None:
    if session.shared.relations.find(name.namespace or "pg_catalog", name.name) is not None:
        raise errors.InsufficientPrivilege(f'permission denied: "{name.name}" is a system catalog')
    if name.namespace is not None and session.catalog.namespace(name.namespace) is None:
        message = f'schema "{name.namespace}" does not exist'
        if not if_exists:
            raise errors.UndefinedNamespace(message)
    else:
        message = f'relation "{name}" does not exist' if not if_exists else f'relation "{name.name}" does not exist'
        if not if_exists:
            raise errors.UndefinedTable(message)
    session.notice(f"{message}, skipping")
