"""No statement reaches a file, the environment, a setting of the engine, the network or another user's rows.

Each escape is tried through a real server, as a simple query and as a prepared one, by an ordinary role and by a
superuser. Whatever comes back (rows, error, detail, hint, notices) is searched for what must not be in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.escapes import HARMLESS, OF_OTHERS, OWN_ROWS, REFUSED
from tests.server_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_SECRET = "content-of-a-file"
ENVIRONMENT_SECRET = "value-of-a-variable"
ROW_SECRET = "row-of-another-role"

ENGINE_WORDS = (
    "read_parquet",
    "Binder Error",
    "Catalog Error",
    "Parser Error",
    "Conversion Error",
    "INTERNAL",
    "Traceback",
)
"""What only the engine, or a crash, would say."""


@pytest.fixture(scope="module")
def escape_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a secret file."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "secret.csv").write_text(f"content\n{FILE_SECRET}\n")
    return folder


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, server_processes: list[ServerProcess], escape_files: Path
) -> Iterator[ServerProcess]:
    """A server with a secret in its environment, rows of `admin` hot and cold, and a role `eve`."""
    server = ServerProcess(tmp_path_factory.mktemp("escapes") / "data", SILT_SECRET=ENVIRONMENT_SECRET)
    server_processes.append(server)
    server.start()
    with server.connect() as admin:
        for statement in (
            "CREATE ROLE eve LOGIN",
            "CREATE SCHEMA app",
            "CREATE TABLE app.notes (id int PRIMARY KEY, v text) WITH (type = 'user')",
            "CREATE TABLE app.hidden (id int PRIMARY KEY, v text)",
            "CREATE TABLE app.shown (id int PRIMARY KEY, v text)",
            "GRANT SELECT ON app.shown TO eve",
            "CREATE VIEW seen AS SELECT * FROM app.notes",
            "GRANT SELECT ON seen TO eve",
            f"INSERT INTO app.notes VALUES (1, '{ROW_SECRET}')",
            f"INSERT INTO app.hidden VALUES (1, '{ROW_SECRET}')",
            "INSERT INTO app.shown VALUES (1, 'shown')",
            "FLUSH ALL TABLES WITH (wait)",
            f"INSERT INTO app.notes VALUES (2, '{ROW_SECRET}')",
            f"INSERT INTO app.hidden VALUES (2, '{ROW_SECRET}')",
            "CREATE TABLE mine (id int PRIMARY KEY, v text)",
            "INSERT INTO mine VALUES (1, 'mine of eve')",
            "ALTER TABLE mine OWNER TO eve",
            "GRANT CREATE ON SCHEMA public TO eve",
        ):
            admin.execute(statement)
    yield server
    server.stop()


def answer(server: ServerProcess, user: str, statement: str, *, prepared: bool) -> tuple[str | None, str]:
    """The SQLSTATE, `None` for success, and all the text that comes back."""
    heard: list[str] = []
    with server.connect(user=user) as connection:
        connection.add_notice_handler(lambda notice: heard.append(f"{notice.message_primary} {notice.message_hint}"))
        connection.execute("SET statement_timeout = '60s'")
        try:
            heard.append(repr(_rows(connection, statement, prepared=prepared)))
        except psycopg.Error as error:
            diagnostic = error.diag
            if diagnostic.sqlstate is None:
                raise  # The connection is gone.
            heard += map(
                str,
                (diagnostic.message_primary, diagnostic.message_detail, diagnostic.message_hint, diagnostic.context),
            )
            return diagnostic.sqlstate, "\n".join(heard)
    return None, "\n".join(heard)


def _rows(connection: psycopg.Connection[Any], statement: str, *, prepared: bool) -> list[Any]:
    if statement.startswith("copy"):
        with connection.cursor().copy(statement) as copy:
            return [bytes(piece) for piece in copy]
    cursor = connection.execute(statement, prepare=True) if prepared else connection.execute(statement)
    return cursor.fetchall() if cursor.description else []


def check(text: str, statement: str, *secrets: str) -> None:
    """Nothing that comes back names a secret, a file of the server, or the engine's own terms."""
    for secret in (FILE_SECRET, ENVIRONMENT_SECRET, *ENGINE_WORDS, *secrets):
        assert secret in statement or secret not in text, f"{secret!r} in the answer to {statement}: {text}"


@pytest.mark.parametrize("statement", REFUSED)
@pytest.mark.parametrize("user", ["eve", "admin"])
def test_an_escape_is_refused(statement: str, user: str, world: ServerProcess, escape_files: Path) -> None:
    """Each is refused with an error of a client's, tells nothing, and leaves no file behind."""
    statement = statement.replace("{file}", str(escape_files / "secret.csv")).replace("{folder}", str(escape_files))
    for prepared in (False, True):
        sqlstate, text = answer(world, user, statement, prepared=prepared)
        assert sqlstate is not None, text
        assert not sqlstate.startswith(("XX", "58")), (sqlstate, text)
        check(text, statement, str(world.data_dir))
    assert [path.name for path in escape_files.iterdir()] == ["secret.csv"]


@pytest.mark.parametrize(("statement", "expected"), HARMLESS.items(), ids=range(len(HARMLESS)))
def test_a_text_is_a_text(statement: str, expected: str, world: ServerProcess) -> None:
    """Quotes, comments and names of the server's own in a text or behind AS mean nothing there."""
    for prepared in (False, True):
        with world.connect(user="eve") as connection:
            assert _rows(connection, statement, prepared=prepared) == [(expected,)]


@pytest.mark.parametrize(
    "value", ["'; drop table mine; --", '"t1"', "$p1", "\\", "''", "{s}", "é\u2028\U0001f600", "\x01"]
)
def test_a_parameter_is_a_value(value: str, world: ServerProcess) -> None:
    """So it is with parameters, as text and in binary."""
    with world.connect(user="eve") as connection:
        for binary in (False, True):
            (row,) = connection.execute("SELECT %s::text, %s || 'x'", (value, value), binary=binary).fetchall()
            assert row == (value, value + "x")


def test_a_zero_byte_is_refused(world: ServerProcess) -> None:
    """No text has one: it would end the text for the engine."""
    for statement in (r"select E'\000'", r"select U&'\0000'", "select chr(0)", r"select E'a\x00b'", r"select E'\xff'"):
        sqlstate, text = answer(world, "eve", statement, prepared=False)
        assert sqlstate is not None, text
        assert sqlstate[:2] in ("22", "42", "54"), (sqlstate, text)


@pytest.mark.parametrize("statement", OF_OTHERS)
def test_what_is_of_others_is_refused(statement: str, world: ServerProcess) -> None:
    """A role reaches no row of a table that it was not granted, and no right that it was not given."""
    for prepared in (False, True):
        sqlstate, text = answer(world, "eve", statement, prepared=prepared)
        assert sqlstate in ("42501", "0A000", "28000", "42601", None), (sqlstate, text)
        assert sqlstate is not None or "kill jobs" in statement, text
        check(text, statement, ROW_SECRET, str(world.data_dir))


@pytest.mark.parametrize("statement", OWN_ROWS)
def test_a_user_table_shows_a_role_its_own_rows(statement: str, world: ServerProcess) -> None:
    """Neither rows, nor errors, nor plans, sizes or catalogs tell of rows of another role."""
    for prepared in (False, True):
        sqlstate, text = answer(world, "eve", statement, prepared=prepared)
        assert sqlstate is None or not sqlstate.startswith(("XX", "58")), (sqlstate, text)
        check(text, statement, ROW_SECRET, "user=admin", str(world.data_dir))


def test_the_rows_are_still_there(world: ServerProcess) -> None:
    """Nothing that was tried has changed a row of another role, or a setting."""
    rows = [(1, ROW_SECRET), (2, ROW_SECRET)]
    assert world.execute("SELECT * FROM app.hidden ORDER BY id") == rows
    with world.connect() as admin:
        own = admin.execute("EXECUTE AS USER 'admin' (SELECT count(*) FROM app.notes WHERE v = %s)", (ROW_SECRET,))
        assert own.fetchall() == [(2,)]
    assert world.execute("SELECT v FROM mine") == [("mine of eve",)]


def test_names_stay_inside_the_data_folder(world: ServerProcess) -> None:
    """Names of schemas, tables and roles with slashes and dots become files inside, and nowhere else."""
    with world.connect() as admin:
        for statement in (
            'CREATE SCHEMA "../../escape"',
            'CREATE TABLE "../../escape"."../../t" (id int PRIMARY KEY)',
            'INSERT INTO "../../escape"."../../t" VALUES (1)',
            'FLUSH TABLE "../../escape"."../../t" WITH (wait)',
            'CREATE ROLE "../../role" LOGIN',
            "EXECUTE AS USER '../../role' (INSERT INTO app.notes VALUES (7, 'seven'))",
            "FLUSH TABLE app.notes WITH (wait)",
        ):
            admin.execute(statement)
        assert admin.execute('SELECT id FROM "../../escape"."../../t"').fetchall() == [(1,)]
        (paths,) = zip(*admin.execute("SELECT path FROM system.segments").fetchall(), strict=True)
    for path in paths:
        assert (world.data_dir / path).resolve().is_relative_to(world.data_dir / "cold")
        assert (world.data_dir / path).exists()
