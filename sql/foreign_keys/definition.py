"""A foreign key as a statement writes it becomes what the catalog has of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql import errors
from sql.binding.coercion import INTEGERS, MOMENTS, can_coerce
from sql.checks import constraint_names
from sql.privileges import require_privilege
from sql.relation_names import choose_constraint_name
from sql.resolve import is_system_relation, require_usage
from sql.sequence_names import find_relation
from storage import types as t
from storage.catalog_entries import ForeignKey, Table
from storage.types import element_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.names import QualifiedName
    from sql.session_state import SessionState
    from sql.table_syntax import ForeignKeyDefinition
    from storage.catalog_entries import Column
    from storage.types import SqlType

COLUMNS_MAX: Final = 32
"""Of one foreign key, as in PostgreSQL."""

_ALIKE: Final = (frozenset(INTEGERS), frozenset((t.TEXT.oid, t.VARCHAR.oid)))
"""Types whose values are the same bytes in keys."""
_COMPARABLE: Final = (frozenset(MOMENTS), frozenset((t.REAL.oid, t.DOUBLE.oid)), frozenset((t.TEXT.oid, t.NAME.oid)))
"""Types that PostgreSQL compares with each other as they are, besides."""


def define_foreign_key(session: SessionState, table: Table, definition: ForeignKeyDefinition) -> ForeignKey:
    """The foreign key of a table, whose other parts it has; it may refer to the table itself.

    Raises what PostgreSQL raises for what cannot be one, and `FeatureNotSupported`.
    """
    name = _name(session, table, definition)
    referenced = _referenced_table(session, table, definition.table)
    for each in (table, referenced):
        _require_shared(each)
    columns = _columns(table, definition.columns)
    set_columns = _columns(table, definition.set_columns)
    for column in set_columns:
        if column not in columns:
            raise errors.InvalidColumnReference(
                f'column "{column.name}" referenced in ON DELETE SET action must be part of foreign key'
            )
    key, index = _key(referenced, definition.referenced_columns)
    require_privilege(session.role, referenced, "REFERENCES")
    _require_settable(columns, definition)
    if len(columns) != len(key):
        raise errors.InvalidForeignKey("number of referencing and referenced columns for foreign key disagree")
    require_types(name, columns, key)
    return ForeignKey(
        session.block.for_writing("ALTER TABLE").new_oid(),
        name,
        tuple(column.number for column in columns),
        referenced.oid,
        tuple(column.number for column in key),
        index,
        definition.on_delete,
        definition.on_update,
        tuple(column.number for column in set_columns),
        definition.match_full,
        definition.deferrable,
        definition.deferred,
        definition.validated,
    )


def _name(session: SessionState, table: Table, definition: ForeignKeyDefinition) -> str:
    there = constraint_names(table)
    if definition.name is not None:
        if definition.name in there:
            raise errors.DuplicateObject(f'constraint "{definition.name}" for relation "{table.name}" already exists')
        return definition.name
    # Unlike one that is written, it is that of no other table of the schema, either, as in PostgreSQL.
    for other in session.catalog.tables.values():
        if other.namespace == table.namespace and (other.foreign_keys or other.checks):
            there |= constraint_names(other)
    return choose_constraint_name(table.name, "_".join(definition.columns), "fkey", there)


def _referenced_table(session: SessionState, table: Table, name: QualifiedName) -> Table:
    catalog = session.catalog.with_relation(table)
    if name.namespace is not None:
        if catalog.namespace(name.namespace) is not None:
            require_usage(session, name.namespace)
        elif not is_system_relation(session, name):
            raise errors.UndefinedNamespace(f'schema "{name.namespace}" does not exist')
    found = find_relation(catalog, session.search_path, name)
    if isinstance(found, Table):
        return found
    if found is not None:
        raise errors.WrongObjectType(f'referenced relation "{found.name}" is not a table')
    if is_system_relation(session, name):
        raise errors.InsufficientPrivilege(f'permission denied: "{name.name}" is a system catalog')
    raise errors.UndefinedTable(f'relation "{name}" does not exist')


def _require_shared(table: Table) -> None:
    if table.type != "shared":
        raise errors.FeatureNotSupported(
            f"foreign keys of {table.type} tables are not supported", detail=f'"{table.name}" is a {table.type} table.'
        )


def _columns(table: Table, names: Sequence[str]) -> tuple[Column, ...]:
    if len(names) > COLUMNS_MAX:
        raise errors.TooManyColumns(f"cannot have more than {COLUMNS_MAX} keys in a foreign key")
    columns = []
    for name in names:
        column = table.column(name)
        if column is None:
            raise errors.UndefinedColumn(f'column "{name}" referenced in foreign key constraint does not exist')
        columns.append(column)
    return tuple(columns)


def _key(table: Table, names: Sequence[str]) -> tuple[tuple[Column, ...], int | None]:
    """The columns that are referred to, and the oid of the unique index that they are; `None`: the primary key.

    Of keys over the same columns it is the oldest, as in PostgreSQL.
    """
    if not names:
        if table.primary_key is None:
            raise errors.UndefinedObject(f'there is no primary key for referenced table "{table.name}"')
        by_number = {column.number: column for column in table.columns}
        return tuple(by_number[number] for number in table.primary_key.columns), None
    columns = _columns(table, names)
    wanted = {column.number for column in columns}
    if len(wanted) != len(columns):
        raise errors.InvalidForeignKey("foreign key referenced-columns list must not contain duplicates")
    keys: list[tuple[int, int | None, tuple[int, ...]]] = [
        (index.oid, index.oid, index.columns) for index in table.indexes if index.unique
    ]
    if table.primary_key is not None:
        keys.append((table.primary_key.oid or 0, None, table.primary_key.columns))
    for _, index_oid, of_key in sorted(keys, key=lambda each: each[0]):
        if set(of_key) == wanted:
            return columns, index_oid
    raise errors.InvalidForeignKey(
        f'there is no unique constraint matching given keys for referenced table "{table.name}"'
    )


def _require_settable(columns: Sequence[Column], definition: ForeignKeyDefinition) -> None:
    """Raise `SqlSyntaxError` for an action that would set a generated column."""
    if all(column.generated is None for column in columns):
        return
    sets = ("set null", "set default")
    for event, action, of_event in (
        ("UPDATE", definition.on_update, (*sets, "cascade")),
        ("DELETE", definition.on_delete, sets),
    ):
        if action in of_event:
            raise errors.SqlSyntaxError(
                f"invalid ON {event} action for foreign key constraint containing generated column"
            )


def require_types(name: str, columns: Sequence[Column], key: Sequence[Column]) -> None:
    """Raise `DatatypeMismatch` for columns that cannot refer to those of a key, `FeatureNotSupported` for others."""
    for column, referenced in zip(columns, key, strict=True):
        if _are_alike(column.type, referenced.type):
            continue
        names = f'Key columns "{column.name}" and "{referenced.name}"'
        oids = {column.type.oid, referenced.type.oid}
        if can_coerce(column.type, referenced.type) or any(oids <= group for group in _COMPARABLE):
            raise errors.FeatureNotSupported(
                f'foreign key constraint "{name}" between columns of different types is not supported',
                detail=f"{names} are of different types: {column.type} and {referenced.type}.",
                hint="Give both columns the same type.",
            )
        raise errors.DatatypeMismatch(
            f'foreign key constraint "{name}" cannot be implemented',
            detail=f"{names} are of incompatible types: {column.type.unmodified} and {referenced.type.unmodified}.",
        )


def _are_alike(one: SqlType, other: SqlType) -> bool:
    """Whether values of both types, where they are equal, are the same bytes in keys."""
    if one.oid == t.NUMERIC.oid == other.oid:
        return one.precision_and_scale[1] == other.precision_and_scale[1]
    if one.oid == t.CHAR.oid or element_of(one) is not None:
        return one == other
    return one.oid == other.oid or any({one.oid, other.oid} <= group for group in _ALIKE)
