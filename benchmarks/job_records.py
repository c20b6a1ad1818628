"""Makes records of ended jobs as the server leaves them, many at once, in a data folder that no server has open."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import msgspec

from jobs import keys
from jobs.attempts import AttemptOutcome, JobAttempt
from jobs.events import JobEvent
from jobs.record import JobRecord, JobStatus, JobType
from storage.engine import Storage, StorageOptions
from storage.kv import Put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_US: Final = 1_700_000_000_000_000
SECOND_US: Final = 1_000_000
FAILED_EVERY: Final = 10_000
"""One job of so many has failed: a rare status."""
TABLES: Final = 500
OWNERS: Final = 20
_BATCH: Final = 2_000
_ENCODER: Final = msgspec.msgpack.Encoder()


def make_job_records(data_dir: Path, count: int) -> None:
    """Write `count` jobs, one made each second, with their attempts, events and index entries."""
    storage = Storage.open(data_dir, StorageOptions())
    try:
        puts: list[Put] = [Put(keys.OWNER_INDEX_WHOLE, b"")]
        for record in job_records(count):
            puts += _puts_of(record)
            if len(puts) >= _BATCH * 10:
                storage.write(puts)
                puts = []
        storage.write(puts)
    finally:
        storage.close()


def job_records(count: int) -> Iterator[JobRecord]:
    """The records, the oldest first; the same ones each time."""
    random_ids = random.Random(1)
    types = list(JobType)
    for number in range(count):
        job_type = types[number % len(types)] if number % 3 == 0 else JobType.FLUSH
        status = JobStatus.COMPLETED if number % 20 else JobStatus.SKIPPED
        status = status if number % FAILED_EVERY else JobStatus.FAILED
        table, at = f"t{number % TABLES}", FIRST_US + number * SECOND_US
        yield JobRecord(
            job_id=f"{job_type.prefix}-{random_ids.getrandbits(48):012x}",
            job_type=job_type,
            status=status,
            namespace="public",
            table_name=table,
            parameters={"table_oid": 16_384 + number % TABLES, "namespace": "public", "table_name": table},
            message="flushed 1,000 rows into 1 file (24 kB)",
            idempotency_key=f"flush-public-{table}",
            owner=f"user{number % OWNERS}",
            phase="writing",
            fraction_completed=1.0,
            units_done=1_000,
            units_total=1_000,
            unit="rows",
            max_retries=3,
            result={"rows": 1_000, "bytes": 24_000, "files": ["a.parquet"]},
            node_id="local",
            cpu_seconds=0.02,
            peak_memory_bytes=1_000_000,
            created_at=at,
            started_at=at + 1_000,
            finished_at=at + 50_000,
            updated_at=at + 50_000,
        )


def _puts_of(record: JobRecord) -> Iterator[Put]:
    yield Put(keys.ended_key(record.job_id), _ENCODER.encode(record))
    yield from (Put(index_key, b"") for index_key in keys.index_keys(record))
    assert record.started_at is not None
    attempt = JobAttempt(
        job_id=record.job_id,
        attempt=1,
        started_at=record.started_at,
        finished_at=record.finished_at,
        outcome=AttemptOutcome.COMPLETED,
    )
    yield Put(keys.attempt_key(record.job_id, 1), _ENCODER.encode(attempt))
    for number, kind in enumerate(("new", "queued", "running", record.status), start=1):
        event = JobEvent(job_id=record.job_id, at=record.created_at, kind=kind, message=record.message)
        yield Put(keys.event_key(record.job_id, number), _ENCODER.encode(event))
