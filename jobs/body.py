"""A job type: what it takes, when there is nothing to do, and its work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import msgspec

from jobs.errors import InvalidJobParameters
from jobs.permissions import SYSTEM
from jobs.request import JobRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobs.context import JobContext
    from jobs.outcome import Outcome, Skip
    from jobs.record import JobType

P = TypeVar("P", bound=msgspec.Struct)


class JobBody(ABC, Generic[P]):
    """The work of one job type. One object serves all jobs of the type, so it keeps nothing of a single job.

    A server may stop at any point of `run`, which then runs again from its start: it must be safe to repeat. Stopping
    shows itself as `asyncio.CancelledError` at an await, or as `JobCancelled`: clean up and let it pass.
    """

    job_type: ClassVar[JobType]
    finishes_at_shutdown: ClassVar[bool] = False
    """Whether a shutdown waits for its running jobs, as long as it is configured to, instead of stopping them."""

    def __init__(self, parameters_type: type[P]) -> None:
        self.parameters_type = parameters_type

    def parse(self, parameters: object) -> P:
        """The parameters from their JSON form, or as they are. Raises `InvalidJobParameters`."""
        try:
            return msgspec.convert(parameters, self.parameters_type, from_attributes=True)
        except msgspec.ValidationError as error:
            raise InvalidJobParameters(f"invalid parameters of a {self.job_type} job: {error}") from error

    def admit(self, parameters: P) -> P:
        """The parameters to record for a new request. Raises to whoever asked when they make no sense."""
        return parameters

    def idempotency_key(self, parameters: P) -> str | None:
        """The key under which at most one job of this type is active; `None`: any number may be."""
        return None

    def shown_key(self, parameters: P) -> str | None:
        """The key as the record shows it: to people, by names, where the key itself is by what does not change."""
        return self.idempotency_key(parameters)

    def coalesce(self, active: P, asked: P) -> P | None:
        """The parameters that do both what an active job was asked and what is asked now with the same key.

        `None` when these are different things: the key was reused.
        """
        return active if active == asked else None

    def requests_at_start(self) -> Iterable[JobRequest]:
        """Jobs that the state of the data asks for when the server starts."""
        return ()

    def scheduled(self, parameters: dict[str, Any]) -> Iterable[JobRequest]:
        """What a schedule of this type asks for when it fires, given what the schedule keeps; nothing if all is done.

        `{"namespace": …, "table_name": …}` for tables, either may be absent or null: then all of them. Owner, trigger
        and key of a request are the schedule's. Raises what `admit` raises.
        """
        return (JobRequest(job_type=self.job_type, parameters=self.parse(parameters), owner=SYSTEM.name),)

    @abstractmethod
    def describe(self, parameters: P) -> str:
        """What the job does, in a few words, for logs and events."""

    async def prepare(self, context: JobContext[P]) -> Skip | None:
        """Look whether there is anything to do."""
        return None

    @abstractmethod
    async def run(self, context: JobContext[P]) -> Outcome | Skip:
        """Do the work. It is settled with what this returns, if it was not before.

        Unless more was asked for since it last looked at the context's `parameters`: then it runs again.
        """


class JobBodies:
    """The job types that a manager knows."""

    def __init__(self, bodies: Iterable[JobBody[Any]]) -> None:
        self._by_type = {body.job_type: body for body in bodies}

    def __iter__(self) -> Iterator[JobBody[Any]]:
        return iter(self._by_type.values())

    def of(self, job_type: JobType) -> JobBody[Any]:
        """The body of that type. Raises `InvalidJobParameters` when this server has none."""
        try:
            return self._by_type[job_type]
        except KeyError:
            raise InvalidJobParameters(f"this server runs no {job_type} jobs") from None
