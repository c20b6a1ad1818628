-- Statements that must fail with the same SQLSTATE and message as in PostgreSQL 15, somewhere.
select name + 1 from people
select name = 1 from people
select id || 1 from people
select (select id, name from people)
select id in (select id, name from people) from people
select 1::bytea
select true + 1
select -'a'
select -name from people
select id from people where row_number() over () = 1
select a.id from people a, people a
select * from (select 1)
select * from (select 1) x join (select 1) y using (z)
select $0
select 'a' like 1
select name collate "nope" from people
select json '{"a":1}' = json '{"a":1}'
select j from kinds order by j
