"""`siltdb serve` as a process: ready, healthy, stopped, and what keeps it from starting."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storage.keys import KeyKind, key, pack_seq
from storage.kv import Put
from tests.server_process import COMMAND, ServerFailed, ServerProcess
from tests.storage.harness import open_storage

if TYPE_CHECKING:
    from collections.abc import Callable


def healthcheck(port: int, times: int = 5) -> subprocess.CompletedProcess[str]:
    """Run `siltdb healthcheck`; as Docker does, again if the server does not answer within its five seconds."""
    command = [sys.executable, "-m", "server", "healthcheck", "--port", str(port)]
    while True:
        check = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        times -= 1
        if check.returncode == 0 or not times:
            return check


def bind_a_lasting_port(taken: socket.socket) -> int:
    """Bind a port that stays free when this is closed: others are given ephemeral ports, all the time."""
    first_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    for port in range(first_ephemeral - 1 - os.getpid() % 5_000, 1_024, -1):
        with suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def test_a_ready_server_is_healthy_and_ends_in_order(server_factory: Callable[..., ServerProcess]) -> None:
    """It says where it listens, the health check passes, SIGTERM ends it with exit code 0 and frees the port."""
    with socket.socket() as taken:
        port = bind_a_lasting_port(taken)
    server = server_factory("--port", str(port), executable=COMMAND)
    assert (server.host, server.port) == ("127.0.0.1", port)
    healthy = healthcheck(server.port)
    assert (healthy.returncode, healthy.stdout) == (0, f"127.0.0.1:{server.port} is accepting connections\n")
    server.stop()
    assert healthcheck(server.port, times=1).returncode == 1


def test_an_interrupt_from_the_terminal_ends_it_in_order(server_factory: Callable[..., ServerProcess]) -> None:
    """Ctrl-C is as good as SIGTERM."""
    server = server_factory(executable=COMMAND)
    server.signal(signal.SIGINT)
    assert server.wait() == 0


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            Put(key(KeyKind.META, "format"), pack_seq(4)),
            "{} has format version 4, and this server reads versions up to 3",
        ),
        (Put(key(KeyKind.TABLE, 16_384), b"?"), "table 16384 cannot be decoded"),
    ],
)
def test_a_data_folder_that_cannot_be_read_is_refused(
    server_factory: Callable[..., ServerProcess], tmp_path: Path, record: Put, said: str
) -> None:
    """It says why: a folder of a later version, or one that is damaged. The exit code is 2."""
    storage = open_storage(tmp_path / "data")
    storage.write([record]).result()
    storage.close()
    with pytest.raises(ServerFailed, match="exit code 2") as caught:
        server_factory(data_dir=tmp_path / "data")
    expected = f"siltdb: {said.format(tmp_path / 'data')}"
    assert any(line.startswith(expected) for line in str(caught.value).splitlines())


def test_a_second_server_on_one_data_folder_is_refused(server_factory: Callable[..., ServerProcess]) -> None:
    """It says so in one line that names the folder, exits 2, and the first server goes on."""
    first = server_factory()
    with pytest.raises(ServerFailed, match="exit code 2") as caught:
        server_factory(data_dir=first.data_dir)
    said = str(caught.value).splitlines()[-1]
    assert said == f"siltdb: {first.data_dir} is in use by another server"
    assert healthcheck(first.port).returncode == 0


def test_a_port_in_use_is_named(server_factory: Callable[..., ServerProcess]) -> None:
    """It exits 2 with a line that names the port, and leaves the data folder free for the next start."""
    with socket.socket() as taken:
        port = bind_a_lasting_port(taken)
        taken.listen()
        server = server_factory("--port", str(port), start=False)
        with pytest.raises(ServerFailed, match="exit code 2"):
            server.start()
        assert (
            server.stderr.splitlines()[-1]
            == f"siltdb: port {port} of 127.0.0.1 is in use: another server is listening there"
        )
    server.start()
    server.stop()


def test_it_starts_again_on_what_a_crash_left(server_factory: Callable[..., ServerProcess]) -> None:
    """SIGKILL leaves a folder that the next start takes, without help."""
    server = server_factory()
    server.kill()
    server.restart()
    assert healthcheck(server.port).returncode == 0
    server.stop()


def test_psql_reads_what_it_wrote_after_a_restart(server_factory: Callable[..., ServerProcess]) -> None:
    """The whole way once: psql through the socket to the disk, and back after an orderly restart."""
    server = server_factory(executable=COMMAND)
    server.psql("CREATE TABLE t (id bigint PRIMARY KEY, name text)")
    server.psql("INSERT INTO t VALUES (1, 'one'), (2, NULL)")
    server.restart()
    assert server.psql("SELECT id, name FROM t ORDER BY id") == "1|one\n2|\n"
    server.stop()


def test_the_logs_are_in_the_data_folder(server_factory: Callable[..., ServerProcess]) -> None:
    """`logs/siltdb.log` and `logs/jobs.log`, as config.toml says."""
    server = server_factory()
    server.stop()
    logs: Path = server.data_dir / "logs"
    assert (logs / "siltdb.log").read_text()
    assert (logs / "jobs.log").exists()


def test_a_server_that_stops_says_no_more_than_its_log(server_factory: Callable[..., ServerProcess]) -> None:
    """After queries, too, every line on stderr is an event: no library complains about what it finds at exit."""
    server = server_factory(executable=COMMAND)
    assert server.psql("SELECT count(*) > 0 FROM pg_class") == "t\n"
    server.stop()
    assert [line for line in server.stderr.splitlines() if not line.startswith("20")] == []
