"""CREATE TABLE (LIKE other …): the columns of another table or view, and what else of it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql import errors
from sql.defaults import default_tree
from sql.generated_columns import generation_tree
from sql.privileges import require_privilege
from sql.row_checks import check_tree
from sql.sequence_names import find_relation
from sql.sequence_syntax import Identity, SequenceOptions
from sql.table_syntax import CheckDefinition, ColumnDefinition, GeneratedDefinition, TableConstraint
from storage.catalog_entries import Column, SequenceGenerator, Table

if TYPE_CHECKING:
    from sql.session_state import SessionState
    from sql.statements import CreateTable
    from sql.table_syntax import LikeClause
    from storage.catalog_entries import View, ViewColumn


def with_likes(statement: CreateTable, session: SessionState) -> CreateTable:
    """The statement with what its LIKE clauses stand for. Raises `UndefinedTable`, `InsufficientPrivilege`."""
    columns, constraints = list(statement.columns), list(statement.constraints)
    added = 0
    for like in statement.likes:
        source = _source(like, session)
        table = source if isinstance(source, Table) else None
        copied = [_column(like, table, each, session) for each in source.columns]
        at = like.index + added
        columns[at:at] = copied
        added += len(copied)
        if table is not None:
            constraints += _constraints(like, table)
    return replace(statement, columns=tuple(columns), constraints=tuple(constraints), likes=())


def _source(like: LikeClause, session: SessionState) -> Table | View:
    found = find_relation(session.catalog, session.search_path, like.table)
    if found is None:
        raise errors.UndefinedTable(f'relation "{like.table}" does not exist', position=like.table.position)
    if isinstance(found, SequenceGenerator):
        raise errors.WrongObjectType(f'relation "{found.name}" is invalid in LIKE clause')
    require_privilege(session.role, found, "SELECT")
    return found


def _column(
    like: LikeClause, table: Table | None, column: Column | ViewColumn, session: SessionState
) -> ColumnDefinition:
    definition = ColumnDefinition(column.name, column.type, False, None, None, False, like.table.position)
    if table is None or not isinstance(column, Column):
        return definition
    definition = replace(definition, not_null=column.not_null)
    if column.identity is not None:
        if "identity" not in like.including:
            return definition
        return replace(definition, identity=Identity(column.identity, _options(table, column, session)))
    if column.generated is not None:
        if "generated" not in like.including:
            return definition
        written = GeneratedDefinition(generation_tree(column), column.generated, like.table.position)
        return replace(definition, generated=written)
    if column.default is None or "defaults" not in like.including:
        return definition
    return replace(definition, default=default_tree(column.default).copy(), default_text=column.default)


def _options(table: Table, column: Column, session: SessionState) -> SequenceOptions:
    """Those of the sequence of an identity column, for another one."""
    at = (table.oid, column.number)
    sequence = next((each for each in session.catalog.sequences.values() if each.owned_by == at), None)
    if sequence is None:
        return SequenceOptions()
    return SequenceOptions(
        type=sequence.type,
        increment=sequence.increment,
        minimum=sequence.minimum,
        maximum=sequence.maximum,
        start=sequence.start,
        cache=sequence.cache,
        cycle=sequence.cycle,
    )


def _constraints(like: LikeClause, table: Table) -> list[TableConstraint]:
    position = like.table.position
    names = {column.number: column.name for column in table.columns}
    constraints = []
    if "indexes" in like.including and table.primary_key is not None:
        key = tuple(names[number] for number in table.primary_key.columns)
        constraints.append(TableConstraint("primary key", key, None, position))
    if "indexes" in like.including:
        constraints += [
            TableConstraint("unique", tuple(names[number] for number in index.columns), None, position)
            for index in table.indexes
            if index.unique
        ]
    if "constraints" in like.including:
        for check in table.checks:
            copied = CheckDefinition(check_tree(check.expression).copy(), check.expression, check.name, position)
            constraints.append(TableConstraint("check", (), check.name, position, copied))
    return constraints
