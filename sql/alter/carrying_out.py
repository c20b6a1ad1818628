"""What the actions of an ALTER TABLE have come to is done: to the catalog, and to rows where it must be."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sql.alter.moving import with_owned
from sql.alter.rewriting import delete_all, insert_all
from sql.alter.verification import verify
from sql.drops import carry_out_drop

if TYPE_CHECKING:
    from sql.alter.alteration import Alteration
    from storage.catalog import Catalog
    from storage.catalog_entries import Table, View
    from storage.transaction import Transaction


async def carry_out(alteration: Alteration, transaction: Transaction) -> None:
    """Make the change, in the transaction, which has locked the table.

    Raises `NotNullViolation`, `CheckViolation`, `UniqueViolation` where rows do not fit; what was done is to be undone
    then.
    """
    if alteration.table == alteration.before and not alteration.drops:
        return
    made = await delete_all(alteration, transaction) if alteration.rewrites else {}
    # However many actions there are, it is one change.
    alteration.table = replace(alteration.table, version=alteration.before.version + 1)
    for drop in alteration.drops:
        carry_out_drop(drop, alteration.session, "ALTER TABLE")
    transaction.change_catalog(partial(_changed, table=alteration.table, views=alteration.views))
    await insert_all(alteration, transaction, made)
    await verify(alteration, transaction)


def _changed(catalog: Catalog, table: Table, views: dict[int, View]) -> Catalog:
    for view in views.values():
        if view.oid in catalog.views:
            catalog = catalog.with_relation(view)
    return with_owned(catalog, table)
