"""Reads the jobs that have ended, and attempts and events, from RocksDB. Any thread may.

Records come one by one (`find`), or as columns (`columns`): of a million records only what is asked for is decoded,
and where an index key tells all that is asked for, no record is read at all.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, get_type_hints

import msgspec

from jobs import keys
from jobs.attempts import JobAttempt
from jobs.events import JobEvent
from jobs.owner_index import complete_owner_index
from jobs.record import JobRecord, JobType
from jobs.routes import route_in_time_order, routes_telling, routes_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from jobs.durable import RecordStorage
    from jobs.record import JobId
    from jobs.request import FirstJobs, JobFilter
    from jobs.routes import Route

JobColumns: TypeAlias = "dict[str, list[Any]]"
"""Some jobs: by the name of a field the value of each of them."""

_RECORDS: Final = msgspec.msgpack.Decoder(JobRecord)
_ATTEMPTS: Final = msgspec.msgpack.Decoder(JobAttempt)
_EVENTS: Final = msgspec.msgpack.Decoder(JobEvent)

BATCH_KEYS: Final = 2048
"""Index keys read before anybody else gets a chance: about a millisecond."""
BATCH_RECORDS: Final = 512
"""Records read before anybody else gets a chance."""
MOST_BY_INDEX: Final = 50_000
"""Jobs that are looked up one by one, at 10 us each; to read all records in their order takes a tenth of that each."""
_TYPES: Final = {job_type.prefix.encode(): job_type.value for job_type in JobType}
_TYPE_AT: Final = slice(-len("FL-0123456789ab"), -len("-0123456789ab"))


class JobHistory:
    """The ended jobs."""

    def __init__(self, storage: RecordStorage) -> None:
        self._storage = storage
        self._decoders: dict[frozenset[str], Callable[[bytes], Any]] = {}

    def get(self, job_id: JobId) -> JobRecord | None:
        """An ended job."""
        value = self._storage.get(keys.ended_key(job_id))
        return None if value is None else _RECORDS.decode(value)

    def bound(self, idempotency_key: str) -> JobId | None:
        """The job that a key which a user gave is bound to; it may be active."""
        value = self._storage.get(keys.bound_key(idempotency_key))
        return None if value is None else value.decode()

    def find(self, wanted: JobFilter) -> Iterator[JobRecord]:
        """The ended jobs that the filter accepts, by the index that leads to the fewest."""
        return filter(wanted.accepts, map(_RECORDS.decode, self._values(wanted, routes_to(wanted, self._storage))))

    def columns(self, wanted: JobFilter, names: frozenset[str], first: FirstJobs | None = None) -> Iterator[JobColumns]:
        """These fields of the ended jobs that the filter accepts, a batch at a time.

        With `first` at least so many of them, if there are, and among these the first ones; in no particular order.
        """
        names = names or frozenset({"job_id"})
        needed = names | wanted.columns
        if first is not None and wanted.job_ids is None and first.count <= MOST_BY_INDEX:
            records = self._first(wanted, needed | {"created_at"}, first)
            if records is not None:
                return iter([_columns_of(records, names)])
        routes = routes_to(wanted, self._storage) if wanted.job_ids is None else None
        if routes is None and wanted.job_ids is None:
            routes = routes_telling(needed)
        if routes is not None and all(needed <= route.tells for route in routes):
            return itertools.chain.from_iterable(self._told_by_keys(route, wanted, names) for route in routes)
        return self._decoded(self._values(wanted, routes), wanted, names, needed)

    def attempts(self, job_id: JobId | None = None) -> Iterator[JobAttempt]:
        """The attempts of a job, active or ended, or of all jobs."""
        return (_ATTEMPTS.decode(value) for _, value in self._storage.scan(keys.attempt_prefix(job_id)))

    def events(self, job_id: JobId | None = None) -> Iterator[JobEvent]:
        """The events of a job, active or ended, or of all jobs."""
        return (_EVENTS.decode(value) for _, value in self._storage.scan(keys.event_prefix(job_id)))

    def complete_indexes(self) -> None:
        """Enter into the index of owners what ended before there was one: once in the life of a data folder."""
        complete_owner_index(self._storage)

    def _values(self, wanted: JobFilter, routes: Iterable[Route] | None) -> Iterator[bytes]:
        """The encoded records of the jobs that a filter may accept."""
        if wanted.job_ids is not None:
            return self._got(map(keys.ended_key, wanted.job_ids))
        if routes is not None:
            passed = (key for route in routes for key, _ in self._storage.scan_range(route.start, route.end))
            found = [keys.ended_key(keys.job_id_of(key)) for key in itertools.islice(passed, MOST_BY_INDEX + 1)]
            if len(found) <= MOST_BY_INDEX:
                return self._got(found)
        return (value for _, value in self._storage.scan(keys.ENDED_PREFIX))

    def _got(self, record_keys: Iterable[bytes]) -> Iterator[bytes]:
        get = self._storage.get
        return (value for record_key in record_keys if (value := get(record_key)) is not None)

    def _told_by_keys(self, route: Route, wanted: JobFilter, names: frozenset[str]) -> Iterator[JobColumns]:
        from_us, to_us = wanted.created_from_us, wanted.created_to_us
        is_timeless = from_us is None and to_us is None
        found = self._storage.scan_range(route.start, route.end)
        while batch := [index_key for index_key, _ in itertools.islice(found, BATCH_KEYS)]:
            if not is_timeless:
                batch = [each for each in batch if _is_between(keys.created_at_of(each), from_us, to_us)]
            yield {name: _column_of_keys(batch, name, route) for name in names}

    def _decoded(
        self, values: Iterator[bytes], wanted: JobFilter, names: frozenset[str], needed: frozenset[str]
    ) -> Iterator[JobColumns]:
        decode, accepts = self._decoder(needed), wanted.accepts
        while batch := list(map(decode, itertools.islice(values, BATCH_RECORDS))):
            yield _columns_of(list(filter(accepts, batch)), names)

    def _first(self, wanted: JobFilter, needed: frozenset[str], first: FirstJobs) -> list[Any] | None:
        """The first records on each route; `None` where they are not found by walking a reasonable way."""
        routes = routes_to(wanted, self._storage) or (route_in_time_order(wanted),)
        if first.by_created and not all(route.is_in_time_order for route in routes):
            return None
        found: list[Any] = []
        for route in routes:
            records = self._first_on(route, wanted, needed, first)
            if records is None:
                return None
            found += records
        return found

    def _first_on(self, route: Route, wanted: JobFilter, needed: frozenset[str], first: FirstJobs) -> list[Any] | None:
        decode, get = self._decoder(needed), self._storage.get
        scan = self._storage.scan_range_backwards if first.descending else self._storage.scan_range
        found: list[Any] = []
        for passed, (index_key, _) in enumerate(scan(route.start, route.end)):
            if len(found) >= first.count and not (
                # Those made at the same moment as the last one may come before it by another column.
                first.by_created and found and keys.created_at_of(index_key) == found[-1].created_at
            ):
                break
            if passed == MOST_BY_INDEX:
                return None
            value = get(keys.ended_key(keys.job_id_of(index_key)))
            if value is not None and wanted.accepts(record := decode(value)):
                found.append(record)
        return found

    def _decoder(self, needed: frozenset[str]) -> Callable[[bytes], Any]:
        decode = self._decoders.get(needed)
        if decode is None:
            decode = self._decoders[needed] = _partial_decoder(needed)
        return decode


def _columns_of(records: list[Any], names: frozenset[str]) -> JobColumns:
    return {name: [getattr(record, name) for record in records] for name in names}


def _is_between(value: int, low: int | None, high: int | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _column_of_keys(index_keys: list[bytes], name: str, route: Route) -> list[Any]:
    match name:
        case "job_id":
            return list(map(keys.job_id_of, index_keys))
        case "job_type":
            return [_TYPES[index_key[_TYPE_AT]] for index_key in index_keys]
        case "created_at":
            return list(map(keys.created_at_of, index_keys))
        case _:
            return [route.known[name]] * len(index_keys)


def _partial_decoder(columns: frozenset[str]) -> Callable[[bytes], Any]:
    """Decodes these fields of a `JobRecord`, as what they are stored as: enumerations stay text.

    A record is an array: decoding ends behind the last field that is asked for, and skips what is nested before it.
    """
    hints = get_type_hints(JobRecord)
    names = JobRecord.__struct_fields__
    last = max(map(names.index, columns))
    fields = [(name, _stored_type(name, hints[name], name in columns)) for name in names[: last + 1]]
    record_type = msgspec.defstruct("PartialJobRecord", fields, frozen=True, array_like=True, gc=False)
    decode: Callable[[bytes], Any] = msgspec.msgpack.Decoder(record_type).decode
    return decode


def _stored_type(name: str, hint: Any, is_wanted: bool) -> Any:  # noqa: ANN401 - a type, whatever it is
    if name in ("parameters", "result"):
        return hint if is_wanted else msgspec.Raw
    return str if name in ("job_type", "status", "trigger") else hint
