"""`siltdb check`, in this process: for tests that have closed a data folder, or damaged one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jobs.record_check import fault_of_record
from storage.check.run import CheckWatcher, check_folder

if TYPE_CHECKING:
    from pathlib import Path

    from storage.check.findings import Finding


def findings_of(data_dir: Path, now_us: int | None = None) -> list[str]:
    """The lines that a check of a data folder, which nobody has open, prints of what it finds."""
    found: list[Finding] = []
    watcher = CheckWatcher(found.append, lambda table: None, lambda name, done, total: None)
    check_folder(data_dir, watcher, fault_of_record, time.time_ns() // 1_000 if now_us is None else now_us)
    return list(map(str, found))


def problems_of(data_dir: Path, now_us: int | None = None) -> list[str]:
    """The problems among these."""
    return [line for line in findings_of(data_dir, now_us) if line.startswith("problem: ")]


def assert_whole(data_dir: Path) -> None:
    """Nothing is wrong with a data folder that nobody has open."""
    problems = problems_of(data_dir)
    assert not problems, "\n".join(problems)
