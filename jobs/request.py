"""What is asked of the manager, and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    import msgspec

    from jobs.record import JobId, JobRecord, JobStatus, JobType

from jobs.record import Trigger


class JobRequest(Struct, frozen=True, kw_only=True):
    """A job to start. `parameters` is the frozen struct that the job type declares (see `jobs.body`)."""

    job_type: JobType
    parameters: msgspec.Struct
    owner: str
    owner_since_us: int = 0
    """When the owner was made: the keys that a dropped role of its name has given are not its own."""
    namespace: str | None = None
    table_name: str | None = None
    trigger: Trigger = Trigger.USER
    schedule_name: str | None = None
    parent_job_id: JobId | None = None
    idempotency_key: str | None = None
    """`None`: the key that the job type derives from the parameters, if it has one."""
    idempotency_key_source: Literal["derived", "user"] = "derived"
    """A key that a `user` gave stays bound to its job for days after the job has ended; a derived one is then free."""
    priority: int = 0
    max_retries: int | None = None
    """`None`: the manager's default."""
    run_after_us: int | None = None
    """When it may leave the queue, in microseconds since the epoch; `None`: at once."""
    on_duplicate: Literal["return", "raise"] = "return"
    """When an active job has the key: return that job, or raise `IdempotentConflict`."""


class Started(Struct, frozen=True):
    """The answer to a request: the job, and whether it was there before."""

    record: JobRecord
    deduplicated: bool


class ControlOutcome(Struct, frozen=True):
    """What killing, pausing, resuming or retrying a job did. `status` is the durable one when the answer is given."""

    job_id: JobId
    previous_status: JobStatus
    status: JobStatus
    detail: str


class JobTransition(Struct, frozen=True):
    """A change of status, told after it is durable. `previous_status` is `None` when the job has just been made."""

    previous_status: JobStatus | None
    record: JobRecord


class FirstJobs(Struct, frozen=True):
    """How many jobs are enough: the oldest, the newest (`descending`), or, with `by_created` false, any."""

    count: int
    by_created: bool = False
    descending: bool = False


class JobFilter(Struct, frozen=True, kw_only=True):
    """Which jobs: every condition that is given must hold. Times are microseconds, UTC, both bounds inclusive."""

    job_ids: frozenset[JobId] | None = None
    statuses: frozenset[JobStatus] | None = None
    namespaces: frozenset[str] | None = None
    table_names: frozenset[str] | None = None
    idempotency_keys: frozenset[str] | None = None
    owner: str | None = None
    created_from_us: int | None = None
    created_to_us: int | None = None

    @property
    def columns(self) -> frozenset[str]:
        """The fields of a record that `accepts` looks at."""
        return frozenset(
            column
            for column, given in (
                ("job_id", self.job_ids),
                ("status", self.statuses),
                ("namespace", self.namespaces),
                ("table_name", self.table_names),
                ("idempotency_key", self.idempotency_keys),
                ("owner", self.owner),
                ("created_at", self.created_from_us),
                ("created_at", self.created_to_us),
            )
            if given is not None
        )

    def accepts(self, record: JobRecord) -> bool:
        """Whether the record fulfils every condition. Any object with the fields in `columns` will do."""
        return (
            (self.job_ids is None or record.job_id in self.job_ids)
            and (self.statuses is None or record.status in self.statuses)
            and (self.namespaces is None or record.namespace in self.namespaces)
            and (self.table_names is None or record.table_name in self.table_names)
            and (self.idempotency_keys is None or record.idempotency_key in self.idempotency_keys)
            and (self.owner is None or record.owner == self.owner)
            and (self.created_from_us is None or record.created_at >= self.created_from_us)
            and (self.created_to_us is None or record.created_at <= self.created_to_us)
        )
