"""`siltdb check`: verifies a data folder that no server has open, and changes nothing in it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct, field

from jobs.record_check import fault_of_record
from storage.check.run import CheckWatcher, check_folder
from storage.errors import DataFolderInUse, DataFolderVersion, NoDataFolder, StorageError
from storage.units import counted

if TYPE_CHECKING:
    from pathlib import Path

    from storage.check.findings import Finding
    from storage.check.run import CheckedTable, CheckSummary

EXIT_PROBLEMS: Final = 1
EXIT_CANNOT_CHECK: Final = 2


def check(data_dir: Path, *, as_json: bool) -> int:
    """Check a data folder, and print what is found.

    Returns the exit code: 1 for problems, 2 if it cannot be checked.
    """
    report = _Report(as_json=as_json)
    watcher = CheckWatcher(report.found, report.table, report.step)
    began = time.monotonic()
    try:
        summary = check_folder(data_dir, watcher, fault_of_record, time.time_ns() // 1_000)
    except (NoDataFolder, DataFolderInUse, DataFolderVersion, OSError) as error:
        report.erase()
        sys.stderr.write(f"siltdb: {error}\n")
        return EXIT_CANNOT_CHECK
    except StorageError as error:
        report.erase()
        sys.stderr.write(f"siltdb: problem: {error}\n")
        return EXIT_PROBLEMS
    report.end(summary, time.monotonic() - began)
    return EXIT_PROBLEMS if summary.problems else 0


class _Report(Struct):
    """What is printed: findings and tables line by line, or one JSON object at the end."""

    as_json: bool
    _findings: list[Finding] = field(default_factory=list)
    _tables: list[CheckedTable] = field(default_factory=list)
    _progress: str = ""

    def found(self, finding: Finding) -> None:
        self._findings.append(finding)
        self._line(str(finding))

    def table(self, table: CheckedTable) -> None:
        self._tables.append(table)
        self._line(f"{table.name}: {counted(table.segments, 'segment')}, {counted(table.rows, 'row')}")

    def step(self, name: str, done: int, total: int) -> None:
        """Shown over itself on a terminal, and not at all elsewhere."""
        if sys.stderr.isatty():
            self.erase()
            self._progress = f"{name}: {done} of {counted(total, 'segment')}"
            sys.stderr.write(self._progress)
            sys.stderr.flush()

    def erase(self) -> None:
        if self._progress:
            sys.stderr.write("\r" + " " * len(self._progress) + "\r")
            sys.stderr.flush()
            self._progress = ""

    def end(self, summary: CheckSummary, seconds: float) -> None:
        self.erase()
        if self.as_json:
            answer = {
                "tables": summary.tables,
                "segments": summary.segments,
                "rows": summary.rows,
                "seconds": round(seconds, 3),
                "problem_count": summary.problems,
                "problems": [_as_json(each) for each in self._findings if each.is_problem],
                "notes": [_as_json(each) for each in self._findings if not each.is_problem],
            }
            sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
            return
        checked = ", ".join(
            (counted(summary.tables, "table"), counted(summary.segments, "segment"), counted(summary.rows, "row"))
        )
        found = counted(summary.problems, "problem") if summary.problems else "no problems"
        self._line(f"checked {checked} in {seconds:.1f} s: {found}")

    def _line(self, text: str) -> None:
        if not self.as_json:
            self.erase()
            sys.stdout.write(f"{text}\n")


def _as_json(finding: Finding) -> dict[str, str]:
    return {"where": finding.where, "what": finding.what}
