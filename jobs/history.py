"""Reads the jobs that have ended, and attempts and events, from RocksDB. Any thread may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from jobs import keys
from jobs.attempts import JobAttempt
from jobs.events import JobEvent
from jobs.record import JobRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobs.durable import RecordStorage
    from jobs.record import JobId
    from jobs.request import JobFilter

_RECORDS: Final = msgspec.msgpack.Decoder(JobRecord)
_ATTEMPTS: Final = msgspec.msgpack.Decoder(JobAttempt)
_EVENTS: Final = msgspec.msgpack.Decoder(JobEvent)


class JobHistory:
    """The ended jobs."""

    def __init__(self, storage: RecordStorage) -> None:
        self._storage = storage

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
        return filter(wanted.accepts, self._candidates(wanted))

    def attempts(self, job_id: JobId | None = None) -> Iterator[JobAttempt]:
        """The attempts of a job, active or ended, or of all jobs."""
        return (_ATTEMPTS.decode(value) for _, value in self._storage.scan(keys.attempt_prefix(job_id)))

    def events(self, job_id: JobId | None = None) -> Iterator[JobEvent]:
        """The events of a job, active or ended, or of all jobs."""
        return (_EVENTS.decode(value) for _, value in self._storage.scan(keys.event_prefix(job_id)))

    def _candidates(self, wanted: JobFilter) -> Iterator[JobRecord]:
        if wanted.job_ids is not None:
            return self._by_ids(wanted.job_ids)
        if wanted.idempotency_key is not None:
            return self._by_index(keys.idempotency_prefix(wanted.idempotency_key))
        if wanted.namespace is not None:
            return self._by_index(keys.table_prefix(wanted.namespace, wanted.table_name))
        if wanted.created_from_us is not None or wanted.created_to_us is not None:
            return self._by_created(wanted.created_from_us or 0, wanted.created_to_us)
        if wanted.statuses is not None:
            return (r for s in wanted.statuses if s.is_terminal for r in self._by_index(keys.status_prefix(s)))
        return (_RECORDS.decode(value) for _, value in self._storage.scan(keys.ENDED_PREFIX))

    def _by_index(self, prefix: bytes) -> Iterator[JobRecord]:
        return self._by_ids(keys.job_id_of(index_key) for index_key, _ in self._storage.scan(prefix))

    def _by_created(self, from_us: int, to_us: int | None) -> Iterator[JobRecord]:
        start, end = keys.created_range(from_us, to_us)
        return self._by_ids(keys.job_id_of(index_key) for index_key, _ in self._storage.scan_range(start, end))

    def _by_ids(self, job_ids: Iterable[JobId]) -> Iterator[JobRecord]:
        for job_id in job_ids:
            record = self.get(job_id)
            if record is not None:
                yield record
