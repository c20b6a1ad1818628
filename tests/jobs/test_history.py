"""Reading the jobs that have ended: by every index, as records and as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import keys
from jobs.history import JobHistory
from jobs.record import JobRecord, JobStatus, JobType
from jobs.request import FirstJobs, JobFilter
from jobs.routes import ENDED_STATUSES, routes_telling, routes_to
from jobs.view import JobView
from tests.jobs.shelf import shelf_of

if TYPE_CHECKING:
    from collections.abc import Iterable

S = JobStatus
NAMES = st.sampled_from(["a", "a\0b", "b", "ab", ""])
TIMES = st.integers(0, 20)


def record(**fields: Any) -> JobRecord:
    """The record of a job that has ended."""
    return JobRecord(
        **{
            "job_id": "FL-000000000000",
            "job_type": JobType.FLUSH,
            "status": S.COMPLETED,
            "owner": "alice",
            "max_retries": 3,
            "node_id": "local",
            "created_at": 1,
            "updated_at": 2,
            **fields,
        }
    )


ENDED = st.builds(
    record,
    job_id=st.uuids().map(lambda value: f"FL-{value.hex[:12]}"),
    status=st.sampled_from(ENDED_STATUSES),
    namespace=st.none() | NAMES,
    table_name=st.none() | NAMES,
    parameters=st.just({}) | st.just({"nested": {"x": [1, 2]}}),
    idempotency_key=st.none() | NAMES,
    owner=NAMES,
    created_at=TIMES,
)
SOME_NAMES = st.none() | st.frozensets(NAMES, max_size=2)
FILTERS = st.fixed_dictionaries(
    {
        "statuses": st.none() | st.frozensets(st.sampled_from(S), max_size=3),
        "namespaces": SOME_NAMES,
        "table_names": SOME_NAMES,
        "idempotency_keys": SOME_NAMES,
        "owner": st.none() | NAMES,
        "created_from_us": st.none() | TIMES,
        "created_to_us": st.none() | TIMES,
    }
).map(lambda fields: JobFilter(**fields))
COLUMNS = st.frozensets(st.sampled_from(JobRecord.__struct_fields__), max_size=4)


def rows_of(batches: Iterable[dict[str, list[Any]]], names: frozenset[str]) -> list[tuple[Any, ...]]:
    """The rows that batches of columns make, sorted by whatever they hold."""
    rows = []
    for batch in batches:
        assert batch.keys() >= names
        rows += zip(*(batch[name] for name in sorted(names)), strict=True)
    return sorted(rows, key=repr)


@given(st.lists(ENDED, max_size=12, unique_by=lambda each: each.job_id), st.lists(FILTERS, min_size=1, max_size=8))
def test_every_index_finds_what_a_scan_finds(ended: list[JobRecord], filters: list[JobFilter]) -> None:
    """Whatever index a filter leads to, the jobs found are those that it accepts, each once."""
    history = JobHistory(shelf_of(ended))  # type: ignore[arg-type]  # it has what the history calls
    for wanted in filters:
        found = sorted(job.job_id for job in history.find(wanted))
        assert found == sorted(job.job_id for job in ended if wanted.accepts(job))


@given(st.lists(ENDED, max_size=12, unique_by=lambda each: each.job_id), FILTERS, COLUMNS, st.integers(0, 3))
def test_columns_are_the_fields_of_the_records(
    ended: list[JobRecord], wanted: JobFilter, names: frozenset[str], active: int
) -> None:
    """Columns say of each job what its record says, by whatever way they were read; an active job is shown as such."""
    running = [msgspec.structs.replace(each, status=S.RUNNING) for each in ended[:active]]
    view = JobView(running, JobHistory(shelf_of(ended)))  # type: ignore[arg-type]
    shown = [each for each in (*running, *ended[active:]) if wanted.accepts(each)]
    names = names or frozenset({"job_id"})
    expected = sorted((tuple(getattr(each, name) for name in sorted(names)) for each in shown), key=repr)
    assert [tuple(map(str, row)) for row in rows_of(view.columns(wanted, names), names)] == [
        tuple(map(str, row)) for row in sorted(expected, key=lambda row: repr(tuple(map(plain, row))))
    ]


@given(
    st.lists(ENDED, max_size=12, unique_by=lambda each: each.job_id),
    FILTERS,
    st.tuples(st.integers(0, 5), st.booleans(), st.booleans()).map(lambda fields: FirstJobs(*fields)),
    st.integers(0, 3),
)
def test_the_first_jobs_are_among_those_given(
    ended: list[JobRecord], wanted: JobFilter, first: FirstJobs, active: int
) -> None:
    """Whoever sorts and cuts what is given gets what he would have got of all."""
    running = [msgspec.structs.replace(each, status=S.RUNNING) for each in ended[:active]]
    view = JobView(running, JobHistory(shelf_of(ended)))  # type: ignore[arg-type]
    accepted = [each for each in (*running, *ended[active:]) if wanted.accepts(each)]
    names = frozenset({"job_id", "created_at"})
    given_rows = [(created_at, job_id) for created_at, job_id in rows_of(view.columns(wanted, names, first), names)]
    everything = [(each.created_at, each.job_id) for each in accepted]
    assert set(given_rows) <= set(everything)
    assert len(given_rows) >= min(first.count, len(everything))
    if first.by_created:
        # The second key settles ties, which may not be cut through.
        wanted_rows = sorted(everything, key=lambda row: (-row[0] if first.descending else row[0], row[1]))
        found_rows = sorted(given_rows, key=lambda row: (-row[0] if first.descending else row[0], row[1]))
        assert found_rows[: first.count] == wanted_rows[: first.count]


def plain(value: object) -> object:
    """An enumeration as the text that is stored."""
    return str(value) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("names", "is_told"),
    [
        ({"job_type"}, True),
        ({"job_id", "created_at"}, True),
        ({"status", "job_type"}, True),
        ({"owner"}, False),
        ({"finished_at"}, False),
    ],
)
def test_what_keys_tell_needs_no_record(names: set[str], is_told: bool) -> None:
    """A count by type or by status of a million jobs reads no record."""
    assert (routes_telling(frozenset(names)) is not None) is is_told
    shelf = shelf_of([record()])
    del shelf[keys.ended_key("FL-000000000000")]
    found = rows_of(JobHistory(shelf).columns(JobFilter(), frozenset(names)), frozenset(names))  # type: ignore[arg-type]
    assert len(found) == int(is_told)


@pytest.mark.parametrize(
    ("wanted", "keys_passed"),
    [
        (JobFilter(statuses=frozenset({S.FAILED})), 2),
        (JobFilter(statuses=frozenset({S.FAILED}), owner="alice"), 2),
        (JobFilter(statuses=frozenset({S.COMPLETED}), owner="bob"), 10),
        (JobFilter(created_from_us=95), 5),
        (JobFilter(statuses=frozenset({S.COMPLETED}), created_from_us=95), 5),
        (JobFilter(table_names=frozenset({"t7"})), 10),
        (JobFilter(namespaces=frozenset({"public"}), table_names=frozenset({"t7"}), created_to_us=50), 5),
        (JobFilter(idempotency_keys=frozenset({"k3"})), 1),
        (JobFilter(owner="bob", created_from_us=91), 1),
    ],
)
def test_a_filter_takes_the_index_that_leads_to_the_fewest(wanted: JobFilter, keys_passed: int) -> None:
    """Of a hundred jobs only those on the way are looked at."""
    shelf = shelf_of(
        record(
            job_id=f"FL-{number:012x}",
            status=S.FAILED if number in (5, 55) else S.COMPLETED,
            namespace="public",
            table_name=f"t{number % 10}",
            idempotency_key=f"k{number}",
            owner="bob" if number % 10 == 1 else "alice",
            created_at=number,
        )
        for number in range(100)
    )
    routes = routes_to(wanted, shelf)  # type: ignore[arg-type]
    assert routes is not None
    assert sum(len(list(shelf.scan_range(route.start, route.end))) for route in routes) == keys_passed


def test_an_index_that_leads_to_most_jobs_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of jobs all records are read in their order, and the filter still holds."""
    monkeypatch.setattr("jobs.history.MOST_BY_INDEX", 3)
    ended = [record(job_id=f"FL-{number:012x}", created_at=number) for number in range(10)]
    history = JobHistory(shelf_of(ended))  # type: ignore[arg-type]  # it has what the history calls
    for first in (2, 7):
        assert sorted(job.created_at for job in history.find(JobFilter(created_from_us=first))) == [*range(first, 10)]


def test_jobs_of_an_older_folder_are_entered_into_the_index_of_owners_once() -> None:
    """Until then a filter by owner reads every record; afterwards it finds the same by the index."""
    ended = [record(job_id=f"FL-{number:012x}", owner="ab"[number % 2], created_at=number) for number in range(6)]
    shelf = shelf_of(ended, owners_indexed=False)
    wanted = JobFilter(owner="b")
    before = [job.job_id for job in JobHistory(shelf).find(wanted)]  # type: ignore[arg-type]
    assert routes_to(wanted, shelf) is None  # type: ignore[arg-type]
    JobHistory(shelf).complete_indexes()  # type: ignore[arg-type]
    assert shelf == shelf_of(ended)
    assert [job.job_id for job in JobHistory(shelf).find(wanted)] == before  # type: ignore[arg-type]
