"""Finds what is left of jobs that ended long ago, in RocksDB. In a worker."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from jobs import keys
from jobs.record import JobRecord, JobStatus
from jobs.routes import ENDED_STATUSES
from storage.kv import Delete
from storage.stepping import stepping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobs.durable import RecordStorage
    from jobs.record import JobId

BATCH_JOBS: Final = 200
"""Jobs that are removed in one batch: some thousand keys, of which the loop is told in a few milliseconds."""
_DAY_US: Final = 86_400_000_000
_RECORDS: Final = msgspec.msgpack.Decoder(JobRecord)


class Retention(Struct, frozen=True):
    """How long what is kept after a job has ended."""

    ended_s: float = 14 * 86_400.0
    failed_s: float = 30 * 86_400.0
    """The records of jobs that failed."""
    key_binding_days: int = 3
    """The keys that users gave."""

    def before_us(self, status: JobStatus, now_us: int) -> int:
        """Jobs that came to this status before then are removed."""
        kept_s = self.failed_s if status is JobStatus.FAILED else self.ended_s
        return now_us - round(kept_s * 1e6)


class ExpiredJobs(Struct, frozen=True):
    """Some jobs of which nothing is to be kept: every key that there is of them."""

    deletes: tuple[Delete, ...]
    jobs: int
    attempts: int
    events: int
    cursor: bytes | None
    """Where the next ones are looked for; `None`: there are no more of this status."""


class BoundKey(Struct, frozen=True):
    """A key that a user gave, and the job that it was bound to when it was read."""

    key: bytes
    job_id: bytes


def start_of(status: JobStatus) -> bytes:
    """The cursor before the first job of a status."""
    return keys.status_prefix(status)


def count_expired(storage: RecordStorage, retention: Retention, now_us: int, step: Callable[[], None]) -> int:
    """About how many jobs are to be removed: some that were made long ago may have ended later.

    `step` is called now and then, and may raise to stop.
    """
    found = itertools.chain.from_iterable(
        _candidates(storage, status, start_of(status), retention.before_us(status, now_us)) for status in ENDED_STATUSES
    )
    return sum(1 for _ in stepping(found, step))


def expired_jobs(
    storage: RecordStorage, status: JobStatus, before_us: int, cursor: bytes, step: Callable[[], None]
) -> ExpiredJobs:
    """The next jobs that came to a status before that time. `step` as above."""
    deletes: list[Delete] = []
    jobs = attempts = events = 0
    following: bytes | None = None
    for index_key in stepping(_candidates(storage, status, cursor, before_us), step):
        if jobs == BATCH_JOBS:
            following = index_key
            break
        job_id = keys.job_id_of(index_key)
        value = storage.get(keys.ended_key(job_id))
        record = None if value is None else _RECORDS.decode(value)
        if record is not None and (record.finished_at or record.updated_at) >= before_us:
            continue
        jobs += 1
        deletes.append(Delete(keys.ended_key(job_id)))
        # What a batch has, it has whole: an index key without its record would be all that was left.
        deletes += map(Delete, {index_key} if record is None else keys.index_keys(record))
        before = len(deletes)
        deletes += (Delete(key) for key, _ in storage.scan(keys.attempt_prefix(job_id)))
        attempts += len(deletes) - before
        before = len(deletes)
        deletes += (Delete(key) for key, _ in storage.scan(keys.event_prefix(job_id)))
        events += len(deletes) - before
    return ExpiredJobs(tuple(deletes), jobs, attempts, events, following)


def expired_keys(
    storage: RecordStorage, retention: Retention, now_us: int, step: Callable[[], None]
) -> Iterator[list[BoundKey]]:
    """The keys of users whose jobs ended long enough ago, or are not known any more, in batches. `step` as above."""
    before_us = now_us - retention.key_binding_days * _DAY_US
    found = (
        BoundKey(key, job_id)
        for key, job_id in stepping(storage.scan(keys.BOUND_PREFIX), step)
        if not _keeps_key(storage, job_id.decode(), before_us)
    )
    while batch := list(itertools.islice(found, BATCH_JOBS)):
        yield batch


def _keeps_key(storage: RecordStorage, job_id: JobId, before_us: int) -> bool:
    if storage.get(keys.active_key(job_id)) is not None:
        return True
    value = storage.get(keys.ended_key(job_id))
    if value is None:
        return False
    record = _RECORDS.decode(value)
    return (record.finished_at or record.updated_at) >= before_us


def _candidates(storage: RecordStorage, status: JobStatus, cursor: bytes, before_us: int) -> Iterator[bytes]:
    """The index keys, from the cursor on, of the jobs of a status that were made before a time."""
    _, end = keys.created_range(keys.status_prefix(status), None, before_us - 1)
    return (index_key for index_key, _ in storage.scan_range(cursor, end)) if cursor < end else iter(())
