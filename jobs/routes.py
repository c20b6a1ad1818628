"""Which stretches of which index lead to the ended jobs that a filter asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from jobs import keys
from jobs.record import JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jobs.durable import RecordStorage
    from jobs.request import JobFilter

IN_EVERY_KEY: Final = frozenset({"job_id", "job_type", "created_at"})
"""What any index key tells of its job without the record."""
ENDED_STATUSES: Final = tuple(status for status in JobStatus if status.is_terminal)
_RARE: Final = frozenset({JobStatus.FAILED, JobStatus.CANCELLED})


class Route(Struct, frozen=True):
    """A stretch of an index. `known` has the fields that all jobs on it have in common, with their values."""

    start: bytes
    end: bytes
    known: Mapping[str, str] = field(default_factory=dict)
    is_in_time_order: bool = True

    @property
    def tells(self) -> frozenset[str]:
        """The fields that need no record."""
        return IN_EVERY_KEY | self.known.keys()


def routes_to(wanted: JobFilter, storage: RecordStorage) -> tuple[Route, ...] | None:
    """The routes that pass the fewest jobs; no job is on two of them. `None`: no index helps."""
    if wanted.idempotency_keys is not None:
        return tuple(
            _route(wanted, keys.idempotency_prefix(each), idempotency_key=each) for each in wanted.idempotency_keys
        )
    if wanted.table_names is not None:
        namespaces = _namespaces(storage) if wanted.namespaces is None else wanted.namespaces
        return tuple(
            _route(wanted, keys.table_prefix(namespace, table), namespace=namespace, table_name=table)
            for namespace in namespaces
            for table in wanted.table_names
        )
    if wanted.namespaces is not None:
        # The table stands between the namespace and the time.
        return tuple(
            replace(_whole(keys.namespace_prefix(each), namespace=each), is_in_time_order=False)
            for each in wanted.namespaces
        )
    statuses = wanted.statuses
    if wanted.owner is not None and (statuses is None or not statuses <= _RARE) and owners_indexed(storage):
        return (_route(wanted, keys.owner_prefix(wanted.owner), owner=wanted.owner),)
    if statuses is not None:
        return tuple(
            _route(wanted, keys.status_prefix(each), status=each) for each in ENDED_STATUSES if each in statuses
        )
    if wanted.created_from_us is not None or wanted.created_to_us is not None:
        return (_route(wanted, keys.CREATED_PREFIX),)
    return None


def route_in_time_order(wanted: JobFilter) -> Route:
    """All ended jobs that were made in the time that is asked for."""
    return _route(wanted, keys.CREATED_PREFIX)


def routes_telling(columns: frozenset[str]) -> tuple[Route, ...] | None:
    """Routes to all ended jobs whose keys tell these fields, if any do: much less to read than the records."""
    if columns <= IN_EVERY_KEY:
        return (_whole(keys.CREATED_PREFIX),)
    if columns <= IN_EVERY_KEY | {"status"}:
        return tuple(_whole(keys.status_prefix(each), status=each) for each in ENDED_STATUSES)
    return None


def owners_indexed(storage: RecordStorage) -> bool:
    """Whether the index of owners has every ended job."""
    return storage.get(keys.OWNER_INDEX_WHOLE) is not None


def _route(wanted: JobFilter, prefix: bytes, **known: str) -> Route:
    return Route(*keys.created_range(prefix, wanted.created_from_us, wanted.created_to_us), _certain(known))


def _whole(prefix: bytes, **known: str) -> Route:
    return Route(*keys.created_range(prefix, None, None), _certain(known))


def _certain(known: Mapping[str, str]) -> Mapping[str, str]:
    # An empty name stands for a missing one, too: only the record knows which it is.
    return {name: value for name, value in known.items() if value}


def _namespaces(storage: RecordStorage) -> Iterator[str]:
    """The namespaces that ended jobs had, by leaping from one to the next."""
    start, end = keys.created_range(keys.TABLES_PREFIX, None, None)
    while (found := next(iter(_keys(storage.scan_range(start, end))), None)) is not None:
        namespace = keys.first_text_of(found)
        yield namespace
        _, start = keys.created_range(keys.namespace_prefix(namespace), None, None)


def _keys(items: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    return (index_key for index_key, _ in items)
