-- Found by random statements (tests/fuzz): one of each cause.
-- Numerics of several scales in one place.
select (case when true then 2.5 else sum(x) end)::float8, (case when false then 2.5 else sum(x) end)::float8 from (values (1::bigint),(2)) v(x)
select coalesce(avg(x)/3, sum(x))::float8, coalesce(null, 2.5, sum(x))::float8, coalesce(sqrt(2.0), sum(x))::float8, greatest(sum(x), 3.5)::float8, least(sum(x), 1.5)::float8, nullif(1.5, sum(x))::float8 from (values (1::bigint),(2)) v(x)
select x::float8 from (select 1.5 x union all select sum(x) from (values (1::bigint),(2)) v(x) order by 1) u
select x::float8 from (values (2.5),((select sum(9223372036854775807) from generate_series(1, 3)))) v(x) order by 1
select array[1.5, sum(x)]::float8[], array_append(array[1.5], sum(x))::float8[], array_prepend(sum(x), array[1.5])::float8[], array_cat(array[1.5], array[sum(x)])::float8[], (array[1.5] || sum(x))::float8[], (sum(x) || array[1.5])::float8[] from (values (1::bigint),(2)) v(x)
select 41.4 in (select sum(x)), 41.4 = any (select sum(x)), 41.4 > all (select sum(x)), (sum(x) % 0.07)::float8, array[41.4] @> array[sum(x)], array[41.4] && array[sum(x)] from (values (20::bigint),(21)) v(x)
select lag(x::numeric, 1, 2.5) over (order by x)::float8 from (values (1::bigint),(2)) v(x)
select n::float8 from (values (1.25)) a(n) full join (select sum(x) n from (values (1::bigint)) v(x)) b using (n) order by 1
with recursive r(x, n) as (select 1.0, 1 union all select x / 2, n + 1 from r where n < 4) select x::float8, n from r order by n
with recursive f(n, v) as (select 1, 1::numeric union all select n + 1, v * (n + 1) from f where n < 30) select max(v)::text from f
-- Bounds of slices that are NULL; nullif of varchar is text.
select (array[1,2,3])[null:2], (array[1,2,3])[1:null], (array[1,2,3])[:2], (array[1,2,3])[2:], (array[1,2,3])[:], (array[1,2,3])[1:i] from (values (2),(null)) v(i)
select nullif('a'::varchar, 'b'), nullif('a'::char(3), 'b'), nullif('a'::varchar, 'a'::text)
