"""The durable records of jobs: every change of a job goes through here.

Active jobs are in memory and in RocksDB, ended ones in RocksDB only (`jobs.history` reads them). A change is a
compare-and-set on the record that it was made from, and nobody is told of it before it is durable.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from jobs import keys
from jobs.active import ActiveJob
from jobs.durable import wait_settled
from jobs.errors import StaleWrite
from jobs.events import EVENTS_KEPT, JobEvent
from jobs.record import JobRecord  # noqa: TC001 - msgspec reads annotations at run time
from jobs.states import check_transition
from storage.kv import Delete, Mutation, Put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jobs.attempts import JobAttempt
    from jobs.durable import RecordStorage
    from jobs.owner import Owner
    from jobs.record import JobId
    from storage.syncer import Commit

_ENCODER: Final = msgspec.msgpack.Encoder()


class StoredActive(msgspec.Struct, frozen=True, array_like=True):
    """An active job on disk."""

    record: JobRecord
    keys: tuple[str, ...]
    attempts: int
    events: int
    delay_left_us: int = 0


_DECODER: Final = msgspec.msgpack.Decoder(StoredActive)


class JobStore:
    """The active jobs. Only their owner calls it, and nothing waits.

    `on_change(before, after, event)` is called after each change has become durable (`before` is `None` for a new job),
    `on_failure(job, error)` when one could not be made so.
    """

    def __init__(
        self,
        storage: RecordStorage,
        owner: Owner,
        on_change: Callable[[JobRecord | None, JobRecord, JobEvent], None],
        on_failure: Callable[[ActiveJob, Exception], None],
    ) -> None:
        self._storage = storage
        self._owner = owner
        self._on_change = on_change
        self._on_failure = on_failure
        self._active: dict[JobId, ActiveJob] = {}
        self._by_key: dict[str, ActiveJob] = {}
        self._last_commit: Commit | None = None

    def load(self) -> list[ActiveJob]:
        """Take up the active jobs from RocksDB, the oldest first. Reads none of the ended ones."""
        for _, value in self._storage.scan(keys.ACTIVE_PREFIX):
            stored = _DECODER.decode(value)
            self._hold(ActiveJob(*msgspec.structs.astuple(stored)))
        return sorted(self._active.values(), key=lambda job: job.written.created_at)

    def active(self) -> list[ActiveJob]:
        """The jobs whose end, if they have ended, is not durable yet."""
        return list(self._active.values())

    def get(self, job_id: JobId) -> ActiveJob | None:
        """An active job."""
        return self._active.get(job_id)

    def by_key(self, idempotency_key: str) -> ActiveJob | None:
        """The active job that has the key. A job gives its keys up as soon as its end is written."""
        return self._by_key.get(idempotency_key)

    def __len__(self) -> int:
        return len(self._active)

    def create(
        self,
        record: JobRecord,
        idempotency_keys: tuple[str, ...],
        bound: str | None,
        told: str,
        queued: JobRecord | None = None,
    ) -> tuple[ActiveJob, Commit]:
        """Write a new job. `bound` is the key that a user gave; `told` is what the job's first event says.

        With `queued`, the record of the job in the queue, that second change is in the same batch.
        """
        job = ActiveJob(record, idempotency_keys)
        event = JobEvent(job_id=record.job_id, at=record.created_at, kind=record.status, message=told)
        mutations = self._mutations(job, record, event)
        changes: list[tuple[JobRecord | None, JobRecord, JobEvent]] = [(None, record, event)]
        if queued is not None:
            check_transition(record.status, queued.status)
            first, job.events, job.written = mutations[0], 1, queued
            second = JobEvent(job_id=record.job_id, at=queued.updated_at, kind=queued.status, message=queued.message)
            mutations = [first, *self._mutations(job, queued, second)]
            changes.append((record, queued, second))
        if bound is not None:
            mutations.append(Put(keys.bound_key(bound), record.job_id.encode()))
        commit = self._storage.write(tuple(mutations))
        job.events = len(changes)
        job.last_commit = self._last_commit = commit
        self._hold(job)
        for before, after, happened in changes:
            self._follow(job, before, after, happened, commit)
        return job, commit

    def change(
        self,
        job: ActiveJob,
        read: JobRecord,
        after: JobRecord,
        *,
        kind: str | None = None,
        told: str | None = None,
        attempt: JobAttempt | None = None,
        write: Callable[[tuple[Mutation, ...]], Commit] | None = None,
    ) -> Commit:
        """Replace the record `read` by `after`, and record `attempt` and an event with it.

        The event's `kind` is the status, and it says the record's message, unless `kind` and `told` say otherwise.

        `write` writes the mutations in a batch of its own; by default they are a batch. When it raises, nothing has
        changed. Raises `StaleWrite` when `read` is no longer the newest record, and `IllegalTransition`.
        """
        if job.written is not read:
            raise StaleWrite(f'job "{read.job_id}" is {job.written.status} now, and was {read.status} when it was read')
        if after.status is not read.status:
            check_transition(read.status, after.status)
        event = JobEvent(
            job_id=after.job_id, at=after.updated_at, kind=kind or after.status, message=told or after.message
        )
        mutations = self._mutations(job, after, event)
        if attempt is not None:
            mutations.append(Put(keys.attempt_key(attempt.job_id, attempt.attempt), _ENCODER.encode(attempt)))
        commit = (write or self._storage.write)(tuple(mutations))
        job.events += 1
        job.written = after
        job.last_commit = self._last_commit = commit
        if after.status.is_terminal:
            self._release_keys(job)
        self._follow(job, read, after, event, commit)
        return commit

    def note(self, job: ActiveJob, after: JobRecord, write: Callable[[tuple[Mutation, ...]], Commit]) -> Commit:
        """Replace the newest record of a job, whose status stays, in a batch that `write` writes.

        No event tells of it; what the record's result is then is shown once that is durable.
        """
        commit = write((_active_put(job, after, job.events),))
        job.written = after
        job.last_commit = self._last_commit = commit
        commit.on_done(lambda done: self._owner.tell(partial(_noted, job, after, done)))
        return commit

    def join(
        self, job: ActiveJob, read: JobRecord, after: JobRecord, key: str | None, bound: str | None, told: str
    ) -> Commit:
        """Have an active job do what another request asked, too.

        `bound` is the key that a user gave with it, and `key` what leads to the job because of that.
        """

        def write(mutations: tuple[Mutation, ...]) -> Commit:
            if bound is None:
                return self._storage.write(mutations)
            return self._storage.write((*mutations, Put(keys.bound_key(bound), job.written.job_id.encode())))

        if key is not None:
            job.keys = (*job.keys, key)
            self._by_key[key] = job
        return self.change(job, read, after, kind="joined", told=told, write=write)

    def save_progress(self, jobs: Iterable[ActiveJob], now_us: int) -> None:
        """Write the progress of jobs whose progress has changed, in one batch. Nobody waits for it."""
        puts: list[Mutation] = []
        for job in jobs:
            if job.work is None or not job.written.status.is_at_work or not job.work.has_news():
                continue
            job.written = job.work.shown_in(job.written, now_us)
            puts.append(_active_put(job, job.written, job.events))
        if puts:
            self._last_commit = self._storage.write(tuple(puts))

    async def all_written(self) -> None:
        """Return once everything that was written is durable, or has failed and was reported."""
        # Commits are settled in the order in which they were written.
        if self._last_commit is not None:
            await wait_settled(self._last_commit)

    def _mutations(self, job: ActiveJob, after: JobRecord, event: JobEvent) -> list[Mutation]:
        number = job.events + 1
        mutations: list[Mutation] = [Put(keys.event_key(after.job_id, number), _ENCODER.encode(event))]
        if number > EVENTS_KEPT:
            mutations.append(Delete(keys.event_key(after.job_id, number - EVENTS_KEPT)))
        if after.status.is_terminal:
            mutations.append(Delete(keys.active_key(after.job_id)))
            mutations.append(Put(keys.ended_key(after.job_id), _ENCODER.encode(after)))
            mutations.extend(Put(index_key, b"") for index_key in keys.index_keys(after))
        else:
            mutations.append(_active_put(job, after, number))
        return mutations

    def _hold(self, job: ActiveJob) -> None:
        self._active[job.written.job_id] = job
        for idempotency_key in job.keys:
            self._by_key[idempotency_key] = job

    def _release_keys(self, job: ActiveJob) -> None:
        for idempotency_key in job.keys:
            if self._by_key.get(idempotency_key) is job:
                del self._by_key[idempotency_key]

    def _follow(
        self, job: ActiveJob, before: JobRecord | None, after: JobRecord, event: JobEvent, commit: Commit
    ) -> None:
        settled = partial(self._settled, job, before, after, event, commit)
        commit.on_done(lambda _: self._owner.tell(settled))

    def _settled(
        self, job: ActiveJob, before: JobRecord | None, after: JobRecord, event: JobEvent, commit: Commit
    ) -> None:
        if commit.error is not None:
            job.wake(commit.error)
            self._on_failure(job, commit.error)
            return
        job.record = after
        if after.status.is_terminal:
            del self._active[after.job_id]
        self._on_change(before, after, event)
        job.wake()


def _active_put(job: ActiveJob, record: JobRecord, events: int) -> Put:
    stored = StoredActive(record, job.keys, job.attempts, events, job.delay_left_us)
    return Put(keys.active_key(record.job_id), _ENCODER.encode(stored))


def _noted(job: ActiveJob, after: JobRecord, commit: Commit) -> None:
    if commit.error is None:
        job.record = msgspec.structs.replace(job.record, result=after.result)
