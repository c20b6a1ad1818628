"""The server as a process: how fast it starts, and what memory it holds with nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.case import Case
from benchmarks.cases.data import KEYED_COLUMNS, copy_in, csv_file
from benchmarks.servers import SiltDBServer, memory_bytes, seconds_of

if TYPE_CHECKING:
    from benchmarks.case import Bench


class StartUp(Case):
    """From the command to the line that says it listens; with hot rows, after a crash."""

    unit = "s"
    baseline = None

    def __init__(self, hot_rows: int) -> None:
        super().__init__(f"start-up, {f'{hot_rows:,} hot rows' if hot_rows else 'empty'}", "3 s" if hot_rows else "1 s")
        self.hot_rows = hot_rows

    def prepare(self, bench: Bench, contestant: str) -> None:
        folder = bench.folder / f"start-up-{self.hot_rows}"
        folder.mkdir()
        self._server = SiltDBServer(folder)
        if self.hot_rows:
            address = self._server.start()
            address.execute(f"CREATE TABLE hot {KEYED_COLUMNS}")
            copy_in(address, "hot", csv_file(bench, bench.rows(self.hot_rows)))
            self._server.kill()

    def measure(self, bench: Bench, contestant: str) -> float:
        seconds = seconds_of(self._server.start)
        self._server.kill()
        return seconds


class IdleMemory(Case):
    """Resident memory after start, empty."""

    unit = "MB"
    baseline = None
    rounds = 3

    def __init__(self) -> None:
        super().__init__("memory, idle, empty", "200 MB")

    def prepare(self, bench: Bench, contestant: str) -> None:
        folder = bench.folder / "idle"
        folder.mkdir()
        self._server = SiltDBServer(folder)

    def measure(self, bench: Bench, contestant: str) -> float:
        address = self._server.start()
        address.execute("SELECT 1")
        size = memory_bytes(self._server.pid)
        self._server.stop()
        return size / 1e6
