"""INSERT … VALUES … ON CONFLICT as a closure: see `sql.compiled`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.constraints import check_rows, not_null_positions
from sql.errors import CardinalityViolation
from sql.foreign_keys.point import PointReferences
from sql.point_rows import NO_ROW, compile_fixed, compile_row, plain_rows
from sql.result import Command
from sql.row_checks import compile_checks
from sql.scalar import compile_scalar, numbers_drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.block import TransactionBlock
    from sql.plan import InsertValues
    from sql.plan_parts import PointConflict
    from sql.result import Rows
    from sql.types import Codecs
    from storage.rows import Row
    from storage.transaction import Transaction
    from storage.unique_keys import RowKey

AFFECTED_TWICE = (
    "ON CONFLICT DO UPDATE command cannot affect row a second time",
    "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
)
"""Message and hint."""


def affected_twice() -> CardinalityViolation:
    """The error for a row that one statement would insert or update, and then update."""
    message, hint = AFFECTED_TWICE
    return CardinalityViolation(message, hint=hint)


def conflicting_row(
    transaction: Transaction, store_oid: int, keys: Sequence[RowKey], row: Row
) -> tuple[Row, int] | None:
    """The row, and its seq, that has one of a new row's keys. If there is none the keys are the transaction's.

    Raises what `Transaction.lock_key` raises.
    """
    for key in keys:
        values = key.of_row(row)
        if values is not None:
            found = transaction.lock_key(store_oid, values, key.index_oid)
            if found is not None:
                return found
    return None


def compile_insert_on_conflict(
    plan: InsertValues, conflict: PointConflict, codecs: Codecs, store_oid: int
) -> Callable[[TransactionBlock, Sequence[object]], Command | Rows]:
    """The closure that runs it."""
    table, returning = plan.table, plan.returning
    not_null = not_null_positions(table)
    test_checks = compile_checks(table, codecs)
    arbiters = conflict.arbiters
    rows_of = [compile_row(row, codecs) for row in plan.rows]
    updates = conflict.assignments is not None
    assigned = conflict.assignments or ()
    assignments = [(position, compile_scalar(scalar, codecs)) for position, scalar in assigned]
    fixed = compile_fixed((scalar for _, scalar in assigned), codecs)
    references = PointReferences(table, codecs)
    drawn = numbers_drawn(scalar for row in plan.rows for scalar in row)
    drawn_again = numbers_drawn(scalar for _ in plan.rows for _, scalar in assigned)

    def run(block: TransactionBlock, params: Sequence[object]) -> Command | Rows:
        transaction = block.for_writing("INSERT")
        for sequence, count in (*drawn, *drawn_again):
            block.sequences.require(sequence, count)
        rows = [make(params, block) for make in rows_of]
        for evaluate in fixed:
            evaluate(params, NO_ROW, block)
        check_rows(table, not_null, rows, codecs)
        test_checks(rows, block)
        keys = [key for key in transaction.keys(store_oid) if key.index_oid in arbiters]
        written: list[Row] = []
        before: list[Row | None] = []
        new_seqs: set[int] = set()
        for row in rows:
            found = conflicting_row(transaction, store_oid, keys, row)
            if found is None:
                new_seqs.update(transaction.insert(store_oid, (row,)))
                written.append(row)
                before.append(None)
            elif updates:
                old, seq = found
                if seq in new_seqs:
                    raise affected_twice()
                changed = list(old)
                both = old + row
                for position, evaluate in assignments:
                    changed[position] = evaluate(params, both, block)
                new = tuple(changed)
                check_rows(table, not_null, (new,), codecs)
                test_checks((new,), block)
                transaction.delete(store_oid, (seq,), (old,))
                new_seqs.update(transaction.insert(store_oid, (new,)))
                written.append(new)
                before.append(old)
        if references:
            references.require(block, transaction, written, before)
        tag = f"INSERT 0 {len(written)}"
        return Command(tag) if returning is None else plain_rows(returning, written, tag)

    return run
