-- FETCH FIRST … WITH TIES, and aggregates with WITHIN GROUP.
select x from (values (1),(1),(2),(3)) v(x) order by x fetch first 1 row with ties
select x from (values (1),(1),(2),(3)) v(x) order by x desc fetch first 2 rows with ties
select x from (values (1),(1),(2),(2),(3)) v(x) order by x offset 1 fetch next 2 rows with ties
select x from (values (1),(1),(2),(2),(3)) v(x) order by x offset 1 fetch next 1 rows with ties
select x from (values (1),(1),(2),(2),(3)) v(x) order by x fetch first 0 rows with ties
select x from (values (1),(1),(2),(2),(3)) v(x) order by x fetch first row with ties
select x from (values (1),(1),(2),(2),(3)) v(x) order by x fetch first (1+1) rows with ties
select x, y from (values (1,'a'),(1,'b'),(2,'c'),(null,'d'),(null,'e')) v(x,y) order by x nulls first, y fetch first 1 rows with ties
select y from (values (1,'a'),(1,'b'),(2,'c'),(null,'d'),(null,'e')) v(x,y) order by x nulls first fetch first 1 rows with ties
select x, count(*) as n from (values (1),(1),(2),(2),(3)) v(x) group by x order by n desc, x fetch first 1 rows with ties
select x from (values (1),(2)) v(x) union all select 1 order by x fetch first 1 rows with ties
(select 1 as x union all select 1 union all select 2) order by 1 fetch first 1 rows with ties
values (1),(1),(2) order by 1 fetch first 1 row with ties
select x from (values (1),(2)) v(x) fetch first 1 rows with ties
select x from (values (1),(2)) v(x) order by x fetch first null rows with ties
select x from (values (1),(2)) v(x) order by x fetch first (-1) rows with ties
select * from (select x from (values (1),(1),(2)) v(x) order by x fetch first 1 rows with ties) q order by 1
select (select count(*) from (select y from (values (1),(1),(2)) w(y) order by y fetch first 1 rows with ties) q)
select x, rank() over (order by x) from (values (1),(1),(2)) v(x) order by x fetch first 1 rows with ties
select x from (values ('{"a":1}'::jsonb),('{"a":1.0}'),('{"a":2}')) v(x) order by x fetch first 1 rows with ties
select x from (values ('1 day'::interval),('24:00:00'),('2 days')) v(x) order by x fetch first 1 rows with ties
select 'a' as x order by 1 fetch first 1 row with ties
select x + 0 from (values (1),(1),(2)) v(x) order by x + 0 fetch first 1 row with ties
select percentile_cont(array[0.25,0.5,0.75]) within group (order by x) from generate_series(1,10) x
select percentile_cont(array[0.25,null,0.75]) within group (order by x) from generate_series(1,10) x
select percentile_cont('{0.25,0.5}') within group (order by x) from generate_series(1,10) x
select percentile_cont(null::float8[]) within group (order by x), percentile_cont(null) within group (order by x), percentile_disc(null) within group (order by x) from generate_series(1,10) x
select percentile_disc(array[0.25,0.5,0.75]) within group (order by x) from generate_series(1,10) x
select percentile_disc(array[0.25,0.5]) within group (order by x desc) from (values ('a'),('b'),('c')) v(x)
select percentile_disc(0.5) within group (order by x) from (values ('a'),('b'),('c')) v(x)
select percentile_cont(0.5) within group (order by x) from (values (interval '1 day'),('3 days'),('1 month')) v(x)
select percentile_cont(0.5) within group (order by x) from (values (interval '1 day'),('3 days')) v(x)
select percentile_cont(array[0,0.3,1]) within group (order by x desc) from (values (interval '1 day'),('3 days'),('1 month')) v(x)
select percentile_cont(1.5) within group (order by x) from generate_series(1,10) x
select percentile_disc(-0.1) within group (order by x) from generate_series(1,10) x
select percentile_cont(array[0.5,1.5]) within group (order by x) from generate_series(1,10) x
select percentile_cont(0.5) within group (order by x), percentile_cont(array[0.5]) within group (order by x) from generate_series(1,0) x
select percentile_cont(0.5) within group (order by x) filter (where x > 5), percentile_cont(array[0.5]) within group (order by x) filter (where x > 5) from generate_series(1,10) x
select percentile_cont(0.5) within group (order by x) from (values ('a')) v(x)
select percentile_cont(0.5) within group (order by x, x) from generate_series(1,10) x
select percentile_cont(p) within group (order by x) from generate_series(1,10) x, (values (0.5)) v(p) group by p
select p, percentile_cont(p) within group (order by x), percentile_disc(p) within group (order by x) from generate_series(1,10) x, (values (0.5),(0.9)) v(p) group by p order by p
select percentile_cont(0.5) within group (order by x) from (values (1.5::numeric),(2.5)) v(x)
select percentile_disc(0.5) within group (order by x), mode() within group (order by x) from (values (1.5::numeric),(2.5)) v(x)
select mode() within group (order by x) from (values (2),(2),(1),(1)) v(x)
select mode() within group (order by x desc) from (values (2),(2),(1),(1)) v(x)
select mode() within group (order by x) from (values (null),(null),('a')) v(x)
select mode() within group (order by x) from (values ('{"a":1}'::jsonb),('{"a":1.0}'),('1'),('2'),('2'),('2')) v(x)
select rank(3) within group (order by x), dense_rank(3) within group (order by x), percent_rank(3) within group (order by x), cume_dist(3) within group (order by x) from (values (1),(1),(2),(3),(3),(4),(null)) v(x)
select rank(3) within group (order by x desc), dense_rank(3) within group (order by x desc), percent_rank(3) within group (order by x desc), cume_dist(3) within group (order by x desc) from (values (1),(1),(2),(3),(3),(4),(null)) v(x)
select rank(3) within group (order by x desc nulls last), cume_dist(3) within group (order by x nulls first), rank(null) within group (order by x) from (values (1),(1),(2),(3),(3),(4),(null)) v(x)
select rank('b', 2) within group (order by a, b desc), dense_rank('b', 2) within group (order by a, b desc), cume_dist('b', 2) within group (order by a, b desc) from (values ('a',1),('b',3),('b',1),('b',2),('c',0)) v(a,b)
select rank(3) within group (order by x), percent_rank(3) within group (order by x), cume_dist(3) within group (order by x) from generate_series(1,0) x
select rank(3.5) within group (order by x) from generate_series(1,10) x
select rank('3') within group (order by x) from generate_series(1,10) x
select rank('a') within group (order by x) from generate_series(1,10) x
select rank(1, 2) within group (order by x) from generate_series(1,10) x
select rank() within group (order by x) from generate_series(1,10) x
select g, rank(2) within group (order by x) filter (where x <> 1) from (values ('a',1),('a',3),('b',1)) v(g,x) group by g order by g
select rank(2) within group (order by x) over () from generate_series(1,10) x
select regr_sxx(y,x), regr_syy(y,x), regr_sxy(y,x), regr_sxx(null,1) from (values (1.0,2.0),(2,4.5),(3,5)) v(y,x)
select string_agg(x, '\x2c'::bytea order by x) from (values ('\x41'::bytea),('\x42')) v(x)
select percentile_cont(0.5) within group (order by x), percentile_cont(array[0.5]) within group (order by x) from (values (1::real),(2.5)) v(x)
select percentile_disc(array[0.5,1]) within group (order by x) from (values (true),(false),(false)) v(x)
select percentile_disc(array[0.5]) within group (order by x) from (values (date '2020-01-01'),('2020-01-03')) v(x)
select percentile_cont(0.5)
select percentile_cont(0.5) from generate_series(1,3)
select mode() from generate_series(1,3)
select percentile_cont('nan'::float8) within group (order by x) from generate_series(1,3) x
