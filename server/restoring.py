"""What a restore needs of the server that it is made in, which is built after the job types are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.manager import JobManager
    from jobs.request import JobRequest, Started
    from jobs.schedules.scheduler import Scheduler


class RestoringServer:
    """See `jobs.restore.Server`. To be connected before the manager runs its first job."""

    def __init__(self) -> None:
        self._connected: tuple[JobManager, Scheduler] | None = None

    def connect(self, jobs: JobManager, schedules: Scheduler) -> None:
        """These are the server's."""
        self._connected = jobs, schedules

    async def start_job(self, request: JobRequest) -> Started:
        """Make a job."""
        jobs, _ = self._both()
        return await jobs.start_job(request)

    def reload_schedules(self) -> None:
        """Take up the schedules that have just been written."""
        _, schedules = self._both()
        schedules.reload()

    def _both(self) -> tuple[JobManager, Scheduler]:
        assert self._connected is not None, "a job runs before the server is built"
        return self._connected
