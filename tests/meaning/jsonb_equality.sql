-- jsonb values that differ only in how a number is written are equal.
select min(x::text), count(*) from (values ('1'::jsonb),('1.0'),('1.00')) v(x) group by x
select x from (values ('1'::jsonb),('1.0'),('1.00'),('2.50')) v(x) group by x order by x
select x from (values ('1.50'::jsonb),('2')) v(x) group by x order by x
select distinct x from (values ('{"a":1}'::jsonb),('{"a":1.0}')) v(x)
select distinct x, y from (values ('{"a":1}'::jsonb,1),('{"a":1.0}',1),('{"a":1.0}',2),('2.50',2)) v(x,y) order by y, x
select distinct x from (values ('10'::jsonb),('9'),('9.0'),('"a"'),('[1]'),('[1.0]')) v(x) order by 1 desc limit 3
select distinct jsonb_array_elements('[1,1.0,2]') order by 1
select count(distinct x), count(x) from (values ('1'::jsonb),('1.0')) v(x)
select '1'::jsonb union select '1.0'::jsonb
select '1'::jsonb union all select '1.0'::jsonb
select '1'::jsonb intersect select '1.0'::jsonb
select '1'::jsonb except select '1.0'::jsonb
select '1'::jsonb except select '2'::jsonb
(values ('1'::jsonb),('1'),('1.0')) intersect all (values ('1'::jsonb),('1.0'))
(values ('1'::jsonb),('1'),('1')) except all (values ('1.0'::jsonb))
(values ('1'::jsonb),('3'),(null)) except all (values ('1.0'::jsonb),(null))
select '10'::jsonb union select '9'::jsonb order by 1
select x from (select '10'::jsonb x union select '9'::jsonb) s order by x
values ('10'::jsonb), ('9') order by 1
select a.x, b.x from (values ('1'::jsonb)) a(x) join (values ('1.0'::jsonb)) b(x) on a.x=b.x
select a.x, b.x from (values ('1'::jsonb)) a(x) join (values ('1.0'::jsonb)) b(x) using (x)
select '1'::jsonb = '1.0'::jsonb, '1'::jsonb <> '1.0'::jsonb, '1'::jsonb < '1.0'::jsonb, '1'::jsonb <= '1.0'::jsonb, '1'::jsonb in ('1.0'::jsonb), '1'::jsonb is distinct from '1.0'::jsonb, '1'::jsonb between '1.0' and '2'
select '{"a": "1.0"}'::jsonb = '{"a": "1"}'::jsonb, '{"a.10": 1.10}'::jsonb = '{"a.10": 1.1}'::jsonb, '"\"1.0"'::jsonb = '"\"1"'::jsonb, '[1.00, "x\\"]'::jsonb = '[1,"x\\"]'
select '-1.50'::jsonb = '-1.5', '100'::jsonb = '1e2', '0.0'::jsonb = '0', '1.05'::jsonb = '1.5', '10.0'::jsonb = '1'
select x, count(*) over (partition by x) from (values ('1'::jsonb),('1.0'),('2')) v(x) order by x::text
select x, rank() over (order by x) from (values ('1'::jsonb),('1.0'),('2'),('10')) v(x) order by x, x::text
select distinct on (x) x, y from (values ('1'::jsonb,2),('1.0',1)) v(x,y) order by x,y
select '1'::jsonb = any(array['1.0'::jsonb]), '1'::jsonb = all(array['1.0'::jsonb])
select '1'::jsonb in (select '1.0'::jsonb), '1'::jsonb not in (select '1.0'::jsonb), '1'::jsonb = any(select '1.0'::jsonb), '2'::jsonb > all(select '1.0'::jsonb)
select ('1'::jsonb, 1) in (select '1.0'::jsonb, 1)
select array['1'::jsonb] = array['1.0'::jsonb]
select x->'a', count(*) from (values ('{"a":1}'::jsonb),('{"a":1}'),('{"a":2.0}')) v(x) group by x->'a' order by 2
select x, max(y) from (values ('1'::jsonb,1),('1',2)) v(x,y) group by 1 having x = '1.0'
select count(*) from (values ('1'::jsonb,1),('1.0',2)) v(x,y) group by x, y > 0
select x, y, count(*) from (values ('1'::jsonb,1),('1',2),('2',2)) v(x,y) group by rollup(x, y) order by 1 nulls last, 2 nulls last
select x, grouping(x), count(*) from (values ('1'::jsonb),('1'),(null)) v(x) group by grouping sets ((x),()) order by 2, 1
select * from (values ('1'::jsonb,1),('1',1)) v(x,y) group by x, y
select x, (select x->>0) from (values ('["q"]'::jsonb)) v(x) group by x
select x as k from (values ('1'::jsonb),('1')) v(x) group by k
select array_agg(x order by x desc) from (values ('1'::jsonb),('10'),('9')) v(x)
select jsonb_agg(x order by x) from (values ('1'::jsonb),('10'),('9')) v(x)
select array_agg(y), x from (values (array['1'::jsonb],1),(array['1'::jsonb],2)) v(x,y) group by x
select nullif('1'::jsonb, '1.0'), case '1'::jsonb when '1.0' then 'same' end
select string_agg(x::text, ',' order by x) from (values ('1'::jsonb),('10'),('9')) v(x)
with recursive r(x) as (select '1'::jsonb union select x from r) select * from r
select distinct x from (values (array['1'::jsonb]),(array['1.0'::jsonb])) v(x)
create table jt(id int primary key, x jsonb)
insert into jt values (1,'1'),(2,'1'),(3,'{"a":[1,2.5]}'),(4,null),(5,null)
select x, count(*) from jt group by x order by x
select distinct x from jt order by x
select count(distinct x) from jt
insert into jt select id + 10, x from (select distinct on (x) id, x from jt order by x, id) s
select count(*) from jt
delete from jt where x in (select '1.0'::jsonb)
select id from jt order by id
drop table jt
select array_agg(distinct x) from (values ('1'::jsonb),('1.0'),('{"a":1}'),('{"a":1.00}'),(null),('[]')) v(x)
select array_agg(distinct x order by x desc) from (values ('1'::jsonb),('1.0'),('{"a":1}'),('2')) v(x)
select array_agg(distinct x) filter (where x > '1') from (values ('1'::jsonb),('1.0'),('{"a":1}'),('2')) v(x)
select array_agg(distinct x), jsonb_agg(distinct x) from (values ('1'::jsonb)) v(x) where false
select jsonb_agg(distinct x), json_agg(distinct x) from (values ('1'::jsonb),('1.0'),('2'),(null)) v(x)
select jsonb_agg(distinct x), json_agg(distinct x), jsonb_agg(distinct x order by x desc) from (values (10),(9),(9),(null)) v(x)
select jsonb_agg(distinct x), json_agg(distinct x) from (values ('b'),('a"'),('b')) v(x)
select json_agg(distinct a) from (values (array['a','b']),(array['c']),(array['c'])) v(a)
select g, json_agg(distinct x) filter (where x > date '2024-01-01') from (values (1, date '2024-01-02'),(1, '2024-01-02'),(2, '2024-01-01')) v(g, x) group by g order by g
select json_agg(distinct x) from (values ('1'::json)) v(x)
select array_agg(distinct v) from (values (1,2),(1,2)) v(x,y)
