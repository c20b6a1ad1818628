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
JOB_INDEX      "owner", owner, created, id     nothing: an ended job
JOB_INDEX      "whole", index                  nothing: the index of that letter has every ended job
JOB_INDEX      "bound", owner NUL given key  id of the job that a user's key is bound to
JOB_ATTEMPT    job id, attempt                 `JobAttempt`
JOB_EVENT      job id, number                  `JobEvent`
=============  ==============================  =========================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from storage.keys import KeyKind, key, prefix_end, unescaped

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
_OWNER: Final = b"o"
_BOUND: Final = b"b"
_WHOLE: Final = b"w"

BOUND_PREFIX: Final = key(KeyKind.JOB_INDEX, _BOUND)
OWNER_INDEX_WHOLE: Final = key(KeyKind.JOB_INDEX, _WHOLE, _OWNER)
"""There once the index of owners has the jobs that had ended before there was such an index."""


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
    last = record.created_at.to_bytes(8, "big") + record.job_id.encode()
    keys = [status_prefix(record.status) + last, CREATED_PREFIX + last, owner_key(record)]
    if record.namespace is not None or record.table_name is not None:
        keys.append(key(KeyKind.JOB_INDEX, _TABLE, record.namespace or "", record.table_name or "", last))
    if record.idempotency_key is not None:
        keys.append(key(KeyKind.JOB_INDEX, _KEY, record.idempotency_key, last))
    return keys


def owner_key(record: JobRecord) -> bytes:
    """The key of an ended job in the index of owners."""
    return key(KeyKind.JOB_INDEX, _OWNER, record.owner, record.created_at, record.job_id.encode())


_ID_BYTES: Final = len("FL-0123456789ab")
_CREATED_AT: Final = slice(-_ID_BYTES - 8, -_ID_BYTES)


def job_id_of(index_key: bytes) -> JobId:
    """The job that an index key, or the key of a record, leads to: ids have a fixed length."""
    return index_key[-_ID_BYTES:].decode()


def created_at_of(index_key: bytes) -> int:
    """When the job was made that an index key leads to."""
    return int.from_bytes(index_key[_CREATED_AT], "big")


def first_text_of(index_key: bytes) -> str:
    """The status, owner, namespace or idempotency key that an index key begins with."""
    start = len(CREATED_PREFIX)
    return unescaped(index_key[start : index_key.index(b"\0\0", start)]).decode()


# Prefixes of index keys; what follows in each case is the time of creation and the id.

CREATED_PREFIX: Final = key(KeyKind.JOB_INDEX, _CREATED)
"""All ended jobs, the oldest first."""
OWNERS_PREFIX: Final = key(KeyKind.JOB_INDEX, _OWNER)
"""All ended jobs; an owner follows before the time."""
TABLES_PREFIX: Final = key(KeyKind.JOB_INDEX, _TABLE)
"""All ended jobs that have a namespace or a table; both, empty where missing, follow before the time."""


def status_prefix(status: JobStatus) -> bytes:
    """The ended jobs of a status."""
    return key(KeyKind.JOB_INDEX, _STATUS, status)


def owner_prefix(owner: str) -> bytes:
    """The ended jobs of an owner."""
    return key(KeyKind.JOB_INDEX, _OWNER, owner)


def namespace_prefix(namespace: str) -> bytes:
    """The ended jobs of a namespace; a table follows before the time."""
    return key(KeyKind.JOB_INDEX, _TABLE, namespace)


def table_prefix(namespace: str, table_name: str) -> bytes:
    """The ended jobs of a table."""
    return key(KeyKind.JOB_INDEX, _TABLE, namespace, table_name)


def idempotency_prefix(idempotency_key: str) -> bytes:
    """The ended jobs that had a key."""
    return key(KeyKind.JOB_INDEX, _KEY, idempotency_key)


def created_range(prefix: bytes, from_us: int | None, to_us: int | None) -> tuple[bytes, bytes]:
    """Where the jobs that were created in that time, both bounds inclusive, begin and end behind a prefix."""
    start = prefix + _time(from_us or 0)
    return start, prefix_end(prefix) if to_us is None else prefix + _time(to_us + 1)


def _time(at_us: int) -> bytes:
    # What lies outside of 8 bytes lies before or after every job.
    return min(max(at_us, 0), (1 << 64) - 1).to_bytes(8, "big")
