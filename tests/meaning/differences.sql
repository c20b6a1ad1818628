-- Found by random statements (tests/fuzz): one of each cause.
-- Numerics of several scales in one place.
select (case when true then 2.5 else sum(x) end)::float8, (case when false then 2.5 else sum(x) end)::float8 from (values (1::bigint),(2)) v(x)
select coalesce(avg(x)/3, sum(x))::float8, coalesce(null, 2.5, sum(x))::float8, coalesce(sqrt(2.0), sum(x))::float8, greatest(sum(x), 3.5)::float8, least(sum(x), 1.5)::float8, nullif(1.5, sum(x))::float8 from (values (1::bigint),(2)) v(x)
select x::float8 from (select 1.5 x union all select sum(x) from (values (1::bigint),(2)) v(x) order by 1) u
select x::float8 from (values (2.5),((select sum(9223372036854775807) from generate_series(1, 3)))) v(x) order by 1
select array[1.5, sum(x)]::float8[], array_append(array[1.5], sum(x))::float8[], array_prepend(sum(x), array[1.5])::float8[], array_cat(array[1.5], array[sum(x)])::float8[], (array[1.5] || sum(x))::float8[], (sum(x) || array[1.5])::float8[] from (values (1::bigint),(2)) v(x)
select 41.4 in (select s), 41.4 = any (select s), 41.4 > all (select s), (s % 0.07)::float8, array[41.4] @> array[s], array[41.4] && array[s] from (select sum(x) s from (values (20::bigint),(21)) v(x)) q
select lag(x::numeric, 1, 2.5) over (order by x)::float8 from (values (1::bigint),(2)) v(x)
select n::float8 from (values (1.25)) a(n) full join (select sum(x) n from (values (1::bigint)) v(x)) b using (n) order by 1
with recursive r(x, n) as (select 1.0, 1 union all select x / 2, n + 1 from r where n < 4) select x::float8, n from r order by n
with recursive f(n, v) as (select 1, 1::numeric union all select n + 1, v * (n + 1) from f where n < 30) select max(v)::text from f
-- Bounds of slices that are NULL; nullif of varchar is text.
select (array[1,2,3])[null:2], (array[1,2,3])[1:null], (array[1,2,3])[:2], (array[1,2,3])[2:], (array[1,2,3])[:], (array[1,2,3])[1:i] from (values (2),(null)) v(i)
select nullif('a'::varchar, 'b'), nullif('a'::char(3), 'b'), nullif('a'::varchar, 'a'::text)
-- substring() of what is not known, from before the first, and beyond the last.
select substring('abc' from 1 for null), substring('abc' from null for 2), substring(null::text from 1 for -1), substring('abc' from 2147483647 for 2), substring('abc' from -2147483648 for 2147483647), substr('abc', null), substr('abc', 2, 2147483647), substring('abc' from 2 for 2147483647)
select substring('\x616263'::bytea, null::int, 1), substring('\x616263'::bytea, 1, null), substr('\x616263'::bytea, -5), substr('\x616263'::bytea, 2), substring('\x616263'::bytea, 2147483647, 2), substring('\x616263'::bytea from -1 for 3), substring('\x61'::bytea, 0, 2147483647), substr('\x616263'::bytea, 2, 2147483647)
-- Shifts are those of processors.
select 1 << 31, 1 << 32, 1 << -1, -13 << 2, -13 >> 1, 7 >> -2147483648, -1 >> 33, 2147483647 << 1
select 1::smallint << 15, 32767::smallint << 1, 7::smallint >> -2147483648, (-32768)::smallint << 3, (-3)::smallint >> 1, 1::smallint << 16, 1::smallint << 33
select 1::bigint << 63, 1::bigint << 64, 4294967296::bigint << -1, (-13)::bigint << 60, (-1)::bigint >> 2147483647, 9223372036854775807 << 1, null::bigint << 1
-- Intervals.
select greatest('1 mon -30 days'::interval, '1 day'), least('1 mon -30 days'::interval, '-1 sec'), greatest(null, '1 day'::interval, '36:00', null), least(i, '1 mon', '720:00')  from (values ('30 days'::interval)) v(i)
select null::interval * 2.5, null::interval / 2, justify_interval(null), justify_hours(null), justify_days(null), to_char(null::interval, 'HH')
select justify_hours('-1 day 02:03:04'), justify_hours('1 day -02:03:04'), justify_hours('-27:00'), justify_hours('2 days 49:30'), justify_days('1 mon -35 days'), justify_days('-1 mon 35 days'), justify_days('-65 days'), justify_hours('0'), justify_days('1 year 2 mons 59 days -1:00')
select '2023-03-26'::interval
select '1-2-3'::interval
-- The blanks of a char(n) count for SIMILAR TO.
select 'ab'::char(4) similar to 'ab', 'ab'::char(4) similar to 'ab  ', ''::char(2) similar to '', 'ab'::char(4) similar to 'ab%', 'ab'::char(4) not similar to x from (values ('ab')) v(x)
-- A length or precision is that of all alternatives, or of none.
select coalesce(v, 'abcdefghijklmnop'), coalesce(c, 'abcdefgh'), case when v is null then 'longer' else c end, nullif(c, 'x'), array[c, 'abcdefgh'] from (values (null::varchar(3), null::char(3)), ('a', 'b')) x(v, c)
select v from (values ('a'::varchar(3))) x(v) union select 'abcdef' order by 1
select n::float8 from (values (1.5::numeric(20,3))) x(n) union select 9223372036854775807 order by 1
select coalesce(n, 12345678901234567890)::float8, greatest(n, 0.00001)::float8, coalesce(n, '0.00001')::float8 from (values (null::numeric(20,3))) x(n)
-- Offsets of RANGE, and the frames that there are not.
select x, sum(x) over (order by d range between '1 day' preceding and '1 day' following), sum(x) over (order by d range between interval '2 days' preceding and current row), count(*) over (order by d desc range '1 day' preceding) from (values (1, date '2024-01-01'), (2, '2024-01-02'), (3, '2024-01-04'), (4, null), (5, 'infinity')) v(x, d) order by x
select sum(x) over (order by h range between '1 hour' preceding and '1 hour' following), sum(x) over (order by i range between '1 hour' preceding and '1 hour' following) from (values (1, time '23:30', interval '1 hour'), (2, '00:15', '90 min'), (3, '23:59', '1 day')) v(x, h, i) order by x
select sum(x::numeric) over (order by x range between 1 preceding and 1 following) from (values (2147483647), (2147483646), (-2147483648), (0)) v(x) order by 1
select sum(x::numeric) over (order by x range between 1 preceding and 1 following) from (values (9223372036854775807), (9223372036854775806), (-9223372036854775808), (0)) v(x) order by 1
select sum(x) over (order by f range between 0.5 preceding and 1 following), sum(x) over (order by n range between 0.5 preceding and 1 following) from (values (1, 'NaN'::float8, 1.5), (2, 'Infinity', 2.0), (3, 1.0, 2.5), (4, 1.5, 7)) v(x, f, n) order by x
select sum(1) over (order by x range between 1 preceding and 1 following) from (values ('a')) v(x)
select sum(1) over (order by x range between 1 preceding and 1 following) from (values (date '2024-01-01')) v(x)
select sum(1) over (order by x range between 1.5 preceding and 1 following) from (values (1)) v(x)
select sum(1) over (order by x, x + 1 range between 1 preceding and 1 following) from (values (1)) v(x)
select sum(1) over (range between 1 preceding and 1 following) from (values (1)) v(x)
select sum(1) over (order by x rows between x preceding and 1 following) from (values (1)) v(x)
select sum(1) over (order by x rows between '1' preceding and 1 following) from (values (1)) v(x)
select sum(1) over (order by x rows between 1.5 preceding and 1 following) from (values (1)) v(x)
select mode() within group (order by x) over () from (values (1)) v(x)
-- Elements and arrays of several types become those of one.
select (array[1] || 1.5)::float8[], (1.5 || array[1])::float8[], (array[1] || array[1.5])::float8[], array_append(array[1], 1.5)::float8[], array_prepend(1.5, array[1::bigint])::float8[], array_cat(array[1], array[2.5::float8]), array_append(array[1.5::float8], 1)
select array_position(array[1.5, 1], 1), array_remove(array[1, 2], 2.0)::float8[], array_positions(array[1, 2]::bigint[], 2), array_replace(array[1, 2], 2, 3.5::float8), lag(1, 1, 2.5) over ()
select array_append(array['a'::varchar], 'b'::text), array[date '2024-01-01'] || timestamp '2024-01-01 12:00', null::int[] @> '{1,null}', '{1,null}' <@ null::int[]
select substr('\x616263'::bytea, -2147483648), substring('\x616263'::bytea, 2147483647), substring('\x616263'::bytea, -1)
-- Digits of rounded numbers, and of rows of functions.
select array_prepend(ceil(null::numeric), '{1.5,2}'::numeric[])::float8[], coalesce(floor(sum(x)), 2.5)::float8, coalesce(round(sum(x) / 3, 1), trunc(2.5), 2.55)::float8, coalesce(null, round(2.567, -1), 1.5)::float8 from (values (5)) v(x)
select u::float8, coalesce(u, (select sum(1::bigint)))::float8 from unnest(array[1.123456789012, null]) u
select coalesce(g, sum(1::bigint))::float8 from generate_series(0.5, 1.5, 0.25) g group by g order by 1
select (unnest(array[1.123456789012, 2]))::float8
select date_bin('36:00'::interval, 'infinity'::timestamptz, '2000-01-01'), date_bin('1 day', null::timestamp, '2000-01-01'), date_bin('15 min', '2024-02-11 15:44:17'::timestamp, '2001-01-01')
select date_bin('15 min', '2024-02-11 15:44:17'::timestamp, '-infinity')
select 1::smallint << '7', 1 >> '2147483647', 5::bigint << '1'
select convert_from('\x00ff'::bytea, 'LATIN1')
-- What stands behind an operand that decides is not computed.
select i, i <> 0 and 10/i > 5, i = 0 or 10/i > 5, i is null or i = 0 or 10/i > 5 or 7/i > 3, not (i <> 0 and 10/i > 5 and 3 % i = 0) from (values (0), (1), (null), (7)) v(i) order by i
select i, i in (i, 5/i), i not in (i, 5/i) from (values (0), (1), (null), (7)) v(i) order by i
select count(*) filter (where i <> 0 and 10/i > 5), bool_or(i = 0 or 10/i > 5) from (values (0), (1), (null), (7)) v(i)
select x, x ~ '^[0-9]+$' and x::int > 3 from (values ('a'), ('5'), (null), ('1')) v(x) order by x
select split_part('a', null, 1), split_part(null, 'a', 1), split_part('a,b', ',', 2), split_part('a', ',', null)
select every(distinct (date 'infinity' = timestamptz '2023-10-29 00:30+00')), bool_or(distinct x > 1), min(distinct 1), array_agg(distinct x), string_agg(distinct 'a', ',') from (values (2), (1), (2)) v(x)
-- Rows with unknown fields in subqueries of rows.
with r(a, b) as (values (1, 'a'), (2, null), (null, 'c')) select x, y, (x, y) in (select * from r), (x, y) not in (select * from r), (x, y) in (select * from r where false) from (values (1, 'a'), (1, null), (null, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (null, null)) v(x, y) order by x, y
with r(a, b) as (values (1, 'a'), (2, null), (null, 'c')) select x, y from (values (1, 'a'), (1, null), (null, 'a'), (2, 'b'), (3, 'c'), (4, 'd')) v(x, y) where (x, y) in (select * from r) or y = 'd' order by x, y
with r(a, b) as (values (1, 'a'), (2, null), (null, 'c')) select x, y from (values (1, 'a'), (1, null), (null, 'a'), (2, 'b'), (3, 'c'), (4, 'd')) v(x, y) where (x, y) not in (select * from r) order by x, y
with r(a, b) as (values (1, 'a'), (2, null)) select x, y from (values (1, 'a'), (1, null), (2, 'b'), (4, 'd')) v(x, y) where ((x, y) in (select * from r)) is not true order by x, y
with r(a, b) as (values (1, 1.50), (2, null)) select (1::bigint, 1.5) in (select * from r), (2, 2) in (select * from r), (3, 2) in (select * from r)
-- There is no order of json, and jsonb has one of its own.
select row_number() over (partition by j) from (values ('1'::json)) v(j)
select rank() over (order by j) from (values ('1'::json)) v(j)
select j from (values ('1'::json)) v(j) union select '2'::json
select j from (values ('1'::json)) v(j) except all select '2'::json
select j from (values ('1'::json)) v(j) union all select '1'::json
select array_agg(j order by j) from (values ('1'::json)) v(j)
select array_agg(distinct j) from (values ('1'::json)) v(j)
select greatest(j, '1'::json) from (values ('1'::json)) v(j)
select greatest('[]'::jsonb, '"s"', '2', null), least('[]'::jsonb, '"s"', '10', '9'), greatest(null::jsonb), greatest('1'::jsonb, '1.0')
select quote_literal('a'::char(4)), quote_nullable('a'::char(4)), concat('a'::char(3), '|'), format('%s|%L', 'a'::char(3), 'a'::char(3))
select mode() within group (order by j) from (values ('1'::json)) v(j)
select percentile_disc(0.5) within group (order by j) from (values ('1'::json)) v(j)
-- Days come before the time, also where one of them is negative.
select (timestamptz '2023-10-29 00:30+00' at time zone 'UTC'), ('2023-10-29 02:30 Europe/Paris'::timestamptz + '-1 day 02:03:04'::interval)
select set_config('timezone', 'Europe/Paris', false)
select timestamptz '2023-10-29 00:30+00' + '-1 day 02:03:04'::interval, timestamptz '2023-10-28 00:30+00' + '1 day', timestamptz '2023-10-28 00:30+00' + '24:00', timestamptz '2023-10-29 02:30+01' - '1 day -03:00'::interval, timestamptz '2023-03-27 02:30+02' - '1 day', '-1 mon 5 days 1 sec'::interval + timestamptz '2023-03-31 02:30+02', timestamptz 'infinity' - '1 day', timestamptz '2023-03-26 00:30+00' + null
select t + i, t - i from (values (timestamptz '2023-03-26 00:30+00', '1 mon -30 days 12:00'::interval), ('2023-10-27 00:30+00', '-1 year 1 day -1:30')) v(t, i)
select set_config('timezone', 'UTC', false)
