"""Jobs that do nothing: what a job costs by itself, in this process, with durable records."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec
import structlog
import uvloop

from benchmarks.case import Case
from benchmarks.servers import seconds_of
from jobs.asyncio_manager import AsyncioJobManager
from jobs.body import JobBody
from jobs.options import JobOptions
from jobs.outcome import Outcome
from jobs.record import JobStatus, JobType
from jobs.request import JobRequest
from storage.engine import Storage

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.case import Bench
    from jobs.context import JobContext

JOBS: Final = 10_000
ASKING: Final = 64
"""Who ask for a job, wait for its end, and ask for the next, at the same time."""


class Nothing(msgspec.Struct, frozen=True):
    """The parameters of a job that does nothing."""


class NothingBody(JobBody[Nothing]):
    """A job type that does nothing, in the place of one that is made for compaction."""

    job_type = JobType.COMPACTION

    def describe(self, parameters: Nothing) -> str:
        """What it does."""
        return "nothing"

    async def run(self, context: JobContext[Nothing]) -> Outcome:
        """Do it."""
        return Outcome("did nothing")


class NoOpJobs(Case):
    """Jobs a second that are created, run and recorded, each durable before it is acknowledged."""

    unit = "/s"
    higher_is_better = True
    baseline = None
    rounds = 5

    def __init__(self) -> None:
        super().__init__(f"no-op jobs, {ASKING} at a time", "2,000 /s")
        self._rounds = 0

    def prepare(self, bench: Bench, contestant: str) -> None:
        """Each round has a data folder of its own."""

    def measure(self, bench: Bench, contestant: str) -> float:
        self._rounds += 1
        jobs = bench.rows(JOBS)
        folder = bench.folder / f"no-op-jobs-{self._rounds}"
        folder.mkdir()
        return jobs / seconds_of(lambda: uvloop.run(_run(folder, jobs)))

    def clean(self, bench: Bench, contestant: str) -> None:
        """Nothing is left running."""


async def _run(folder: Path, jobs: int) -> None:
    # Records are what the disk is asked for; a log line a job would be measured, too.
    log = structlog.make_filtering_bound_logger(50)
    storage = Storage.open(folder, call_soon=asyncio.get_running_loop().call_soon_threadsafe)
    manager = AsyncioJobManager(
        storage,
        (NothingBody(Nothing),),
        JobOptions(),
        sqlstate_of=lambda _: "XX000",
        log=structlog.wrap_logger(structlog.PrintLogger(), wrapper_class=log).bind(),
    )
    await manager.start()
    left = iter(range(jobs))

    async def ask() -> None:
        for _ in left:
            request = JobRequest(job_type=JobType.COMPACTION, parameters=Nothing(), owner="admin")
            started = await manager.start_job(request)
            record = await manager.wait_for_job(started.record.job_id)
            if record is None or record.status is not JobStatus.COMPLETED:
                raise RuntimeError(f"the job came to {record}")

    await asyncio.gather(*(ask() for _ in range(ASKING)))
    await manager.stop(0)
    storage.close()
