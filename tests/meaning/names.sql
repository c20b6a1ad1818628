-- Names of catalog objects: regclass and its like as results.
select 'now'::regproc, 1395::regproc
select 'pg_class'::regclass
select 'int4'::regtype, 'timestamp with time zone'::regtype, 'int4[]'::regtype, '"char"'::regtype, 'name'::regtype, 'varchar(10)'::regtype
select 'pg_catalog'::regnamespace, 'public'::regnamespace
select 0::regclass, 0::regtype, 0::regproc, 0::regnamespace, 0::regrole
select 99999999::regclass, 99999999::regtype, 99999999::regnamespace, 99999999::regrole, 99999999::regproc
select '99999999'::regclass, '-'::regclass, null::regclass
select pg_typeof(1), pg_typeof(1.5), pg_typeof('a'), pg_typeof(now()), pg_typeof(array[1]), pg_typeof(null), pg_typeof('a'::varchar(3)), pg_typeof('a'::"char"), pg_typeof(pg_typeof(1))
select array['pg_class'::regclass, 'pg_type', null]
select oid::regclass from pg_class where relname in ('pg_type','pg_attribute') order by relname
select attrelid::regclass, atttypid::regtype from pg_attribute where attrelid='pg_namespace'::regclass and attnum=1
select 'pg_class'::regclass::text, 'pg_class'::regclass::oid, 'pg_class'::regclass::oid::int
select format('%s','pg_class'::regclass), concat('pg_class'::regclass), 'x'||'pg_class'::regclass
select 'pg_class'::regclass union select 'pg_type'::regclass order by 1
select case when true then 'pg_class'::regclass end
select coalesce('pg_class'::regclass, 'pg_type')
select 'information_schema.tables'::regclass
create schema "My Space"
create table "My Space"."Tab le" (a int primary key)
select '"My Space"."Tab le"'::regclass, '"My Space"'::regnamespace
select conrelid::regclass, conindid::regclass from pg_constraint where conrelid = '"My Space"."Tab le"'::regclass
set search_path = "My Space"
select '"Tab le"'::regclass, 'pg_class'::regclass
create table pg_class(a int)
select 'pg_catalog.pg_class'::regclass, '"My Space".pg_class'::regclass, 'pg_class'::regclass
set search_path = "My Space", pg_catalog
select 'pg_catalog.pg_class'::regclass, '"My Space".pg_class'::regclass, 'pg_class'::regclass
reset search_path
create role "Role X"
select '"Role X"'::regrole
drop role "Role X"
drop table "My Space".pg_class, "My Space"."Tab le"
drop schema "My Space"
select typinput, typoutput, typarray::regtype from pg_type where typname = 'int4'
select proname, oid::regproc from pg_proc where proname in ('now','abs') order by oid limit 3
select to_regclass('pg_class'), to_regtype('int'), to_regproc('now'), to_regrole('nobody'), to_regnamespace('public')
select 'abs'::regproc
select ('a' || 'bs')::regproc
select to_regproc('abs'), 'pg_catalog.now'::regproc, '-'::regproc
