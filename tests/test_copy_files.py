"""COPY with files of the server: for superusers, in one folder, and nothing outside of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.server_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of COPY, beside a file that nobody may read."""
    above = tmp_path_factory.mktemp("above")
    (above / "secret").write_text("1\n")
    folder = above / "copies"
    (folder / "inner").mkdir(parents=True)
    (folder / "link").symlink_to(above / "secret")
    (folder / "linked").symlink_to(above)
    os.mkfifo(folder / "pipe")
    return folder


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[ServerProcess]:
    """A server with that folder."""
    server = ServerProcess(folder.parent / "data", SILTDB_COPY__FOLDER=str(folder)).start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def connection(running: ServerProcess) -> Iterator[psycopg.Connection]:
    """A superuser's connection, and an empty table."""
    conninfo = f"host={running.host} port={running.port} user=admin dbname=siltdb"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id integer, s text)")
        yield connection
        connection.execute("RESET ROLE")
        connection.execute("DROP TABLE t")


@pytest.mark.parametrize("options", ["", "(FORMAT csv, HEADER)", "(FORMAT binary)"])
def test_what_is_written_reads_back(connection: psycopg.Connection, folder: Path, options: str) -> None:
    """Each format, by a name in the folder and by the whole path."""
    connection.execute("INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 1000) i")
    assert connection.execute(f"COPY t TO 'inner/t.dat' {options}").statusmessage == "COPY 1000"
    connection.execute("DELETE FROM t")
    assert connection.execute(f"COPY t FROM '{folder}/inner/t.dat' {options}").statusmessage == "COPY 1000"
    assert connection.execute("SELECT count(*), sum(id), max(s) FROM t").fetchone() == (1000, 500500, "row 999")


@pytest.mark.parametrize(
    "name",
    ["../secret", "inner/../../secret", "/etc/passwd", "link", "linked/secret", "pipe", "", ".", "inner", "link/x"],
)
def test_nothing_outside_is_reached(connection: psycopg.Connection, folder: Path, name: str) -> None:
    """Neither for reading nor for writing: 42501."""
    for direction in ("FROM", "TO"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"COPY t {direction} '{name}'")
    assert (folder.parent / "secret").read_text() == "1\n"


def test_errors_are_told(connection: psycopg.Connection, folder: Path) -> None:
    """A file that is not there is 58P01, a bad line 22P02 with its place, and nothing of it stays; no PROGRAM."""
    with pytest.raises(psycopg.errors.UndefinedFile):
        connection.execute("COPY t FROM 'missing'")
    (folder / "bad").write_text("1\ta\nx\tb\n")
    with pytest.raises(psycopg.errors.InvalidTextRepresentation) as refused:
        connection.execute("COPY t FROM 'bad'")
    assert refused.value.diag.context == 'COPY t, line 2, column id: "x"'
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        connection.execute("COPY t FROM PROGRAM 'id'")


def test_it_is_for_superusers(connection: psycopg.Connection) -> None:
    """Others are told of \\copy."""
    connection.execute("CREATE ROLE plain; GRANT ALL ON t TO plain; SET ROLE plain")
    for direction in ("FROM", "TO"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="must be superuser"):
            connection.execute(f"COPY t {direction} 'x'")
