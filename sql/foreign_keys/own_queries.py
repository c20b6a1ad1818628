"""Queries and changes of our own over the tables of a foreign key, by keys that are handed in.

Their texts have names of the catalog, quoted, and nothing else that a client has written. The keys are a part of the
statement that has been run already (`sql.binding.parts`), called `k`: its rows have a number `n`, the values `o1` …
of a key, and, where the key has become another one, `n1` … of that.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from msgspec.structs import replace
from sqlglot import exp

from sql.binder import bind_delete, bind_query
from sql.binding.parts import StatementParts, marker_of
from sql.dialect import parse_script
from sql.plan import DeleteQuery, UpdateQuery
from sql.plan_queries import with_queries
from sql.prepared import PlanBasis, PlanKey, Prepared
from sql.queries import session_values
from sql.query_scans import PartScan, TableScan
from sql.relations.identifiers import qualified, quote_identifier
from sql.result import ResultColumn
from sql.statements import ParsedStatement
from sql.types.arrow import pa
from sql.write_planner import plan_delete, plan_update
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binder import BindContext
    from sql.plan import Plan, QueryPlan
    from sql.query_scans import Scan
    from sql.session_state import SessionState
    from sql.types.arrow import Table as ArrowTable
    from storage.catalog_entries import ForeignKey, Table
    from storage.transaction import Transaction

_KEYS: Final = "k"


class Keys:
    """Keys of a table in Arrow, as its key columns have them, and what they have become; with how a query sees them."""

    def __init__(self, table: Table, numbers: Sequence[int], before: ArrowTable, after: ArrowTable | None) -> None:
        types = [next(each.type for each in table.columns if each.number == number) for number in numbers]
        both = [("o", before)] if after is None else [("o", before), ("n", after)]
        self.rows = before
        self.columns = (
            ResultColumn("n", t.BIGINT),
            *(ResultColumn(f"{of}{place}", each) for of, _ in both for place, each in enumerate(types, start=1)),
        )
        arrays = [pa.array(np.arange(before.num_rows)), *(column for _, rows in both for column in rows.columns)]
        self.part = pa.table(arrays, names=[f"c{place}" for place in range(1, len(arrays) + 1)])


def select_text(table: Table, numbers: Sequence[int], what: str) -> str:
    """What gives something of the keys that rows of a table have in columns."""
    return f"SELECT {what} FROM {_KEYS} JOIN {_named(table)} AS t ON {_same(table, numbers)}"


def select_missing_text(table: Table, numbers: Sequence[int]) -> str:
    """What gives the numbers of the keys that no row of a table has in columns."""
    name = quote_identifier(_names(table)[numbers[0]])
    return f"SELECT k.n FROM {_KEYS} LEFT JOIN {_named(table)} AS t ON {_same(table, numbers)} WHERE t.{name} IS NULL"


def delete_text(table: Table, foreign_key: ForeignKey) -> str:
    """What deletes the rows that refer to the keys; of a table that refers to itself those too that refer to these."""
    same = _same(table, foreign_key.columns)
    if foreign_key.referenced_table != table.oid:
        return f"DELETE FROM {_named(table)} AS t USING {_KEYS} WHERE {same}"
    names = _names(table)
    places = range(1, len(foreign_key.columns) + 1)
    key = ", ".join(f"t.{quote_identifier(names[number])}" for number in foreign_key.referenced_columns)
    first, listed = ", ".join(f"k.o{place}" for place in places), ", ".join(f"o{place}" for place in places)
    return (
        f"WITH RECURSIVE gone({listed}) AS (SELECT {first} FROM {_KEYS} UNION SELECT {key} "
        f"FROM {_named(table)} AS t JOIN gone AS k ON {same}) "
        f"DELETE FROM {_named(table)} AS t USING gone AS k WHERE {same}"
    )


def update_text(table: Table, foreign_key: ForeignKey, values: Sequence[tuple[int, str]]) -> str:
    """What gives columns, by their numbers, values in the rows that refer to the keys."""
    names = _names(table)
    assigned = ", ".join(f"{quote_identifier(names[number])} = {value}" for number, value in values)
    return f"UPDATE {_named(table)} AS t SET {assigned} FROM {_KEYS} WHERE {_same(table, foreign_key.columns)}"


def _named(table: Table) -> str:
    return qualified(table.namespace, table.name)


def _names(table: Table) -> dict[int, str]:
    return {column.number: column.name for column in table.columns}


def _same(table: Table, numbers: Sequence[int]) -> str:
    names = _names(table)
    return " AND ".join(f"t.{quote_identifier(names[number])} = k.o{place}" for place, number in enumerate(numbers, 1))


async def run_newest(
    session: SessionState, transaction: Transaction, table: Table, text: str, keys: Keys
) -> ArrowTable:
    """The result of a query over a table that is locked, as it is now, whatever its statement or transaction sees."""
    return await _run(session, transaction, table, _plan_query(session, text, keys), keys)


async def referring_seqs(
    session: SessionState, transaction: Transaction, table: Table, foreign_key: ForeignKey, keys: Keys
) -> ArrowTable:
    """The seqs of the rows that refer to the keys, in the same way: those that a DELETE would delete."""
    text = f"DELETE FROM {_named(table)} AS t USING {_KEYS} WHERE {_same(table, foreign_key.columns)}"
    tree = _tree(text, keys)
    assert isinstance(tree, exp.Delete), "it is one"
    plan, _ = bind_delete(tree, table, None, _context(session, keys))
    return await _run(session, transaction, table, plan, keys)


async def _run(
    session: SessionState, transaction: Transaction, table: Table, plan: QueryPlan, keys: Keys
) -> ArrowTable:
    newest = transaction.references.newest_snapshot(table.oid).as_of(table)
    sources = {scan.alias: (newest,) if isinstance(scan, TableScan) else keys.part for scan in plan.scans}
    return await session.shared.engine.table(plan, sources, (), session_values(session, plan))


def _plan_query(session: SessionState, text: str, keys: Keys) -> QueryPlan:
    catalog, plans = session.catalog, session.shared.plans
    # It means the same for every session, and no client can send this text.
    key = PlanKey(f"\0{text}", tuple(column.type.oid for column in keys.columns), PlanBasis("", "", 0))
    known = plans.find(key, catalog)
    if known is not None:
        return cast("QueryPlan", known.plan)
    plan = bind_query(_tree(text, keys), _context(session, keys))
    if catalog is session.shared.storage.catalog:
        plans.keep(Prepared(key, ParsedStatement(None, text, 0), plan, catalog, (), None, None))
    return plan


def _context(session: SessionState, keys: Keys) -> BindContext:
    """Whoever breaks a constraint is told so, whether the role may read the rows or not."""
    return replace(
        session.bind_context(()), parts=StatementParts(columns=[keys.columns]), may_read=lambda _relation: None
    )


def plan_change(session: SessionState, table: Table, text: str, keys: Keys) -> UpdateQuery | DeleteQuery:
    """The plan of an UPDATE or DELETE, with the rights of the table's owner, and with the keys handed in."""
    tree = _tree(text, keys)
    owner = session.catalog.role(table.owner)
    assert owner is not None, "who owns a table cannot be dropped"
    with session.roles.acting_as(owner), session.planning_in_parts(StatementParts(columns=[keys.columns])):
        match tree:
            case exp.Update():
                plan: Plan = plan_update(tree, session, ())
            case exp.Delete():
                plan = plan_delete(tree, session, ())
            case _:
                raise AssertionError("it is one of the texts above")
    assert isinstance(plan, UpdateQuery | DeleteQuery), "parts are no point statements"
    return cast("UpdateQuery | DeleteQuery", with_queries(plan, partial(_with_keys, keys)))


def _with_keys(keys: Keys, plan: QueryPlan) -> QueryPlan:
    scans: list[Scan] = [replace(scan, rows=keys.part) if isinstance(scan, PartScan) else scan for scan in plan.scans]
    return replace(plan, scans=tuple(scans))


def _tree(text: str, keys: Keys) -> exp.Expr:
    """The tree of a text, with the marker for the keys."""
    tree = _parsed(text).copy()
    columns = [exp.to_identifier(column.name) for column in keys.columns]
    marker = marker_of(0, exp.TableAlias(this=exp.to_identifier(_KEYS), columns=columns))
    clause = tree.args.get("with_")
    own = () if clause is None else clause.expressions
    tree.set("with_", exp.With(expressions=[marker, *own], recursive=clause is not None))
    return tree


@lru_cache(maxsize=256)
def _parsed(text: str) -> exp.Expr:
    """It is shared: copy before changing it."""
    tree = parse_script(text)[0].tree
    assert isinstance(tree, exp.Expr), "it is one of the texts above"
    return tree
