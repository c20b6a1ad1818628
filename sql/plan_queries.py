"""The queries in the plan of a part of a statement, and the same plan with others in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from sql.plan import DeleteQuery, InsertQuery, LockingQuery, QueryPlan, RowCalls, UpdateQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.plan import OnConflict, PartPlan, Returning

    ChangeQuery = Callable[[QueryPlan], QueryPlan]


def with_queries(plan: PartPlan, change: ChangeQuery) -> PartPlan:
    """The plan with each of its queries changed."""
    match plan:
        case QueryPlan():
            return change(plan)
        case RowCalls():
            return replace(plan, query=change(plan.query))
        case LockingQuery():
            return replace(plan, query=change(plan.query))
        case InsertQuery():
            conflict = plan.conflict and _in_conflict(plan.conflict, change)
            query, returning = change(plan.query), _in_returning(plan.returning, change)
            return replace(plan, query=query, returning=returning, conflict=conflict)
        case UpdateQuery() | DeleteQuery():
            query, returning = change(plan.query), _in_returning(plan.returning, change)
            return cast("PartPlan", replace(plan, query=query, returning=returning))


def _in_returning(returning: Returning | None, change: ChangeQuery) -> Returning | None:
    if returning is None or returning.query is None:
        return returning
    return replace(returning, query=change(returning.query))


def _in_conflict(conflict: OnConflict, change: ChangeQuery) -> OnConflict:
    return conflict if conflict.update is None else replace(conflict, update=change(conflict.update))
