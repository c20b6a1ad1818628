"""User tables and streams for the job tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.durable import wait_durable
from storage.catalog_entries import Column, PrimaryKey, Role, Table
from storage.types import BIGINT, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.engine import Storage

COLUMNS = (Column(1, "id", BIGINT, not_null=True), Column(2, "note", TEXT))


async def create_table_of_type(storage: Storage, options: dict[str, str], name: str = "t") -> Table:
    """A table with a bigint key and a text."""
    tx = storage.begin()
    # Not a role that tests drop: who owns a table stays.
    table = Table(tx.new_oid(), "public", name, "admin", COLUMNS, PrimaryKey(f"{name}_pkey", (1,)), options)
    tx.change_catalog(lambda catalog: catalog.with_table(table))
    await wait_durable(storage.commit(tx))
    return table


async def create_role(storage: Storage, name: str) -> Role:
    """A role."""
    tx = storage.begin()
    role = Role(tx.new_oid(), name, login=True)
    tx.change_catalog(lambda catalog: catalog.with_role(role))
    await wait_durable(storage.commit(tx))
    return role


async def drop_role(storage: Storage, role: Role) -> None:
    """Drop it."""
    tx = storage.begin()
    tx.change_catalog(lambda catalog: catalog.without_role(role.name))
    await wait_durable(storage.commit(tx))


async def insert_as(storage: Storage, table: Table, role: Role, ids: Iterable[int]) -> int:
    """Commit a row for each id as a role; the id of its row store."""
    tx = storage.begin()
    store = tx.partition(table.oid, role)
    tx.insert(store, [(row_id, role.name) for row_id in ids])
    await wait_durable(storage.commit(tx))
    return store
