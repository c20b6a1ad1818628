"""Which tables a schedule is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storage.errors import TableGone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.catalog import Catalog
    from storage.catalog_entries import Table


def tables_of(catalog: Catalog, parameters: Mapping[str, Any]) -> tuple[Table, ...]:
    """The tables that the parameters of a schedule mean, by namespace and name.

    `{"namespace": …, "table_name": …}`, either may be absent or null: then all of them. Raises `TableGone` for a table
    that is named and not there.
    """
    namespace, table_name = parameters.get("namespace"), parameters.get("table_name")
    if namespace is not None and table_name is not None:
        table = catalog.table(namespace, table_name)
        if table is None:
            raise TableGone(f'table "{namespace}.{table_name}" does not exist')
        return (table,)
    tables = catalog.tables.values() if namespace is None else catalog.tables_in(namespace)
    return tuple(sorted(tables, key=lambda table: (table.namespace, table.name)))
