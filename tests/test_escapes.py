"""No statement reaches a file, the environment, a setting of the engine, the network or another user's rows.

Each escape is tried through a real server, as a simple query and as a prepared one, by an ordinary role and by a
superuser. Whatever comes back (rows, error, detail, hint, notices) is searched for what must not be in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.server_process import ServerProcess

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

REFUSED = r"""
select * from read_csv('{file}')
select * from "read_csv"('{file}')
select * from READ_CSV('{file}') as t(a)
select * from read_csv_auto('{file}')
select * from read_text('{file}')
select * from read_blob('{file}')
select * from read_json('{file}')
select * from read_parquet('{file}')
select * from parquet_scan('{folder}/*')
select * from parquet_metadata('{folder}/*')
select * from sniff_csv('{file}')
select * from glob('{folder}/*')
select * from pg_catalog.read_text('{file}')
select * from pg_catalog."read_text"('{file}')
select * from main.read_text('{file}')
select * from system.main.read_text('{file}')
select * from lateral read_text('{file}') x
select * from rows from (read_text('{file}')) x
select (read_text('{file}')).*
select read_text('{file}')
select * from '{file}'
select * from "{file}"
select * from public."{file}"
select * from U&"\002Ftmp/x.csv"
select * from E'{file}'
select * from $${file}$$
table "{file}"
from mine
select * from query('select 1')
select * from query_table('mine')
select * from query_table(['mine'])
select json_execute_serialized_sql(json_serialize_sql('select 1'))
select json_serialize_sql('select 1')
select getenv('SILT_SECRET')
select pg_catalog.getenv('SILT_SECRET')
select "getenv"('SILT_SECRET')
select * from duckdb_settings()
select * from duckdb_secrets()
select * from duckdb_tables
select * from duckdb_settings
select * from pragma_table_info('mine')
select * from pragma_database_list
select * from sqlite_master
select * from main.mine
select * from temp.mine
select * from memory.main.mine
select * from pg_silt.silt_names
select * from silt_names
select silt_raise('XX000', 'boo')
select silt_regclass_in('mine')
select silt_holds(null, null, null, null, null)
select silt_me()
select silt_length(1, 1)
select pg_read_file('/etc/passwd')
select * from pg_read_file('/etc/passwd')
select pg_read_binary_file('/etc/passwd')
select pg_ls_dir('/')
select pg_stat_file('/etc/passwd')
select lo_import('/etc/passwd')
select lo_export(1, '{folder}/out')
select dblink('x', 'y')
select pg_reload_conf()
select rowid from mine
select mine.rowid from mine
select (mine).rowid from mine
select _seq from mine
select "_seq" from mine
select mine._seq from mine
select (mine)._seq from mine
select "_SEQ" from app.notes
select t1._seq from mine
select t1."_seq" from app.notes
select filename from app.notes
select "filename" from app.shown
select file_row_number from app.shown
select "$segment" from app.notes
select s1.c1 from (select 1 as x) as q
select c1 from (select 1 as x) as q
select q.c1 from (select 1 as x) as q
select 1 from mine order by getenv('SILT_SECRET')
select 1 from mine group by getenv('SILT_SECRET')
select 1 from mine limit getenv('SILT_SECRET')::int
select * from mine, read_text('{file}')
select (select content from read_text('{file}'))
with x as (select * from read_text('{file}')) select * from x
select * from mine where exists (select 1 from read_text('{file}'))
values (getenv('SILT_SECRET'))
select error('x')
select write_log('x')
select getvariable('x')
select current_query()
select list_transform([1], x -> x)
select struct_pack(a := 1)
select columns('.*') from mine
select columns(*) from mine
select * exclude (id) from mine
select * replace (1 as id) from mine
select #1 from mine
select * from mine pivot (count(*) for id in (1))
select * from mine positional join mine m2
select * from mine at (version => 1)
select format('%s', getenv('SILT_SECRET'))
attach '{folder}/x.db'
detach main
install httpfs
load httpfs
load '{file}'
export database '{folder}/dump'
import database '{folder}/dump'
pragma version
call pragma_version()
describe mine
summarize mine
use main
checkpoint main
create macro m(x) as x
create function f() returns int language sql as 'select 1'
create secret s (type s3)
create extension httpfs
create server s foreign data wrapper w
do $$ begin end $$
set enable_external_access = true
set allowed_directories = '/'
set memory_limit = '1TB'
set threads = 64
set lock_configuration = false
reset temp_directory
show temp_directory
select set_config('enable_external_access', 'true', false)
select current_setting('temp_directory')
select current_setting('secret_directory')
copy mine to '{folder}/out.csv'
copy mine from '{file}'
copy (select * from read_text('{file}')) to stdout
copy (select getenv('SILT_SECRET')) to stdout
copy (select 1) to '{folder}/out.csv'
copy mine from program 'cat {file}'
copy (select 1) to program 'cat'
copy mine to stdout (format parquet)
copy mine to stdout with (format csv, file_extension 'x')
insert into mine select 9, content from read_text('{file}')
insert into mine values (9, getenv('SILT_SECRET'))
update mine set v = getenv('SILT_SECRET')
update mine set v = content from read_text('{file}')
delete from mine using read_text('{file}')
insert into mine values (9, 'x') returning getenv('SILT_SECRET')
explain select * from read_text('{file}')
explain analyze select getenv('SILT_SECRET')
prepare p as select * from read_text('{file}')
declare c cursor for select * from read_text('{file}')
create view escape as select * from read_text('{file}')
create view escape as select * from "{file}"
create view escape as select getenv('SILT_SECRET')
create table escape (a text default getenv('SILT_SECRET'))
create table escape (a text default read_text('{file}'))
create table escape (a text, check (getenv('SILT_SECRET') is not null))
create table escape as select * from read_text('{file}')
create table escape (a int) with (location = '{folder}')
alter table mine alter v set default getenv('SILT_SECRET')
alter table mine alter v type text using getenv('SILT_SECRET')
alter table mine add check (getenv('SILT_SECRET') is null)
create index on mine ((getenv('SILT_SECRET')))
create schedule escape cron '* * * * *' as select getenv('SILT_SECRET')
kill jobs where job_id in (select content from read_text('{file}'))
kill jobs where getenv('SILT_SECRET') is not null
show jobs where getenv('SILT_SECRET') is not null
backup database to '../../escape'
backup database to '{folder}/escape'
restore database from '../../escape'
flush table "{file}"
undrop table "../x"
execute as user 'admin' (select getenv('SILT_SECRET'))
""".strip().splitlines()  # fmt: skip
"""Statements that nobody may run. `{file}` is a file with a secret, `{folder}` the one that it is in."""

HARMLESS = {
    "select '''; select getenv(''HOME''); --'": "'; select getenv('HOME'); --",
    r"select E'\x27; drop table mine; --'": "'; drop table mine; --",
    r"select U&'\0027; drop table mine; --'": "'; drop table mine; --",
    "select $a$'; attach 'x.db'; --$a$": "'; attach 'x.db'; --",
    "select '$p1'": "$p1",
    "select '$s_current_user'": "$s_current_user",
    """select '"t1"'""": '"t1"',
    """select '"r1" AS "s1"' from pg_class limit 1""": '"r1" AS "s1"',
    """select 't1."v", "t1"."v"' from mine""": 't1."v", "t1"."v"',
    "select '{s}%s{0}\\\\'": "{s}%s{0}\\\\",
    "select 'WITH RECURSIVE '": "WITH RECURSIVE ",
    "select v /* '; select getenv('HOME') */ from mine -- ; drop table mine": "mine of eve",
    "select v from mine as \"t1\"": "mine of eve",
    "select \"t1\".v from mine as \"t1\", mine as \"__duckdb_source_1\"": "mine of eve",
    "select v as \"x\"\" from read_text('y') --\" from mine": "mine of eve",
}  # fmt: skip
"""Texts that look like SQL, or like names that the server makes, and are only texts."""

OF_OTHERS = r"""
select * from app.hidden
select count(*) from app.hidden
select (select max(v) from app.hidden)
select 1 from mine where exists (select 1 from app.hidden where v like 'row%')
insert into mine select id + 100, v from app.hidden
update mine set v = h.v from app.hidden h
delete from mine using app.hidden h where h.v like 'r%'
copy app.hidden to stdout
copy (select * from app.hidden) to stdout
explain analyze select * from app.hidden
table app.hidden
declare c cursor for select * from app.hidden
prepare p as select * from app.hidden
flush table app.hidden
explain flush table app.hidden
create table stolen as select * from app.hidden
alter table app.hidden owner to eve
grant select on app.hidden to eve
select * from pg_authid
select * from pg_shadow
set role admin
set session authorization admin
execute as user 'admin' (select * from app.notes)
grant job_operator to eve
alter role eve superuser
create role other superuser
backup database to 'stolen'
drop table app.hidden
truncate app.hidden
kill jobs where owner = 'admin'
""".strip().splitlines()
"""What an ordinary role may not do to tables and roles of others."""

OWN_ROWS = r"""
select * from app.notes
select count(*), max(v), min(v), string_agg(v, ',') from app.notes
select * from app.notes where id = 1
select * from app.notes where v > 'a' order by v
select * from app.notes a, app.notes b
select (select v from app.notes where id = 1)
select v::int from app.notes
select 1 / (length(v) - 19) from app.notes
select * from app.notes for update
update app.notes set v = v || '!' returning *
update app.notes set v = 'x' where id = 1 returning *
delete from app.notes returning *
insert into app.notes values (1, 'own') returning *
copy app.notes to stdout
explain analyze select * from app.notes
explain (verbose) select * from app.notes where v = 'x'
explain flush table app.notes
select * from seen
select * from system.tables where table_name = 'notes'
select * from system.segments
select * from system.jobs
select * from system.sessions
select * from pg_stat_activity
select * from pg_class where relname = 'notes'
select * from pg_stats
select * from pg_stat_user_tables
select pg_table_size('app.notes'), pg_relation_size('app.notes')
""".strip().splitlines()
"""What an ordinary role may ask of a table that has rows of others, too, or is refused for another reason."""


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
    from tests.server_process import ServerProcess  # noqa: PLC0415 - the name is only a type above

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
        connection.execute("SET statement_timeout = '20s'")
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
