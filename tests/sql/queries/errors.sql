-- Statements that must fail with the same SQLSTATE, message and position as in PostgreSQL 15.
select * from nosuch
select * from nosuch.people
select * from people, nosuch
select nope from people
select people.nope from people
select p.id from people
select x.* from people
select id from people a, people b
select 'a' + 1
select nofunc(1, 'a')
select lower(1)
select people.nofunc(1)
select sum(name) from people
select id from people where sum(id) > 1
select sum(sum(id)) from people
select id, count(*) from people
select people.name from people group by age
select count(*) from people group by nope
select * from people where id
select * from people where name
select 1 where 'x'
select case when 1 then 2 end
select case when true then 1 else 'x' end
select coalesce(1, name) from people
select 1 union select name from people
select 1 union select 1, 2
select 1 order by 2
select id from people order by nope
select distinct id from people order by name
select id from people order by 'x'
values (1), (1, 2)
select 'abc'::int
select '2024-13-01'::date
select 'x'::bool
select '12'::smallint, '99999'::smallint
select 99999::smallint
select 'x'::uuid
select '{'::json
select 'x'::nosuchtype
select not 1
select 1 and true
select 1/0
select 1.0/0
select 1%0
select 1/0::float8
select 2147483647 + 1
select 9223372036854775807 + 1
select 32767::smallint + 1::smallint
select sqrt(-1)
select ln(0)
select (select id from people)
select row_number() from people
select array[1, 'a']
select (1).x
select id[1] from people
select interval 'x'
select substring('abc', 1, -1)
select * from people limit 'x'
select distinct j from kinds
select , 1
select 1 +
select (1
select 1 1 1
selec 1
select * from
select * from people where
select 'abc
select "abc
with a as (select 1), a as (select 2) select 1
with recursive a as (select 1 union all select 'x' from a) select * from a
select a.x from (select 1 as y) a
select * from generate_series(1, 'x')
select percentile_cont(0.5) from people
