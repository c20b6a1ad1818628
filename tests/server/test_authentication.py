"""Who is trusted, and how the others show who they are: through real clients."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING

import asyncpg
import psycopg
import pytest

from server.authentication import AuthenticationRules, Method, Peer
from tests.server.wire_client import WireClient, errors
from tests.server_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PASSWORD = "pässword of 'admin'"


@pytest.mark.parametrize(
    ("peer", "method", "expected"),
    [
        (Peer(), "trust", "trust"),
        (Peer("127.0.0.1", 1), "trust", "trust"),
        (Peer("127.8.9.1", 1), "trust", "trust"),
        (Peer("::1", 1), "trust", "trust"),
        (Peer("10.0.0.1", 1), "trust", "scram-sha-256"),
        (Peer("fe80::1%eth0", 1), "trust", "scram-sha-256"),
        (Peer(), "scram-sha-256", "scram-sha-256"),
        (Peer("127.0.0.1", 1), "scram-sha-256", "scram-sha-256"),
    ],
)
def test_only_this_machine_can_be_trusted(peer: Peer, method: Method, expected: Method) -> None:
    """Whatever is configured, another machine needs a password."""
    assert AuthenticationRules(method).method_for(peer) == expected


def test_rules_that_trust_other_machines_cannot_be_made() -> None:
    """The server must not start with them."""
    with pytest.raises(ValueError, match="loopback"):
        AuthenticationRules("trust", "trust")


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


@pytest.fixture(scope="module")
def secured(
    tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path], server_processes: list[ServerProcess]
) -> Iterator[ServerProcess]:
    """A server that asks everybody for a password and serves TLS."""
    folder = tmp_path_factory.mktemp("secured")
    password_file = folder / "password"
    password_file.write_text(PASSWORD + "\n", encoding="utf-8")
    server = ServerProcess(
        folder / "data",
        SILTDB_AUTH__METHOD="scram-sha-256",
        SILTDB_AUTH__ADMIN_PASSWORD_FILE=str(password_file),
        SILTDB_SERVER__TLS_CERT=str(certificate[0]),
        SILTDB_SERVER__TLS_KEY=str(certificate[1]),
    )
    server_processes.append(server)
    yield server.start()
    server.stop()


@pytest.mark.parametrize("sslmode", ["disable", "require"])
def test_libpq_logs_in(secured: ServerProcess, sslmode: str) -> None:
    """With and without TLS."""
    with secured.connect(password=PASSWORD, sslmode=sslmode) as connection:
        assert connection.pgconn.ssl_in_use == (sslmode == "require")
        assert connection.execute("SELECT current_user").fetchone() == ("admin",)


def test_libpq_binds_the_channel(secured: ServerProcess) -> None:
    """`channel_binding=require` is met: the exchange is tied to this server's certificate."""
    with secured.connect(password=PASSWORD, sslmode="require", channel_binding="require") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("encrypted", [False, True])
def test_asyncpg_logs_in(secured: ServerProcess, *, encrypted: bool) -> None:
    """It has a SCRAM of its own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    async def ask() -> object:
        connection = await asyncpg.connect(
            host=secured.host, port=secured.port, user="admin", password=PASSWORD, database="siltdb",
            ssl=context if encrypted else False,
        )  # fmt: skip
        try:
            return await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    assert asyncio.run(ask()) == 1


def test_a_large_result_comes_through_tls_whole(secured: ServerProcess) -> None:
    """Records of TLS and messages of the protocol are cut in different places."""
    with secured.connect(password=PASSWORD, sslmode="require") as connection:
        found = connection.execute("SELECT g FROM generate_series(1, 300000) AS g").fetchall()
    assert found == [(n,) for n in range(1, 300_001)]


def test_a_wrong_password_and_a_wrong_user_look_the_same(secured: ServerProcess) -> None:
    """The same words and code; nothing tells which of the two it was."""
    said = []
    for user in ("admin", "nobody"):
        with pytest.raises(psycopg.OperationalError) as caught:
            secured.connect(user=user, password="wrong", sslmode="disable")
        said.append(str(caught.value).rpartition("FATAL:")[2].strip().replace(user, "X"))
    assert said == ['password authentication failed for user "X"'] * 2


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
    first.execute("SELECT 1")
    server.connect().close()
    first.close()


def test_clients_are_told_that_the_server_stops(server_factory: Callable[..., ServerProcess]) -> None:
    """57P01, whether idle, in a transaction or in a statement, and the server ends in order."""
    server = server_factory()
    idle, busy = WireClient(server.host, server.port), WireClient(server.host, server.port)
    with idle, busy:
        idle.log_in()
        busy.log_in()
        busy.ask(b"Q\0\0\0\x0aBEGIN\0")
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
