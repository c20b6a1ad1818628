"""Crashes of a process that writes to storage, at the point that a test wants."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from tests.fork_server import ROOT, fork_server

if TYPE_CHECKING:
    from pathlib import Path


def crash(data_dir: Path, scenario: str, fault: str, *arguments: str) -> None:
    """Have a process write what a scenario of `crash_writer` says until the fault kills it."""
    environ = {**os.environ, "SILTDB_FAULT": fault}
    writer = fork_server().fork("tests.storage.crash_writer:main", [str(data_dir), scenario, *arguments], ROOT, environ)
    with writer.stdout:
        assert writer.wait(90) == -signal.SIGKILL
