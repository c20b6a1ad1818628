"""What new rows refer to has to be there."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sql.foreign_keys.key_rows import new_references
from sql.foreign_keys.own_queries import Keys, run_newest, select_missing_text
from sql.foreign_keys.steps import KEYS_A_TURN, are_few, lock_keys, table_to_read
from sql.foreign_keys.violations import not_present
from storage.references import reference_encoder
from storage.rows import row_at, rows_from_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.errors import ForeignKeyViolation
    from sql.session_state import SessionState
    from sql.types.arrow import Table as ArrowTable
    from storage.catalog_entries import ForeignKey, Table
    from storage.changes import ChangesMark
    from storage.dead import Seqs
    from storage.rows import Row
    from storage.transaction import Transaction


async def require_references(session: SessionState, transaction: Transaction, table: Table, mark: ChangesMark) -> None:
    """Look for what the rows that were written since a mark refer to.

    Raises `ForeignKeyViolation`, and as `not_there`.
    """
    for foreign_key in sorted(table.foreign_keys, key=lambda each: each.oid):
        references, columns = transaction.references, foreign_key.columns
        new = references.rows_since(table.oid, mark, columns)
        old = references.rows_deleted_since(table.oid, mark, columns)
        sort_out = partial(new_references, new, old, match_full=foreign_key.match_full)
        keys, part = await asyncio.get_running_loop().run_in_executor(None, sort_out)
        if part is not None:
            referenced = await table_to_read(session, transaction, foreign_key.referenced_table)
            raise not_present(table, foreign_key, referenced, part, session.codecs)
        if not keys.num_rows:
            continue
        deferred = session.block.deferred
        if deferred.is_deferred(foreign_key):
            deferred.add(transaction, table, foreign_key, keys, gone=False)
            continue
        referenced, missing = await find_missing(session, transaction, foreign_key, keys)
        if len(missing):
            values = row_at(keys, int(missing[0]))
            raise not_there(session, transaction, table, foreign_key, referenced, values)


def not_there(
    session: SessionState,
    transaction: Transaction,
    table: Table,
    foreign_key: ForeignKey,
    referenced: Table,
    values: Row,
) -> ForeignKeyViolation:
    """The error for a reference to a key that is not there.

    Raises `SerializationFailure` if it is gone since the one snapshot of the transaction, which has it.
    """
    entry = reference_encoder(referenced, foreign_key)(values)
    if entry is not None:
        transaction.references.require_not_gone(referenced.oid, entry)
    return not_present(table, foreign_key, referenced, values, session.codecs)


async def find_missing(
    session: SessionState, transaction: Transaction, foreign_key: ForeignKey, keys: ArrowTable
) -> tuple[Table, Seqs]:
    """Lock the references to keys, and give the referenced table and the places of those that are not there."""
    referenced = await table_to_read(session, transaction, foreign_key.referenced_table)
    if are_few(keys.num_rows):
        entries = entries_of(referenced, foreign_key, keys)
        await lock_keys(session, transaction, foreign_key.oid, entries, takes_away=False)
        there = await keys_there(transaction, referenced.oid, entries)
        return referenced, np.flatnonzero(~np.array(there, np.bool_))
    await lock_keys(session, transaction, foreign_key.oid, None, takes_away=False)
    handed_in = Keys(referenced, foreign_key.referenced_columns, keys, None)
    text = select_missing_text(referenced, foreign_key.referenced_columns)
    found = await run_newest(session, transaction, referenced, text, handed_in)
    return referenced, np.sort(found.column(0).to_numpy())


def entries_of(referenced: Table, foreign_key: ForeignKey, keys: ArrowTable) -> list[bytes]:
    """The index entries of a few keys, none of which has a NULL."""
    encode = reference_encoder(referenced, foreign_key)
    return [entry for values in rows_from_table(keys) if (entry := encode(values)) is not None]


async def keys_there(transaction: Transaction, store_oid: int, entries: Sequence[bytes]) -> list[bool]:
    """Whether there is a row with each key now."""
    there = []
    for place, entry in enumerate(entries, start=1):
        there.append(transaction.references.has_key(store_oid, entry))
        if not place % KEYS_A_TURN:
            await asyncio.sleep(0)
    return there
