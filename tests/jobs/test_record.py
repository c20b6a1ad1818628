"""The record: its columns, and its form on disk."""

from __future__ import annotations

import msgspec

from jobs.record import JobRecord, JobStatus, JobType

COLUMNS = """
job_id job_type status namespace table_name parameters message exception_trace error_sqlstate idempotency_key owner
trigger schedule_name parent_job_id priority phase fraction_completed units_done units_total unit eta retry_count
max_retries next_run_at cancel_requested_at cancel_requested_by cancel_reason result node_id cpu_seconds
peak_memory_bytes created_at started_at finished_at updated_at
"""


def test_the_fields_are_the_columns_of_system_jobs_in_their_order():
    """The struct's fields are what the specification lists, in its order."""
    assert list(JobRecord.__struct_fields__) == COLUMNS.split()


def test_a_record_on_disk_is_an_array_in_that_order():
    """The stored form must not change: records of older servers have to be read."""
    record = JobRecord(
        job_id="FL-000000000001",
        job_type=JobType.FLUSH,
        status=JobStatus.FAILED,
        owner="alice",
        max_retries=3,
        node_id="n1",
        created_at=5,
        updated_at=6,
        parameters={"table_oid": 7},
    )
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(record))
    assert stored[:6] == ["FL-000000000001", "flush", "failed", None, None, {"table_oid": 7}]
    assert len(stored) == 35
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=JobRecord) == record
