"""One fire of a schedule: the jobs that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from jobs.body import JobBodies
from jobs.errors import IdempotencyKeyReused, JobError, NoSuchJob
from jobs.record import Trigger
from jobs.request import Started
from jobs.schedules.errors import ScheduleNotAllowed
from jobs.schedules.schedule import FIRE_KEYS, ScheduleSource
from jobs.schedules.timing import iso
from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from jobs.body import JobBody
    from jobs.manager import JobManager
    from jobs.record import JobId, JobRecord, JobType
    from jobs.request import JobRequest
    from jobs.schedules.entry import Entry


Refusal: TypeAlias = "Callable[[str, JobType, Mapping[str, Any]], str | None]"
"""Why a role may not start such a job, given what its schedule keeps for it; `None`: it may. Jobs do not know that."""


def nothing_refused(owner: str, job_type: JobType, parameters: Mapping[str, Any]) -> None:
    """A `Refusal` for where everyone may do everything."""


class Fired(Struct, frozen=True):
    """What came of a fire: the jobs that were made or joined, and what kept others from being made."""

    started: tuple[Started, ...]
    errors: tuple[Exception, ...]

    @property
    def job_ids(self) -> tuple[JobId, ...]:
        """The jobs, in the order in which they were asked for."""
        return tuple(started.record.job_id for started in self.started)


class Firing:
    """Makes the jobs of schedules through the manager."""

    def __init__(self, jobs: JobManager, bodies: Iterable[JobBody[Any]], refusal: Refusal) -> None:
        self._jobs = jobs
        self._refusal = refusal
        self._bodies = JobBodies(bodies)
        self._types = frozenset(body.job_type for body in self._bodies)

    def knows(self, job_type: JobType) -> bool:
        """Whether this server runs jobs of that type."""
        return job_type in self._types

    def requests(self, entry: Entry) -> list[JobRequest]:
        """What a fire asks for now.

        Raises `ScheduleNotAllowed` when the owner of a user's schedule may not do that (any more), and what the job
        type raises for parameters that it does not take.
        """
        if entry.source is ScheduleSource.USER:
            refused = self._refusal(entry.owner, entry.job_type, entry.parameters)
            if refused is not None:
                raise ScheduleNotAllowed(
                    f'schedule "{entry.name}" may not do what it is for as its owner "{entry.owner}": {refused}',
                    hint="Give the owner the right again, or drop the schedule.",
                )
        scheduled = self._bodies.of(entry.job_type).scheduled(entry.parameters)
        return [
            replace(request, owner=entry.owner, trigger=Trigger.SCHEDULE, schedule_name=entry.name)
            for request in scheduled
        ]

    async def fire(self, entry: Entry, fire_us: int | None) -> Fired:
        """Make the jobs, each under the key of the fire time; without one, when somebody asks for a fire by hand.

        A key stays bound to its job, so that a second fire of the same time, after a crash or of another scheduler,
        gives the job of the first.
        """
        started: list[Started] = []
        errors: list[Exception] = []
        try:
            requests = self.requests(entry)
        except (JobError, StorageError) as error:
            return Fired((), (error,))
        for number, request in enumerate(requests):
            asked = request
            if fire_us is not None:
                fire_key = fire_key_of(entry, request, number, fire_us)
                asked = replace(request, idempotency_key=fire_key, idempotency_key_source="user")
            try:
                started.append(await self._jobs.start_job(asked))
            except IdempotencyKeyReused as error:
                # The job of this fire was made when the state of the data asked for something else.
                started.append(Started(error.record, deduplicated=True))
            except (JobError, StorageError) as error:
                errors.append(error)
        return Fired(tuple(started), tuple(errors))

    async def active_job(self, entry: Entry) -> JobRecord | None:
        """A job of the schedule's last fire that has not ended."""
        for job_id in entry.memory.last_job_ids:
            try:
                record = await self._jobs.get_job_status(job_id)
            except NoSuchJob:
                continue
            if not record.status.is_terminal:
                return record
        return None


def fire_key_of(entry: Entry, request: JobRequest, number: int, fire_us: int) -> str:
    """`schedule-<name>-<fire time>`, with the job type where it is another one, and the table where it is not of one.

    It must not depend on how many jobs a fire makes: after a crash a repeated fire may make fewer.
    """
    fire_key = f"{FIRE_KEYS}{entry.name}-{iso(fire_us)}"
    if entry.memory.set_back:
        # The same times come once more.
        fire_key += f"-again-{entry.memory.set_back}"
    if request.job_type is not entry.job_type:
        fire_key += f"-{request.job_type}"
    if request.table_name is None:
        return f"{fire_key}-{number}" if number else fire_key
    is_of_one_table = entry.parameters.get("table_name") is not None
    return fire_key if is_of_one_table else f"{fire_key}-{request.namespace}.{request.table_name}"
