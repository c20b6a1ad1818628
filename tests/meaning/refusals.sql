-- What PostgreSQL refuses, so that it is not taken for something else.
select case when true then generate_series(1,3) end
select case when generate_series(1,3) > 1 then 1 end
select case generate_series(1,3) when 1 then 1 end
select coalesce(generate_series(1,3), 1)
select coalesce(1, unnest(array[1,2]))
select case when true then (select max(g) from generate_series(1,3) g) end
select coalesce((select generate_series(1,1)), 1)
select case when exists (select generate_series(1,2)) then 1 end
select greatest(generate_series(1,3), 2)
select nullif(generate_series(1,3), 2)
select generate_series(1,3) + 1
select sum(generate_series(1,3))
select case when true then sum(generate_series(1,3)) end
select (generate_series(1,2) > 1) and true
select true or generate_series(1,2) > 1
select not generate_series(1,2) > 1
select generate_series(1,2), case when true then 1 end
select case when true then regexp_matches('a','a') end
select sum((select max(g) from generate_series(1,3) g))
select 1a
select 1.5a
select 1e
select 1ea
select 1e+
select 1_000
select 123abc from (select 1) x
select 1 a
select 1.a
select .5a
select 1e5a
select 1e5, 1.5e-3, 1.e2, .5e1, 5.
select $1a
select 1as x
select 1from (select 1) x
select '1'a, "x".a1b from (select 1 as a1b) x
select 2 ^-1
select 2^-1
select 2 ^ -1
select 2 *-1, 2+-1, 2/-1, 2 <-1, 2=-1, 2>=-1, 2<>-1
select 2 %-1
select 2 ||-1
select 2 |-1
select 2 &-1
select 2 !=-1
select 2 <@-1
select 1 <=> 2
select 1 == 2
select 1 === 2
select 5 // 2
select 2 ** 3
select 5 ~-1
select '[1,2]'::jsonb->-1, '{"a":-1}'::json->>'a'
select 'a1b 2c' as "3d", $$4e$$
select 1 -- 2a
select 1 /* 2a */
select x.a from (select 1 as a) x where a<=-1 or a>+1
select '{"a":1}'::jsonb@>'{"a":1}'
select 2 operator(pg_catalog.+) 3
select 2 operator(pg_catalog.^-) 3
select 1!=2, 1<>2
select count(*)-1
select '1 day'::interval*-1
select 'a'~'b'
select 'a'!~'b', 'a'!~~'b'
values ()
select sum(a) over (w order by a) from (values (1)) v(a) window w as (order by a)
select sum(a) over (w partition by a) from (values (1)) v(a) window w as (order by a)
select sum(a) over (w order by a) from (values (1)) v(a) window w as (partition by a)
select sum(a) over (rows between 1 following and 1 preceding) from (values (1)) v(a)
select sum(a) over (rows between unbounded following and current row) from (values (1)) v(a)
select sum(a) over (rows between current row and unbounded preceding) from (values (1)) v(a)
select distinct on () 1
select U&'\D800'
select U&'\D83D\DE00', U&'\0041\\b', U&'\+000041', U&'it''s'
select U&'\00'
select U&'\+1100000'
select U&'\0000'
select U&'a\DE00'
