"""system.jobs with a million records: what operators ask, and the start of a server that has them."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.case import Case
from benchmarks.job_records import job_records, make_job_records
from benchmarks.servers import SiltDBServer, seconds_of

if TYPE_CHECKING:
    from benchmarks.case import Bench

JOBS: Final = 1_000_000
REPEATS: Final = 20


def _server_with_jobs(bench: Bench) -> SiltDBServer:
    """A server, not started, on a folder with the records, which are made once in a run."""
    folder = bench.folder / "job-records"
    server = SiltDBServer(folder)
    if not folder.exists():
        folder.mkdir()
        server.data_dir.mkdir()
        make_job_records(server.data_dir, bench.rows(JOBS))
    return server


class JobQuery(Case):
    """A query of system.jobs: the median of some runs on one connection, prepared."""

    unit = "ms"
    baseline = None
    rounds = 3

    def __init__(self, name: str, query: str, target: str, repeats: int = REPEATS) -> None:
        super().__init__(f"{name}, 1 M job records", target)
        self._query = query
        self._repeats = repeats

    def prepare(self, bench: Bench, contestant: str) -> None:
        self._server = _server_with_jobs(bench)
        self._address = self._server.start()
        self._job_id = next(job_records(1)).job_id

    def measure(self, bench: Bench, contestant: str) -> float:
        with self._address.connect() as connection:
            parameters = (self._job_id,) if "%s" in self._query else None

            def run() -> None:
                connection.execute(self._query, parameters, prepare=True).fetchall()

            run()
            return median(seconds_of(run) for _ in range(self._repeats)) * 1_000

    def clean(self, bench: Bench, contestant: str) -> None:
        self._server.stop()


class StartUpWithJobs(Case):
    """From the command to the line that says it listens."""

    unit = "s"
    baseline = None
    rounds = 3

    def __init__(self) -> None:
        super().__init__("start-up, 1 M job records", "3 s")

    def prepare(self, bench: Bench, contestant: str) -> None:
        self._server = _server_with_jobs(bench)

    def measure(self, bench: Bench, contestant: str) -> float:
        seconds = seconds_of(self._server.start)
        self._server.stop()
        return seconds

    def clean(self, bench: Bench, contestant: str) -> None:
        if self._server.is_running:
            self._server.kill()


def job_cases() -> list[Case]:
    """The cases of this file."""
    return [
        JobQuery("system.jobs by id", "SELECT job_id, status, message FROM system.jobs WHERE job_id = %s", "2 ms"),
        JobQuery("system.jobs by a rare status", "SELECT * FROM system.jobs WHERE status = 'failed' LIMIT 10", "5 ms"),
        JobQuery("newest 20 of system.jobs", "SELECT * FROM system.jobs ORDER BY created_at DESC LIMIT 20", "20 ms"),
        JobQuery("count by job_type", "SELECT job_type, count(*) FROM system.jobs GROUP BY job_type", "1,000 ms", 3),
        StartUpWithJobs(),
    ]
