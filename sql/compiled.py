"""Point statements as closures: compiled once for a plan, run without DuckDB and without waiting.

A closure takes the session's transaction block and the parameters, and gives the result. It raises `Blocked` where it
would have to wait for another transaction; the executor then waits and runs it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.constraints import check_rows, not_null_positions
from sql.foreign_keys.point import PointReferences, numbers_of
from sql.plan import InsertValues, KeyDelete, KeyLookup, KeyUpdate
from sql.point_conflicts import compile_insert_on_conflict
from sql.point_rows import NO_ROW, compile_fixed, compile_row, plain_rows
from sql.result import Command, Rows
from sql.row_checks import compile_checks
from sql.scalar import compile_scalar, numbers_drawn
from storage.keys import key_encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.block import TransactionBlock
    from sql.plan import PointKey, PointPlan
    from sql.scalar import Environment, Evaluate
    from sql.types import Codecs
    from storage.catalog_entries import Role, Table

    Row = tuple[object, ...]
    Run = Callable[[TransactionBlock, Sequence[object]], Command | Rows]


def compile_plan(plan: PointPlan, codecs: Codecs) -> Run:
    """The closure that runs a point plan."""
    if plan.owner is None:
        return _compile(plan, codecs, plan.table.oid)
    return _compile_for_owner(plan, codecs, plan.table, plan.owner)


def _compile(plan: PointPlan, codecs: Codecs, store_oid: int) -> Run:
    match plan:
        case KeyLookup():
            return _compile_lookup(plan, codecs, store_oid)
        case InsertValues(conflict=conflict) if conflict is not None:
            return compile_insert_on_conflict(plan, conflict, codecs, store_oid)
        case InsertValues():
            return _compile_insert(plan, codecs, store_oid)
        case KeyUpdate():
            return _compile_update(plan, codecs, store_oid)
        case KeyDelete():
            return _compile_delete(plan, codecs, store_oid)


def _compile_for_owner(plan: PointPlan, codecs: Codecs, table: Table, owner: Role) -> Run:
    """In a user table: the store of a role may come into being between one run and the next."""
    by_store: dict[int, Run] = {}
    inserts = isinstance(plan, InsertValues)

    def run(block: TransactionBlock, params: Sequence[object]) -> Command | Rows:
        if inserts:
            store_oid = block.for_writing("INSERT").partition(table.oid, owner)
        else:
            store_oid = block.partition(table.oid, owner.oid)
        compiled = by_store.get(store_oid)
        if compiled is None:
            compiled = by_store[store_oid] = _compile(plan, codecs, store_oid)
        return compiled(block, params)

    return run


def _compile_key(
    table: Table, key: PointKey, codecs: Codecs
) -> Callable[[Sequence[object], Environment], bytes | None]:
    """From parameters to the key's bytes; `None` where a part is NULL or beyond its type: no row can have it."""
    by_number = {column.number: column.type for column in table.columns}
    encode = key_encoder([by_number[number] for number in key.columns])
    parts = [compile_scalar(scalar, codecs) for scalar in key.values]
    if len(parts) == 1:
        (evaluate,) = parts

        def single_key_of(params: Sequence[object], environment: Environment) -> bytes | None:
            value = evaluate(params, NO_ROW, environment)
            if value is None:
                return None
            try:
                return encode((value,))
            except OverflowError:
                return None

        return single_key_of

    def key_of(params: Sequence[object], environment: Environment) -> bytes | None:
        values = [part(params, NO_ROW, environment) for part in parts]
        if None in values:
            return None
        try:
            return encode(tuple(values))
        except OverflowError:
            return None

    return key_of


def _compile_lookup(plan: KeyLookup, codecs: Codecs, store_oid: int) -> Run:
    key_of = _compile_key(plan.table, plan.key, codecs)
    positions, columns, index_oid = plan.positions, plan.columns, plan.key.index_oid
    nothing = Rows(columns, (), "SELECT 0")

    def run(block: TransactionBlock, params: Sequence[object]) -> Rows:
        key = key_of(params, block)
        found = None if key is None else block.find(store_oid, key, positions, index_oid)
        return nothing if found is None else Rows(columns, (found[0],), "SELECT 1")

    return run


def _compile_insert(plan: InsertValues, codecs: Codecs, store_oid: int) -> Run:
    table, returning = plan.table, plan.returning
    not_null = not_null_positions(table)
    test_checks, has_checks = compile_checks(table, codecs), bool(table.checks)
    rows_of = [compile_row(row, codecs) for row in plan.rows]
    drawn = numbers_drawn(scalar for row in plan.rows for scalar in row)
    done = Command(f"INSERT 0 {len(rows_of)}")
    references = PointReferences(table, codecs) if table.foreign_keys else None

    def run(block: TransactionBlock, params: Sequence[object]) -> Command | Rows:
        for sequence, count in drawn:
            block.sequences.require(sequence, count)
        rows = [make(params, block) for make in rows_of]
        check_rows(table, not_null, rows, codecs)
        if has_checks:
            test_checks(rows, block)
        if references is None:
            block.for_rows("INSERT").insert(store_oid, rows)
        else:
            transaction = block.for_writing("INSERT")
            transaction.insert(store_oid, rows)
            references.require(block, transaction, rows)
        return done if returning is None else plain_rows(returning, rows, done.tag)

    return run


def _compile_update(plan: KeyUpdate, codecs: Codecs, store_oid: int) -> Run:
    table, returning, index_oid = plan.table, plan.returning, plan.key.index_oid
    not_null = not_null_positions(table)
    test_checks, has_checks = compile_checks(table, codecs), bool(table.checks)
    key_of = _compile_key(table, plan.key, codecs)
    assignments: list[tuple[int, Evaluate]] = [
        (position, compile_scalar(scalar, codecs)) for position, scalar in plan.assignments
    ]
    fixed = compile_fixed((scalar for _, scalar in plan.assignments), codecs)
    references = PointReferences(table, codecs, numbers_of(table, plan.assignments))
    refers = bool(references)

    def run(block: TransactionBlock, params: Sequence[object]) -> Command | Rows:
        transaction = block.for_writing("UPDATE") if refers else block.for_rows("UPDATE")
        key = key_of(params, block)
        found = None if key is None else transaction.find(store_oid, key, None, index_oid)
        if found is None:
            for evaluate in fixed:
                evaluate(params, NO_ROW, block)
            return Command("UPDATE 0") if returning is None else plain_rows(returning, [], "UPDATE 0")
        old, seq = found
        new = list(old)
        for position, evaluate in assignments:
            new[position] = evaluate(params, old, block)
        row = tuple(new)
        check_rows(table, not_null, (row,), codecs)
        if has_checks:
            test_checks((row,), block)
        transaction.delete(store_oid, (seq,), (old,))
        transaction.insert(store_oid, (row,))
        if refers:
            references.require(block, block.for_writing("UPDATE"), (row,), (old,))
        return Command("UPDATE 1") if returning is None else plain_rows(returning, [row], "UPDATE 1")

    return run


def _compile_delete(plan: KeyDelete, codecs: Codecs, store_oid: int) -> Run:
    returning, index_oid = plan.returning, plan.key.index_oid
    key_of = _compile_key(plan.table, plan.key, codecs)

    def run(block: TransactionBlock, params: Sequence[object]) -> Command | Rows:
        transaction = block.for_rows("DELETE")
        key = key_of(params, block)
        found = None if key is None else transaction.find(store_oid, key, None, index_oid)
        if found is None:
            return Command("DELETE 0") if returning is None else plain_rows(returning, [], "DELETE 0")
        row, seq = found
        transaction.delete(store_oid, (seq,), (row,))
        return Command("DELETE 1") if returning is None else plain_rows(returning, [row], "DELETE 1")

    return run
