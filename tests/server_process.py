"""A real server in a process of its own, for tests that go through sockets, signals and restarts."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.checking import assert_whole
from tests.fork_server import Forked, fork_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-m", "server")
_LISTENING = re.compile(r"listening on (\S+):(\d+)")
PATIENCE_S = 90
"""What takes a second or two takes longer on a machine that is busy: only what hangs takes so long."""

NOTHING_BY_ITSELF = {
    "SILTDB_FLUSH__DEFAULT_POLICY": "none",
    "SILTDB_COMPACTION__CRON": "0 0 29 2 *",
    "SILTDB_RETENTION__CRON": "0 0 29 2 *",
    "SILTDB_USERS__CLEANUP_CRON": "0 0 29 2 *",
    "SILTDB_JOBS__CLEANUP_CRON": "0 0 29 2 *",
}
"""Has a server do only what the test asks for: else it would flush large tables, and clean up at 2 o'clock."""


class ServerFailed(Exception):
    """the server did not start; the message is what it wrote on stderr"""


class ServerProcess:
    """Starts `python -m server serve` on a free port and waits until it says that it listens.

    `environ` overrides configuration keys, those of `NOTHING_BY_ITSELF` too: `SILTDB_JOBS__MAX_CONCURRENT="1"`. What
    the server writes on stderr is in `stderr_path`. The data folder stays when the process ends, so `restart()` finds
    it again. A server without an `executable` or variables of others is forked from one that has imported everything.
    """

    def __init__(
        self,
        data_dir: Path,
        *arguments: str,
        executable: tuple[str, ...] | None = None,
        **environ: str,
    ) -> None:
        self.data_dir = data_dir
        self.host = ""
        self.port = 0
        self.stderr_path = data_dir.with_name(data_dir.name + ".stderr")
        self._executable = executable
        self._arguments = arguments
        self._environ = environ
        self._process: subprocess.Popen[bytes] | Forked | None = None

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        return self.process.pid

    @property
    def cpu_s(self) -> float:
        """The processor time that all its threads have used: what others take of a busy machine does not count."""
        # The clock of another process, as clock_getcpuclockid(3) makes its id.
        return time.clock_gettime(~self.pid << 3 | 2)

    @property
    def process(self) -> subprocess.Popen[bytes] | Forked:
        """The running server."""
        assert self._process is not None, "the server is not running"
        return self._process

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self, timeout_seconds: float = PATIENCE_S) -> ServerProcess:
        """Start it, and return once it listens. Raises `ServerFailed` when it ends or says nothing in that time."""
        assert not self.is_running
        self._process = self._launch()
        try:
            match = self._wait_until_listening(timeout_seconds)
        except BaseException:
            self.kill()
            raise
        self.host, self.port = match[1], int(match[2])
        return self

    def stop(self, timeout_seconds: float = PATIENCE_S) -> None:
        """End it by SIGTERM, as an administrator does. It must exit 0 in that time."""
        self.signal(signal.SIGTERM)
        assert self.wait(timeout_seconds) == 0, self.stderr

    def kill(self) -> None:
        """End it by SIGKILL, as a crash does."""
        if self.is_running:
            self.signal(signal.SIGKILL)
        self.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def wait(self, timeout_seconds: float = PATIENCE_S) -> int:
        """Wait until it has ended. Returns its exit code; a signal that ended it is negative."""
        code = self.process.wait(timeout_seconds)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def died_within(self, seconds: float) -> bool:
        """Whether it ends by itself in that time, by SIGKILL."""
        try:
            return self.wait(seconds) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            return False

    def restart(self) -> ServerProcess:
        """Start it again on the same data, stopped in order first if it is running. It gets another port."""
        if self.is_running:
            self.stop()
        return self.start()

    @property
    def stderr(self) -> str:
        """All that it has written on stderr, over all starts."""
        return self.stderr_path.read_text(encoding="utf-8", errors="replace")

    def conninfo(self, **parameters: object) -> dict[str, Any]:
        """Keyword arguments for a client's connect."""
        return {"host": self.host, "port": self.port, "user": "admin", "dbname": "siltdb"} | parameters

    def connect(self, **parameters: str | int | bool) -> psycopg.Connection[tuple[Any, ...]]:
        """A psycopg connection, in autocommit unless told otherwise."""
        return psycopg.connect(**({"autocommit": True, "connect_timeout": PATIENCE_S} | self.conninfo(**parameters)))

    def execute(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement on a connection of its own. Returns its rows; none if it gives none."""
        with self.connect() as connection:
            cursor = connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def psql(self, sql: str, *options: str, user: str = "admin", check: bool = True, input_text: str = "") -> str:
        """What the psql binary prints for `sql`: rows only, columns separated by `|`, unless `options` say otherwise.

        Raises `AssertionError` with psql's stderr when it fails, unless `check` is off: then its stderr comes after
        its stdout. Skips the test where there is no psql.
        """
        binary = shutil.which("psql")
        if binary is None:
            pytest.skip("psql is not installed (Debian: apt-get install postgresql-client)")
        command = [binary, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.host, "-p", str(self.port)]
        command += ["-U", user, "-d", "siltdb", *options, "-c", sql]
        result = subprocess.run(
            command,
            input=input_text,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            env=_environment(),
            check=False,
        )
        if not check:
            return result.stdout + result.stderr
        assert result.returncode == 0, result.stderr
        return result.stdout

    def _launch(self) -> subprocess.Popen[bytes] | Forked:
        arguments = ["serve", "--port", "0", "--data-dir", str(self.data_dir), *self._arguments]
        cwd, environ = self.data_dir.parent, _environment() | NOTHING_BY_ITSELF | self._environ
        forks = self._executable is None and all(name.startswith("SILTDB_") for name in self._environ)
        with self.stderr_path.open("ab") as stderr:
            if forks:
                return fork_server().fork("server.cli:main", arguments, cwd, environ, stderr.fileno())
            return subprocess.Popen(
                [*(self._executable or COMMAND), *arguments],
                cwd=cwd,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )

    def _wait_until_listening(self, timeout_seconds: float) -> re.Match[str]:
        stdout = self.process.stdout
        assert stdout is not None
        deadline = time.monotonic() + timeout_seconds
        printed = b""
        while (match := _LISTENING.search(printed.decode())) is None or not printed.endswith(b"\n"):
            ready, _, _ = select.select([stdout], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise ServerFailed(f"not listening after {timeout_seconds} s\n{self.stderr}")
            chunk = os.read(stdout.fileno(), 4096)
            if not chunk:
                raise ServerFailed(f"exit code {self.process.wait()}\n{self.stderr}")
            printed += chunk
        return match


def _environment() -> dict[str, str]:
    """The environment without what would change a server's or client's configuration behind a test's back."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SILTDB_", "PG"))}


@pytest.fixture(scope="session")
def server_processes() -> Iterator[list[ServerProcess]]:
    """Every server that a fixture made; whatever still runs at the end is killed."""
    made: list[ServerProcess] = []
    yield made
    for server in made:
        if server.is_running:
            server.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, server_processes: list[ServerProcess]) -> Iterator[ServerProcess]:
    """A fresh server for the tests of one module; it must end in order, and leave nothing wrong in its data folder."""
    made = ServerProcess(tmp_path_factory.mktemp("server") / "data")
    server_processes.append(made)
    made.start()
    yield made
    if made.is_running:
        made.stop()
    assert_whole(made.data_dir)


@pytest.fixture
def server_factory(tmp_path: Path, server_processes: list[ServerProcess]) -> Iterator[Callable[..., ServerProcess]]:
    """Makes servers for one test: `server_factory("--log-level", "debug", SILTDB_JOBS__MAX_CONCURRENT="1")`.

    Each has its own data folder, unless `data_dir` names one. They are started; the test stops, kills and restarts
    them as it likes, and what still runs at its end is killed.
    """
    made: list[ServerProcess] = []

    def make(
        *arguments: str,
        data_dir: Path | None = None,
        executable: tuple[str, ...] | None = None,
        start: bool = True,
        **environ: str,
    ) -> ServerProcess:
        data_dir = data_dir or tmp_path / f"data{len(made)}"
        server = ServerProcess(data_dir, *arguments, executable=executable, **environ)
        made.append(server)
        server_processes.append(server)
        return server.start() if start else server

    yield make
    for server in made:
        if server.is_running:
            server.kill()
