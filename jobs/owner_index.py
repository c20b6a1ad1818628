"""Enters jobs that ended before there was an index of owners into it: once in the life of a data folder."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import msgspec

from jobs import keys
from jobs.record import JobRecord
from jobs.routes import owners_indexed
from storage.kv import Put

if TYPE_CHECKING:
    from jobs.durable import RecordStorage

BATCH_RECORDS: Final = 5_000


def complete_owner_index(storage: RecordStorage) -> None:
    """Write what is missing. Stopped midway, it begins again."""
    if owners_indexed(storage):
        return
    decoder = msgspec.msgpack.Decoder(JobRecord)
    values = (value for _, value in storage.scan(keys.ENDED_PREFIX))
    while batch := list(itertools.islice(values, BATCH_RECORDS)):
        storage.write([Put(keys.owner_key(decoder.decode(value)), b"") for value in batch])
    storage.write([Put(keys.OWNER_INDEX_WHOLE, b"")])
