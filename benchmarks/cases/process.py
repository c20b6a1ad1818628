"""The server as a process: how fast it starts, and what memory it holds with nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.case import Case
from benchmarks.cases.data import KEYED_COLUMNS, copy_in, csv_file
from benchmarks.servers import SiltDBServer, memory_bytes, seconds_of

if TYPE_CHECKING:
    from benchmarks.case import Bench


class OwnServer(Case):
    """Work of a server that the case starts itself, on a folder of its own."""

    baseline = None
    folder_name: str

    def prepare(self, bench: Bench, contestant: str) -> None:
        folder = bench.folder / self.folder_name
        folder.mkdir()
        self.server = SiltDBServer(folder)

    def clean(self, bench: Bench, contestant: str) -> None:
        if self.server.is_running:
            self.server.kill()


class StartUp(OwnServer):
    """From the command to the line that says it listens; with hot rows, after a crash."""

    unit = "s"

    def __init__(self, hot_rows: int) -> None:
        super().__init__(f"start-up, {f'{hot_rows:,} hot rows' if hot_rows else 'empty'}", "3 s" if hot_rows else "1 s")
        self.hot_rows = hot_rows
        self.folder_name = f"start-up-{hot_rows}"

    def prepare(self, bench: Bench, contestant: str) -> None:
        super().prepare(bench, contestant)
        if self.hot_rows:
            address = self.server.start()
            address.execute(f"CREATE TABLE hot {KEYED_COLUMNS}")
            copy_in(address, "hot", csv_file(bench, bench.rows(self.hot_rows)))
            self.server.kill()

    def measure(self, bench: Bench, contestant: str) -> float:
        seconds = seconds_of(self.server.start)
        self.server.kill()
        return seconds


class IdleMemory(OwnServer):
    """Resident memory after start, empty."""

    unit = "MB"
    folder_name = "idle"
    rounds = 3

    def __init__(self) -> None:
        super().__init__("memory, idle, empty", "200 MB")

    def measure(self, bench: Bench, contestant: str) -> float:
        address = self.server.start()
        address.execute("SELECT 1")
        size = memory_bytes(self.server.pid)
        self.server.stop()
        return size / 1e6
