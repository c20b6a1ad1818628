select array[1.1,2.1,3.1]::int[] = array[1,2,3], array[1,2,3] <> array[1,2,4], array[1,4,3] < array[1,2,4], array[1,2] < array[1,2,3], array[1,null] < array[1,2], array[1,null] = array[1,null], array['a'] > array['B']
select array[1,4,3] @> array[3,1,3], array[2,2,7] <@ array[1,7,4,2,6], array[1,4,3] && array[2,1], array[1,null] @> array[null]::int[], array[]::int[] <@ array[1], array[1,null] && array[null]::int[], array[1] @> array[]::int[], array[]::int[] && array[]::int[]
select '{a}'::text[] || 'b'
select array_append(array[1,2],3), array_append(null,1), array_append(array[1],null), array_append(null::int[],1), array_cat(array[1,2],array[3]), array_cat(null,array[1]), array_prepend(1,array[2]), array_prepend(null,array[2])
select array_dims(array[1,2]), array_dims('{}'::int[]), array_fill(11,array[2]), array_fill(7,array[0]), array_fill(null::int,array[2]), array_length(array[1,2,3],1), array_length('{}'::int[],1), array_length(array[1],2), array_length(array[1],0), array_lower('{}'::int[],1), array_lower(array[1],1), array_ndims(array[1]), array_ndims('{}'::int[]), array_upper(array[1,8,3,7],1)
select array_position(array['sun','mon','tue'],'mon'), array_position(array[1,2,1],1,2), array_position(array[1,null],null), array_position(array[1],5), array_positions(array['A','A','B','A'],'A'), array_positions(array[1,null,null],null), array_positions(array[1],2), array_remove(array[1,2,3,2],2), array_remove(array[1,null],null), array_replace(array[1,2,5,4],5,3), array_replace(array[1,null],null,3), array_remove('{}'::int[],1)
select array_position(null::int[],1), array_position(array[1,2],null::int), array_positions(null::int[],1)
select cardinality(array[1,2]), cardinality('{}'::int[]), cardinality(null::int[]), trim_array(array[1,2,3,4,5,6],2), trim_array(array[1],1), trim_array(array[1],0)
select trim_array(array[1],2)
select trim_array(array[1],-1)
select * from unnest(array[1,2],array['foo','bar','baz']) as x(a,b)
select * from unnest(array[1,2]) with ordinality
select unnest(array[1,2]), unnest(array['a','b','c']), 'x'
select unnest(array[]::int[])
select unnest(null::int[])
select * from unnest(null::int[])
select generate_subscripts(array[1,2,3],1), generate_subscripts('{}'::int[],1)
select generate_subscripts(array['a','b'],1,true)
select generate_subscripts(array[1],2)
select array_agg(x) from (values (1),(null),(2)) v(x)
select array_agg(x order by x desc), array_agg(x order by x desc nulls last), array_agg(distinct x) from (values (1),(null),(2),(1)) v(x)
select array_agg(x) from (values (1)) v(x) where false
select array_agg(x) filter (where x > 1) from (values (1),(2)) v(x)
select string_to_array('1,2,3',',')::int[], array[1,2]::text[], array['1','2']::int[], '{1,2}'::text[]::int[], array[1.5,2.5]::int[], array[1,2]::float8[]
select '{1,2}'::int[], '{a,"b c",NULL,"NULL",null}'::text[], '{ a , b }'::text[], '{"a\"b","c\\d"}'::text[], '{}'::text[], '{""}'::text[], array['a,b','{','}','"','\','',null,'null',' x'], array['é'], '{{1,2},{3,4}}'::text
select '{1,2'::int[]
select '1,2'::int[]
select '{1,a}'::int[]
select '{1,,2}'::int[]
select '{"a}'::text[]
select 1 = any(array[1,2]), 1 = any('{1,2}'), 1 <> all(array[2,3]), 1 < any(array[0,2]), 5 > all(array[1,null]), 1 = any(array[null,2]), 1 = any(null::int[]), 1 = all('{}'::int[]), 1 = some(array[1]), null = any('{}'::int[]), 'a' = any(array['a','b']), 'a' like any(array['a%','b']), 'a' ~ any(array['^b','^a']), 1 = any(array[1.0,2])
select 1 = any(1)
select 1 in (1,null), 2 in (1,null), 2 not in (1,null), null in (1), 1 not in (2,3), 1 in (select null::int), 1 not in (select 1 where false), null in (select 1 where false), (1,2) in ((1,2),(3,4)), (1,null) in ((1,2)), (1,2) not in ((1,null))
select (null,2) < (1,3), (1,2,null) < (1,3,null), (1,'a') > (1,'B'), (null,1) = (null,2), (1,null) <> (2,null)
select (1,2) = (1,2,3)
select (1,2) < (1,'a')
select 1 is distinct from null, null is distinct from null, 1 is not distinct from 1, null is not distinct from null
select 2 between 1 and 3, 2 between 3 and 1, 2 between symmetric 3 and 1, 2 not between 1 and 3, 2 not between symmetric 3 and 1, null between 1 and 2, 2 between null and 1, 2 between 1 and null, 'b' between 'a' and 'c'
select greatest(1,'a')
select coalesce(1,'a')
select coalesce(1,'a'::text)
select coalesce(1,true)
select nullif(1,1), nullif(1,2), nullif('a','b'), nullif(1,null), nullif(null,1), nullif(1,1.0), nullif(1.0,2), nullif('1',1)
select nullif(1,'a')
select case when true then 1 else 'a' end
select case when true then 1 else 'a'::text end
select case when true then 1 else true end
select case 1 when 'a' then 2 end
select 1 union select 'a'
select 1 union select '2' order by 1
select 'a' union select 1
select 1 union select 'a'::text
select null union select 1 order by 1
select null union select 'a' order by 1
select null union select null union select 1
select 'a' union all select null
select date '2024-01-01' union select '2024-01-02' order by 1
select date '2024-01-01' union select timestamp '2024-01-02' order by 1
select 1 union select true
select 1,2 union select 1
select 1 as a union select 2 as b order by a
select 1 as a union select 2 as b order by b
select 'a'::varchar(3) union select 'abcd'::varchar(5) order by 1
select 1 except select 1
(select 1 union all select 1) except all select 1
select 1 union all select 1 intersect select 2
values (1,'a'),(2,null),(null,'c')
values (1),('a')
values (1),('2')
values (null),(1)
values (1,2),(3)
select * from (values (1),(2)) v limit 1
select * from (values (1),(2)) v order by 1 limit null
select * from (values (1),(2)) v order by 1 limit all
select * from (values (1),(2)) v limit 0
select * from (values (1),(2)) v limit -1
select * from (values (1),(2)) v offset -1
select * from (values (1),(2)) v order by 1 offset 1
select * from (values (1),(2)) v order by 1 offset null
select * from (values (1),(2),(3)) v order by 1 limit 1+1
select * from (values (1),(2),(3)) v order by 1 limit 1.5
select * from (values (1),(2),(3)) v order by 1 limit '2'
select * from (values (1),(2),(3)) v order by 1 limit 'a'
select * from (values (1),(2),(3)) v order by 1 limit (select 2)
select * from (values (1),(2),(3)) v(x) limit x
select * from (values (1),(2),(2),(3)) v(x) order by x fetch first 2 rows only
select * from (values (1),(2),(2),(3)) v(x) order by x fetch first row only
select * from (values (1),(2),(2),(3)) v(x) order by x offset 1 rows fetch next 1 row only
select x from (values (1),(null),(2)) v(x) order by x
select x from (values (1),(null),(2)) v(x) order by x desc
select x from (values (1),(null),(2)) v(x) order by x nulls first
select x from (values (1),(null),(2)) v(x) order by x desc nulls last
select x as y from (values (1),(2)) v(x) order by -y
select x as y from (values (1),(2)) v(x) order by y desc
select x from (values (1),(2)) v(x) order by 2
select x from (values (1),(2)) v(x) order by 0
select x from (values (1),(2)) v(x) order by 'a'
select x from (values (1),(2)) v(x) order by 1+0
select x, -x as x from (values (1),(2)) v(x) order by x
select a as b, b as a from (values (1,4),(2,3)) v(a,b) order by a
select a as b, b as a from (values (1,4),(2,3)) v(a,b) order by a+0
select a%2 as a, count(*) from (values (1),(2),(3)) v(a) group by a order by 1
select a%2 as b, count(*) from (values (1),(2),(3)) v(a) group by b order by 1
select a%2 as a from (values (1),(2),(3)) v(a) group by 1 order by 1
select a, count(*) from (values (1),(2)) v(a)
select a from (values (1),(2)) v(a) group by b
select a from (values (1),(2)) v(a) having count(*) > 1
select count(*) from (values (1),(2)) v(a) having count(*) > 1
select 1 from (values (1),(2)) v(a) having true
select 1 from (values (1),(2)) v(a) having false
select count(*) from (values (1),(2)) v(a) having a > 1
select a+1 from (values (1),(2)) v(a) group by a+1 order by a+1
select sum(a) from (values (1),(2)) v(a) group by a > 1 order by 1
select count(*) from (values (1),(2)) v(a) where count(*) > 1
select sum(sum(a)) from (values (1),(2)) v(a)
select sum(count(*)) over () from (values (1),(2)) v(a)
select count(*) as c from (values (1),(2)) v(a) having c > 1
select distinct on (a) a, b from (values (1,2),(1,1),(2,5)) v(a,b) order by a, b
select distinct on (a) a, b from (values (1,2),(1,1),(2,5)) v(a,b) order by b
select distinct a from (values (1),(1),(null),(null)) v(a) order by a
select distinct a, b from (values (1,2),(1,2)) v(a,b)
select distinct a from (values (1,2),(1,1)) v(a,b) order by b
select (select x from (values (1),(2)) v(x))
select (select 1,2)
select (select 1 where false)
select a, (select max(b) from (values (1,2),(2,3)) w(c,b) where c = a) from (values (1),(2)) v(a)
select a from (values (1),(2)) v(a) where a = (select x from (values (1),(2)) w(x))
select * from (values (1),(2)) v(a), lateral (select a*2 as b) w order by a
select * from (values (1),(2)) v(a) left join lateral (select a*2 as b where a=1) w on true order by a
select * from (values (1),(2)) v(a), (select a) w
select generate_series(1,3), generate_series(1,2)
select generate_series(1,2), 'a'
select generate_series(1,2) + 1
select generate_series(1,2) where generate_series(1,2) = 1
select count(*) from (select generate_series(1,3)) x
select generate_series(1,2) as g order by g desc
select a, generate_series(1,a) from (values (1),(2)) v(a) order by 1,2
select x, row_number() over (order by x), rank() over (order by x), dense_rank() over (order by x), percent_rank() over (order by x), cume_dist() over (order by x), ntile(2) over (order by x) from (values (1),(2),(2),(3)) v(x) order by 1,2
select x, lag(x) over w, lag(x,2) over w, lag(x,1,0) over w, lead(x) over w, lead(x,1,-1) over w, first_value(x) over w, last_value(x) over w, nth_value(x,2) over w from (values (1),(2),(3)) v(x) window w as (order by x) order by 1
select nth_value(x,0) over (order by x) from (values (1)) v(x)
select ntile(0) over (order by x) from (values (1)) v(x)
select ntile(null) over (order by x) from (values (1)) v(x)
select ntile(3) over (order by x), x from (values (1),(2),(3),(4)) v(x) order by 2
select x, sum(x) over (order by x), sum(x) over (order by x rows 1 preceding), sum(x) over (order by x range 1 preceding), sum(x) over (order by x groups 1 preceding), sum(x) over (order by x rows between unbounded preceding and unbounded following), sum(x) over () from (values (1),(2),(2),(4)) v(x) order by 1
select x, sum(x) over (order by x rows between unbounded preceding and unbounded following exclude current row), sum(x) over (order by x rows between unbounded preceding and unbounded following exclude group), sum(x) over (order by x rows between unbounded preceding and unbounded following exclude ties), sum(x) over (order by x groups between 1 preceding and 1 following exclude no others) from (values (1),(2),(2),(4)) v(x) order by 1
select d, count(*) over (order by d range between interval '1 month' preceding and current row) from (values (timestamp '2024-01-31'),('2024-02-29'),('2024-03-31')) v(d) order by 1
select x, sum(x) over (order by x desc range between 1 preceding and 1 following) from (values (1),(2),(4),(null)) v(x) order by 1
select x, sum(x) over (rows -1 preceding) from (values (1)) v(x)
select x, count(distinct x) over () from (values (1)) v(x)
select x, sum(x) filter (where x > 1) over (order by x) from (values (1),(2)) v(x) order by 1
select x, rank() filter (where x>1) over () from (values (1)) v(x)
select row_number() over () from (values (1)) v(x) where row_number() over () = 1
select x, array_agg(x) over (order by x), string_agg(x::text,',') over (order by x) from (values (1),(2)) v(x) order by 1
select x, last_value(x) over (order by x), last_value(x) over (partition by x%2 order by x rows between current row and unbounded following) from (values (1),(2),(3)) v(x) order by 1
select avg(x) over (order by x rows between 1 following and 2 following) from (values (1),(2)) v(x)
select sum(x) over w2 from (values (1),(2)) v(x) window w as (partition by x), w2 as (w order by x) order by 1
select * from (values (1,'a')) v(x,y) join (values (1,'b')) w(x,z) using (x)
select * from (values (1,'a')) v(x,y) natural join (values (1,'b')) w(x,z)
select x from (values (1)) v(x), (values (2)) w(x)
select v.x from (values (1)) v(x) full join (values (2)) w(x) on v.x = w.x order by 1
select v.* , (v).x from (values (1,'a')) v(x,y)
select true and 'yes', 'f' or false
select 1 where null
select 1 where 'true'
select 1 where 1
select 1 where 'x'
select '1' = 1, '1'::varchar = '1'::text, 1::smallint = 1::bigint, 1.0 = 1::float8, 'a'::char = 'a'::text, true = 'true', date '2024-01-01' = '2024-01-01'
select 1::text = 1
select 'a' = true
select uuid '11111111-2222-3333-4444-555555555555' = '11111111222233334444555555555555', '{11111111-2222-3333-4444-555555555555}'::uuid, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid
select 'abc'::uuid
select 1 < 'a'
select array[1,'a']
select array[1,null,'2']
select array[]
select array[1] = array['1'], array[1] = '{1}', '{1,2}' = array[1,2]
select array[1] = array[1.0]
select array[1,2]::text = '{1,2}', array['a b']::text
select length(array[1])
select upper(1)
select lower(null), upper('x' || 1)
select substr(12345, 2)
select abs('5')
select abs('x')
select round('2.5')
select length(5)
select foo(1)
select max(x) from (values ('a'::varchar(5)),('b')) v(x)
select 1 as "select", 2 as value, 3 as "A"
select count(*) filter (where x) from (values (true),(false),(null)) v(x)
select exists(select 1 where false), not exists(select 1), exists(select null)
select 1 = all(select 1), 1 = any(select 2), 1 <> all(select null::int), 1 > any(select 0 where false), 1 = all(select 1 where false)
select array(select 1 union select 2 order by 1), array(select null::int)
select array(select 1,2)
with recursive t(n) as (values (1) union select n%3+1 from t) select * from t order by n
with t as (select 1 as a) select a, a+1 as b from t
with t(x,y) as (select 1) select * from t
select nope
select v.nope from (values (1)) v(x)
select string_agg(x, ',' order by x) from (values ('b'),('a')) v(x)
select x::int from (values ('1'),('b')) v(x)
select x::int from (values ('1'),('2')) v(x) order by 1
SELECT n = ANY (ARRAY[1, 2]), n <> ALL (ARRAY[n, 7]), count(*) FROM generate_series(1, 4) n GROUP BY n = ANY (ARRAY[1, 2]), n <> ALL (ARRAY[n, 7]) ORDER BY 1
SELECT (n = ANY (ARRAY[1, 2])) = ANY (ARRAY[n = ANY (ARRAY[2, 3]), n > 3]) FROM generate_series(1, 4) n ORDER BY n
select v.a from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'b')) v(a, b) where (a, b) in (values (1, 'a'), (2, 'b')) order by 1
select v.a, (a, b) not in (values (1, 'a'), (2, 'b')), (a, b) = any (values (2, 'a')), (a, b) <> all (values (2, 'a')) from (values (1, 'a'), (1, 'b'), (2, 'a'), (null, 'b')) v(a, b) order by 1, 2, 3
select row(1, null) in (select 1, 2), row(1, 2) in (values (1, 2)), row(null, 1) not in (select 2, 2), (1, 2) in ((1, 2), (3, 4)), (1, 2) = (values (1, 2))
select 1 = any (values (1), (2)), 3 <> all (values (1), (2)), array(values (1), (2)), 1 in (values (1), (null)), 3 in (values (1), (null)), 1 in ((values (1), (2)))
select pg_typeof(count(*)), pg_typeof(sum(x)) from generate_series(1, 3) x
select pg_typeof(generate_series(1, 3)), pg_typeof(null), pg_typeof(row(1, 'a')), pg_typeof('a')
select array['1','2']::int[], array['x', null]::varchar(1)[], array[1.5, '2.567']::numeric(10,2)[], array['{"a":1}', null]::jsonb[], array['2024-01-01', null]::date[], array[]::text[], array[null, '1']::int[]
select array[true, 'f']::text[], array[1, 2]::text[], (array['1', '2'])::int[], cast(array['1', '2'] as bigint[]), array['a','b']::char(3)[], array[3.7]::int[], array[true]::int[], array['1 day', '24 hours']::interval[]
select array[true, 1]::text[], array[1, 'a']::text[], array[current_date, 'x']::text[] is null
select array[true]::date[]
select array['a']::int[]
select array['pg_class', 'pg_type']::regclass[]
select x = any(array['1', '2']::int[]) from generate_series(1, 3) x
select x, x !~ all (array['^a', 'z$']), x !~ any (array['^a', 'z$']), x !~* all (array['^A', 'z$']), x !~* some (array['^A', 'z$']) from (values ('a'), ('b'), ('az'), (null)) v(x) order by x
select x, not x ~ all (array['^a', 'z$']), not x !~ all (array['^a', 'z$']), not (x !~ any (array['^a'])), x operator(pg_catalog.!~) all (array['^a', 'z$']) from (values ('a'), ('b'), ('az'), (null)) v(x) order by x
select x, x not like all (array['a%', '%z']), x not like any (array['a%', '%z']), x not ilike all (array['A%', '%Z']), x !~~* any (array['A%', '%Z']) from (values ('a'), ('b'), ('az'), (null)) v(x) order by x
select x, x like any (select y from (values ('a%'), ('%z')) p(y)), x !~ all (select y from (values ('^a'), (null)) p(y)), x like all (select y from (values ('a%')) p(y) where y = 'q'), x ilike any (select y from (values ('A%')) p(y) where y = 'q') from (values ('a'), ('b'), ('az'), (null)) v(x) order by x
select x from (values ('a'), ('b')) v(x) where x like any (select x || '%' from (values ('b'), ('c')) p(y) where y = x)
select 1 + any (array[1])
select x, case when x > 1 then 1.5 else null end, case when x > 1 then 1.25 end, coalesce(null, 1.5), greatest(null, 2.5), array[1.5, null] from generate_series(1, 2) x order by x
values (1.5), (null), (2.5)
select null::numeric, null::numeric + 1.5, coalesce(null::numeric, 2.5), sum(null::numeric), nullif(1.5, null), null::numeric[] || 1.5
select null union all select 1.25 order by 1
with recursive r(a, b) as (select 1, null::numeric union all select a + 1, coalesce(b, 0) + 0.25 from r where a < 2) select * from r
with recursive r(a, b) as (select 1, null::numeric union all select a + 1, 0.25 from r where a < 4) select * from r
with recursive r(a, b, c) as (select 1, 1.0, null::numeric union all select a + 1, b * 1.25, b from r where a < 4) select a, b::float8, c::float8 from r
select d, rank() over (order by date_trunc('month', d) desc nulls last), count(*) over (partition by date_trunc('month', d)), rank() over (order by d::timestamptz), count(*) over (order by d::timestamp range between interval '1 day' preceding and current row) from (values (date '2024-01-01'), ('2024-01-02'), ('2024-02-01'), (null)) v(d) order by d
select f, rank() over (order by f * 2), sum(f) over (order by f + g, f), count(*) over (partition by f / 2), rank() over (order by power(g, 2), f::real) from (values (1.5::float8, 1), (2.5, 1), (1.5, 2), (null, 3)) v(f, g) order by 1, 2, 3
select date_trunc('month', d) as m, count(*), rank() over (order by count(*) desc, date_trunc('month', d)), lag(count(*)) over (order by date_trunc('month', d) + interval '1 month'), sum(count(*)) over (partition by date_trunc('month', d)) from (values (date '2024-01-01'), ('2024-01-02'), ('2024-02-01'), (null)) v(d) group by m order by 1
select g, rank() over (order by sum(f) * 2 desc nulls last), rank() over (order by max(d)::timestamp) from (values (1, 1.5::float8, date '2024-01-01'), (1, 2.5, '2024-02-01'), (2, 1.5, '2024-01-05')) v(g, f, d) group by g order by g
select x, count(*) over v, row_number() over (v rows 1 preceding) from (values ('ab', date '2024-01-01'), ('ac', '2024-01-02'), ('b', '2024-02-01')) v(x, d) window v as (partition by substring(x from 1 for 1), split_part(x, 'b', 1) order by d - 1, to_char(d, 'YYYY'), age(d, '2023-01-01'), lpad(x, 3)) order by x
select x, rank() over (order by 'silt_age(' || x, x::varchar(2), extract(epoch from interval '1 day' * length(x))) from (values ('b'), ('a')) v(x) order by x
select x, count(*) over () from generate_series(1, 3) x group by 1 order by 1
select x % 2 as m, count(*) over (partition by x % 2), rank() over (order by x % 2) from generate_series(1, 3) x group by 1 order by 1
select count(*) over (), x from generate_series(1, 2) x group by 2 order by 2
select count(*) over (), x from generate_series(1, 2) x group by 1
select count(*), 1 from generate_series(1, 2) x group by 1
select 1, count(*) from generate_series(1, 2) x group by 1
select x from generate_series(1, 3) x order by 'a'::text, x desc limit 1
select x from generate_series(1, 3) x order by true
select x from generate_series(1, 3) x order by null
select count(*) from generate_series(1, 3) x group by true
select distinct on ('a'::text) x from generate_series(1, 3) x order by 'a'::text, x
select rank() over (order by 'a'::text, true, null), count(*) over (partition by true) from generate_series(1, 2) x
select sum(x) over (order by x rows between null preceding and current row) from generate_series(1, 2) x
select (select y from (values (1), (2)) q(y) where y = x) as k, count(*) from generate_series(1, 3) x group by 1 order by 1
select coalesce((select y from (values (1), (2)) q(y) where y = x), -1) as k, count(*), sum(x) from generate_series(1, 4) x group by k order by 1
select exists (select 1 from (values (1), (2)) q(y) where y = x) as e, x in (select 3) as i, array(select y from (values (1), (2)) q(y) where y > x) as a, count(*) from generate_series(1, 3) x group by 1, 2, 3 order by 1, 2, 3
select (select y from (values (1), (2)) q(y) where y = x), x % 2, count(*) from generate_series(1, 3) x group by 2
select (select max(y) from (values (1), (2)) q(y)) = any (array[1, 2]), (select 'abc') like any (array['a%', 'b']), (select 1) = any (null::int[]), (select 1) <> all ('{}'::int[]), 1 < all (array[(select 2), 5])
select x from generate_series(1, 3) x where (select max(y) from (values (1), (2)) q(y) where y >= x) = any (array[x, 7]) order by x
