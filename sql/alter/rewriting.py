"""Every row of a table made anew: deleted as it was, and inserted as the new definition has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from sql import errors
from sql.alter.verification import contains_nulls, run_over, stores_of
from sql.binder import bind_rewrite_source
from sql.bulk_rows import delete_rows, insert_rows
from sql.defaults import default_tree
from sql.numbering import as_column

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.alter.alteration import Alteration
    from storage.transaction import Transaction


async def delete_all(alteration: Alteration, transaction: Transaction) -> dict[int, pa.Table]:
    """Delete the rows of all row stores. Returns what they become, by row store.

    Before the definition is changed. Raises what the expressions raise, and `NotNullViolation`.
    """
    before, table, session = alteration.before, alteration.table, alteration.session
    if before.type == "stream":
        raise errors.FeatureNotSupported(
            f'the rows of stream table "{before.name}" cannot be rewritten',
            hint="A column can be added with a constant default, and a type be made wider.",
        )
    plan = bind_rewrite_source(before, table, _values(alteration), session.bind_context(()))
    made: dict[int, pa.Table] = {}
    for store_oid in stores_of(before, transaction):
        found = await run_over(plan, before, (store_oid,), session, transaction)
        if not found.num_rows:
            continue
        rows = await _numbered(alteration, found.drop_columns(["_seq"]))
        for position, column in enumerate(table.columns):
            if column.not_null and rows.column(position).null_count:
                raise contains_nulls(table, column.name)
        await delete_rows(transaction, store_oid, found.column("_seq").to_numpy())
        made[store_oid] = rows
    return made


def _values(alteration: Alteration) -> dict[int, exp.Expr]:
    """What columns get in every row, new ones included."""
    there = {column.number for column in alteration.before.columns}
    new = [each for each in alteration.table.columns if each.number not in there]
    return {**{each.number: default_tree(each.default).copy() for each in new if each.default}, **alteration.values}


async def _numbered(alteration: Alteration, rows: pa.Table) -> pa.Table:
    """The rows with the numbers that sequences give them."""
    for position, column in enumerate(alteration.table.columns):
        sequence = alteration.numbered.get(column.number)
        if sequence is not None:
            numbers = await alteration.session.block.sequences.take(sequence, rows.num_rows)
            rows = rows.set_column(position, rows.field(position), as_column(pa.array(numbers), column.type))
    return rows


async def insert_all(alteration: Alteration, transaction: Transaction, made: dict[int, pa.Table]) -> None:
    """Insert the rows that `delete_all` gave, after the definition was changed. Raises `UniqueViolation`."""
    table = alteration.without_new_keys
    for store_oid, rows in made.items():
        await insert_rows(alteration.session, transaction, table, store_oid, rows)
