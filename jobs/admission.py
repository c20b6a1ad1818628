"""What a request becomes: a new job, or a part of one that is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from jobs import endings
from jobs.errors import IdempotencyKeyReused, IdempotentConflict, QueueFull
from jobs.record import JobRecord, JobStatus, new_job_id

if TYPE_CHECKING:
    from jobs.active import ActiveJob
    from jobs.body import JobBodies, JobBody
    from jobs.clock import Clock
    from jobs.history import JobHistory
    from jobs.options import JobOptions
    from jobs.request import JobRequest
    from jobs.store import JobStore
    from storage.syncer import Commit

_DAY_US: Final = 86_400_000_000
_GIVEN: Final = "given: "
"""What a key that a user gave begins with where jobs are looked up: no key that is derived does."""


class Admissible(Struct, frozen=True):
    """A request whose parameters are good."""

    request: JobRequest
    body: JobBody[Any]
    parameters: msgspec.Struct
    derived_key: str | None
    """The key that the job type derives."""

    @property
    def bound_key(self) -> str | None:
        """What stays bound to the job: the key that a user gave, apart for each role.

        Else a role could learn of another's jobs, or keep it from making them, by giving its keys.
        """
        given = self.request.idempotency_key if self.request.idempotency_key_source == "user" else None
        return None if given is None else f"{self.request.owner}\0{given}"

    @property
    def given_key(self) -> str | None:
        """What jobs are looked up by that were asked for with the same key of a user."""
        return None if self.bound_key is None else _GIVEN + self.bound_key

    def as_given(self, key: str) -> str:
        """One of its keys as whoever asks knows it."""
        given = self.request.idempotency_key
        return given if given is not None and key in (self.given_key, self.bound_key) else key

    @property
    def shown_key(self) -> str | None:
        """The key that the job's record shows."""
        given = self.request.idempotency_key
        return self.body.shown_key(self.parameters) if given is None else given

    @property
    def keys(self) -> tuple[str, ...]:
        """What jobs are looked up by: the key that came with the request, then the one that the type derives.

        What users give is told apart from what is derived, or they could keep others' jobs from being made.
        """
        candidates = (self.given_key or self.request.idempotency_key, self.derived_key)
        # A dict, because it drops the second of two equal ones and keeps the order.
        return tuple({key: None for key in candidates if key is not None})


class Admission:
    """Checks requests and finds or makes their jobs. Runs on the loop and never waits."""

    def __init__(
        self, store: JobStore, history: JobHistory, bodies: JobBodies, options: JobOptions, clock: Clock
    ) -> None:
        self._store = store
        self._history = history
        self._bodies = bodies
        self._options = options
        self._clock = clock

    def check(self, request: JobRequest) -> Admissible:
        """Raises `InvalidJobParameters`, and whatever the job type raises for parameters that it does not take."""
        body = self._bodies.of(request.job_type)
        parameters = body.admit(body.parse(request.parameters))
        return Admissible(request, body, parameters, body.idempotency_key(parameters))

    def holder(self, asked: Admissible) -> ActiveJob | None:
        """The active job that has one of the request's keys."""
        return next((job for job in map(self._store.by_key, asked.keys) if job is not None), None)

    def bound_job(self, asked: Admissible) -> JobRecord | None:
        """The ended job that the user's key is still bound to. Raises `IdempotencyKeyReused`."""
        if asked.bound_key is None:
            return None
        job_id = self._history.bound(asked.bound_key)
        record = None if job_id is None else self._history.get(job_id)
        if record is None or record.finished_at is None or record.created_at < asked.request.owner_since_us:
            return None
        if self._clock.now_us() > record.finished_at + self._options.key_binding_days * _DAY_US:
            return None
        self._merged(asked, asked.as_given(asked.bound_key), record)
        return record

    def join(self, asked: Admissible, job: ActiveJob) -> bool:
        """Have an active job do what is asked, as soon as asked. Whether its place in the queue changes by that.

        Raises `IdempotencyKeyReused` and `IdempotentConflict`.
        """
        read = job.written
        if asked.request.on_duplicate == "raise":
            raise IdempotentConflict(job.record)
        key = next(key for key in asked.keys if self._store.by_key(key) is job)
        parameters = msgspec.to_builtins(self._merged(asked, asked.as_given(key), read))
        bound = None if asked.given_key in job.keys else asked.bound_key
        priority = max(read.priority, asked.request.priority)
        now_us = self._clock.now_us()
        delay_us = max((asked.request.run_after_us or now_us) - now_us, 0)
        next_run_at = read.next_run_at
        if read.status is JobStatus.QUEUED and next_run_at is not None and next_run_at > now_us + delay_us:
            next_run_at = now_us + delay_us if delay_us else None
        hastens = next_run_at != read.next_run_at or priority != read.priority
        if parameters == read.parameters and bound is None and not hastens and job.delay_left_us <= delay_us:
            return False
        waits = read.status in (JobStatus.QUEUED, JobStatus.RETRYING)
        job.delay_left_us = min(job.delay_left_us, delay_us)
        after = msgspec.structs.replace(
            read, parameters=parameters, next_run_at=next_run_at, priority=priority, updated_at=now_us
        )
        given = None if bound is None else asked.given_key
        self._store.join(job, read, after, given, bound, f"asked for again by {asked.request.owner}")
        return waits and hastens

    def create(self, asked: Admissible) -> tuple[ActiveJob, JobRecord, Commit]:
        """Make a new job that is in the queue: also its record before that, and the write that makes both durable.

        Raises `QueueFull`.
        """
        if len(self._store) >= self._options.max_active:
            raise QueueFull(self._options.max_active)
        request, now_us = asked.request, self._clock.now_us()
        run_after_us = request.run_after_us
        record = JobRecord(
            job_id=new_job_id(request.job_type),
            job_type=request.job_type,
            namespace=request.namespace,
            table_name=request.table_name,
            parameters=msgspec.to_builtins(asked.parameters),
            idempotency_key=asked.shown_key,
            owner=request.owner,
            trigger=request.trigger,
            schedule_name=request.schedule_name,
            parent_job_id=request.parent_job_id,
            priority=request.priority,
            max_retries=self._options.max_retries if request.max_retries is None else request.max_retries,
            next_run_at=run_after_us if run_after_us is not None and run_after_us > now_us else None,
            node_id=self._options.node_id,
            created_at=now_us,
            updated_at=now_us,
        )
        told = asked.body.describe(asked.parameters)
        job, commit = self._store.create(record, asked.keys, asked.bound_key, told, endings.queued(record, now_us))
        return job, record, commit

    def _merged(self, asked: Admissible, key: str, record: JobRecord) -> msgspec.Struct:
        merged: msgspec.Struct | None = None
        if record.job_type is asked.request.job_type:
            merged = asked.body.coalesce(asked.body.parse(record.parameters), asked.parameters)
        if merged is None:
            raise IdempotencyKeyReused(key, record)
        return merged
