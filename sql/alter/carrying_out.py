"""What the actions of an ALTER TABLE have come to is done: to the catalog, and to rows where it must be."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql.alter.moving import with_owned
from sql.alter.referring import hold_to_references
from sql.alter.rewriting import delete_all, insert_all
from sql.alter.verification import require_all_seen, verify
from sql.alter.view_texts import Renaming, views_after
from sql.checks import require_meaning
from sql.drops import carry_out_drop
from sql.foreign_keys.existing_rows import require_references
from sql.foreign_keys.links import with_links
from sql.indexes import build_key

if TYPE_CHECKING:
    from sql.alter.alteration import Alteration
    from storage.catalog import Catalog
    from storage.catalog_entries import Relation
    from storage.transaction import Transaction


async def carry_out(alteration: Alteration, transaction: Transaction) -> None:
    """Make the change, in the transaction, which has locked the table.

    Raises `NotNullViolation`, `CheckViolation`, `UniqueViolation` where rows do not fit; what was done is to be undone
    then.
    """
    if alteration.table == alteration.before and not alteration.drops and not alteration.sequences:
        return
    if alteration.retyped:
        _hold_to_constraints(alteration)
    if alteration.rewrites or alteration.not_null or alteration.checks:
        require_all_seen(alteration.before, transaction, alteration.session)
    made = await delete_all(alteration, transaction) if alteration.rewrites else {}
    # However many actions there are, it is one change.
    alteration.table = replace(alteration.table, version=alteration.before.version + 1)
    for drop in alteration.drops:
        carry_out_drop(drop, alteration.session, "ALTER TABLE")
    transaction.change_catalog(partial(_changed, alteration=alteration))
    await insert_all(alteration, transaction, made)
    await verify(alteration, transaction)
    if alteration.keys:
        await _build_keys(alteration, transaction)
    for oid, foreign_key in alteration.foreign_keys:
        await require_references(alteration.session, transaction, transaction.catalog.tables[oid], foreign_key)


def _hold_to_constraints(alteration: Alteration) -> None:
    """What columns have by their new types must satisfy the constraints that are there: it may be another value.

    Raises what PostgreSQL raises where a check means nothing for them.
    """
    table, retyped = alteration.table, alteration.retyped
    require_meaning(alteration.session, table, retyped)
    hold_to_references(alteration)
    new = {check.oid for check in alteration.checks}
    there = [check for check in table.checks if check.oid not in new and not retyped.isdisjoint(check.columns)]
    alteration.checks = [*there, *alteration.checks]
    alteration.not_null.update(
        column.number for column in table.columns if column.not_null and column.number in alteration.values
    )


def _changed(catalog: Catalog, alteration: Alteration) -> Catalog:
    views = views_after(catalog, [Renaming(alteration.before, alteration.table)])
    others: list[Relation] = [*views.values(), *alteration.sequences]
    for relation in others:
        catalog = catalog.with_relation(relation)
    catalog = with_links(catalog, alteration.without_new_keys)
    return with_owned(catalog, catalog.tables[alteration.table.oid])


async def _build_keys(alteration: Alteration, transaction: Transaction) -> None:
    """Give the table its new keys, which have entries for all rows by then. Raises `UniqueViolation`."""
    key = alteration.table.primary_key
    for oid in alteration.keys:
        index_oid = None if key is not None and key.oid == oid else oid
        await build_key(alteration.session, transaction, alteration.table, index_oid)
    transaction.change_catalog(partial(with_links, table=alteration.table))
