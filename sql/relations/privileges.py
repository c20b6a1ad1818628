"""Which relations a role may use, as `sql.privileges` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.privileges import has_any_privilege
from sql.relations.indexes import indexes_of_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.relations.context import RelationContext
    from sql.relations.indexes import Index
    from storage.catalog_entries import SequenceGenerator, Table, View


def usable_tables(context: RelationContext) -> Iterator[Table]:
    """The tables that the role may use; information_schema shows it no others."""
    return (table for table in context.catalog.tables.values() if has_any_privilege(context.role, table))


def usable_views(context: RelationContext) -> Iterator[View]:
    """The views that the role may use."""
    return (view for view in context.catalog.views.values() if has_any_privilege(context.role, view))


def may_see(context: RelationContext, sequence: SequenceGenerator) -> bool:
    """Whether the role may use a sequence."""
    return has_any_privilege(context.role, sequence)


def usable_keys(context: RelationContext) -> Iterator[Index]:
    """The primary keys and UNIQUE constraints of those tables."""
    for table in usable_tables(context):
        for index in indexes_of_table(table):
            if index.constraint_oid is not None:
                yield index
