"""The durable side of schedules: those that users made, and what must be remembered of the others.

=========  =====================  =============================================================
kind       parts                  value
=========  =====================  =============================================================
SCHEDULE   "n", schedule name     `Stored`; without a definition it is of a system schedule
SCHEDULE   "p", table oid         `Stored`, without a definition: of a table's flush policy
=========  =====================  =============================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from jobs.record import JobType  # noqa: TC001 - msgspec reads annotations at run time
from jobs.schedules.entry import Entry, EntryKey, Memory
from jobs.schedules.schedule import OverlapPolicy, ScheduleSource
from jobs.schedules.timing import Cron
from storage.keys import KeyKind, key
from storage.kv import Delete, Put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.durable import RecordStorage
    from storage.syncer import Commit

_NAMED: Final = b"n"
_OF_TABLE: Final = b"p"


class Definition(msgspec.Struct, frozen=True, array_like=True):
    """What CREATE SCHEDULE said. A new field goes to the end and has a default."""

    cron: str
    timezone: str
    statement: str | None
    job_type: JobType
    parameters: dict[str, Any]
    on_overlap: OverlapPolicy
    owner: str
    owner_oid: int | None
    created_at: int


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """A schedule on disk."""

    key: EntryKey
    memory: Memory
    definition: Definition | None = None


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Stored)


class ScheduleStore:
    """Reads and writes schedules. Runs on the loop and never waits."""

    def __init__(self, storage: RecordStorage) -> None:
        self._storage = storage

    def load(self) -> Iterator[Stored]:
        """All that is stored."""
        return (decode_stored(value) for _, value in self._storage.scan(key(KeyKind.SCHEDULE)))

    def put(self, entry: Entry) -> Commit:
        """Write a schedule, or what is remembered of it. Raises `WriteFailed`."""
        definition = None
        if entry.source is ScheduleSource.USER:
            assert entry.timing is not None
            assert entry.created_at is not None
            definition = Definition(
                cron=entry.timing.text,
                timezone=entry.timing.timezone,
                statement=entry.statement,
                job_type=entry.job_type,
                parameters=entry.parameters,
                on_overlap=entry.on_overlap,
                owner=entry.owner,
                owner_oid=entry.owner_oid,
                created_at=entry.created_at,
            )
        return self._storage.write((put_of_stored(Stored(entry.key, entry.memory, definition)),))

    def remove(self, entry_key: EntryKey) -> Commit:
        """Forget it. Raises `WriteFailed`."""
        return self._storage.write((removal_of_stored(entry_key),))


def decode_stored(value: bytes) -> Stored:
    """A schedule's record."""
    return _DECODER.decode(value)


def put_of_stored(stored: Stored) -> Put:
    """What writes a schedule."""
    return Put(_key_of(stored.key), _ENCODER.encode(stored))


def removal_of_stored(entry_key: EntryKey) -> Delete:
    """What removes a schedule."""
    return Delete(_key_of(entry_key))


def entry_of(stored: Stored, definition: Definition) -> Entry:
    """A user's schedule as it was stored. Raises `InvalidSchedule` when its time zone is not known any more."""
    assert isinstance(stored.key, str)
    return Entry(
        key=stored.key,
        name=stored.key,
        timing=Cron.parse(definition.cron, definition.timezone),
        statement=definition.statement,
        job_type=definition.job_type,
        parameters=definition.parameters,
        source=ScheduleSource.USER,
        on_overlap=definition.on_overlap,
        owner=definition.owner,
        owner_oid=definition.owner_oid,
        created_at=definition.created_at,
        memory=stored.memory,
    )


def _key_of(entry_key: EntryKey) -> bytes:
    return key(KeyKind.SCHEDULE, _OF_TABLE if isinstance(entry_key, int) else _NAMED, entry_key)
