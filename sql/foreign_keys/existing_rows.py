"""Whether the rows that are there, hot and cold, refer to keys that are there: a query over both tables says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql.alter.verification import require_all_seen, stores_of
from sql.binder import bind_query
from sql.dialect import parse_script
from sql.foreign_keys.violations import not_present
from sql.queries import session_values
from sql.query_scans import TableScan
from sql.relations.identifiers import qualified, quote_identifier
from storage.rows import rows_from_table

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.session_state import SessionState
    from storage.catalog_entries import ForeignKey, Table
    from storage.transaction import Transaction


async def require_references(
    session: SessionState, transaction: Transaction, table: Table, foreign_key: ForeignKey
) -> None:
    """Look at all rows of a table, as the transaction, which has locked both tables, sees them now.

    Raises `ForeignKeyViolation` for one that refers to nothing, `SerializationFailure` if it does not see all rows.
    """
    referenced = session.catalog.table_by_oid(foreign_key.referenced_table)
    assert referenced is not None, "a table that is referred to is there"
    tables = {each.oid: each for each in (table, referenced)}
    for each in tables.values():
        require_all_seen(each, transaction, session)
    tree: exp.Expr = parse_script(_query(table, referenced, foreign_key))[0].tree  # type: ignore[assignment]  # a SELECT
    # Whoever may have the constraint is told of rows that break it, whether the role may read them or not.
    plan = bind_query(tree, replace(session.bind_context(()), may_read=lambda _: None))
    sources = {
        scan.alias: tuple(
            transaction.snapshot(store_oid).as_of(tables[scan.table_oid])
            for store_oid in stores_of(tables[scan.table_oid], transaction)
        )
        for scan in plan.scans
        if isinstance(scan, TableScan)
    }
    found = await session.shared.engine.table(plan, sources, (), session_values(session, plan))
    for values in rows_from_table(found):
        raise not_present(table, foreign_key, referenced, values, session.codecs)


def _query(table: Table, referenced: Table, foreign_key: ForeignKey) -> str:
    """The text of what gives the values of a row that refers to nothing."""
    names = {column.number: quote_identifier(column.name) for column in table.columns}
    key_names = {column.number: quote_identifier(column.name) for column in referenced.columns}
    columns = [f"fk.{names[number]}" for number in foreign_key.columns]
    key = [f"pk.{key_names[number]}" for number in foreign_key.referenced_columns]
    refers = (" OR " if foreign_key.match_full else " AND ").join(f"{column} IS NOT NULL" for column in columns)
    same = " AND ".join(f"{there} = {here}" for there, here in zip(key, columns, strict=True))
    return (
        f"SELECT {', '.join(columns)} FROM {qualified(table.namespace, table.name)} AS fk "
        f"LEFT JOIN {qualified(referenced.namespace, referenced.name)} AS pk ON {same} "
        f"WHERE {key[0]} IS NULL AND ({refers}) LIMIT 1"
    )
