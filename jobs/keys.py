"""Where the records of jobs are in RocksDB.

A job that has not ended is under one prefix, and moves to another with its end. So a start reads as many records as
there are active jobs, whatever the history holds, and only ended jobs need an index: the active ones are in memory.

=============  ==============================  =========================================
kind           parts                           value
=============  ==============================  =========================================
JOB            "active", job id                `store.StoredActive`
JOB            "ended", job id                 `JobRecord`
JOB_INDEX      "status", status, created, id   nothing: an ended job
JOB_INDEX      "created", created, id          nothing: an ended job
JOB_INDEX      "table", ns, table, created, id nothing: an ended job
JOB_INDEX      "key", idempotency key, …, id   nothing: an ended job
JOB_INDEX      "bound", idempotency key        id of the job that a user's key is bound to
JOB_ATTEMPT    job id, attempt                 `JobAttempt`
JOB_EVENT      job id, number                  `JobEvent`
=============  ==============================  =========================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from storage.keys import KeyKind, key, prefix_end

if TYPE_CHECKING:
    from jobs.record import JobId, JobRecord, JobStatus

ACTIVE_PREFIX: Final = key(KeyKind.JOB, b"a")
ENDED_PREFIX: Final = key(KeyKind.JOB, b"e")

# Ids have a fixed length, so that they need no end mark; events are written with every change of a job.
_ATTEMPT: Final = key(KeyKind.JOB_ATTEMPT)
_EVENT: Final = key(KeyKind.JOB_EVENT)
_STATUS: Final = b"s"
_CREATED: Final = b"c"
_TABLE: Final = b"t"
_KEY: Final = b"k"
_BOUND: Final = b"b"


def active_key(job_id: JobId) -> bytes:
    """The record of a job that has not ended."""
    return ACTIVE_PREFIX + job_id.encode()


def ended_key(job_id: JobId) -> bytes:
    """The record of a job that has ended."""
    return ENDED_PREFIX + job_id.encode()


def attempt_prefix(job_id: JobId | None) -> bytes:
    """The attempts of a job, or of all."""
    return _ATTEMPT if job_id is None else _ATTEMPT + job_id.encode()


def attempt_key(job_id: JobId, attempt: int) -> bytes:
    """One attempt."""
    return _ATTEMPT + job_id.encode() + attempt.to_bytes(8, "big")


def event_prefix(job_id: JobId | None) -> bytes:
    """The events of a job, or of all."""
    return _EVENT if job_id is None else _EVENT + job_id.encode()


def event_key(job_id: JobId, number: int) -> bytes:
    """One event."""
    return _EVENT + job_id.encode() + number.to_bytes(8, "big")


def bound_key(idempotency_key: str) -> bytes:
    """Which job a key that a user gave is bound to."""
    return key(KeyKind.JOB_INDEX, _BOUND, idempotency_key)


def index_keys(record: JobRecord) -> list[bytes]:
    """Every index key of an ended job."""
    last = (record.created_at, record.job_id.encode())
    keys = [
        key(KeyKind.JOB_INDEX, _STATUS, record.status, *last),
        key(KeyKind.JOB_INDEX, _CREATED, *last),
    ]
    if record.namespace is not None:
        keys.append(key(KeyKind.JOB_INDEX, _TABLE, record.namespace, record.table_name or "", *last))
    if record.idempotency_key is not None:
        keys.append(key(KeyKind.JOB_INDEX, _KEY, record.idempotency_key, *last))
    return keys


def job_id_of(index_key: bytes) -> JobId:
    """The job that an index key leads to: ids have a fixed length."""
    return index_key[-_ID_BYTES:].decode()


_ID_BYTES: Final = len("FL-0123456789ab")


def status_prefix(status: JobStatus) -> bytes:
    """The ended jobs of a status, the oldest first."""
    return key(KeyKind.JOB_INDEX, _STATUS, status)


def created_range(from_us: int, to_us: int | None) -> tuple[bytes, bytes]:
    """Where the ended jobs that were created in that time begin and end, the oldest first."""
    start = key(KeyKind.JOB_INDEX, _CREATED, max(from_us, 0))
    last = key(KeyKind.JOB_INDEX, _CREATED) if to_us is None else key(KeyKind.JOB_INDEX, _CREATED, max(to_us, 0))
    return start, prefix_end(last)


def table_prefix(namespace: str, table_name: str | None) -> bytes:
    """The ended jobs of a table, or of a namespace."""
    if table_name is None:
        return key(KeyKind.JOB_INDEX, _TABLE, namespace)
    return key(KeyKind.JOB_INDEX, _TABLE, namespace, table_name)


def idempotency_prefix(idempotency_key: str) -> bytes:
    """The ended jobs that had a key, the oldest first."""
    return key(KeyKind.JOB_INDEX, _KEY, idempotency_key)
