-- as PostgreSQL
-- Names of types as clients write them that take them from pg_type.
select 1::"pg_catalog"."int4", 1::pg_catalog."float8", '2024-01-01'::"pg_catalog".date, cast(1 as "pg_catalog"."text");
select '{1,2}'::_int4 as a, '{a,NULL}'::_text as b, '{1.50}'::pg_catalog._numeric as c, '{x}'::"pg_catalog"."_varchar" as d, '{t}'::_bool as e, pg_typeof('{}'::_timestamptz);
create table arrays (a _int4, b pg_catalog._text default '{}', c "pg_catalog"."numeric"(5, 2), "pg_catalog" int);
insert into arrays values ('{1,2}', default, 1.255, 3);
select *, "pg_catalog"::text, arrays.pg_catalog::text from arrays;
select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'arrays'::regclass and attnum > 0;
prepare q ("pg_catalog"."_int4", "pg_catalog"."int8") as select $1[1] + $2;
execute q ('{4}', 5);
select 1::_nothing;
select 1::"pg_catalog"."nothing";
set client_min_messages = warning;
drop table arrays;
