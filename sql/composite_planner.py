"""Statements in parts → plans: each part is planned by itself, with the columns that those before it give."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sqlglot import exp

from sql.binder import bind_query
from sql.binding.locked_rows import first_lock
from sql.binding.parts import StatementParts
from sql.errors import FeatureNotSupported, UndefinedColumn, UndefinedTable
from sql.locking_planner import plan_locking_query
from sql.plan import Composite, DeleteQuery, InsertQuery, LockingQuery, Part, QueryPlan, UpdateQuery
from sql.plan_queries import with_queries
from sql.statement_steps import as_query, names_read, steps_of, with_markers, without_locks
from sql.write_planner import plan_delete, plan_insert, plan_update

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sql.plan import PartPlan
    from sql.result import ResultColumn
    from sql.session_state import SessionState
    from sql.statement_steps import Step, Steps
    from storage.types import SqlType


def plan_composite(tree: exp.Expr, session: SessionState, declared: tuple[SqlType | None, ...]) -> Composite | None:
    """The plan of a statement in parts; `None` of one that has none. Raises `SqlError`."""
    found = steps_of(tree)
    if found is None:
        return None
    parts = StatementParts()
    parts.parameters.declare(declared)
    with session.planning_in_parts(parts):
        planner = _PartsPlanner(session, parts, tree)
        return planner.plan(found)


class _PartsPlanner:
    """Plans the parts of one statement."""

    def __init__(self, session: SessionState, parts: StatementParts, statement: exp.Expr) -> None:
        self._session = session
        self._parts = parts
        self._statement = statement
        self._marks: dict[str, tuple[int, exp.TableAlias]] = {}
        """The parts that have been planned, by name."""
        self._planned: list[PartPlan] = []
        self._reads: list[set[int]] = []
        """Which parts each of them reads."""

    def plan(self, found: Steps) -> Composite:
        by_themselves = _run_by_themselves(found.steps)
        for step in found.steps:
            if step.name in by_themselves:
                self._add(step)
        rest = _with_queries(found.rest, [step for step in found.steps if step.name not in by_themselves])
        needed = self._needed(self._read_by(rest))
        last = self._plan_tree(with_markers(rest, self._marks))
        types = self._parts.parameters.types()
        settle = partial(with_queries, change=partial(_with_types, types))
        planned = [Part(number, settle(plan)) for number, plan in enumerate(self._planned)]
        changes = {part.number for part in planned if not isinstance(part.plan, QueryPlan | LockingQuery)}
        if isinstance(last, QueryPlan | LockingQuery):
            needed = self._needed(needed | changes)
        behind = self._needed(changes) - needed
        return Composite(
            tuple(part for part in planned if part.number in needed),
            settle(last),
            tuple(part for part in planned if part.number in behind),
            types,
            _command_of(last, self._planned),
        )

    def _add(self, step: Step) -> None:
        tree = as_query(step)
        self._reads.append(self._read_by(tree))
        plan = self._plan_tree(with_markers(tree, self._marks), is_subquery=step.is_subquery)
        self._marks[step.name] = (len(self._planned), step.alias)
        self._planned.append(plan)
        self._parts.columns.append(_columns_of(plan))

    def _plan_tree(self, tree: exp.Expr, *, is_subquery: bool = False) -> PartPlan:
        session, known = self._session, self._parts.parameters.known()
        match tree:
            case exp.Insert():
                plan = plan_insert(tree, session, known)
                assert isinstance(plan, InsertQuery), "parts are no point statements"
                return plan
            case exp.Update():
                update = plan_update(tree, session, known)
                assert isinstance(update, UpdateQuery), "parts are no point statements"
                return update
            case exp.Delete():
                delete = plan_delete(tree, session, known)
                assert isinstance(delete, DeleteQuery), "parts are no point statements"
                return delete
        if first_lock(tree) is None:
            return bind_query(tree, session.bind_context(known))
        try:
            return plan_locking_query(tree, session, known)
        except (UndefinedColumn, UndefinedTable) as undefined:
            if is_subquery and self._means_something():
                raise FeatureNotSupported(
                    "FOR UPDATE, or one of its like, in a subquery that refers to the query around it is not supported",
                    position=undefined.position,
                ) from None
            raise

    def _means_something(self) -> bool:
        """Whether the statement is right where its subqueries lock nothing: then they read what is around them."""
        tree = without_locks(self._statement)
        if steps_of(tree) is not None:
            return False
        try:
            self._plan_tree(tree)
        except (UndefinedColumn, UndefinedTable):
            return False
        return True

    def _read_by(self, tree: exp.Expr) -> set[int]:
        return {self._marks[name][0] for name in names_read(tree) if name in self._marks}

    def _needed(self, numbers: Iterable[int]) -> set[int]:
        """These parts, and all that they read."""
        needed: set[int] = set()
        waiting = list(numbers)
        while waiting:
            number = waiting.pop()
            if number not in needed:
                needed.add(number)
                waiting += self._reads[number]
        return needed


def _run_by_themselves(steps: Sequence[Step]) -> set[str]:
    """The names of the steps that are parts: all but queries that only the statement proper reads."""
    names = {step.name for step in steps if step.kind != "query"}
    while True:
        read = set().union(*(names_read(step.tree) for step in steps if step.name in names))
        more = {step.name for step in steps if step.name in read} - names
        if not more:
            return names
        names |= more


def _with_queries(rest: exp.Expr, queries: Sequence[Step]) -> exp.Expr:
    """The statement proper with the queries in WITH that it has for itself."""
    if queries:
        listed = [exp.CTE(this=step.tree, alias=step.alias) for step in queries]
        rest.set("with_", exp.With(expressions=listed, recursive=any(step.is_recursive for step in queries)))
    return rest


def _with_types(types: tuple[SqlType, ...], query: QueryPlan) -> QueryPlan:
    return replace(query, parameter_types=types)


def _columns_of(plan: PartPlan) -> tuple[ResultColumn, ...]:
    if isinstance(plan, QueryPlan | LockingQuery):
        return plan.columns
    return () if plan.returning is None else plan.returning.columns


def _command_of(last: PartPlan, others: Sequence[PartPlan]) -> str:
    """What PostgreSQL calls the statement where it may not write."""
    match last:
        case InsertQuery():
            return "INSERT"
        case UpdateQuery():
            return "UPDATE"
        case DeleteQuery():
            return "DELETE"
    return next((plan.command for plan in (last, *others) if isinstance(plan, LockingQuery)), "SELECT")
