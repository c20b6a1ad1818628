"""Statements in parts → plans: each part is planned by itself, with the columns that those before it give."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from sqlglot import exp

from sql.binder import bind_query
from sql.binding.locked_rows import first_lock
from sql.binding.parts import StatementParts
from sql.errors import FeatureNotSupported, UndefinedColumn, UndefinedTable
from sql.locking_planner import plan_locking_query
from sql.plan import Composite, DeleteQuery, InsertQuery, LockingQuery, Part, QueryPlan, RowCalls, UpdateQuery
from sql.plan_queries import with_queries
from sql.row_calls import plan_row_calls
from sql.statement_steps import as_query, names_read, steps_of, with_markers, without_parts
from sql.write_planner import plan_delete, plan_insert, plan_update

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sql.plan import PartPlan
    from sql.result import ResultColumn
    from sql.session_state import SessionState
    from sql.statement_steps import Step, Steps
    from storage.types import SqlType


def plan_in_parts(
    tree: exp.Expr, session: SessionState, declared: tuple[SqlType | None, ...]
) -> Composite | RowCalls | None:
    """The plan of a statement in parts, or with calls for its rows; `None` of another one. Raises `SqlError`."""
    found = steps_of(tree)
    if found is None:
        return None
    parts = StatementParts()
    parts.parameters.declare(declared)
    with session.planning_in_parts(parts):
        planner = _PartsPlanner(session, parts, tree)
        return planner.plan(found)


_READING: Final = (QueryPlan, RowCalls, LockingQuery)
"""Plans of parts that change nothing."""


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

    def plan(self, found: Steps) -> Composite | RowCalls:
        by_themselves = _run_by_themselves(found.steps, found.read_beside())
        for step in found.steps:
            if step.name in by_themselves:
                self._add(step)
        rest = _with_queries(found.rest, [step for step in found.steps if step.name not in by_themselves])
        shown = self._shown(found.steps[-1], rest)
        last: PartPlan
        if shown is None:
            needed = self._needed(self._read_by(rest))
            last = self._plan_tree(with_markers(rest, self._marks))
        else:
            last = shown
            # It is the last part itself.
            self._planned.pop()
            needed = self._needed(self._reads.pop())
        types = self._parts.parameters.types()
        settle = partial(with_queries, change=partial(_with_types, types))
        planned = [Part(number, settle(plan)) for number, plan in enumerate(self._planned)]
        changes = {part.number for part in planned if not isinstance(part.plan, _READING)}
        if isinstance(last, _READING):
            needed = self._needed(needed | changes)
        behind = self._needed(changes) - needed
        if isinstance(last, RowCalls) and not needed:
            return replace(last, query=_with_types(types, last.query))
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
        plan = self._plan_tree(with_markers(tree, self._marks), step)
        alias = step.alias
        if step.split is not None:
            assert isinstance(plan, QueryPlan), "only queries have calls in their lists"
            plan = plan_row_calls(step.split, plan, self._session)
            alias = step.split.finish(plan.columns)
        self._marks[step.name] = (len(self._planned), alias)
        self._planned.append(plan)
        self._parts.columns.append(_columns_of(plan))

    def _shown(self, step: Step, rest: exp.Expr) -> RowCalls | None:
        """The plan of the last step, if the statement proper only shows columns of that."""
        if step.split is None or step.split.outer is not rest or rest.args.get("with_") is not None:
            return None
        calls = self._planned[-1]
        assert isinstance(calls, RowCalls), "it is a step with calls"
        places = {name.this: place for place, name in enumerate(self._marks[step.name][1].args["columns"])}
        shown, columns = [], []
        for item in rest.expressions:
            column = item.this if isinstance(item, exp.Alias) else item
            if not isinstance(column, exp.Column):
                return None
            place = places[column.this.this]
            shown.append(place)
            columns.append(replace(calls.columns[place], name=item.alias_or_name))
        return replace(calls, shown=tuple(shown), columns=tuple(columns))

    def _plan_tree(self, tree: exp.Expr, step: Step | None = None) -> PartPlan:
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
        try:
            if first_lock(tree) is None:
                return bind_query(tree, session.bind_context(known))
            return plan_locking_query(tree, session, known)
        except (UndefinedColumn, UndefinedTable) as undefined:
            if step is None or not step.is_subquery or not self._means_something():
                raise
            what = "FOR UPDATE, or one of its like," if step.split is None else f"{step.split.calls[0].function}()"
            raise FeatureNotSupported(
                f"{what} in a subquery that refers to the query around it is not supported",
                position=undefined.position,
            ) from None

    def _means_something(self) -> bool:
        """Whether the statement is right where its subqueries lock nothing: then they read what is around them."""
        tree = without_parts(self._statement)
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


def _run_by_themselves(steps: Sequence[Step], read_beside: set[str]) -> set[str]:
    """The names of the steps that are parts: all but queries that only the statement proper reads, in one place."""
    names = {step.name for step in steps if step.kind != "query" or step.name in read_beside}
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
    if isinstance(plan, _READING):
        return plan.columns
    return () if plan.returning is None else plan.returning.columns


def _command_of(last: PartPlan, others: Sequence[PartPlan]) -> str | None:
    """What PostgreSQL calls the statement where it may not write; `None` where it does not."""
    match last:
        case InsertQuery():
            return "INSERT"
        case UpdateQuery():
            return "UPDATE"
        case DeleteQuery():
            return "DELETE"
    locking = next((plan.command for plan in (last, *others) if isinstance(plan, LockingQuery)), None)
    return locking or (None if all(isinstance(plan, _READING) for plan in others) else "SELECT")
