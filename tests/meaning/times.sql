select date '2001-09-28' + 7, date '2001-09-28' + interval '1 hour', date '2001-09-28' + time '03:00', interval '1 day' + interval '1 hour', timestamp '2001-09-28 01:00' + interval '23 hours', time '01:00' + interval '3 hours'
select - interval '23 hours', date '2001-10-01' - date '2001-09-28', date '2001-10-01' - 7, date '2001-09-28' - interval '1 hour', time '05:00' - time '03:00', time '05:00' - interval '2 hours', timestamp '2001-09-28 23:00' - interval '23 hours', interval '1 day' - interval '1 hour', timestamp '2001-09-29 03:00' - timestamp '2001-07-27 12:00'
select interval '1 second' * 900, interval '1 day' * 21, interval '1 hour' * 3.5, interval '1 hour' / 1.5, 900 * interval '1 second', double precision '3.5' * interval '1 hour'
select interval '1 month' * 1.5, interval '1 month' / 3, interval '1 year' / 7, interval '1 day' * 0.1, interval '1 mon 1 day' * 2.5, interval '1 month' * 0.5, interval '-1 month' * 1.5, interval '1 year 2 mons 3 days 04:05:06' * -1.5
select interval '1 day' / 0
select interval '1 day' * 'NaN'::float8
select interval '1 year' * 1e10
select age(timestamp '2001-04-10', timestamp '1957-06-13'), age(timestamp '2001-04-10', timestamp '2002-06-13'), age(timestamp '2024-03-31', timestamp '2024-02-29'), age(timestamp '2024-02-29', timestamp '2024-03-31'), age(timestamp '2024-03-01 10:00', timestamp '2024-02-01 12:00'), age(timestamp '2024-01-01', timestamp '2024-01-01')
select age(date '2024-03-31', date '2024-02-29'), age(timestamptz '2024-03-31 10:00', timestamptz '2024-02-29 11:00')
select age('2024-03-31'::date, '2023-12-15')
select age(timestamp '2000-01-01') > interval '1 year'
select clock_timestamp() >= now(), statement_timestamp() >= now(), transaction_timestamp() = now(), current_timestamp = now(), localtimestamp = now()::timestamp, current_date = now()::date, now() = now()
select date_bin('15 minutes', timestamp '2001-02-16 20:38:40', timestamp '2001-02-16 20:05:00'), date_bin('15 minutes', timestamp '2001-02-16 20:00:00', timestamp '2001-02-16 20:05:00'), date_bin('1 day', timestamptz '2001-02-16 20:38:40+00', timestamptz '2001-02-16 12:00:00+00'), date_bin('2.5 days', timestamp '2001-02-16 20:38:40', timestamp '2001-02-10'), date_bin('15 minutes', timestamp '1969-12-31 23:50', timestamp '2001-01-01')
select date_bin('1 month', timestamp '2001-02-16', timestamp '2001-01-01')
select date_bin('0 days', timestamp '2001-02-16', timestamp '2001-01-01')
select date_bin('-1 days', timestamp '2001-02-16', timestamp '2001-01-01')
select date_part('hour', timestamp '2001-02-16 20:38:40'), date_part('month', interval '2 years 3 months'), date_part('second', time '01:02:03.5'), date_part('year', date '2024-01-01')
select date_trunc('microseconds', x), date_trunc('milliseconds', x), date_trunc('second', x), date_trunc('minute', x), date_trunc('hour', x), date_trunc('day', x), date_trunc('week', x), date_trunc('month', x), date_trunc('quarter', x), date_trunc('year', x), date_trunc('decade', x), date_trunc('century', x), date_trunc('millennium', x) from (values (timestamp '2001-02-16 20:38:40.123456'),('2000-12-31 23:59:59.999999'),('1999-01-01'),('0001-01-01 BC'),('0044-03-15 12:00 BC'),('infinity'),(null)) v(x)
select date_trunc('hour', timestamptz '2001-02-16 20:38:40+00'), date_trunc('day', timestamptz '2001-02-16 20:38:40+00', 'Australia/Sydney'), date_trunc('day', timestamptz '2001-02-16 20:38:40+00', 'America/New_York')
select date_trunc('microseconds', x), date_trunc('second', x), date_trunc('hour', x), date_trunc('day', x), date_trunc('month', x), date_trunc('quarter', x), date_trunc('year', x), date_trunc('decade', x), date_trunc('century', x), date_trunc('millennium', x) from (values (interval '3 days 02:47:33.5'),(interval '-13 years -5 months -3 days -02:47:33.5'),(interval '1234 years 7 mons')) v(x)
select date_trunc('week', interval '1 day')
select date_trunc('foo', timestamp '2001-01-01')
select date_trunc('foo', interval '1 day')
select date_trunc('timezone', timestamp '2001-01-01')
select date_trunc('Month', date '2024-02-15'), date_trunc('YEARS', timestamp '2024-02-15'), date_trunc('min', timestamp '2024-02-15 10:11:12'), date_trunc('mon', timestamp '2024-02-15')
select date_trunc('month', date '2024-02-15')
select date_trunc('hour', time '10:11:12')
select extract(century from x), extract(day from x), extract(decade from x), extract(dow from x), extract(doy from x), extract(epoch from x), extract(isodow from x), extract(isoyear from x), extract(julian from x), extract(millennium from x), extract(month from x), extract(quarter from x), extract(week from x), extract(year from x) from (values (date '2001-02-16'),('2000-12-31'),('2001-01-01'),('2005-01-02'),('2024-02-29'),('0001-01-01'),('0001-12-31 BC'),('0044-03-15 BC'),('1900-01-01'),('2006-01-01'),('9999-12-31'),(null)) v(x)
select extract(century from x), extract(day from x), extract(decade from x), extract(dow from x), extract(doy from x), extract(epoch from x), extract(hour from x), extract(isodow from x), extract(isoyear from x), extract(julian from x), extract(microseconds from x), extract(millennium from x), extract(milliseconds from x), extract(minute from x), extract(month from x), extract(quarter from x), extract(second from x), extract(timezone from x), extract(timezone_hour from x), extract(timezone_minute from x), extract(week from x), extract(year from x) from (values (timestamptz '2001-02-16 20:38:40.12+00'),('2000-12-31 23:59:59.999999+00')) v(x)
select extract(century from x), extract(day from x), extract(decade from x), extract(epoch from x), extract(hour from x), extract(microseconds from x), extract(millennium from x), extract(milliseconds from x), extract(minute from x), extract(month from x), extract(quarter from x), extract(second from x), extract(year from x) from (values (interval '1234 years 7 mons 40 days 30:08:09.123456'),('-5 years -7 mons -3 days -04:05:06.5'),('40 days 30 hours'),('0')) v(x)
select extract(hour from x), extract(minute from x), extract(second from x), extract(microseconds from x), extract(milliseconds from x), extract(epoch from x) from (values (time '20:38:40.123'),('00:00'),('24:00')) v(x)
select extract(hour from date '2001-01-01')
select extract(minute from date '2001-01-01')
select extract(second from date '2001-01-01')
select extract(microseconds from date '2001-01-01')
select extract(timezone from date '2001-01-01')
select extract(timezone from timestamp '2001-01-01')
select extract(timezone_hour from timestamp '2001-01-01')
select extract(day from time '10:00')
select extract(year from time '10:00')
select extract(timezone from time '10:00')
select extract(dow from interval '1 day')
select extract(week from interval '1 day')
select extract(doy from interval '1 day')
select extract(isoyear from interval '1 day')
select extract(timezone from interval '1 day')
select extract(foo from timestamp '2001-01-01')
select extract(foo from date '2001-01-01')
select extract(foo from interval '1 day')
select extract(foo from time '10:00')
select date_part('foo', timestamp '2001-01-01')
select date_part('hour', date '2001-01-01')
select date_part('timezone', timestamp '2001-01-01')
select extract('year' from date '2024-01-01'), extract(years from date '2024-01-01'), extract(y from date '2024-01-01'), extract(mon from date '2024-02-01'), extract(d from date '2024-01-05'), extract(h from timestamp '2024-01-01 05:00'), extract(msec from timestamp '2024-01-01 05:00:01.5'), extract(ms from interval '1.5 s')
select extract(m from timestamp '2024-02-01 05:07')
select extract(s from timestamp '2024-02-01 05:07:09'), extract(us from timestamp '2024-02-01 05:07:09'), extract(c from timestamp '2024-02-01 05:07:09')
select extract(day from timestamp 'infinity')
select extract(month from date 'infinity')
select date_part('epoch', timestamp 'infinity'), date_part('month', timestamp 'infinity')
select extract(epoch from interval '1 month'), extract(epoch from interval '1 year'), extract(epoch from interval '1 year 1 month 1 day 1 hour'), date_part('epoch', interval '1 month')
select extract(epoch from timestamp '2001-02-16 20:38:40.123456'), extract(epoch from timestamptz '2001-02-16 20:38:40.123456+05'), date_part('epoch', timestamp '1969-01-01')
select isfinite(date 'infinity'), isfinite(timestamp '2001-01-01'), isfinite(timestamptz '-infinity'), isfinite(interval '4 hours')
select justify_days(interval '35 days'), justify_hours(interval '27 hours'), justify_interval(interval '1 mon -1 hour')
select justify_days(interval '-35 days'), justify_days(interval '1 mon -35 days'), justify_days(interval '-1 mon 35 days'), justify_hours(interval '-27 hours'), justify_hours(interval '1 day -27 hours'), justify_hours(interval '-1 day 27 hours'), justify_interval(interval '-1 mon 1 hour'), justify_interval(interval '1 mon 33 days 123 hours'), justify_interval(interval '1 year -30 days 12:00'), justify_interval(interval '-45 days 100 hours')
select localtime is not null, localtime(0) is not null
select make_date(2013,7,15), make_date(-44,3,15)
select make_date(2013,2,30)
select make_date(0,1,1)
select make_date(2013,13,1)
select make_interval(days => 10), make_interval(1,2,3,4,5,6,7.5), make_interval(secs => 1.5), make_interval(), make_interval(weeks => 2, hours => -1), make_interval(years => 1, months => 14), make_interval(mins => 90)
select make_interval(1), make_interval(1,2), make_interval(0,0,0,0,5)
select make_time(8,15,23.5), make_time(0,0,0), make_time(24,0,0)
select make_time(25,0,0)
select make_time(10,60,0)
select make_time(10,55,60)
select make_time(10,55,100.1)
select make_timestamp(2013,7,15,8,15,23.5), make_timestamp(2014,12,28,6,30,45.887), make_timestamp(-44,3,15,12,30,15), make_timestamp(2013,7,15,24,0,0)
select make_timestamp(2013,13,15,8,15,23.5)
select make_timestamp(0,1,1,1,1,1)
select make_timestamp(2013,7,15,8,15,60)
select make_timestamp(2013,7,15,8,60,0)
select make_timestamptz(2013,7,15,8,15,23.5), make_timestamptz(2013,7,15,8,15,23.5,'America/New_York'), make_timestamptz(2013,7,15,8,15,23.5,'+05:30')
select make_timestamptz(2013,7,15,8,15,23.5,'Nowhere/City')
select to_timestamp(1284352323), to_timestamp(1284352323.5), to_timestamp(0), to_timestamp(-1), to_timestamp('Infinity'::float8), to_timestamp(1e10)
select to_timestamp('NaN'::float8)
select to_timestamp(1e20)
select timeofday() is not null
select (date '2001-02-16', date '2001-12-21') overlaps (date '2001-10-30', date '2002-10-30'), (date '2001-02-16', interval '100 days') overlaps (date '2001-10-30', date '2002-10-30'), (date '2001-10-29', date '2001-10-30') overlaps (date '2001-10-30', date '2001-10-31'), (date '2001-10-30', date '2001-10-30') overlaps (date '2001-10-30', date '2001-10-31')
select (date '2001-12-21', date '2001-02-16') overlaps (date '2001-10-30', null), (time '10:00', time '12:00') overlaps (time '11:00', interval '1 hour'), (timestamp '2001-01-01', null) overlaps (timestamp '2001-01-01', timestamp '2002-01-01'), (date '2001-01-01', date '2001-01-05') overlaps (null, date '2001-01-03')
select timestamp '2001-02-16 20:38:40' at time zone 'America/Denver', timestamptz '2001-02-16 20:38:40-05' at time zone 'America/Denver', timestamptz '2001-02-16 20:38:40-05' at time zone 'Asia/Tokyo' at time zone 'America/Chicago'
select timezone('America/Denver', timestamp '2001-02-16 20:38:40'), timestamp '2024-07-01 12:00' at time zone 'EST', timestamp '2024-07-01 12:00' at time zone 'PST8PDT', timestamp '2024-07-01 12:00' at time zone '+05', timestamp '2024-07-01 12:00' at time zone '-05:30', timestamp '2024-07-01 12:00' at time zone interval '2 hours', timestamptz '2024-07-01 12:00+00' at time zone 'utc', timestamp '2024-07-01 12:00' at time zone 'europe/paris', timestamp '2024-07-01 12:00' at time zone 'Z'
select timestamp '2024-03-10 02:30' at time zone 'America/New_York', timestamp '2024-11-03 01:30' at time zone 'America/New_York', timestamptz '2024-03-10 06:59+00' at time zone 'America/New_York', timestamptz '2024-03-10 07:00+00' at time zone 'America/New_York', timestamp '2024-03-31 02:30' at time zone 'Europe/Paris', timestamp '2024-10-27 02:30' at time zone 'Europe/Paris'
select timestamp '2024-07-01 12:00' at time zone 'Nowhere/City'
select date '2024-07-01' at time zone 'America/New_York'
select timestamptz 'infinity' at time zone 'America/New_York', timestamp '-infinity' at time zone 'UTC'
select timestamp '2024-01-31' + interval '1 month', timestamp '2024-03-31' - interval '1 month', timestamp '2024-02-29' + interval '1 year', timestamp '2024-01-31' + interval '1 month 1 day', date '2024-01-31' + interval '13 months', timestamp '2024-01-01' - interval '1 month -1 day 25 hours'
select timestamp 'infinity' + interval '1 day', timestamp '-infinity' - interval '1 day', timestamp 'infinity' - timestamp '2024-01-01'
select date 'infinity' + 1, date 'infinity' - date '2024-01-01'
select date 'infinity' + interval '1 day', date '-infinity' - 5
select timestamp 'infinity' > timestamp '9999-01-01', date 'infinity' = 'infinity', timestamp 'infinity' = date 'infinity'
select date '9999-12-31' + 1, date '5874897-12-31'
select date '5874897-12-31' + 1
select date '4713-01-01 BC' , timestamp '4713-01-01 00:00 BC', date '0001-01-01 BC' + 366, date '0001-01-01' - 1
select timestamp '294277-01-01'
select time '24:00', time '23:59:59.9999999', time '00:00:00'
select time '24:00:01'
select time '23:00' + interval '2 hours', time '01:00' - interval '2 hours', time '10:00' + interval '1 day', time '10:00' + interval '-25 hours'
select time '10:00' - time '12:00', time '10:00'::interval, interval '30 hours'::time, interval '-1 hour'::time, interval '1 day 01:00'::time
select interval '1 day' = interval '24 hours', interval '1 month' = interval '30 days', interval '1 year' = interval '12 months', interval '1 year' > interval '360 days', interval '1 mon' < interval '31 days', interval '-1 day' < interval '0', interval '1 month' > interval '29 days 23 hours'
select x from (values (interval '1 mon'),('30 days'),('720 hours'),('29 days'),('31 days'),('-1 mon')) v(x) order by x, x::text
select count(distinct x) from (values (interval '1 mon'),('30 days'),('720 hours'),('29 days')) v(x)
select x, count(*) from (values (interval '1 day'),('24 hours'),('1 day')) v(x) group by x
select max(x)::text, min(x)::text from (values (interval '1 mon'),('29 days'),('31 days')) v(x)
select sum(x), avg(x) from (values (interval '1 day'),('2 days 3 hours'),('1 mon')) v(x)
select sum(x), avg(x) from (values (null::interval)) v(x)
select avg(x) from (values (interval '1 mon'),('2 mons')) v(x)
select interval '1 day 1 hour', interval '-1 day', interval '1 year 2 mons', interval '-1 year 2 mons', interval '1 mon -1 day', interval '1 day -00:00:01', interval '-1 day +02:03:04', interval '0', interval '1.5 seconds', interval '00:00:00.000001', interval '-00:00:00.5'
select interval '1.5 days', interval '1.5 months', interval '1.5 years', interval '0.1 months', interval '2.5 weeks', interval '1 century', interval '1 decade 3 millennia', interval '1 week', interval '1 fortnight'
select interval 'P1Y2M3DT4H5M6S', interval 'P1W', interval 'PT1.5S', interval 'P0001-02-03T04:05:06', interval '1-2', interval '3 4:05:06', interval '1-2 3 4:05:06', interval '4:05', interval '-1-2', interval '@ 1 day ago', interval '1 day 2 hours ago'
select interval '100 hours', interval '25 hours' , interval '60 minutes', interval '100 days', interval '13 months', interval '1000000 hours', interval '2562047788 hours'
select interval 'abc'
select interval '1 foo'
select interval ''
select extract(epoch from interval '1.5 months')
select timestamp '2024-01-01 10:00:00.123456789', timestamp '2024-01-01 10:00:59.9999999', timestamp(0) '2024-01-01 10:00:00.5', timestamp(2) '2024-01-01 10:00:00.555', timestamp '2024-01-01 24:00', timestamp '2024-01-01 10:00:60'
select '2024-01-01'::timestamp, '2024-01-01T10:00:00Z'::timestamptz, '2024-01-01 10:00:00+05'::timestamptz, '2024-01-01 10:00 America/New_York'::timestamptz, '2024-01-01 10:00 PST'::timestamptz, '2024-01-01 10:00:00+05'::timestamp, 'Jan 1 2024'::date, '1/8/1999'::date, '20240101'::date, '1999-Jan-08'::date, 'January 8, 1999'::date, 'J2451187'::date, '2024.123'::date, '20240101T101112'::timestamp
select 'epoch'::timestamp, 'epoch'::date, 'today'::date = current_date, 'now'::timestamptz = now(), 'tomorrow'::date = current_date + 1, 'yesterday'::timestamp = current_date - 1, 'allballs'::time
select '2024-02-30'::date
select '2024-13-01'::date
select '13/25/2024'::date
select 'abc'::date
select ''::date
select '2024-01-01 25:00'::timestamp
select '10:61'::time
select '2024-01-01 10:00 Foo/Bar'::timestamptz
select '04:05:06 PM'::time, '04:05 AM'::time, '12:00 AM'::time, '040506'::time, '04:05:06.789-8'::time, '10:11'::time
select '12:00 PM'::time, '13:00 PM'::time
select date '2024-01-01' = timestamp '2024-01-01', date '2024-01-01' < timestamp '2024-01-01 00:00:01', timestamp '2024-01-01' = timestamptz '2024-01-01', date '2024-01-01' = timestamptz '2024-01-01'
select date '2024-01-01' - timestamp '2023-12-31', timestamp '2024-01-02' - date '2024-01-01', timestamptz '2024-01-02' - timestamp '2024-01-01', timestamptz '2024-01-02' - date '2024-01-01'
select date '2024-01-01' + 1.5
select date '2024-01-01' + '1'
select date '2024-01-01' - '1'
select date '2024-01-01' - '2023-12-31'
select date '2024-01-01' + '1 day'::interval, '1 day'::interval + date '2024-01-01', 5 + date '2024-01-01', now() - '1 day' < now()
select timestamp '2024-01-01' + '1 day', timestamp '2024-01-01' - '1 day'
select timestamp '2024-01-01' - '2023-12-31'::timestamp
select time '10:00' + '1 hour'
select interval '1 day' * '2', '2' * interval '1 day'
select date '2024-01-01' || 'x', timestamp '2024-01-01 10:00' || '', interval '1 day' || '', time '10:00:00.5' || '', timestamptz '2024-01-01 10:00+00' || ''
select date '0044-03-15 BC'::text, timestamp '0044-03-15 12:00 BC'::text, timestamptz '0044-03-15 12:00 BC'::text, date '0044-03-15 BC', timestamp '10000-01-01'::text, date '10000-01-01'::text, date '0001-01-01'::text, timestamp '2024-01-01 10:00:00.100'::text
select timestamptz '2024-01-01 10:00:00+00'::text, timestamptz '2024-01-01'::date, timestamptz '2024-01-01 10:00+00'::time, timestamp '2024-01-01 10:00'::timestamptz, timestamp '2024-01-01 23:59:59.9'::date
select current_date + time '10:00' = current_date + interval '10 hours'
select g from generate_series(timestamp '2008-03-01', '2008-03-02', '10 hours') g
select g from generate_series(date '2024-01-30', date '2024-02-02', '1 day') g
select g from generate_series(timestamp '2024-01-31', '2024-05-31', '1 month') g
select g from generate_series(timestamptz '2024-03-09 12:00+00', '2024-03-11 12:00+00', '1 day') g
select g from generate_series(timestamp '2024-01-03', '2024-01-01', '-1 day') g
select g from generate_series(timestamp '2024-01-03', '2024-01-01', '1 day') g
select g from generate_series(timestamp '2024-01-03', '2024-01-05', '0 days') g
select g from generate_series(timestamp '2024-01-03', null, '1 day') g
select date '2024-01-01' in ('2024-01-01'), date '2024-01-01' between '2023-01-01' and '2024-06-01', now() between now() - interval '1 s' and now()
select min(x), max(x) from (values (date 'infinity'),('2024-01-01'),('-infinity'),('0044-03-15 BC')) v(x)
select x from (values (date 'infinity'),('2024-01-01'),('-infinity'),('0044-03-15 BC'),(null)) v(x) order by x
select date(timestamp '2024-01-01 10:00'), date(timestamptz '2024-01-01 10:00+00')
select timestamp without time zone '2024-01-01', timestamp with time zone '2024-01-01', time without time zone '10:00', timestamp(3) with time zone '2024-01-01 10:00:00.12345'
select to_timestamp('05 Dec 2000','DD Mon YYYY')
select to_date('2024-02-30','YYYY-MM-DD')
select date '2024-01-01' < null, null::date = null::date
select interval '1 day' > '23 hours', interval '2 days' between '1 day' and '3 days'
select interval '1 month' + timestamp '2024-01-31', interval '1 day' + time '10:00'
select interval '1 day' + 1
select date '2024-01-01' + date '2024-01-01'
select timestamp '2024-01-01' + timestamp '2024-01-01'
select timestamp '2024-01-01' + 1
select timestamp '2024-01-01' * 2
select date '2024-01-01' = 1
select date '2024-01-01' = '2024-01-01'::text
set time zone 'America/New_York'
select timestamptz '2024-03-10 01:59:59', timestamptz '2024-03-10 02:30', timestamptz '2024-11-03 01:30', timestamptz '2024-07-01'::date, timestamptz '2024-03-10 12:00' - timestamptz '2024-03-09 12:00', timestamptz '2024-03-09 12:00' + interval '1 day', timestamptz '2024-03-09 12:00' + interval '24 hours', timestamptz '2024-04-09 12:00' - interval '1 month'
select date_trunc('day', timestamptz '2024-03-10 12:00'), date_trunc('month', timestamptz '2024-03-31 23:00'), date_trunc('hour', timestamptz '2024-11-03 05:30+00'), date_trunc('hour', timestamptz '2024-11-03 06:30+00'), date_trunc('day', timestamptz '2024-11-03 12:00+00', 'UTC')
select extract(hour from timestamptz '2024-07-01 12:00+00'), extract(timezone from timestamptz '2024-07-01'), extract(timezone_hour from timestamptz '2024-01-01'), extract(timezone_minute from timestamptz '2024-01-01'), extract(day from timestamptz '2024-07-01 02:00+00'), extract(epoch from timestamptz '2024-07-01'), extract(dow from timestamptz '2024-07-01 02:00+00')
select timestamptz '2024-07-01 12:00+00', timestamptz '2024-07-01 12:00+00'::text, timestamptz '2024-07-01 12:00+00'::timestamp, timestamp '2024-07-01 12:00'::timestamptz, timestamptz '2024-07-01 02:00+00'::date, date '2024-07-01'::timestamptz, timestamptz '2024-07-01 12:00+00'::time
select age(timestamptz '2024-03-10 12:00', timestamptz '2024-03-09 12:00'), age(timestamptz '2024-04-01', timestamptz '2024-03-01')
select g from generate_series(timestamptz '2024-03-09 12:00', '2024-03-11 12:00', '1 day') g
select g from generate_series(timestamptz '2024-03-10 00:00', '2024-03-10 04:00', '1 hour') g
select date_bin('1 day', timestamptz '2024-03-10 12:00', timestamptz '2024-03-01')
select make_timestamptz(2024,7,1,12,0,0), to_timestamp(0), date '2024-07-01' + timestamptz '2024-07-01 00:00'::time
select timestamptz '1900-01-01', timestamptz '1883-11-18 12:00', timestamptz '0044-03-15 BC', timestamptz '2500-07-01'
select date '2024-07-01' = timestamptz '2024-07-01', timestamp '2024-07-01' < timestamptz '2024-07-01 00:00:01'
select to_char(timestamptz '2024-07-01 12:00+00', 'YYYY-MM-DD HH24:MI:SS TZ OF TZH:TZM')
select array[timestamptz '2024-07-01 12:00+00'], to_json(timestamptz '2024-07-01 12:00+00'), json_build_object('a', timestamptz '2024-07-01 12:00+00')
select max(x) - min(x) from (values (timestamptz '2024-03-09 12:00'),('2024-03-10 12:00')) v(x)
set time zone 'Asia/Kolkata'
select timestamptz '2024-07-01 12:00+00', timestamptz '1940-07-01 12:00+00', extract(timezone_minute from timestamptz '2024-01-01'), timestamptz '2024-07-01 12:00+00'::text
set time zone 'UTC'
SELECT x, interval '1 day' - x, interval '24 hours' - x FROM (VALUES (1, interval '1 day'), (2, interval '24 hours'), (3, interval '1 mon -2 days 03:00')) v(n, x) ORDER BY n;
SELECT interval '1 day' * n, interval '24 hours' * n, interval '30 days' * n, interval '1 month' * n FROM generate_series(1, 2) n;
select g, case when g = 1 then interval '24 hours' else interval '1 day' end, case when g = 1 then interval '1 day' else interval '24 hours' end from (values (1), (2)) v(g) order by g
select coalesce(x, interval '1 month'), coalesce(x, interval '30 days'), coalesce(x, interval '720 hours'), coalesce(x, interval '1 month') from (values (null::interval), (interval '1 hour')) v(x) order by 1
select greatest(interval '24 hours', x), greatest(interval '1 day', x), least(x, interval '1 day'), array[x, interval '24:00'], array[x, interval '1 day'] from (values (interval '1 hour'), (interval '24 hours')) v(x) order by 1, 3
select max(interval '1 day'), max(interval '24 hours'), array_agg(interval '1 day'), array_agg(interval '24 hours'), '{1 day,24:00}'::interval[], array['24:00', '1 day']::interval[]
select coalesce(x, interval '24 hours'), count(*), min(coalesce(x, interval '1 day')) from (values (null::interval), (interval '1 hour')) v(x) group by coalesce(x, interval '24 hours') order by 1
select x - y from (values (interval '24 hours', interval '1 day')) v(x, y) where x = interval '1 day' and y = interval '24 hours'
select n, lag(i, 1, interval '24 hours') over (order by n), lag(i, 1, interval '1 day') over (order by n) from (values (1, interval '1 hour'), (2, interval '2 hours')) v(n, i) order by n
select count(*), min(d), max(e) from generate_series(timestamp '2024-01-01', '2024-01-03', '1 day') d, generate_series(timestamp '2024-01-01', '2024-01-02', '24 hours') e
select to_char(interval '-1 day', 'DD DDD HH24'), to_char(interval '-35 days', 'DD DDD'), to_char(interval '-5 days', 'FMDD DDD'), to_char(interval '-12 days -3 hours', 'DD HH24:MI'), to_char(interval '-1 mon', 'MM DD DDD YYYY'), to_char(interval '-3 days', 'DDth')
