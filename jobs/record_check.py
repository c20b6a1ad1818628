"""Whether what RocksDB has of jobs and schedules can be read: storage's check of a folder knows nothing of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from jobs import keys
from jobs.attempts import JobAttempt
from jobs.events import JobEvent
from jobs.record import JobRecord
from jobs.schedules.store import decode_stored
from jobs.store import StoredActive
from storage.keys import KeyKind
from storage.record_names import name_of

if TYPE_CHECKING:
    from collections.abc import Callable


def fault_of_record(kind: KeyKind, record_key: bytes, value: bytes) -> str | None:
    """What is wrong with a record of jobs or schedules; `None` if nothing is."""
    try:
        decoded = _decoder(kind, record_key)(value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return f"{name_of(record_key)} cannot be decoded: {error}"
    record = decoded.record if isinstance(decoded, StoredActive) else decoded
    if isinstance(record, JobRecord) and not record_key.endswith(record.job_id.encode()):
        return f"{name_of(record_key)} is the record of another job, {record.job_id}"
    return None


def _decoder(kind: KeyKind, record_key: bytes) -> Callable[[bytes], object]:
    match kind:
        case KeyKind.JOB:
            stored = StoredActive if record_key.startswith(keys.ACTIVE_PREFIX) else JobRecord
            return msgspec.msgpack.Decoder(stored).decode
        case KeyKind.JOB_ATTEMPT:
            return msgspec.msgpack.Decoder(JobAttempt).decode
        case KeyKind.JOB_EVENT:
            return msgspec.msgpack.Decoder(JobEvent).decode
        case KeyKind.SCHEDULE:
            return decode_stored
        case _:
            # An entry of an index, or the id of the job that it leads to.
            return bytes.decode
