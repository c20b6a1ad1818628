"""The interface of a job manager. Nothing outside this package knows which implementation it talks to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from jobs.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from structlog.typing import FilteringBoundLogger

    from jobs.attempts import JobAttempt
    from jobs.body import JobBody
    from jobs.events import JobEvent
    from jobs.permissions import Actor
    from jobs.record import JobId, JobRecord
    from jobs.request import ControlOutcome, JobFilter, JobRequest, JobTransition, Started
    from jobs.view import JobView


class JobManager(ABC):
    """Starts jobs, runs them, and lets them be watched and controlled.

    Whatever a method returns, and whatever a listener is told, is durable by then. A record that is shown while its
    job runs carries the job's progress of this moment..
    """

    @abstractmethod
    async def start(self) -> None:
        """Take up the jobs that had not ended when the server last stopped, and begin to run jobs."""

    @abstractmethod
    async def stop(self, flush_timeout_s: float) -> None:
        """Start no more jobs, let running ones that are worth waiting for end in time, and stop the others.

        A job that is stopped is not cancelled: it is queued, and runs when the server is back. Returns when no work
        is being done any more and everything is durable.
        """

    @abstractmethod
    async def start_job(self, request: JobRequest) -> Started:
        """Make a job, or join the active job with the same idempotency key. The record is durable on return.

        Raises what the job type raises for parameters that it does not take, `InvalidJobParameters`,
        `IdempotentConflict` (when asked to), `IdempotencyKeyReused`, `QueueFull` and `ManagerStopped`.
        """

    @abstractmethod
    async def cancel_job(
        self, job_id: JobId, by: Actor, reason: str | None = None, *, sync: bool = True, timeout_s: float = 10.0
    ) -> ControlOutcome:
        """Kill a job.

        One that is not running ends at once. A running one becomes `cancelling`, durably, before its work is told to
        stop, and `cancelled` only once the work has stopped and its temporary files are gone. `sync` waits for that, at
        most `timeout_s`, and otherwise answers with the state that the job is in. A job past its commit point
        completes, and the answer says so.

        Raises `NoSuchJob` (also for a job that `by` may not see), `NotAllowed`, and `WrongJobState` for a job that has
        ended.
        """

    @abstractmethod
    async def pause_job(
        self, job_id: JobId, by: Actor, *, sync: bool = True, timeout_s: float = 10.0
    ) -> ControlOutcome:
        """Stop a job's work until `resume_job`. Waits and raises as `cancel_job` does."""

    @abstractmethod
    async def resume_job(self, job_id: JobId, by: Actor) -> ControlOutcome:
        """Queue a paused job. Raises `WrongJobState` for one that is not paused."""

    @abstractmethod
    async def retry_job(self, job_id: JobId, by: Actor) -> ControlOutcome:
        """Run a job that waits for its retry, or for its time, as soon as there is a place for it.

        A job that failed or was cancelled stays as it is, and its work is started again as a new job: the outcome has
        the new job's id and status and `previous_status` of the old one. Raises `WrongJobState` for any other state.
        """

    @abstractmethod
    async def get_job_status(self, job_id: JobId) -> JobRecord:
        """The job as it stands. Raises `NoSuchJob`."""

    @abstractmethod
    async def list_active_jobs(self) -> list[JobRecord]:
        """The jobs that have not ended, the oldest first."""

    @abstractmethod
    async def wait_for_job(self, job_id: JobId, timeout_s: float | None = None) -> JobRecord:
        """The job's record once it has completed or was skipped.

        Raises `NoSuchJob`, `JobFailed`, `JobWasCancelled`, and `WaitTimedOut` when it has not ended in time: the job
        goes on.
        """

    @abstractmethod
    def view(self) -> JobView:
        """All jobs, ended ones too: active ones as they are shown now. Any thread may read it afterwards."""

    def find_jobs(self, wanted: JobFilter) -> Iterator[JobRecord]:
        """The jobs, ended ones too, that the filter accepts: in no particular order.

        Active jobs are taken when the iterator is made, which the owner of the manager's loop does; ended ones are
        read as it advances, which any thread may do.
        """
        return self.view().find(wanted)

    @abstractmethod
    def find_attempts(self, job_id: JobId | None = None) -> Iterator[JobAttempt]:
        """The attempts of one job, or of all. The newest may not be durable yet."""

    @abstractmethod
    def find_events(self, job_id: JobId | None = None) -> Iterator[JobEvent]:
        """The events of one job, or of all, in their order within a job. The newest may not be durable yet."""

    async def start_what_data_asks_for(self, bodies: Iterable[JobBody[Any]], log: FilteringBoundLogger) -> None:
        """Make the jobs that job types ask for when the server starts. What cannot be made keeps it from nothing."""
        for body in bodies:
            for request in body.requests_at_start():
                try:
                    await self.start_job(request)
                except JobError as error:
                    what = body.describe(body.parse(request.parameters))
                    log.warning("a job was not made; the next start asks for it again", job=what, error=str(error))

    @abstractmethod
    def subscribe(self, listener: Callable[[JobTransition], None]) -> Callable[[], None]:
        """Have `listener` called on the loop after each durable change of a status. Returns what ends that."""
