"""EXPLAIN: what a plan would do, in lines of text; with ANALYZE, what it did."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sql import errors
from sql.plan import (
    Composite,
    CopyFrom,
    CopyTo,
    DeleteQuery,
    InsertQuery,
    InsertValues,
    KeyDelete,
    KeyLookup,
    KeyUpdate,
    LockingQuery,
    MergeQuery,
    QueryPlan,
    RowCalls,
    UpdateQuery,
)
from sql.queries import query_table
from sql.query_scans import PartScan, RelationScan, RowsScan, TableScan
from sql.result import ResultColumn, Rows
from sql.row_stores import snapshots_of
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sql.plan import Explain, Plan
    from sql.query_scans import Scan
    from sql.session_state import SessionState

EXPLAIN_COLUMNS = (ResultColumn("QUERY PLAN", t.TEXT),)


async def explain(session: SessionState, wanted: Explain, parameters: Sequence[object]) -> Rows:
    """Describe a plan; with ANALYZE run it first, if it only reads."""
    lines = list(_lines(wanted.plan, session))
    if wanted.analyze:
        lines += await _analyzed(session, wanted.plan, parameters)
    return Rows(EXPLAIN_COLUMNS, [(line,) for line in lines], "EXPLAIN")


async def _analyzed(session: SessionState, plan: Plan, parameters: Sequence[object]) -> list[str]:
    if not isinstance(plan, QueryPlan):
        raise errors.FeatureNotSupported("EXPLAIN ANALYZE takes a query that is not a look-up by primary key")
    start = time.perf_counter()
    rows = await query_table(session, plan, parameters)
    elapsed_ms = (time.perf_counter() - start) * 1000
    return [f"Rows: {rows.num_rows}", f"Execution Time: {elapsed_ms:.3f} ms"]


def _lines(plan: Plan, session: SessionState) -> Iterator[str]:
    match plan:
        case KeyLookup():
            yield f"Key Lookup on {plan.table.name} using {plan.key.name}"
        case InsertValues():
            yield f"Insert on {plan.table.name}"
            yield f"  ->  Values ({len(plan.rows)} row{'s' * (len(plan.rows) != 1)})"
        case KeyUpdate() | KeyDelete():
            yield f"{'Update' if isinstance(plan, KeyUpdate) else 'Delete'} on {plan.table.name}"
            yield f"  ->  Key Lookup on {plan.table.name} using {plan.key.name}"
        case LockingQuery():
            yield f"Lock Rows of {', '.join(lock.relation for lock in plan.locks)}"
            first, *rest = _lines(plan.query, session)
            yield f"  ->  {first}"
            yield from (f"      {line}" for line in rest)
        case InsertQuery() | UpdateQuery() | DeleteQuery() | MergeQuery():
            yield f"{type(plan).__name__.removesuffix('Query')} on {plan.table.name}"
            first, *rest = _lines(plan.query, session)
            yield f"  ->  {first}"
            yield from (f"      {line}" for line in rest)
        case Composite():
            yield from _lines(plan.plan, session)
            for part in (*plan.before, *plan.behind):
                yield f"  Part {part.number + 1}"
                yield from (f"    {line}" for line in _lines(part.plan, session))
        case RowCalls():
            yield f"Calls of {', '.join(dict.fromkeys(f'{call.function}()' for call in plan.calls))} for each row"
            first, *rest = _lines(plan.query, session)
            yield f"  ->  {first}"
            yield from (f"      {line}" for line in rest)
        case QueryPlan():
            yield "Query (DuckDB)"
            for scan in plan.scans:
                yield f"  ->  {_scan_line(scan, session)}"
        case CopyFrom() | CopyTo():
            yield "Copy"
        case _:
            yield type(plan).__name__


def _scan_line(scan: Scan, session: SessionState) -> str:
    match scan:
        case TableScan():
            table = session.catalog.table_by_oid(scan.table_oid)
            assert table is not None, "the plan was made with this catalog"
            predicates = [predicate for predicate in scan.predicates if not hasattr(predicate, "parameter")]
            parts = [snapshot.scan(predicates) for snapshot in snapshots_of(session, scan)]
            hot = sum(each.hot.num_rows for each in parts if each.hot is not None)
            clean = sum(len(each.clean) for each in parts)
            dirty = sum(len(each.dirty) for each in parts)
            return (
                f"Scan on {table.namespace}.{table.name}  (hot rows: {hot}, segments: {clean} clean, "
                f"{dirty} with dead rows)"
            )
        case RelationScan():
            conditions = "; ".join(f"{each.column} {each.op} {each.values}" for each in scan.conditions)
            told = f"  (index condition: {conditions})" * bool(conditions)
            if scan.first is not None:
                told += f"  (first {scan.first.count}" + f" by {scan.first.column}" * bool(scan.first.column) + ")"
            return f"Relation {scan.namespace}.{scan.name}{told}"
        case RowsScan():
            return "Rows of the statement"
        case PartScan(part=part):
            return f"Rows of part {part + 1}"
