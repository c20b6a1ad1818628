"""The sockets of a server: TLS, the Unix socket, limits, and how it takes leave of its clients."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.server.wire_client import SSL_REQUEST, WireClient, errors, query, startup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.server_process import ServerProcess


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    pem, key = folder / "server.crt", folder / "server.key"
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(pem)], check=True, capture_output=True)
    return pem, key


def test_a_large_result_comes_through_tls_whole(
    server_factory: Callable[..., ServerProcess], certificate: tuple[Path, Path]
) -> None:
    """Records of TLS and messages of the protocol are cut in different places."""
    server = server_factory(SILTDB_SERVER__TLS_CERT=str(certificate[0]), SILTDB_SERVER__TLS_KEY=str(certificate[1]))
    with server.connect(sslmode="require") as connection:
        found = connection.execute("SELECT g FROM generate_series(1, 300000) AS g").fetchall()
    assert found == [(n,) for n in range(1, 300_001)]


def test_what_was_sent_before_tls_is_not_taken_for_what_came_in_it(
    server_factory: Callable[..., ServerProcess], certificate: tuple[Path, Path]
) -> None:
    """Somebody in between could have put it there (CVE-2021-23214)."""
    server = server_factory(SILTDB_SERVER__TLS_CERT=str(certificate[0]), SILTDB_SERVER__TLS_KEY=str(certificate[1]))
    with WireClient(server.host, server.port) as client:
        client.send(SSL_REQUEST, startup(user="admin"))
        assert errors(client.read_until_closed()) == [("FATAL", "08P01")]


def test_who_says_nothing_is_let_go(server_factory: Callable[..., ServerProcess]) -> None:
    """A connection that does not authenticate in time is closed, with the reason."""
    server = server_factory(SILTDB_SERVER__AUTHENTICATION_TIMEOUT="100ms")
    with WireClient(server.host, server.port) as client:
        assert errors(client.read_until_closed()) == [("FATAL", "57014")]


def test_no_more_than_the_allowed_connections(server_factory: Callable[..., ServerProcess]) -> None:
    """One more is told so; when one leaves, there is room again."""
    server = server_factory(SILTDB_SERVER__MAX_CONNECTIONS="2", SILTDB_SERVER__RESERVED_CONNECTIONS="0")
    first, second = server.connect(), server.connect()
    with pytest.raises(psycopg.OperationalError, match="too many clients"):
        server.connect()
    second.close()
    while first.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'").fetchone() != (
        1,
    ):
        pass
    server.connect().close()
    first.close()


def test_who_only_connects_takes_no_place_of_others(server_factory: Callable[..., ServerProcess]) -> None:
    """Without a word of theirs there are twice the connections allowed, and a few; more are closed at once."""
    server = server_factory(SILTDB_SERVER__MAX_CONNECTIONS="2", SILTDB_SERVER__RESERVED_CONNECTIONS="0")
    with server.connect() as inside, contextlib.ExitStack() as knocking:
        for _ in range(2 * 2 + 32 - 1):
            knocking.enter_context(WireClient(server.host, server.port))
        for _ in range(2):
            with WireClient(server.host, server.port) as refused:
                assert refused.read_until_closed() == []
        inside.execute("CREATE TABLE t (id int PRIMARY KEY)")
        inside.execute("INSERT INTO t VALUES (1)")
        inside.execute("FLUSH TABLE t WITH (wait)")
        assert inside.execute("SELECT * FROM t").fetchall() == [(1,)]
    for _ in iter(lambda: _is_let_in(server), True):
        pass


def _is_let_in(server: ServerProcess) -> bool:
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True


def test_clients_are_told_that_the_server_stops(server_factory: Callable[..., ServerProcess]) -> None:
    """57P01, whether idle, in a transaction or in a statement, and the server ends in order."""
    server = server_factory()
    idle, busy = WireClient(server.host, server.port), WireClient(server.host, server.port)
    with idle, busy:
        idle.log_in()
        busy.log_in()
        busy.ask(query("BEGIN"))
        server.stop()
        for client in (idle, busy):
            assert errors(client.read_until_closed()) == [("FATAL", "57P01")]


def test_the_unix_socket_is_the_owners(server_factory: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """Its folder is closed to others, clients find it by the usual name, and it is gone after the server."""
    folder = tmp_path / "socket"
    server = server_factory(SILTDB_SERVER__UNIX_SOCKET_DIR=str(folder))
    assert folder.stat().st_mode & 0o777 == 0o700
    with server.connect(host=str(folder)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert os.listdir(folder) == [f".s.PGSQL.{server.port}"]  # noqa: PTH208 - a socket is no file to open.
    server.stop()
    assert list(folder.iterdir()) == []
