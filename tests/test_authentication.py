"""Who gets in, and how: trust on loopback, SCRAM-SHA-256 with and without TLS, as libpq and asyncpg speak them."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from typing import TYPE_CHECKING

import asyncpg
import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.server_process import ServerProcess

PASSWORD = "correct horse 🐎"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost; its key is beside it."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder / "cert.pem"


@pytest.fixture
def secured(server_factory: Callable[..., ServerProcess], tmp_path: Path, certificate: Path) -> Iterator[ServerProcess]:
    """A server that asks for a password and offers TLS."""
    password_file = tmp_path / "password"
    password_file.write_text(PASSWORD + "\n")
    return server_factory(
        SILTDB_AUTH__METHOD="scram-sha-256",
        SILTDB_AUTH__ADMIN_PASSWORD_FILE=str(password_file),
        SILTDB_SERVER__TLS_CERT=str(certificate),
        SILTDB_SERVER__TLS_KEY=str(certificate.with_name("key.pem")),
    )


def test_scram_lets_in_who_knows_the_password(secured: ServerProcess, certificate: Path) -> None:
    """psycopg and asyncpg get in with the password, in the clear and under TLS with channel binding."""
    with secured.connect(password=PASSWORD, sslmode="disable") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with secured.connect(
        password=PASSWORD, sslmode="verify-full", sslrootcert=str(certificate), channel_binding="require"
    ) as connection:
        assert connection.execute("SELECT 2").fetchone() == (2,)
        assert connection.pgconn.ssl_in_use

    async def main() -> int:
        context = ssl.create_default_context(cafile=str(certificate))
        pg = await asyncpg.connect(
            host="localhost", port=secured.port, user="admin", database="siltdb", password=PASSWORD, ssl=context
        )
        try:
            return int(await pg.fetchval("SELECT 3"))
        finally:
            await pg.close()

    assert asyncio.run(main()) == 3


def test_scram_keeps_others_out_without_telling_why(secured: ServerProcess) -> None:
    """A wrong password and an unknown user get the same answer: 28P01 and the same words but for the name."""
    answers = []
    for user in ("admin", "nobody"):
        with pytest.raises(psycopg.OperationalError) as caught:
            secured.connect(user=user, password="wrong", sslmode="disable")
        answers.append(str(caught.value).rsplit("FATAL:", 1)[1].replace(user, "USER").strip())
    assert answers[0] == answers[1] == 'password authentication failed for user "USER"'


def test_passwords_are_stored_as_verifiers_and_never_logged(secured: ServerProcess) -> None:
    """CREATE ROLE … PASSWORD keeps a SCRAM verifier, works for the next login, and leaves the password in no file."""
    secret = "s3cret-of-the-role"
    with secured.connect(password=PASSWORD, sslmode="disable") as connection:
        connection.execute(f"CREATE ROLE reader LOGIN PASSWORD '{secret}'")
        stored = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'reader'").fetchone()
    assert stored is not None
    assert stored[0].startswith("SCRAM-SHA-256$4096:")
    with secured.connect(user="reader", password=secret, sslmode="disable") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("reader",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE ROLE another")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT rolpassword FROM pg_authid")
    secured.stop()
    for path in [*secured.data_dir.rglob("*"), secured.stderr_path]:
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_ordinary_roles_reach_only_their_own_tables_and_jobs(server: ServerProcess) -> None:
    """A role without rights reads and writes no table of others, sees none of their jobs and kills none of them."""
    with server.connect() as admin:
        admin.execute("CREATE ROLE outsider LOGIN")
        admin.execute("CREATE TABLE private (id int PRIMARY KEY)")
        admin.execute("INSERT INTO private VALUES (1)")
        flushed = admin.execute("FLUSH TABLE private WITH (wait)").fetchone()
    assert flushed is not None
    with server.connect(user="outsider") as outsider:
        for statement in (
            "SELECT * FROM private",
            "SELECT * FROM private WHERE id = 1",
            "INSERT INTO private VALUES (2)",
            "UPDATE private SET id = 3 WHERE id = 1",
            "DELETE FROM private",
            "COPY private TO STDOUT",
            "FLUSH TABLE private",
            "DROP TABLE private",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                outsider.execute(statement)
        assert outsider.execute("SELECT count(*) FROM system.jobs").fetchone() == (0,)
        with pytest.raises(psycopg.errors.UndefinedObject):
            outsider.execute(f"KILL JOB '{flushed[0]}'")
        assert outsider.execute("FLUSH ALL TABLES").fetchall() == []


def test_a_name_that_does_not_exist_is_refused(server: ServerProcess) -> None:
    """An unknown database and an unknown role are told apart from each other, with PostgreSQL's words."""
    with pytest.raises(psycopg.OperationalError, match='database "nowhere" does not exist'):
        server.connect(dbname="nowhere")
    with pytest.raises(psycopg.OperationalError, match='role "nobody" does not exist'):
        server.connect(user="nobody")
    for name in ("siltdb", "postgres", "admin"):
        with server.connect(dbname=name) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("siltdb",)
