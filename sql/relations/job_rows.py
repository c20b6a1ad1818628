"""`system.jobs`, `system.job_attempts` and `system.job_events`: what a role may see of the jobs, by index."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from jobs.permissions import sees_all
from jobs.record import JobStatus
from jobs.request import FirstJobs, JobFilter
from sql.relations.relation import table_of_batches
from sql.types.jsonb import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from jobs.history import JobColumns
    from jobs.record import JobId
    from jobs.view import JobView
    from sql.relations.context import RelationContext
    from sql.relations.relation import Condition, RelationColumn, Wanted

    Compute = Callable[[Sequence[RelationColumn], RelationContext, Wanted], pa.Table]

_JSON_COLUMNS: Final = frozenset({"parameters", "result"})
_BATCH_ROWS: Final = 1_000


def jobs(columns: Sequence[RelationColumn], context: RelationContext, wanted: Wanted) -> pa.Table:
    """The jobs that the role may see. Only what is wanted is read and decoded, and by an index where there is one."""
    names = frozenset(column.name for column in wanted.shown(columns))
    batches = context.jobs().columns(_filter_of(wanted.conditions, context), names, _first_of(wanted))
    return table_of_batches(columns, map(_with_json_text, batches), wanted)


def job_attempts(columns: Sequence[RelationColumn], context: RelationContext, wanted: Wanted) -> pa.Table:
    """The attempts of these jobs."""
    view = context.jobs()
    return table_of_batches(columns, _batches(view.attempts(_visible(view, context, wanted)), columns, wanted), wanted)


def job_events(columns: Sequence[RelationColumn], context: RelationContext, wanted: Wanted) -> pa.Table:
    """The events of these jobs."""
    view = context.jobs()
    return table_of_batches(columns, _batches(view.events(_visible(view, context, wanted)), columns, wanted), wanted)


FILTERED: Final[Mapping[str, tuple[frozenset[str], Compute]]] = {
    "jobs": (
        frozenset({"job_id", "status", "created_at", "namespace", "table_name", "idempotency_key", "owner"}),
        jobs,
    ),
    "job_attempts": (frozenset({"job_id"}), job_attempts),
    "job_events": (frozenset({"job_id"}), job_events),
}
"""By name in `system`: the columns whose conditions a relation is computed with, and what computes it."""


def _visible(view: JobView, context: RelationContext, wanted: Wanted) -> Iterator[JobId] | None:
    """The jobs whose attempts and events are shown; `None`: of all."""
    asked = _filter_of(wanted.conditions, context)
    if asked == JobFilter():
        return None
    found = view.columns(asked, frozenset({"job_id"}))
    return itertools.chain.from_iterable(batch["job_id"] for batch in found)


def _first_of(wanted: Wanted) -> FirstJobs | None:
    """How many are enough, if the job history takes the conditions just as they are."""
    first = wanted.first
    if first is None or first.column not in (None, "created_at"):
        return None
    if any(each.column in ("owner", "created_at") and len(each.values) > 1 for each in wanted.conditions):
        return None
    return FirstJobs(max(first.count, 0), first.column is not None, first.descending)


def _filter_of(conditions: Sequence[Condition], context: RelationContext) -> JobFilter:
    """The conditions as the job history takes them, and that the role may see the jobs."""
    role = context.role
    wanted = JobFilter() if sees_all(role) else JobFilter(owner=role.name, created_from_us=role.since_us or None)
    for condition in conditions:
        wanted = _narrowed(wanted, condition)
    return wanted


_SETS: Final = {
    "job_id": "job_ids",
    "status": "statuses",
    "namespace": "namespaces",
    "table_name": "table_names",
    "idempotency_key": "idempotency_keys",
}
_STATUSES: Final = frozenset(status.value for status in JobStatus)
_NONE: Final[frozenset[str]] = frozenset()


def _narrowed(wanted: JobFilter, condition: Condition) -> JobFilter:
    values = condition.values
    if not values:
        return replace(wanted, job_ids=_NONE)
    if condition.column == "created_at":
        return _narrowed_in_time(wanted, condition.op, values)
    if condition.op != "=":
        return wanted
    if condition.column == "owner":
        return _narrowed_to_owners(wanted, frozenset(values))
    name = _SETS[condition.column]
    asked = frozenset(values) if name != "statuses" else frozenset(map(JobStatus, _STATUSES.intersection(values)))
    before: frozenset[Any] | None = getattr(wanted, name)
    narrowed: dict[str, Any] = {name: asked if before is None else before & asked}
    return replace(wanted, **narrowed)


def _narrowed_to_owners(wanted: JobFilter, owners: frozenset[str]) -> JobFilter:
    if wanted.owner is not None:
        return wanted if wanted.owner in owners else replace(wanted, job_ids=_NONE)
    # Jobs of several owners are filtered by the query.
    return replace(wanted, owner=next(iter(owners))) if len(owners) == 1 else wanted


def _narrowed_in_time(wanted: JobFilter, op: str, values: Sequence[int]) -> JobFilter:
    low, high = wanted.created_from_us, wanted.created_to_us
    if op in ("=", ">", ">="):
        first = min(values) + (op == ">")
        low = first if low is None else max(low, first)
    if op in ("=", "<", "<="):
        last = max(values) - (op == "<")
        high = last if high is None else min(high, last)
    return replace(wanted, created_from_us=low, created_to_us=high)


def _with_json_text(batch: JobColumns) -> JobColumns:
    for name in _JSON_COLUMNS & batch.keys():
        batch[name] = [None if value is None else _jsonb(value) for value in batch[name]]
    return batch


def _jsonb(value: Mapping[str, object]) -> str:
    return normalise(msgspec.json.encode(value).decode()) if value else "{}"


def _batches(
    records: Iterable[msgspec.Struct], columns: Sequence[RelationColumn], wanted: Wanted
) -> Iterator[Mapping[str, list[object]]]:
    names = [column.name for column in wanted.shown(columns)]
    remaining = iter(records)
    while batch := list(itertools.islice(remaining, _BATCH_ROWS)):
        yield {name: [getattr(record, name) for record in batch] for name in names}
