"""ADD, DROP and RENAME CONSTRAINT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql import errors
from sql.checks import constraint_names, define_checks
from sql.dependencies import KeyOf
from sql.foreign_keys.definition import define_foreign_key
from sql.key_definition import key_columns, unique_index
from sql.relation_names import choose_name
from storage.catalog_entries import PrimaryKey
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.alter.alteration import Alteration
    from sql.alter_syntax import (
        AddConstraint,
        AlterConstraint,
        DropConstraint,
        RenameConstraint,
        ValidateConstraint,
    )
    from sql.table_syntax import ForeignKeyDefinition
    from storage.catalog_entries import ForeignKey, Table


def add_constraint(alteration: Alteration, action: AddConstraint) -> None:
    """Add a constraint that all rows must satisfy. Raises what CREATE TABLE raises for it."""
    table, constraint = alteration.table, action.constraint
    if constraint.name in _names_without_index(table):
        raise errors.DuplicateObject(f'constraint "{constraint.name}" for relation "{table.name}" already exists')
    if constraint.check is not None:
        checks = define_checks(alteration.session, table, (constraint.check,))
        alteration.table = replace(table, checks=(*table.checks, *checks))
        alteration.checks += checks
    elif constraint.foreign_key is not None:
        add_foreign_key(alteration, constraint.foreign_key)
    elif constraint.kind == "unique":
        add_unique(alteration, constraint.columns, constraint.name)
    else:
        add_primary_key(alteration, constraint.columns, constraint.name)


def add_unique(alteration: Alteration, names: Sequence[str], name: str | None) -> None:
    """Have these columns be unique. Raises `UndefinedColumn`, `DuplicateTable`."""
    table = alteration.table
    columns = key_columns(table, names, "unique", None)
    taken = {each for _, each in table.index_names}
    index = unique_index(alteration.session, table, columns, name, taken)
    alteration.table = replace(table, indexes=(*table.indexes, index))
    alteration.keys.append(index.oid)


def add_primary_key(alteration: Alteration, names: Sequence[str], name: str | None) -> None:
    """Have these columns be the primary key. Raises `InvalidTableDefinition`, `UndefinedColumn`, `DuplicateTable`."""
    session, table = alteration.session, alteration.table
    if table.primary_key is not None:
        raise errors.InvalidTableDefinition(f'multiple primary keys for table "{table.name}" are not allowed')
    columns = key_columns(table, names, "primary key", None)
    taken = {each for _, each in table.index_names}
    if name is None:
        name = choose_name(session.catalog, table.namespace, table.name, None, "pkey", taken)
    elif session.catalog.is_taken(table.namespace, name) or name in taken:
        raise errors.DuplicateTable(f'relation "{name}" already exists')
    key = PrimaryKey(name, columns, oid=session.block.for_writing("ALTER TABLE").new_oid())
    alteration.not_null.update(each.number for each in table.columns if each.number in columns and not each.not_null)
    not_null = tuple(replace(each, not_null=True) if each.number in columns else each for each in table.columns)
    alteration.table = replace(table, primary_key=key, columns=not_null)
    assert key.oid is not None, "it has just got one"
    alteration.keys.append(key.oid)


def add_foreign_key(alteration: Alteration, definition: ForeignKeyDefinition) -> None:
    """Have columns refer to a key. Raises what CREATE TABLE raises for it."""
    session, table = alteration.session, alteration.table
    foreign_key = define_foreign_key(session, table, definition)
    session.block.for_writing("ALTER TABLE").lock_table(foreign_key.referenced_table, LockMode.ACCESS_EXCLUSIVE)
    alteration.table = replace(table, foreign_keys=(*table.foreign_keys, foreign_key))
    if foreign_key.validated:
        alteration.foreign_keys.append((table.oid, foreign_key))


def drop_constraint(alteration: Alteration, action: DropConstraint) -> None:
    """Remove a constraint, and the index that came with it.

    Raises `UndefinedObject`, and `DependentObjectsStillExist` for a key that is referred to.
    """
    table = alteration.table
    if has_constraint(table, action.name):
        key = _key_named(table, action.name)
        if key is not None:
            alteration.drop(key, cascade=action.cascade)
        alteration.table = _without(alteration.table, action.name)
        return
    message = f'constraint "{action.name}" of relation "{table.name}" does not exist'
    if not action.if_exists:
        raise errors.UndefinedObject(message)
    alteration.session.notice(f"{message}, skipping")


def rename_constraint(alteration: Alteration, action: RenameConstraint) -> None:
    """Give a constraint another name, and its index. Raises `UndefinedObject`, `DuplicateObject`, `DuplicateTable`."""
    table = alteration.table
    if not has_constraint(table, action.name):
        raise errors.UndefinedObject(f'constraint "{action.name}" for table "{table.name}" does not exist')
    if has_constraint(table, action.new_name):
        raise errors.DuplicateObject(f'constraint "{action.new_name}" for relation "{table.name}" already exists')
    has_index = (table.namespace, action.name) in table.index_names
    if has_index and alteration.session.catalog.is_taken(table.namespace, action.new_name):
        raise errors.DuplicateTable(f'relation "{action.new_name}" already exists')
    alteration.table = renamed_index(table, action.name, action.new_name)
    checks = [replace(c, name=action.new_name) if c.name == action.name else c for c in table.checks]
    foreign_keys = [replace(k, name=action.new_name) if k.name == action.name else k for k in table.foreign_keys]
    alteration.table = replace(alteration.table, checks=tuple(checks), foreign_keys=tuple(foreign_keys))


def alter_constraint(alteration: Alteration, action: AlterConstraint) -> None:
    """Say anew when a foreign key is tested. Raises `UndefinedObject`, `WrongObjectType`."""
    found = _foreign_key_named(alteration, action.name, "foreign key")
    _put(alteration, replace(found, deferrable=action.deferrable, deferred=action.deferred))


def validate_constraint(alteration: Alteration, action: ValidateConstraint) -> None:
    """Have all rows be tested which were not when a foreign key was added. Raises as `alter_constraint`."""
    if any(check.name == action.name for check in alteration.table.checks):
        return  # It was tested when it was added.
    found = _foreign_key_named(alteration, action.name, "foreign key or check")
    if not found.validated:
        validated = replace(found, validated=True)
        session = alteration.session
        session.block.for_writing("ALTER TABLE").lock_table(found.referenced_table, LockMode.ACCESS_EXCLUSIVE)
        _put(alteration, validated)
        alteration.foreign_keys.append((alteration.table.oid, validated))


def _foreign_key_named(alteration: Alteration, name: str, kinds: str) -> ForeignKey:
    table = alteration.table
    if not has_constraint(table, name):
        raise errors.UndefinedObject(f'constraint "{name}" of relation "{table.name}" does not exist')
    found = next((each for each in table.foreign_keys if each.name == name), None)
    if found is None:
        raise errors.WrongObjectType(f'constraint "{name}" of relation "{table.name}" is not a {kinds} constraint')
    return found


def _put(alteration: Alteration, foreign_key: ForeignKey) -> None:
    foreign_keys = (foreign_key if each.oid == foreign_key.oid else each for each in alteration.table.foreign_keys)
    alteration.table = replace(alteration.table, foreign_keys=tuple(foreign_keys))


def _names_without_index(table: Table) -> set[str]:
    return {*(check.name for check in table.checks), *(each.name for each in table.foreign_keys)}


def has_constraint(table: Table, name: str) -> bool:
    """Whether a constraint of the table has that name."""
    return name in constraint_names(table)


def renamed_index(table: Table, name: str, new_name: str) -> Table:
    """With another name for an index, that of the primary key included."""
    key = table.primary_key
    if key is not None and key.name == name:
        key = replace(key, name=new_name)
    indexes = tuple(replace(index, name=new_name) if index.name == name else index for index in table.indexes)
    return replace(table, primary_key=key, indexes=indexes)


def _key_named(table: Table, name: str) -> KeyOf | None:
    if table.primary_key is not None and table.primary_key.name == name:
        return KeyOf(table, name, None)
    index = next((index for index in table.indexes if index.name == name and index.constraint), None)
    return None if index is None else KeyOf(table, name, index.oid)


def _without(table: Table, name: str) -> Table:
    key = table.primary_key
    return replace(
        table,
        primary_key=None if key is not None and key.name == name else key,
        indexes=tuple(index for index in table.indexes if index.name != name or not index.constraint),
        checks=tuple(check for check in table.checks if check.name != name),
        foreign_keys=tuple(each for each in table.foreign_keys if each.name != name),
    )
