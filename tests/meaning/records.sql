-- Rows as values, and rows made of json.
select * from json_to_record('{"a":1,"b":"x"}') as x(a int, b text)
select * from json_to_record('[1]') as x(a int, b text)
select * from json_to_record('1') as x(a int, b text)
select * from jsonb_to_record('[1]') as x(a int, b text)
select * from jsonb_to_record('1') as x(a int, b text)
select * from json_to_recordset('{}') as x(a int, b text)
select * from json_to_recordset('1') as x(a int, b text)
select * from jsonb_to_recordset('{}') as x(a int, b text)
select * from jsonb_to_recordset('1') as x(a int, b text)
select * from json_to_recordset('[1]') as x(a int, b text)
select * from jsonb_to_recordset('[[1]]') as x(a int, b text)
select * from json_to_recordset('[{"a":1},null]') as x(a int, b text)
select * from json_to_recordset(null) as x(a int, b text)
select * from json_to_record(null) as x(a int, b text)
select * from json_to_recordset('[{"a":1,"b":"foo"},{"a":"2","c":"bar"}]') as x(a int, b text)
select * from jsonb_to_recordset('[{"a":1,"b":{"z": [1, 2]}},{"a":null,"b":true}]') as x(a int, b text)
select * from json_to_record('{"a":[1,2,"3",null],"b":["x","y"],"c":"{4,5}","d":[]}') as x(a int[], b text[], c int[], d text[])
select * from json_to_record('{"a":5}') as x(a int[])
select * from json_to_record('{"a":{"b":1}}') as x(a int[])
select * from json_to_record('{"a":"x"}') as x(a int)
select * from json_to_record('{"a":1.5}') as x(a int)
select * from json_to_record('{"a":"abcd"}') as x(a varchar(3))
select * from json_to_record('{"a":"abcd","b":1.256}') as x(a char(6), b numeric(10,2))
select * from json_to_record('{"a":null,"b":"null","c":{"x": 1},"d":"s"}') as x(a json, b json, c jsonb, d jsonb)
select * from jsonb_to_record('{"a":null,"b":"null","c":{"x": 1},"d":"s"}') as x(a json, b json, c jsonb, d json)
select * from json_to_record('{"a":"2020-01-02","b":"2020-01-02T10:00:00+02","c":"1 day","d":true,"e":"00000000-0000-0000-0000-000000000001"}') as x(a date, b timestamptz, c interval, d boolean, e uuid)
select * from json_to_record('{"a":1}')
select json_to_record('{"a":1}')
select * from json_to_record('{"a":1,"a":2,"A":3}') as x(a int, "A" int)
select * from json_to_recordset('[{"a":1},{"a":2}]') with ordinality as x(a int, o int)
select a, x.b from (values ('{"a":1,"b":2}'::json),('{"a":3}')) v(j), json_to_record(v.j) as x(a int, b int)
select v.n, x.* from (values (1,'[{"a":1},{"a":2}]'::jsonb),(2,'[]')) v(n,j) left join lateral jsonb_to_recordset(v.j) as x(a int) on true order by 1, 2
select * from json_to_record('{"a":1}') as (a int)
select json_to_record.a from json_to_record('{"a":1}') as (a int)
select x from json_to_record('{"a":1,"b":"q r"}') as x(a int, b text)
select * from generate_series(1,2) as x(a int)
create table people(id int, name text, tags text[], born date)
select * from json_populate_record(null::people, '{"id":1,"name":"ann","tags":["a","b"],"born":"2000-01-02","x":5}')
select (json_populate_record(null::people, '{"id":1,"name":"ann"}')).*
select (jsonb_populate_record(null::people, '{"id":1,"name":"ann"}')).name
select * from jsonb_populate_recordset(null::people, '[{"id":1,"name":"ann"},{"id":2}]')
select * from json_populate_recordset(null::public.people, '[{"id":1,"name":"ann"},{"id":2}]') p where id > 1
select p.name from json_populate_recordset(null::people, '[{"id":1,"name":"ann"},{"id":2}]') p order by p.id
select * from json_populate_recordset(null::people, '{}')
select * from json_populate_record(null::people, '[]')
select * from json_populate_record(null::people, 'null')
select * from json_populate_record(null::people, null)
select * from json_populate_record(row(1,'x',null,null)::people, '{"name":"b"}')
select * from json_populate_record(row(1,'x',null,null)::people, '{"name":null}')
select * from json_populate_record(null::nosuch, '{}')
select row(1,'a')::people
select json_populate_record(null::people, '{}') is null
insert into people select * from json_populate_recordset(null::people, '[{"id":1,"name":"ann","tags":["q","r s"]},{"id":2,"born":"2001-02-03"}]')
select * from people order by id
select p.* from people p, json_populate_record(p, '{"name":"zoe"}') q order by p.id
select q.* from people p, json_populate_record(p, '{"name":"zoe"}') q order by q.id
select to_jsonb(p) from people p order by id
select row_to_json(p), row_to_json(p, true) from people p order by id
select (p).name, (p).* from people p order by id
select p::text, concat(p), count(p) over () from people p order by id
select json_each('{"a":1,"b":"x"}'), (json_each('{"a":1,"b":"x"}')).*
select (jsonb_each_text(j)).key, (jsonb_each_text(j)).value from (values ('{"a":1,"b":"x"}'::jsonb)) v(j)
select id, (json_each_text(row_to_json(p))).* from people p order by 1, 2
select x.c from (select row(1,'b') c) x
select (x.c).f1 from (select row(1,'b'::text) c) x
select row(1.50, true, '2020-01-01'::date, array[1,2], '{"a": 1}'::jsonb, 1.5::float8)
select json_populate_record(null::people, '{"id":1,"name":"ann b"}')::text
select (null::people).id, null::people is null, (null::people)::text, (row(1,'a',null,null)::people)::text, (row(1,'a',null,'2020-01-01')::people).born
select people::text from people order by id
select jsonb_populate_record(p, jsonb_build_object('id', p.id + 10))::text from people p order by id
select row(1,2,row(3,'x,y')), row(null), row(''), row(' a'), row('a\b"c')
select row(1,2) is distinct from row(1,3), row(1,null) is not distinct from row(1,null), row(1,2) is not distinct from row(1,null)
select row(1,2) < row(1,3), row(1,null) = row(1,null), (1,2) in ((1,2),(3,4)), row(1,2) is null, row(null,null) is null, row(1,null) is not null
select row_to_json(row(1,'a'), true), array_to_json(array[1,2], true), array_to_json(array[1,2], false), array_to_json(array[1,2], null), row_to_json(t, x) from (values (1, true), (2, false)) t(a, x)
select row_to_json(null::people), to_jsonb(null::people)
select row_to_json(1, true)
select count(t) from (values (1,'a'),(2,null)) t(a,b)
select t, t.a from (values (1,'a b'),(2,null)) t(a,b) order by t
select t from (values (1,'a'),(2,null)) t(a,b) order by t desc
select (t).* from (values (1,'a'),(2,null)) t(a,b)
select (1).*
select jsonb_agg(t order by a desc), json_agg(t) from (values (1,'a'),(2,null)) t(a,b)
select jsonb_build_object('r', t), format('%s', t) from (values (1,'a')) t(a,b)
select q.r, (q.r).f1 from (select row(n, 'x'::text) as r from generate_series(1, 2) n) q
with c as (select row(1, true) as r) select r, (r).f2 from c
select * from json_populate_recordset(null::people, '[{"id":1},{"id":2}]') with ordinality
select * from json_to_recordset('[{"a":1}]') as x(a int, b nosuch)
select 1::nosuch
select null::nosuch[]
select null::public.nosuch
select cast('x' as pg_catalog.nosuch)
create table odd(a record)
drop table people
create table a(id int primary key, x int)
create table b(id int primary key, a_id int, n text)
insert into a values (1,10),(2,20)
insert into b values (1,1,'one')
select a.id, row_to_json(b), count(b) over () from a left join b on b.a_id = a.id order by 1
select a.id, b::text, b is null from a left join b on b.a_id = a.id order by 1
select b is null, to_jsonb(b), json_build_object('b', b), concat(b) from a left join b on b.a_id = a.id order by a.id
select a.id, json_agg(b) from a left join b on b.a_id = a.id group by a.id order by 1
select a.id, json_agg(b) filter (where b.id is not null) from a left join b on b.a_id = a.id group by a.id order by 1
select a.id, q from a left join (select id, n from b) q on q.id = a.id order by 1
select (b).n, b.n from a left join b on b.a_id = a.id order by a.id
update a set x = 11 where id = 1 returning row_to_json(a), (a).x, a.*
insert into a values (3, 30) returning to_jsonb(a)
delete from a where id = 3 returning row_to_json(a.*)
select (1,2) = (select 1,2), (1,2) = (select 1,3), (1,2) < (select 1,3), row(1,2) <> (select 1,2)
select (1,2) = any (select 1,2 union all select 3,4), (1,2) <> all (select 1,2), (5,6) in (select 1,2), row(1,2) = any (values (1,2))
select (1,2) = (select 1)
select (1,2) = any (select 1)
select * from a where (id, x) = (select id, x from a where id = 2)
select * from a where (id, x) in (select id, x from a where id = 2)
select * from a where (id, x) in ((1, 11), (2, 21)) order by 1
select * from a where (id, x) > (1, 11) order by id
select * from a where a = row(1, 11)
select (a).* from a order by 1
select a.*, row_to_json(a) ->> 'x' from a order by 1
select row_to_json(q) ->> 'twice' from (select id, x * 2 as twice from a) q order by 1
select json_agg(q) from (select id, x from a order by id) q
select max(a) from a
select a.id from a where a = (1, 11)
select count(distinct a) from a
select jsonb_object_agg(a.id, a) from a
select x from a order by a.* 
select distinct on (a) a.id from a order by a
select a::text like '(1%' from a order by id
with w as (select a from a) select (w.a).id from w order by 1
select to_json(row(a.id, a.x)) from a order by a.id
update a set x = 11 where id = 1 returning a::text
select a::text, b::text from a full join b on b.a_id = a.id + 1 order by a.id
select a::text, b::text from a right join b on b.a_id = a.id + 1 order by b.id
drop table a, b
select array_to_json(array_agg(q)) from (select id, x from (values (1,'a'),(2,null)) v(id,x)) q
select array_agg(q order by q.id desc) from (select id, x from (values (1,'a b'),(2,null)) v(id,x)) q
select array_agg(row(n, 'x y')) from generate_series(1,2) n
select r, to_json(r) from (select array_agg(q) as r from (select id, x from (values (1,'a b')) v(id,x)) q) s
select g, array_agg(q) from (select g, x from (values (1,'a'),(1,'b'),(2,'c')) v(g,x)) q group by g order by g
select array_to_json(array_agg(q), true) from (select id, x from (values (1,'a'),(2,null)) v(id,x)) q
select json_build_object('rows', array_agg(q)) from (select id from (values (1),(2)) v(id)) q
select array_agg(distinct row(x)) from (values (1),(1)) v(x)
select array_agg(q) filter (where id > 5) from (select id from (values (1),(2)) v(id)) q
select x from jsonb_array_elements('[1,2]') x
select x.value, x from jsonb_array_elements('[1,2]') x
select x from jsonb_array_elements_text('["a"]') with ordinality x
select n from unnest(array[1,2]) n(v)
select g from generate_series(1,2) g(n)
select to_json(x) from jsonb_array_elements('[{"a":1}]') x
select x ->> 'a' from jsonb_array_elements('[{"a":1}]') x
select json_agg(x) from jsonb_array_elements('[{"a":1},2]') x
select e from jsonb_each('{"a":1}') e
select row_to_json(e) from jsonb_each('{"a":1}') e
select row_to_json(u) from unnest(array[1,2], array['a','b']) as u(n, t)
select x from (select 1 as a) t left join jsonb_array_elements('[]') x on true
select l from lower('ABC') l
select j from jsonb_path_query('[1,2]', '$[*]') j
select j.* from jsonb_path_query('[1,2]', '$[*]') j
select (e).key, e.value from jsonb_each('{"a":1}') e
select row_to_json(q) from (select 1 as a, 2 as a, 3 as "A") q
select (q).b from (select 1 as a, 2 as b) q
select u::text from unnest(array[1,2], array['a','b']) u
select q::text from (select 1 as a, 2 as a, 3 as "A") q
