"""A PostgreSQL 15 beside the tests: the oracle of what is right.

The fixture `postgres` starts one server for the whole run, on a Unix socket in a temporary folder, with no TCP port and
no syncing, and stops it at the end. Tests that ask for it are skipped where Debian's server package is not installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

BINARIES = Path("/usr/lib/postgresql/15/bin")
START_TIMEOUT_S = 90


def _as_server_user(*command: str | Path) -> list[str]:
    """PostgreSQL refuses to run as root: the package's own user runs it there."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    return [*prefix, *map(str, command)]


def _run(*command: str | Path) -> None:
    # pg_ctl's child keeps the pipe of a captured output open, so output goes to a file or nowhere.
    subprocess.run(
        _as_server_user(*command), check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=2 * START_TIMEOUT_S
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The conninfo of a running PostgreSQL 15: superuser `postgres`, database `postgres`, time zone UTC."""
    if not (BINARIES / "postgres").exists():
        pytest.skip("PostgreSQL 15's server binaries are not installed")
    folder = Path(tempfile.mkdtemp(prefix="siltdb-oracle-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        _run(BINARIES / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        settings = (
            f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c full_page_writes=off "
            "-c synchronous_commit=off -c timezone=UTC -c shared_buffers=32MB -c jit=off"
        )
        log = folder / "log"
        _run(BINARIES / "pg_ctl", "start", "-w", "-t", str(START_TIMEOUT_S), "-D", data, "-l", log, "-o", settings)
        try:
            yield f"host={folder} user=postgres dbname=postgres"
        finally:
            _run(BINARIES / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data)
    finally:
        shutil.rmtree(folder)
