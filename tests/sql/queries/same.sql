-- Queries that must give the same names, types and values as in PostgreSQL 15. One a line; order is compared as given.

-- literals and names of columns
select 1, 'a', 1.50, 1e3, .5, null, true, -1, 2147483648, 9223372036854775808
select 1 as "A b", 2 as a, 3 a
select 'it''s', E'a\'b\n\x41\101\u00e9', U&'d\0061t\+000061', $$it's$$, $x$a$$b$x$ from people where id = 1
select 'a'
select case when true then 1 end, case 1 when 1 then 'x' else name end, coalesce(age, 1), nullif(age, 25), greatest(1, age), least(2, 3) from people where id = 1
select 1::int, '1'::int4, cast('2' as bigint), name::text, (1+1)::text, 'x'::varchar(3), true::text from people where id = 1
select exists(select 1), array[1,2], (select 5), (select max(id) as m from people), now() is not null, count(*) from people
select current_schema, current_user = 'x', 1 is null, not true, 1 in (1, 2), 'a' like 'a'

-- arithmetic
select 7/2, -7/2, 7%3, -7%3, 7/2.0, 7.0/2, 10/4::float8, 2^10, 2.0^3, 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, -16 >> 2
select 1 + 1.5, 1.5 * 2.25, 1::smallint + 1::smallint, 1::smallint * 2, 2::bigint * 3, 1::real + 1, 1::real + 1::real, 1.5::numeric + 1::float8
select 2 + 3 * 4 - 5, (2 + 3) * 4, - 5 ^ 2, 10 - 2 - 3, 100 / 10 / 2, 2 ^ 3 ^ 2
select abs(-5), abs(-1.5), ceil(1.2), ceil(1.2::float8), floor(-1.5), sign(-3), mod(7, 3), round(2.5), round(-2.5), round(2.567, 2), round(1234.5, -2), trunc(2.9), trunc(-2.9::float8)
select round(0.5::float8), round(1.5::float8), round(2.5::float8), sqrt(4::float8), cbrt(27::float8), power(2::float8, 3), exp(0::float8), ln(1::float8), log(100::float8), pi()
select gcd(12, 18), lcm(4, 6), degrees(0::float8), sin(0::float8), cos(0::float8), atan2(0::float8, 1)
select 5::int2, 5::int8, 2.5::int, 3.5::int, -2.5::int, 2.5::float8::int, 3.5::float8::int, '  12 '::int, 1.23456::numeric(5,2)
select i2 + i4, i4 + i8 - 1, i8 / 2, f4 + f8, f4 * 2, n * 2, n + i4, n / 4 > 1, f8 + n from kinds where id = 2
select sum(age), avg(age), min(age), max(age), count(age), count(*), sum(score), avg(score), min(name), max(city) from people
select sum(i2), sum(i8), sum(f4), sum(f8), sum(n), avg(i8), avg(f8) from kinds where id = 2

-- text
select upper('ab'), lower('AB'), initcap('hello wORLD-x y'), length('é'), char_length('abc'), octet_length('é'), bit_length('ab')
select substr('hello', 2), substr('hello', 2, 3), substring('hello' from 2), substring('hello' from 2 for 3), substring('hello' for 2), substr('hello', -1, 4), substring('foobar' from 'o(.)b'), left('abc', 2), left('abc', -1), right('abc', 2), right('abc', -1)
select lpad('a', 3), lpad('a', 3, 'xy'), rpad('a', 3, 'xy'), lpad('abcd', 2), ltrim('  a '), rtrim(' a  '), btrim(' a '), trim('  a  '), trim(leading 'x' from 'xxaxx'), trim(trailing 'x' from 'xxaxx'), trim(both 'x' from 'xxaxx'), ltrim('xya', 'xy')
select replace('abcabc', 'b', 'X'), translate('12345', '143', 'ax'), reverse('abc'), repeat('ab', 2), repeat('ab', -1), strpos('abc', 'c'), position('b' in 'abc'), starts_with('abc', 'ab'), split_part('a,b,c', ',', 2), ascii('A'), chr(65)
select concat('a', 1, null, true), concat_ws(',', 'a', null, 'b'), 'a' || 'b', 'a' || 1, 1 || 'a', 'a' || null, md5('abc'), to_hex(255), overlay('abcdef' placing 'XX' from 2 for 3)
select 'abc' like 'a%', 'abc' like 'a_c', 'a%c' like 'a\%c', 'abc' like 'a\%c', 'a%c' like 'a!%c' escape '!', 'ABC' ilike 'a%', 'abc' not like 'b%', 'abc' ~ 'b', 'abc' ~ '^b', 'ABC' ~* 'b', 'abc' !~ 'b', 'abc' !~* 'X', 'abc' ~~ 'a%', 'abc' similar to 'a%'
select name, name like '%a%', name ilike 'F%' from people order by id
select note like 'a\%%', note like '%\_%', note like '%\\%', note from visits order by id
select regexp_replace('foobar', 'o', 'X'), regexp_replace('foobar', 'o', 'X', 'g'), regexp_replace('fooBAR', 'b', 'X', 'gi'), regexp_match('foobar', 'o(.)b'), string_to_array('a,b,c', ','), array_to_string(array['a',null,'b'], ','), array_to_string(array['a',null,'b'], ',', '*')
select quote_ident('a b'), quote_ident('ab'), quote_literal('it''s'), encode('abc'::bytea, 'hex'), encode('abc'::bytea, 'base64'), decode('616263', 'hex')
select ch, ch = 'ch', ch || 'x', length(ch), ch::text || 'y', vc || 1, s < 'u' from kinds order by id
select 'abc'::varchar(2), 'abc'::char(5), 'abc'::char(2), 'a '::char(3) = 'a'::char(5), 'abcdef'::name

select format('%s is %I and %L, 100%%', name, 'a b', city), format('%2$s %1$s', 1, 'x'), format('plain') from people order by id
select tableoid = p.tableoid, p.tableoid is null from people p where id = 1

-- nulls, logic, comparison
select null + 1, null = null, null is null, null or true, null and false, not null::bool, 1 is distinct from null, null is not distinct from null
select age is null, age is not null, age isnull, age notnull, (age > 20) is true, (age > 20) is not true, (age > 20) is unknown, (age > 20) is false from people order by id
select 1 between 1 and 2, 3 not between 1 and 2, 2 between symmetric 3 and 1, 1 <> 2, 1 != 1, 'a' < 'B', 'a' < 'b', true > false
select (1, 2) = (1, 2), (1, 2) < (1, 3), row(1, 'a') = (1, 'a'), (1, 2) in ((1, 2), (3, 4))
select age = any(array[25, 30]), age <> all(array[25, 30]), age > any(array[29]), age = any('{25,41}') from people order by id
select id from people where age in (select 25) order by id
select id from people where age not in (25, 30) order by id
select id from people where (age, city) in (select 25, 'Oslo') order by id
select id from people where age > all (select age from people where age < 25) order by id
select id from people where age = any (select 25 union select 41) order by id

-- order, limit, distinct
select name, age from people order by age, name
select name, age from people order by age desc, name desc
select name, age from people order by age nulls first, 1
select name, age from people order by age desc nulls last, name limit 3
select name as n, age as name from people order by name, n
select name from people order by length(name), upper(name) offset 2
select id from people order by id limit 2 offset 1
select id from people order by id fetch first 2 rows only
select id from people order by id limit all
select id from people order by 1 desc limit (1 + 1)
select distinct age from people order by age
select distinct age, city from people order by city, age
select distinct on (age) age, name from people order by age, name desc
select distinct on (city) city, id from people order by 1, 2 desc
select upper(name) as u from people order by u desc
select age + 1 from people order by age + 1, id

-- grouping
select city, count(*), sum(age) from people group by city order by city
select city as c, count(*) from people group by c order by 2 desc, 1
select city, count(*) from people group by 1 order by 1
select upper(city), count(*) from people group by upper(city) order by 1
select age % 2 as parity, max(name) from people group by age % 2 order by 1
select city, count(*) from people group by city having count(*) > 1 order by city
select count(*) from people having count(*) > 100
select people.*, count(visits.id) from people left join visits on person = people.id group by people.id order by people.id
select p.name, count(*) from people p join visits v on v.person = p.id group by p.id order by 1
select city, age, count(*), grouping(city), grouping(city, age) from people group by rollup (city, age) order by city, age, 3
select city, age, count(*) from people group by grouping sets ((city), (age), ()) order by city, age, 3
select city, count(*) from people group by cube (city) order by city, 2
select count(distinct age), count(distinct city), sum(distinct age), string_agg(distinct city, ',' order by city) from people
select count(*) filter (where age > 25), sum(age) filter (where city = 'Rome') from people
select array_agg(id order by id desc), array_agg(age order by id), string_agg(name, '' order by id) from people
select bool_and(age > 0), bool_or(age > 40), every(id > 0) from people
select count(*), sum(id), max(v), array_agg(id), string_agg(v, ',') from nothing
select percentile_cont(0.5) within group (order by age), percentile_disc(0.5) within group (order by age), mode() within group (order by age) from people
select max(age) - min(age), sum(age) / count(age), sum(id) + 1 from people
select 1 from people group by ()
select sum(age) as total from people order by total

-- joins
select p.id, v.id from people p join visits v on p.id = v.person order by 1, 2
select p.id, v.id from people p left join visits v on p.id = v.person order by 1, 2
select p.id, v.id from people p right join visits v on p.id = v.person order by 2
select p.id, v.id from people p full join visits v on p.id = v.person order by 1, 2
select count(*) from people, visits
select count(*) from people cross join visits
select * from (select 1 as id, 'x' as a) l join (select 1 as id, 'y' as b) r using (id)
select * from (select 1 as id, 'x' as a) l left join (select 2 as id, 'y' as b) r using (id)
select * from (select 1 as id, 'x' as a) l right join (select 2 as id, 'y' as b) r using (id)
select * from (select 1 as id, 'x' as a) l full join (select 2 as id, 'y' as b) r using (id) order by id
select id, l.id, r.id from (select 1 as id) l full join (select 2 as id) r using (id) order by 1
select * from (select 1 as a, 2 as b) x natural join (select 1 as a, 3 as c) y
select a.id, b.id from people a join people b on a.age = b.age and a.id < b.id
select x.a from (people p join visits v on p.id = v.person) as x(a, b, c, d, e) order by 1
select p.id from people p join (visits v join people q on v.person = q.id) on p.id = q.id order by 1
select p.name, l.n from people p left join lateral (select count(*) as n from visits v where v.person = p.id) l on true order by 1
select p.name, l.n from people p, lateral (select max(v.at) as n from visits v where v.person = p.id) l order by 1
select public.people.id, people.name from public.people where public.people.id = 1
select t.* from people as t (a, b) where a = 1
select * from only nothing

-- subqueries and with
select (select name from people q where q.id = p.id + 1) from people p order by id
select id from people p where exists (select 1 from visits v where v.person = p.id and v.note is null)
select id from people p where not exists (select 1 from visits v where v.person = p.id) order by 1
select * from (values (1, 'a'), (2, null)) as v(x, y) order by x
values (1, 'a'), (2, 'b') order by 1 desc
values (1, 2.5), (2::bigint, 3.5)
with a as (select id, age from people), b as (select max(age) as m from a) select id from a, b where age = m
with a(x) as (select id from people where id < 3) select x, (select count(*) from a) from a order by x
with a as (select 1 as x), b as (with a as (select 2 as x) select * from a) select a.x, b.x from a, b
with recursive n(i) as (select 1 union all select i + 1 from n where i < 5) select i, i * i from n
with recursive f(a, b) as (values (0, 1) union all select b, a + b from f where b < 50) select a from f
with recursive t(id, path) as (select 1, '1' union all select id + 1, path || '>' || (id + 1) from t where id < 3) select * from t
select array(select id from people order by id desc limit 3), array(select id from nothing)
select 1 union select 1 union select 2 order by 1
select 1 union all select 1
select id from people union select person from visits order by 1
select id from people except select person from visits order by 1
select id from people intersect select person from visits order by 1
(select id from people order by id desc limit 1) union all (select id from people order by id limit 1)
select 1.5, 'a' union all select 2.5, null order by 1
select null union all select 1
select 'a' as x union select 'b' order by x desc

-- windows
select id, row_number() over (order by age, id), rank() over (order by age), dense_rank() over (order by age) from people order by id
select id, sum(age) over (order by id), avg(age) over (), count(*) over (partition by city) from people order by id
select id, lag(id) over (order by id), lead(id, 2, 0) over (order by id), first_value(name) over w, last_value(name) over w, ntile(2) over w from people window w as (order by id) order by id
select id, sum(id) over (order by id rows between 1 preceding and 1 following), sum(id) over (order by id rows 2 preceding) from people order by id
select city, sum(count(*)) over (order by city) from people group by city order by city
select id, percent_rank() over (order by id), cume_dist() over (order by id), nth_value(id, 2) over (order by id) from people order by id

-- dates and times
select date '2024-01-31' + 1, date '2024-03-01' - 1, date '2024-03-01' - date '2024-02-01', date '2024-01-31' + interval '1 month', timestamp '2024-01-31 10:00' + interval '1 month 1 day', timestamp '2024-01-01' - interval '1 second'
select timestamp '2024-03-01 01:00' - timestamp '2024-01-31 02:00:00.5', time '10:00' + interval '15 hours', interval '1 day' * 2.5, interval '1 month' / 2, - interval '1 day 2 hours', interval '1 day' + interval '2 hours'
select extract(year from date '2024-02-29'), extract(month from d), extract(dow from d), extract(doy from d), extract(week from d), extract(quarter from d), extract(epoch from ts), extract(second from ts), extract(milliseconds from ts), extract(hour from tm), extract(day from iv), extract(isodow from d) from kinds order by id
select date_part('year', ts), date_part('epoch', d), date_part('second', tm), date_part('hour', iv) from kinds order by id
select date_trunc('month', ts), date_trunc('hour', tz), date_trunc('year', d), date_trunc('day', iv) from kinds order by id
select ts::date, ts::time, tz::date, d::timestamp, d::timestamptz, ts::timestamptz, tz::timestamp, ts::text, tz::text, d::text, tm::text, iv::text from kinds order by id
select make_date(2024, 2, 29), make_time(1, 2, 3.5), make_timestamp(2024, 1, 2, 3, 4, 5.5), to_timestamp(0), age(timestamp '2024-03-01', timestamp '2023-01-15')
select tz at time zone 'Europe/Paris', ts at time zone 'Europe/Paris', timezone('UTC', tz) from kinds order by id
select d < '2024-03-01', ts > d, tz > ts, d = date '2024-02-29', tz between '2024-01-01' and '2024-12-31', iv > '1 day' from kinds order by id
select to_char(ts, 'YYYY-MM-DD HH24:MI:SS'), to_char(d, 'DD.MM.YYYY'), to_char(tz, 'HH12:MI AM') from kinds where id = 1
select interval '1' year, interval '1 year 2 months', interval '3' day, '1 day'::interval, interval '90 minutes', justify_hours(interval '27 hours'), justify_days(interval '35 days')
select current_date = now()::date, current_timestamp = now(), localtimestamp = now()::timestamp
select timestamp '-infinity'::text, timestamp 'infinity'::text, timestamptz '-infinity'::text, date 'infinity'::text, timestamp 'infinity' > ts, ts > timestamp '-infinity', timestamp '-infinity'::date::text, ts::timestamp(0), 'infinity'::timestamp(2)::text from kinds order by id
select to_date('2024-02-29', 'YYYY-MM-DD'), to_timestamp('2024-02-29 01:02:03', 'YYYY-MM-DD HH24:MI:SS'), date_bin('15 minutes', timestamp '2024-01-01 00:44', timestamp '2024-01-01')

-- every type
select * from kinds order by id
select b::text, i2::text, f4::text, f8::text, n::text, by::text, u::text, j::text, jb::text from kinds order by id
select b::int, i4::bool, i4::float8, f8::numeric(30,3), n::int, s::varchar(2), u = '11111111-2222-3333-4444-555555555555', by = '\x00ff' from kinds where id = 2
select min(d), max(ts), min(tz), max(u::text), count(b), max(n), min(f8), max(iv) from kinds
select pg_typeof(i2), pg_typeof(n), pg_typeof(1), pg_typeof('a'::text) from kinds where false

-- arrays
select array[1,2,3], array['a','b'], array[1.5, 2.5], '{1,2}'::int[], '{a,"b c",NULL}'::text[], array[]::int[], array[null, 1]
select (array[1,2,3])[1], (array[1,2,3])[4], (array[1,2,3])[0], (array[1,2,3])[2:3], (array[1,2,3])[:2], ('{a,b}'::text[])[2]
select array_length(array[1,2,3], 1), cardinality(array[1,2]), array_upper(array[1,2], 1), array_append(array[1], 2), array_prepend(0, array[1]), array_cat(array[1], array[2]), array_position(array['a','b'], 'b'), array_remove(array[1,2,1], 1)
select array[1] || 2, 0 || array[1], array[1] || array[2,3], array[1,2] @> array[1], array[1] <@ array[1,2], array[1,2] && array[2,3], array[1,2] = array[1,2], array[1,2] < array[1,3]
select 2 = any(array[1,2]), 3 = any(array[1,2]), null = any(array[1]), 3 = any(array[1,null]), 1 = all(array[1,1]), 1 = any('{}'::int[])
select unnest(array[1,2]), unnest(array['a','b'])
select * from unnest(array['a','b']) with ordinality as u(x, n)
select x from unnest(array[3,1,2]) as x order by x
select p.id, u from people p, unnest(array[p.id, p.id * 10]) as u where p.id < 3 order by 1, 2
select array[1,2]::text, array['a b','c',null]::text, '{1,2}'::text

-- series and functions in from
select * from generate_series(1, 3)
select g, g * 2 from generate_series(1, 5, 2) as g
select * from generate_series(5, 1, -2) as t(x)
select d::date from generate_series(timestamp '2024-01-30', '2024-02-02', '1 day') as d
select generate_series(1, 3)
select g, (select count(*) from people where id <= g) from generate_series(1, 3) g
select p.id, g from people p, generate_series(1, p.id) g where p.id <= 2 order by 1, 2

-- json
select '{"a":{"b":[1,2]}}'::json -> 'a' -> 'b' -> 1, '{"a":"x"}'::json ->> 'a', '[1,2,3]'::json -> 0, '[1,"b"]'::json ->> 1, '{"a":{"b":"c"}}'::json #>> '{a,b}', '{"a":{"b":1}}'::jsonb #> '{a}', '{"a.b": 1}'::json -> 'a.b'
select jb ->> 'a', jb -> 'b', jb ? 'a', jb @> '{"a": 1}', j -> 'a' -> 0 from kinds order by id
select '{"a":1}'::jsonb ?| array['a','c'], '{"a":1}'::jsonb ?& array['a','c'], json_array_length('[1,2]'), json_typeof('{"a":1}'), jsonb_typeof('"x"'), jsonb_typeof('1'), jsonb_typeof('null')
select * from json_array_elements_text('["a", 1, null]')
select ('{"a":1}'::jsonb ->> 'a')::int + 1

-- together
select * from people where id = 1 and (select true)
select json_agg(p) from (select id, name from people where id < 3 order by id) p
select count(p), count(p.*) from people p
select (p).name from people p where id = 1
select case when age is null then 'none' when age > 26 then 'old' else 'young' end, count(*) from people group by 1 order by 2, 1
select id, case city when 'Paris' then 1 when 'Rome' then 2 end as c from people order by c nulls last, id
select name from people where lower(name) = any(array['ann','bob']::text[]) order by 1
select coalesce(sum(age) filter (where city = 'Nowhere'), 0) from people
select date_part('day', now() - now()), extract(day from age(timestamp '2024-03-01', timestamp '2024-01-15'))
select sum(x) from (values (1.1), (2.22), (3)) v(x)
select avg(x) from (values (1), (2), (4)) v(x)
select round(avg(age), 2), round(sum(age) / 3.0, 1) from people
select 100 * count(*) / sum(count(*)) over () from people group by city order by 1
select id % 2 = 0 as even, array_agg(name order by name) from people group by 1 order by 1
select max(at), min(at), count(distinct at) from visits
select at + interval '1 day', at - 1, at::text || '!' from visits order by id
select extract(year from at)::int as y, count(*) from visits group by y order by y
select to_char(at, 'YYYY-MM') as m, count(*) from visits group by 1 order by 1
select * from people where city is distinct from 'Paris' order by id
select distinct city from people where city <> '' order by city
select a.name, b.name from people a left join people b on b.id = a.id + 1 and b.age is not null order by a.id
select id from people order by age is null, age desc, id
select id, age, rank() over (partition by city order by age desc nulls last) r from people order by city, r, id
select name, length(name) l from people group by name having length(name) = 3 order by name desc limit 2
select (select count(*) from visits v where v.person = p.id) as n, name from people p order by n desc, name
select exists (select 1 from visits where person = 99), not exists (select 1 from visits)
select '2024-01-01'::date between '2023-12-31' and '2024-01-02', '10:00'::time < '11:00'
select 1 where 1 in (select 1 union select 2)
with x as (select * from people), y as (select * from x where age > 26) select count(*) from y, x
select x.n, y.n from generate_series(1,3) x(n) left join generate_series(2,4) y(n) on x.n = y.n order by 1
select string_agg(distinct city, '|') filter (where city <> ''), count(*) from people where city = 'Paris'
select upper(substr(name, 1, 1)) || substr(name, 2) from people order by id
select n::int, n::bigint, n::float8, n::text, i4::numeric, f8::numeric(10,2) from kinds where id = 1
select -n, abs(n), n % 7, floor(n), ceil(n), round(n), round(n, 1), trunc(n), sign(n) from kinds where id < 3 order by id
select ts - interval '1 month', tz + interval '1 day 1 hour', d + time '10:00', tm - time '01:00', d - date '2020-01-01' from kinds order by id
select tz::date, tz::time, extract(epoch from tz), tz at time zone 'America/New_York' at time zone 'UTC' from kinds order by id
select iv + iv, iv * 2, iv - interval '1 hour', extract(epoch from iv), extract(month from iv) from kinds order by id
select u, u::text, u > '00000000-0000-0000-0000-000000000001' from kinds order by id
select by || by, length(by), encode(by, 'hex'), by = ''::bytea from kinds order by id
select b and true, b or false, not b, b is true, b = 't', b::text from kinds order by id
select current_date - current_date, now() - now(), localtime is not null
select nullif('', ''), nullif(1, 2), coalesce(null, null, 3)
select array_agg(x) from generate_series(1, 3) x
select array_agg(x order by x desc) filter (where x > 1) from generate_series(1, 3) x
select id from people where name in ('ann', null) or age in (25) order by id
select id from people where not (age > 26) order by id
select p.id from people p join visits v on v.person = p.id and v.at > date '2024-02-01'
select count(*) from people where score > 1 and score < 10.5
select 5 / 2 * 2, 5 * 2 / 2, 1 - 2 - 3, 2 * 3 % 4, 10 - -3
select 'x' || 1.50 || true || null::text, 'a' || array[1]::text
select '1'::text || 2::text = '12', 1 = 1.0, 1::float8 = 1
select 0.1::float8 + 0.2::float8, 1e10::float8, 1e-5::float8, 123456789.123::float8, 'NaN'::float8, 'Infinity'::float8, 1.0::float8
select 1.10 + 2.205, 1.5 * 1.5, 10.0 - 0.01, -1.5 % 1
select lpad(id::text, 3, '0'), to_char(id, 'FM000'), to_char(1234.5, '9,999.99'), to_char(age, '999') from people where id < 3 order by id
select row_to_json(p) from (select id, name from people where id < 3 order by id) p
select json_agg(name order by id), jsonb_agg(age order by id) from people where id < 4
select json_build_array(1, 'a', null), to_jsonb('a'::text), to_json('x"y'::text), jsonb_build_object('a', 1)
select least(age, 30), greatest(id, 2) from people order by id
select to_char(ts, 'YYYY-MM-DD"T"HH24:MI:SS.MS'), to_char(ts, 'FMMonth DD, YYYY'), to_char(ts, 'Mon DD YY'), to_char(d, 'DDD') from kinds where id = 1
select to_char(-5, '999'), to_char(0.5, '0.00'), to_char(1234567, '9,999,999'), to_char(12, '0000')
