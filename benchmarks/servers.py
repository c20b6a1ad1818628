"""The servers that are measured: SiltDB and PostgreSQL, each in a process of its own, on TCP, with data on one disk."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import psycopg

if TYPE_CHECKING:
    from typing import IO

POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")
_LISTENING = re.compile(r"listening on \S+:(\d+)")


@dataclass(frozen=True, slots=True)
class Address:
    """Where clients of a running server connect."""

    host: str
    port: int
    user: str
    dbname: str

    def options(self) -> list[str]:
        """The address as options of psql and pgbench."""
        return ["-h", self.host, "-p", str(self.port), "-U", self.user]

    def conninfo(self) -> dict[str, Any]:
        """The address as psycopg's keyword arguments."""
        return {"host": self.host, "port": self.port, "user": self.user, "dbname": self.dbname}

    def connect(self, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:  # noqa: ANN401 - psycopg's own options
        """A psycopg connection in autocommit."""
        return psycopg.connect(**({"autocommit": True} | self.conninfo() | options))

    def execute(self, *statements: str) -> None:
        """Run statements, each in its own transaction."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of one query."""
        with self.connect() as connection:
            return connection.execute(statement).fetchall()

    def psql(
        self, *commands: str, stdin: IO[bytes] | int = subprocess.DEVNULL, stdout: IO[bytes] | int = subprocess.DEVNULL
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the psql binary with each command as a `-c`."""
        binary = shutil.which("psql") or str(POSTGRES_BIN / "psql")
        texts = [option for command in commands for option in ("-c", command)]
        # What psql says on stderr stays visible: it tells why.
        return subprocess.run(
            [binary, "-X", "-q", "-v", "ON_ERROR_STOP=1", *self.options(), "-d", self.dbname, *texts],
            stdin=stdin,
            stdout=stdout,
            check=True,
        )


class Server(Protocol):
    """A server that can be started on its own data folder, again and again."""

    name: str

    def start(self) -> Address:
        """Start it and return once clients can connect."""

    def stop(self) -> None:
        """End it in order."""

    def describe(self) -> str:
        """Its version and the settings that matter for a comparison."""


class SiltDBServer:
    """SiltDB with its default configuration."""

    name = "siltdb"

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "siltdb"
        self._stderr_path = folder / "siltdb.stderr"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id while it runs."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> Address:
        """Start it on a free port. Raises RuntimeError, with what it wrote on stderr, when it does not come up."""
        command = [sys.executable, "-m", "server", "serve", "--port", "0", "--data-dir", str(self.data_dir)]
        # What is measured is what a case asks for: nothing is flushed or compacted beside it.
        quiet = {"SILTDB_FLUSH__DEFAULT_POLICY": "none", "SILTDB_COMPACTION__CRON": ""}
        with self._stderr_path.open("ab") as stderr:
            self._process = subprocess.Popen(
                [*command, "--log-level", "warning"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=os.environ | quiet,
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            match = _LISTENING.search(line.decode())
            if match is not None:
                return Address("127.0.0.1", int(match[1]), "admin", "siltdb")
        raise RuntimeError(f"siltdb did not start:\n{self.stderr_tail()}")

    def stop(self) -> None:
        """End it by SIGTERM."""
        assert self._process is not None
        self._process.terminate()
        self._end()

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it by SIGKILL, as a crash does."""
        assert self._process is not None
        self._process.kill()
        self._end()

    def stderr_tail(self, lines: int = 40) -> str:
        """The last lines that it wrote on stderr."""
        if not self._stderr_path.exists():
            return ""
        return "".join(self._stderr_path.read_text().splitlines(keepends=True)[-lines:])

    def _end(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.wait()
        self._process.stdout.close()

    def describe(self) -> str:
        """Its version."""
        result = subprocess.run(
            [sys.executable, "-m", "server", "--version"], capture_output=True, text=True, check=True
        )
        return f"{result.stdout.strip()}, default configuration, synchronous commit"


class PostgresServer:
    """PostgreSQL 15 of Debian's package, with memory enough for all data; as root it runs as the user `postgres`."""

    name = "postgres"
    SETTINGS: ClassVar = {
        "shared_buffers": "2GB",
        "synchronous_commit": "on",
        "max_wal_size": "8GB",
        "listen_addresses": "127.0.0.1",
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "postgres"
        self._data_dir = self._folder / "data"
        self._log = self._folder / "log"

    @staticmethod
    def is_installed() -> bool:
        """Whether Debian's postgresql-15 is there."""
        return (POSTGRES_BIN / "postgres").exists()

    def start(self) -> Address:
        """Make its data folder if it has none, and start it on a free port."""
        if not self._folder.exists():
            self._folder.mkdir()
            if os.geteuid() == 0:
                shutil.chown(self._folder, "postgres")
            self._run("initdb", "-D", str(self._data_dir), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        port = _free_port()
        options = " ".join(f"-c {name}={value}" for name, value in self.SETTINGS.items())
        options += f" -p {port} -c unix_socket_directories={self._folder}"
        self._run("pg_ctl", "start", "-w", "-D", str(self._data_dir), "-l", str(self._log), "-o", options)
        return Address("127.0.0.1", port, "postgres", "postgres")

    def stop(self) -> None:
        """End it, fast mode."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self._data_dir))

    def describe(self) -> str:
        """Its version and settings."""
        result = subprocess.run(
            [str(POSTGRES_BIN / "postgres"), "--version"], capture_output=True, text=True, check=True
        )
        return f"{result.stdout.strip()}, {', '.join(f'{name}={value}' for name, value in self.SETTINGS.items())}"

    def _run(self, program: str, *arguments: str) -> None:
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        # Its output goes to nowhere and not to a pipe: the server that pg_ctl leaves behind would keep a pipe open.
        subprocess.run(
            [*prefix, str(POSTGRES_BIN / program), *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/"
        )


def memory_bytes(pid: int) -> int:
    """The resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    assert match is not None
    return int(match[1]) * 1024


def seconds_of(work: Any) -> float:  # noqa: ANN401 - any callable without arguments
    """How long a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
