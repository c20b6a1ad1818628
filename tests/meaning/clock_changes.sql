-- The hours that clocks show twice, or not at all; and intervals that are equal but not the same.
set time zone 'America/New_York'
select timestamp '2024-11-03 01:30'::timestamptz, timestamp '2024-03-10 02:30'::timestamptz, timestamp '2024-03-10 02:00'::timestamptz, timestamp '2024-03-10 03:00'::timestamptz, timestamp '2024-11-03 02:00'::timestamptz, timestamp '2024-11-03 01:00'::timestamptz, timestamp '2024-11-03 00:59:59'::timestamptz
select x::timestamptz from (values (timestamp '2024-11-03 01:30'), ('2024-03-10 02:30'), ('2024-11-03 01:00'),('2024-11-03 00:59:59'),('2024-11-03 02:00')) v(x)
select x at time zone 'America/New_York' from (values (timestamp '2024-11-03 01:30'), ('2024-03-10 02:30'), ('2024-11-03 01:00'),('2024-11-03 00:59:59'),('2024-11-03 02:00')) v(x)
select x at time zone z from (values (timestamp '2024-11-03 01:30', 'America/New_York'), ('2024-03-10 02:30','America/New_York'), ('2024-11-03 01:00', 'America/New_York'),('2024-10-27 02:30', 'Europe/Berlin'),('2024-03-31 02:30', 'Europe/Berlin')) v(x,z)
select timestamptz '2024-11-02 01:30' + interval '1 day', timestamptz '2024-10-03 01:30' + interval '1 month', timestamptz '2024-03-09 02:30' + interval '1 day', timestamptz '2024-02-10 02:30' + interval '1 month', timestamptz '2024-11-04 01:30' - interval '1 day', timestamptz '2024-03-11 02:30' - interval '1 day'
select timestamptz '2024-11-03 01:30 EDT' + interval '0 days', timestamptz '2024-11-03 01:30 EST' + interval '0 days', timestamptz '2024-11-03 01:30 EDT' + interval '1 minute'
select date_trunc('hour', x), date_trunc('minute', x), date_trunc('second', x), date_trunc('day', x), date_trunc('hour', x, 'America/New_York'), date_trunc('minute', x, 'America/New_York') from (values (timestamptz '2024-11-03 05:30:30+00'), ('2024-11-03 06:30:30+00')) v(x)
select make_timestamptz(2024,11,3,1,30,0), make_timestamptz(2024,3,10,2,30,0), make_timestamptz(2024,11,3,1,30,0,'America/New_York')
select g from generate_series(timestamptz '2024-03-09 02:30', '2024-03-12 02:30', '1 day') g
select to_timestamp('2024-11-03 01:30', 'YYYY-MM-DD HH24:MI'), to_timestamp('2024-03-10 02:30', 'YYYY-MM-DD HH24:MI')
select timestamptz '2024-11-03 01:30', '2024-03-10 02:30'::timestamptz, '2024-11-03 01:30'::text::timestamptz
select timestamp '2024-11-03 01:30' = timestamptz '2024-11-03 01:30 EST', timestamp '2024-11-03 01:30' < timestamptz '2024-11-03 01:30 EST'
select date '2024-11-03' + time '01:30' = timestamptz '2024-11-03 01:30 EST'
select age(timestamptz '2024-11-03 05:30+00', timestamptz '2024-11-03 06:30+00'), timestamptz '2024-11-03 05:30+00' - timestamptz '2024-11-03 06:30+00'
set time zone 'Africa/Cairo'
select date '2024-04-26'::timestamptz, timestamp '2024-04-26 00:30'::timestamptz, date_trunc('day', timestamptz '2024-04-26 12:00'), timestamp '2024-10-31 23:30'::timestamptz, date_trunc('day', timestamptz '2024-11-01 12:00')
set time zone 'America/Havana'
select x::timestamptz from (values (date '2024-11-03'),('2024-03-10')) v(x)
select date_trunc('day', x) from (values (timestamptz '2024-11-03 12:00+00'), ('2024-11-03 04:30+00'), ('2024-11-03 05:30+00'), ('2024-03-10 12:00+00')) v(x)
set time zone 'Australia/Lord_Howe'
select x::timestamptz from (values (timestamp '2024-04-07 01:45'),('2024-10-06 02:15')) v(x)
set time zone 'Europe/Dublin'
select x::timestamptz from (values (timestamp '2024-03-31 01:30'),('2024-10-27 01:30')) v(x)
set time zone 'Africa/Casablanca'
select x::timestamptz from (values (timestamp '2024-03-10 02:30'),('2024-04-14 02:30')) v(x)
set time zone 'Pacific/Apia'
select x::timestamptz from (values (timestamp '2011-12-30 12:00')) v(x)
set time zone 'Asia/Pyongyang'
select x::timestamptz from (values (timestamp '2015-08-14 23:45'),('2018-05-04 23:45')) v(x)
set time zone 'America/New_York'
select x + interval '1 day -24 hours' from (values (timestamptz '2024-11-02 01:30'),('2024-03-09 02:30')) v(x)
select x + interval '1 day', x + interval '1 day 1 hour', x + interval '0 days' from (values (timestamptz '2024-11-02 01:30'),('2024-03-09 02:30'), ('2024-11-03 05:30+00'), ('2024-11-03 06:30+00')) v(x)
select x + interval '1 day', x + interval '24 hours', x + interval '1 month', x + interval '30 days', x + interval '720 hours' from (values (timestamptz '2024-11-02 01:30'),('2024-03-09 02:30'), ('2024-02-15')) v(x)
select x + interval '1 month', x + interval '30 days' from (values (timestamp '2024-11-02 01:30'),('2024-03-09 02:30'), ('2024-02-15')) v(x)
select interval '1 day', interval '24 hours', x + interval '1 day', x + interval '24 hours' from (values (interval '1 s')) v(x)
select x + interval '1 month 1 day', x + (select interval '1 day'), x - interval '1 day', x + i, i + x from (values (timestamptz '2024-02-09 02:30', interval '1 mon 1 day 1 hour'), ('infinity', '1 day'), (null, '1 day'), ('2024-01-01', null)) v(x, i)
select x + interval '1 day' + interval '1 day' + interval '1 day' + interval '1 hour' from (values (timestamptz '2024-11-01 01:30')) v(x)
select timestamptz '294276-12-31' + interval '1 day'
select x - interval '1 month', x - interval '30 days', x - interval '720 hours', x + interval '1 mon 1 day 1 hour' from (values (timestamptz '2024-11-03 01:30'),('infinity'),(null)) v(x)
select x - interval '1 month', x - interval '30 days', x - interval '720 hours', x + interval '1 mon 1 day 1 hour', interval '1 mon -1 day' + x from (values (timestamp '2024-11-03 01:30'),('infinity'),(null)) v(x)
select x - interval '1 month', x - interval '30 days', x - interval '720 hours', x + interval '1 mon 1 day 1 hour', interval '1 mon -1 day' + x from (values (date '2024-11-03'),('infinity'),(null)) v(x)
select time '10:00' + interval '1 day 1 hour', time '10:00' - interval '25 hours'
select timestamp '294276-12-01' + interval '2 months'
select interval '1 day' + interval '24 hours', interval '1 day' - interval '24 hours'
set time zone 'UTC'
