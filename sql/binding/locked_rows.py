"""SELECT … FOR UPDATE and its like: which rows of which tables a query locks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from sqlglot import exp

from sql.binding.signatures import signatures
from sql.binding.tree import fold, position_at, refuse
from sql.binding.values import Bound
from sql.duckdb_types import identifier
from sql.errors import FeatureNotSupported, UndefinedTable
from sql.scan import SEQ
from sql.token_rewrites import call_of
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sql.binding.context import Binding
    from sql.binding.scope import Scope, Source


class LockedRows(Struct, frozen=True):
    """The rows of one relation in FROM that are locked: its name there, its table, and which clause says so."""

    name: str
    table_oid: int
    lock: exp.Lock


def clause_of(lock: exp.Lock) -> str:
    """`FOR UPDATE`, `FOR NO KEY UPDATE`, `FOR SHARE` or `FOR KEY SHARE`."""
    if lock.args.get("update"):
        return "FOR NO KEY UPDATE" if lock.args.get("key") else "FOR UPDATE"
    return "FOR KEY SHARE" if lock.args.get("key") else "FOR SHARE"


def first_lock(query: exp.Expr) -> exp.Lock | None:
    """The first of the clauses behind a query, or behind one of those that UNION and its like put together."""
    locks: list[exp.Lock] = query.args.get("locks") or []
    if locks:
        return locks[0]
    if isinstance(query, exp.Subquery):
        return first_lock(query.this)
    if isinstance(query, exp.SetOperation):
        return first_lock(query.this) or first_lock(query.expression)
    return None


def check_lockable(query: exp.Expr) -> None:
    """Raise what PostgreSQL raises for a query whose rows are not rows of its tables."""
    lock = first_lock(query)
    assert lock is not None, "a query without one is not asked"
    clause = clause_of(lock)
    for what, is_there in _obstacles(query):
        if is_there:
            raise FeatureNotSupported(f"{clause} is not allowed with {what}")
    if isinstance(query, exp.Values):
        raise FeatureNotSupported(f"{clause} cannot be applied to VALUES")
    if not isinstance(query, exp.Select):
        raise refuse(f"{clause} behind parentheses", query)


def _obstacles(query: exp.Expr) -> Iterator[tuple[str, bool]]:
    inner = query.this if isinstance(query, exp.Subquery) else query
    yield "UNION/INTERSECT/EXCEPT", isinstance(inner, exp.SetOperation)
    yield "DISTINCT clause", bool(query.args.get("distinct"))
    yield "GROUP BY clause", bool(query.args.get("group"))
    yield "HAVING clause", bool(query.args.get("having"))
    items = query.expressions if isinstance(query, exp.Select) else []
    kinds = {kind for item in items for kind in kinds_called(item)}
    yield "aggregate functions", "aggregate" in kinds
    yield "window functions", "window" in kinds
    yield "set-returning functions in the target list", "set" in kinds


def kinds_called(item: exp.Expr) -> Iterator[str]:
    """The kinds of the functions that an item of a select list calls, besides scalar ones: `aggregate`, `window` …"""
    for node in item.walk(prune=lambda each: isinstance(each, exp.Query)):
        if isinstance(node, exp.Window):
            yield "window"
        elif isinstance(node, exp.Anonymous) and not isinstance(node.parent, exp.Window):
            for found in signatures().get(call_of(node)[1], ()):
                yield "aggregate" if found.kind == "ordered set" else found.kind


def locked_rows(binding: Binding, scope: Scope, node: exp.Select) -> list[LockedRows]:
    """What a SELECT locks: each clause the relations that it names, or else all tables in FROM."""
    nullable = _nullable(node)
    found: dict[str, LockedRows] = {}
    for lock in node.args.get("locks") or ():
        for source, tree in _sources_of(scope, lock):
            table = _table_of(binding, source, lock, tree)
            if table is None:
                continue
            if source.name in nullable:
                raise FeatureNotSupported(
                    f"{clause_of(lock)} cannot be applied to the nullable side of an outer join",
                    position=None if tree is None else position_at(tree),
                )
            found.setdefault(source.name, LockedRows(source.name, table, lock))
    return list(found.values())


def _sources_of(scope: Scope, lock: exp.Lock) -> list[tuple[Source, exp.Expr | None]]:
    named = lock.args.get("expressions") or ()
    if not named:
        return [(source, None) for source in scope.sources]
    found: list[tuple[Source, exp.Expr | None]] = []
    for tree in named:
        name = fold(tree.this)
        source = next((each for each in scope.sources if each.name == name), None)
        if source is None:
            raise UndefinedTable(
                f'relation "{name}" in {clause_of(lock)} clause not found in FROM clause', position=position_at(tree)
            )
        found.append((source, tree))
    return found


def _table_of(binding: Binding, source: Source, lock: exp.Lock, tree: exp.Expr | None) -> int | None:
    """The oid of the table that a relation in FROM is; `None` for what has no rows to lock."""
    is_table = binding.context.catalog.table_by_oid(source.oid) is not None
    if is_table and source.columns and source.columns[0][1].scan:
        return source.oid
    if source.oid and not is_table and tree is None:
        return None  # A system relation: nobody changes its rows.
    if tree is None and not _holds_tables(source):
        return None
    raise FeatureNotSupported(
        f'{clause_of(lock)} cannot be applied to "{source.name}", which is no table',
        position=None if tree is None else position_at(tree),
    )


def _holds_tables(source: Source) -> bool:
    """Whether rows of tables may be behind a subquery or view: PostgreSQL would lock these."""
    return any(bound.table_oid for _, bound in source.columns)


def _nullable(node: exp.Select) -> set[str]:
    """The names of the relations in FROM whose columns an outer join can make NULL."""
    from_ = node.args.get("from_")
    if from_ is None:
        return set()
    nullable: set[str] = set()
    before: list[str] = []
    for item, joins in ((from_.this, from_.this.args.get("joins") or ()), (None, node.args.get("joins") or ())):
        if item is not None:
            before.append(_name(item))
        for join in joins:
            side = str(join.args.get("side") or "").upper()
            name = _name(join.this)
            if side in ("LEFT", "FULL"):
                nullable.add(name)
            if side in ("RIGHT", "FULL"):
                nullable.update(before)
            before.append(name)
    return nullable


def _name(tree: exp.Expr) -> str:
    alias = tree.args.get("alias")
    if alias is not None and alias.this is not None:
        return fold(alias.this)
    return fold(tree.this) if isinstance(tree.this, exp.Identifier) else ""


def hidden_items(scope: Scope, locked: Sequence[LockedRows]) -> list[tuple[str, Bound]]:
    """The items behind a select list that say which rows are to be locked: the seq of each."""
    scans = {source.name: source.columns[0][1].scan for source in scope.sources if source.columns}
    return [(SEQ, Bound(f"{identifier(scans[each.name])}.{SEQ}", t.BIGINT, SEQ)) for each in locked]
