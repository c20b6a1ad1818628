"""Whether all rows of a table, hot and cold, are as its new definition wants them: a query over them says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql import errors
from sql.binder import bind_query
from sql.checks import violated_by_some_row
from sql.dialect import parse_script
from sql.queries import session_values
from sql.query_scans import TableScan
from sql.relations.identifiers import qualified, quote_identifier
from storage.errors import SerializationFailure

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from sql.alter.alteration import Alteration
    from sql.plan import QueryPlan
    from sql.session_state import SessionState
    from storage.catalog_entries import Table
    from storage.transaction import Transaction


async def verify(alteration: Alteration, transaction: Transaction) -> None:
    """Look at all rows, as they are with the definition that the catalog has by now.

    Raises `NotNullViolation` and `CheckViolation` as PostgreSQL does for a table that does not satisfy them.
    """
    table, session = alteration.without_new_keys, alteration.session
    for column in table.columns:
        if column.number in alteration.not_null:
            name = quote_identifier(column.name)
            if await _any_row(table, f"{name} IS NULL", session, transaction):
                raise contains_nulls(table, column.name)
    for check in alteration.checks:
        if await _any_row(table, f"NOT ({check.expression})", session, transaction):
            raise violated_by_some_row(table, check)


def require_all_seen(table: Table, transaction: Transaction, session: SessionState) -> None:
    """Raise `SerializationFailure` if the transaction's one snapshot has not all rows that others have committed."""
    if not transaction.repeatable:
        return
    for store_oid in stores_of(table, transaction):
        if store_oid in transaction.own.created:
            continue
        if transaction.taken.of(store_oid).version != session.shared.storage.snapshot(store_oid).version:
            raise SerializationFailure


def contains_nulls(table: Table, column: str) -> errors.NotNullViolation:
    """The error for a column with a NULL where none may be."""
    return errors.NotNullViolation(
        f'column "{column}" of relation "{table.name}" contains null values',
        schema=table.namespace,
        table=table.name,
        column=column,
    )


async def run_over(
    plan: QueryPlan, table: Table, stores: tuple[int, ...], session: SessionState, transaction: Transaction
) -> pa.Table:
    """The result of a query over one table, with this definition, of which it reads these row stores."""
    snapshots = tuple(transaction.snapshot(store_oid).as_of(table) for store_oid in stores)
    sources = {scan.alias: snapshots for scan in plan.scans if isinstance(scan, TableScan)}
    return await session.shared.engine.table(plan, sources, (), session_values(session, plan))


def stores_of(table: Table, transaction: Transaction) -> tuple[int, ...]:
    """The row stores of all roles: what holds for a table holds for every row."""
    return transaction.stores(table.oid) or (table.oid,)


async def _any_row(table: Table, condition: str, session: SessionState, transaction: Transaction) -> bool:
    text = f"SELECT 1 FROM {qualified(table.namespace, table.name)} WHERE {condition} LIMIT 1"
    tree: exp.Expr = parse_script(text)[0].tree  # type: ignore[assignment]  # a SELECT is a tree
    plan = bind_query(tree, session.bind_context(()))
    return (await run_over(plan, table, stores_of(table, transaction), session, transaction)).num_rows > 0
