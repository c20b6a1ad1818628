-- as PostgreSQL
-- Dates and times, limits of types, names of objects, ordering.

select date '2020-01-31' + 1, date '2020-03-01' - date '2020-02-01', date '2020-01-31' + interval '1 month', timestamp '2020-01-31 10:00' + interval '1 day 2 hours', date '2020-01-01' + time '10:30', timestamp '2020-03-01' - timestamp '2020-02-01 12:00', time '10:00' - time '08:30', time '23:00' + interval '2 hours', interval '1 day' * 2.5, interval '1 month' / 2, interval '1 day' + interval '-1 hour', - interval '1 day', date '2020-01-01' - interval '1 second', date '2020-01-01' < timestamp '2020-01-01 00:00:01';
select extract(epoch from interval '1 day 2 hours'), extract(hour from interval '25 hours'), extract(day from interval '40 days'), extract(month from interval '14 months'), extract(year from interval '14 months'), extract(milliseconds from time '10:00:01.5'), extract(microseconds from time '10:00:01.5'), extract(minute from timestamptz '2020-01-01 10:20+00'), extract(timezone from timestamptz '2020-01-01'), extract(epoch from timestamptz '2020-01-01 00:00:00.5+00'), date_part('epoch', timestamp '2020-01-01 00:00:00.5'), date_part('year', date '2020-01-01');
select date_bin('15 minutes', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01');
select age(timestamp '2001-04-10', timestamp '1957-06-13'), age(timestamp '2020-03-01', timestamp '2020-02-29'), age(date '2020-01-01', date '2021-03-15'), age(timestamp '2020-01-31 10:00', timestamp '2019-12-31 11:00');
select timestamp '2020-01-01' at time zone 'Foo/Bar';
select isfinite(date 'infinity'), isfinite(timestamp '2020-01-01'), date 'infinity' > date '9999-12-31', timestamp '-infinity' < timestamp '0001-01-01', 'infinity'::timestamptz;
select interval '1 day' = interval '24 hours', interval '1 month' = interval '30 days', interval '1 day' < interval '25 hours', interval '1 hour' > interval '59 minutes';
select '5874898-01-01'::date;
select '294277-01-01'::timestamp;
select '4714-11-23 BC'::timestamp;
select 'today'::date = current_date, 'tomorrow'::date - 'today'::date, 'yesterday'::date < 'now'::timestamp, 'epoch'::timestamp;
select '2020-01-01 10:00'::timestamp - '2019-01-01'::date, '2020-01-01'::date - '2019-01-01'::timestamp, date '2020-01-01' + 30 * interval '1 day', 2 * interval '1 hour', interval '1 hour' * 0.5, interval '1 day' / 3, interval '10 days' / 0;
select 1.23456789012345678901234567890 * 1.5, 10000000000 * 10000000000, 10000000000.5 * 10000000000.5, sum(x) from (values (9223372036854775807), (1)) v(x);
select 32768::int2;
select 3000000000::int4;
select 1e20::int8;
select '\xDEADbeef'::bytea, 'abc'::bytea, '\\'::bytea, '\000\377'::bytea, E'\\x41'::bytea::text;
select '\xzz'::bytea;
select 'a0eebc999c0b4ef8bb6d6bb9bd380a11'::uuid, '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'::uuid, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid;
set timezone = 'America/New_York';
select '2020-03-08 02:30'::timestamptz, '2020-11-01 01:30'::timestamptz, '2020-11-01 01:30 EDT'::timestamptz, timestamptz '2020-03-08 01:59' + interval '1 minute', timestamptz '2020-03-07 12:00' + interval '1 day', timestamptz '2020-03-07 12:00' + interval '24 hours', timestamp '2020-03-08 02:30'::timestamptz, date '2020-03-08'::timestamptz, timestamptz '2020-01-01 00:00+00'::date, timestamptz '2020-01-01 00:00+00'::timestamp, extract(hour from timestamptz '2020-01-01 00:00+00'), date_trunc('day', timestamptz '2020-03-08 12:00'), timestamptz '2020-01-01 00:00+00'::time, timestamptz '1883-11-18 12:00';
select timestamptz '2020-03-08 12:00' - timestamptz '2020-03-07 12:00', age(timestamptz '2020-03-08 12:00', timestamptz '2020-03-07 12:00'), generate_series(timestamptz '2020-03-07', timestamptz '2020-03-09', interval '1 day');
set timezone = 'Asia/Kolkata';
set timezone = 'UTC';
select 'a' < 'B', 'a' < 'b', 'Z' < 'a', 'é' > 'z', '' < 'a', 'a ' > 'a';
select max(x), min(x) from (values ('b'), ('A'), ('a')) v(x);
select x from (values ('b'), ('A'), (null), ('a'), ('')) v(x) order by x;
select x from (values ('nan'::float8), ('inf'), (null), (1), ('-inf')) v(x) order by x;
select x from (values (true), (null), (false)) v(x) order by x desc;
select 1 = 1.0, 1 = 1::float8, 1.0 = 1::float8, '1' = 1, 1::bigint = 1::smallint, 0.1::float4 = 0.1, 0.1::float8 = 0.1;
select 1 = 'a';
select 'a' = 1;
select date '2020-01-01' = '2020-01-01', timestamp '2020-01-01' = date '2020-01-01', date '2020-01-01' = 'abc';
select pg_sleep(0);
select num_nulls(1, null, 2), num_nonnulls(1, null);
