"""Statements that try to get at what they must not: see `test_escapes`."""

from __future__ import annotations

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
create index escape on mine (getenv('SILT_SECRET'))
create index escape on mine ((v || getenv('SILT_SECRET')))
create index escape on mine (id) where getenv('SILT_SECRET') is null
create table escape as select * from read_text('{file}')
create table escape (a int) with (location = '{folder}')
alter table mine alter v set default getenv('SILT_SECRET')
alter table mine alter v type text using getenv('SILT_SECRET')
alter table mine add check (getenv('SILT_SECRET') is null)
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
