"""information_schema about constraints: keys, checks, NOT NULL and foreign keys, as PostgreSQL 15 gives them.

A role sees the constraints of the tables that it may use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.relations.context import DATABASE
from sql.relations.foreign_keys import references_of, references_of_table
from sql.relations.owners import namespace_oid
from sql.relations.privileges import usable_keys, usable_tables
from sql.relations.relation import Content, content_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.relations.context import RelationContext
    from sql.relations.foreign_keys import Reference
    from storage.catalog_entries import Table

    Row = tuple[object, ...]


def yes_or_no(value: bool) -> str:
    """The standard's spelling of a boolean."""
    return "YES" if value else "NO"


def table_constraints(context: RelationContext) -> Content:
    """Every constraint; NOT NULL as the CHECK constraints that the standard has for it."""
    rows: list[Row] = [
        (index.table.namespace, index.name, index.table.namespace, index.table.name, index.constraint_type, "NO", "NO")
        for index in usable_keys(context)
    ]
    rows += [
        (table.namespace, name, table.namespace, table.name, "CHECK", "NO", "NO")
        for table, name in (
            *((table, name) for table, name, _ in _not_null_constraints(context)),
            *((table, check.name) for table in usable_tables(context) for check in table.checks),
        )
    ]
    rows += [
        (
            each.table.namespace,
            each.key.name,
            each.table.namespace,
            each.table.name,
            "FOREIGN KEY",
            yes_or_no(each.key.deferrable),
            yes_or_no(each.key.deferred),
        )
        for each in _usable_references(context)
    ]
    return content_of(
        "constraint_schema constraint_name table_schema table_name constraint_type is_deferrable initially_deferred",
        rows,
        constraint_catalog=DATABASE,
        table_catalog=DATABASE,
        enforced="YES",
    )


def check_constraints(context: RelationContext) -> Content:
    """Check constraints, and NOT NULL as such."""
    not_null = ((t.namespace, name, f"{column} IS NOT NULL") for t, name, column in _not_null_constraints(context))
    checks = (
        (table.namespace, check.name, f"(({check.expression}))")
        for table in usable_tables(context)
        for check in table.checks
    )
    names = "constraint_schema constraint_name check_clause"
    return content_of(names, [*not_null, *checks], constraint_catalog=DATABASE)


def referential_constraints(context: RelationContext) -> Content:
    """Foreign keys. What they refer to has a name here only if that is a constraint, and no mere unique index."""
    rows = (
        (
            each.table.namespace,
            each.key.name,
            *((DATABASE, each.referenced.namespace, index.name) if index.constraint_oid is not None else [None] * 3),
            "FULL" if each.key.match_full else "NONE",
            each.key.on_update.upper(),
            each.key.on_delete.upper(),
        )
        for each in _usable_references(context)
        for index in (each.index,)
    )
    return content_of(
        "constraint_schema constraint_name unique_constraint_catalog unique_constraint_schema unique_constraint_name "
        "match_option update_rule delete_rule",
        rows,
        constraint_catalog=DATABASE,
    )


def _not_null_constraints(context: RelationContext) -> Iterator[tuple[Table, str, str]]:
    """Table, constraint name and column of each; the names are those that PostgreSQL's view makes up."""
    catalog = context.catalog
    for table in usable_tables(context):
        prefix = f"{namespace_oid(catalog, table.namespace)}_{table.oid}"
        for column in table.columns:
            if column.not_null:
                yield table, f"{prefix}_{column.number}_not_null", column.name


def _usable_references(context: RelationContext) -> Iterator[Reference]:
    for table in usable_tables(context):
        yield from references_of_table(context.catalog, table)


def _references_to_own(context: RelationContext) -> Iterator[Reference]:
    """Foreign keys to tables of the role's: what refers to a table is shown to its owner, as in PostgreSQL."""
    return (each for each in references_of(context.catalog) if context.role.owns(each.referenced.owner))


def key_column_usage(context: RelationContext) -> Content:
    """The columns of keys and foreign keys, in order."""
    of_keys = (
        (index.table.namespace, index.name, index.table.namespace, index.table.name, column.name, position, None)
        for index in usable_keys(context)
        for position, column in enumerate(index.columns, start=1)
    )
    of_references = (
        (
            each.table.namespace,
            each.key.name,
            each.table.namespace,
            each.table.name,
            column.name,
            position,
            each.index.columns.index(referenced) + 1,
        )
        for each in _usable_references(context)
        for position, (column, referenced) in enumerate(
            zip(each.columns, each.referenced_columns, strict=True), start=1
        )
    )
    return content_of(
        "constraint_schema constraint_name table_schema table_name column_name ordinal_position "
        "position_in_unique_constraint",
        [*of_keys, *of_references],
        constraint_catalog=DATABASE,
        table_catalog=DATABASE,
    )


def constraint_column_usage(context: RelationContext) -> Content:
    """The columns that constraints are about: of foreign keys those that are referred to."""
    of_keys = (
        (index.table.namespace, index.table.name, column.name, index.table.namespace, index.name)
        for index in usable_keys(context)
        for column in index.columns
    )
    of_checks = (
        (table.namespace, table.name, column.name, table.namespace, check.name)
        for table in usable_tables(context)
        for check in table.checks
        for column in table.columns
        if column.number in check.columns
    )
    of_references = (
        (each.referenced.namespace, each.referenced.name, column.name, each.table.namespace, each.key.name)
        for each in _references_to_own(context)
        for column in each.referenced_columns
    )
    return content_of(
        "table_schema table_name column_name constraint_schema constraint_name",
        [*of_keys, *of_checks, *of_references],
        table_catalog=DATABASE,
        constraint_catalog=DATABASE,
    )


def constraint_table_usage(context: RelationContext) -> Content:
    """The tables of keys, and those that foreign keys refer to."""
    of_keys = (
        (index.table.namespace, index.table.name, index.table.namespace, index.name) for index in usable_keys(context)
    )
    of_references = (
        (each.referenced.namespace, each.referenced.name, each.table.namespace, each.key.name)
        for each in _references_to_own(context)
    )
    return content_of(
        "table_schema table_name constraint_schema constraint_name",
        [*of_keys, *of_references],
        table_catalog=DATABASE,
        constraint_catalog=DATABASE,
    )
