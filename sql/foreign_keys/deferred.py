"""Deferred foreign keys: SET CONSTRAINTS, and what COMMIT looks at before anything is written.

A key that rows began to refer to has to be there, or nobody refers to it any more; of one that was taken away, too.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sql import errors
from sql.checks import constraint_names
from sql.foreign_keys.key_rows import distinct
from sql.foreign_keys.own_queries import Keys, run_newest, select_text
from sql.foreign_keys.referred import lock_gone, require_unreferenced, without_those_there
from sql.foreign_keys.referring import find_missing, not_there
from sql.foreign_keys.steps import table_to_read
from sql.result import Command
from sql.types.arrow import pa
from storage.rows import row_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.foreign_keys.pending import PendingKeys
    from sql.names import QualifiedName
    from sql.session_state import SessionState
    from sql.statements import SetConstraints
    from sql.types.arrow import Table as ArrowTable
    from storage.catalog import Catalog
    from storage.catalog_entries import ForeignKey, Table
    from storage.transaction import Transaction


async def set_constraints(statement: SetConstraints, session: SessionState) -> Command:
    """SET CONSTRAINTS. What is immediate from now on is tested at once. Raises `ForeignKeyViolation`."""
    if session.block.is_alone:
        session.notice("SET CONSTRAINTS can only be used in transaction blocks", "WARNING", "25P01")
    names = statement.names
    oids = None if names is None else [oid for name in names for oid in _named(session, name, statement.deferred)]
    if not session.block.is_alone:
        transaction = session.block.for_locks()
        session.block.deferred.set_modes(transaction, oids, deferred=statement.deferred)
        if not statement.deferred:
            await _test(session, transaction, immediate_only=True)
    return Command("SET CONSTRAINTS")


def _named(session: SessionState, name: QualifiedName, deferred: bool) -> list[int]:
    """The oids of the deferrable constraints of a name, in the first schema that has any constraint of it."""
    catalog = session.catalog
    if name.namespace is not None and catalog.namespace(name.namespace) is None:
        raise errors.UndefinedNamespace(f'schema "{name.namespace}" does not exist')
    for namespace in session.search_path if name.namespace is None else (name.namespace,):
        tables = [each for each in catalog.tables.values() if each.namespace == namespace]
        found = [table for table in tables if name.name in constraint_names(table)]
        keys = [each for table in found for each in table.foreign_keys if each.name == name.name]
        deferrable = [each.oid for each in keys if each.deferrable]
        if deferred and len(deferrable) < len(found):
            raise errors.WrongObjectType(f'constraint "{name.name}" is not deferrable')
        if found:
            return deferrable
    raise errors.UndefinedObject(f'constraint "{name}" does not exist')


async def test_deferred(session: SessionState) -> None:
    """Look at all that is pending, before a commit. Raises `ForeignKeyViolation`."""
    transaction = session.block.transaction
    assert transaction is not None, "it is pending in one"
    await _test(session, transaction, immediate_only=False)


async def _test(session: SessionState, transaction: Transaction, *, immediate_only: bool) -> None:
    pending = session.block.deferred.take(transaction, immediate_only=immediate_only)
    together: dict[tuple[object, ...], list[PendingKeys]] = {}
    for each in pending:
        # A column may have been given another type since.
        of = (each.table_oid, each.foreign_key_oid, each.gone, *each.keys.schema.types)
        together.setdefault(of, []).append(each)
    for some in together.values():
        table, foreign_key = _find(transaction.catalog, some[0])
        if table is None or foreign_key is None:
            # It was dropped since.
            continue
        keys = await asyncio.get_running_loop().run_in_executor(None, _joined, [each.keys for each in some])
        test = _test_gone if some[0].gone else _test_new
        await test(session, transaction, table, foreign_key, keys)


def _find(catalog: Catalog, pending: PendingKeys) -> tuple[Table | None, ForeignKey | None]:
    table = catalog.table_by_oid(pending.table_oid)
    keys = () if table is None else table.foreign_keys
    return table, next((each for each in keys if each.oid == pending.foreign_key_oid), None)


def _joined(keys: Sequence[ArrowTable]) -> ArrowTable:
    names = [f"k{place}" for place in range(1, keys[0].num_columns + 1)]
    return distinct(pa.concat_tables([each.rename_columns(names) for each in keys]))


async def _test_new(
    session: SessionState, transaction: Transaction, table: Table, foreign_key: ForeignKey, keys: ArrowTable
) -> None:
    referenced, missing = await find_missing(session, transaction, foreign_key, keys)
    if not len(missing):
        return
    keys = keys.take(missing)
    table = await table_to_read(session, transaction, table.oid)
    handed_in = Keys(referenced, foreign_key.referenced_columns, keys, None)
    text = select_text(table, foreign_key.columns, "min(k.n)")
    (first,) = (await run_newest(session, transaction, table, text, handed_in)).column(0).to_pylist()
    if first is not None:
        raise not_there(session, transaction, table, foreign_key, referenced, row_at(keys, first))


async def _test_gone(
    session: SessionState, transaction: Transaction, table: Table, foreign_key: ForeignKey, keys: ArrowTable
) -> None:
    referenced = await table_to_read(session, transaction, foreign_key.referenced_table)
    await lock_gone(session, transaction, referenced, foreign_key, keys)
    keys = await without_those_there(session, transaction, referenced, foreign_key, keys)
    await require_unreferenced(session, transaction, table.oid, foreign_key, referenced, keys)
