select 1.5*1.5, 1.50+1.5, 3.0-1, 0.1+0.2, 1.10*1.10
select 1/0
select 1%0
select 1.0/0
select 1.0%0
select 1::float8/0
select 1::real/0
select 1::smallint/0::smallint
select 1::bigint/0
select 1::bigint%0
select 0::float8/0
select 'Infinity'::float8/0
select mod(1,0)
select mod(1.0,0)
select div(1,0)
select 2147483647+1
select 2147483647*2
select -2147483648-1
select 32767::smallint+1::smallint
select 32767::smallint*2::smallint
select 9223372036854775807+1
select 9223372036854775807*2
select -9223372036854775808-1
select (-2147483648)::int/-1
select (-9223372036854775808)::bigint/-1
select (-32768)::smallint/(-1)::smallint
select (-32768)::smallint/-1
select abs((-2147483648)::int)
select abs((-9223372036854775808)::bigint)
select abs((-32768)::smallint)
select -(-2147483648)::int
select -((-2147483648)::int)
select -((-32768)::smallint)
select -((-9223372036854775808)::bigint)
select 2147483648::int
select 2147483647.5::int
select 2147483647.4::int
select -2147483648.5::int
select 32767.5::smallint
select 9223372036854775807.5::bigint
select 1e20::float8::bigint
select 1e20::float8::int
select 40000::smallint
select 40000::bigint::smallint
select 'NaN'::float8::int
select 'Infinity'::float8::int
select 1e40::real
select 1e-50::real
select '1e40'::real
select '1e400'::float8
select '1e-400'::float8
select 1e40::float8::real
select 1e-50::float8::real
select exp(1000.0::float8)
select exp(1000)
select power(10::float8,400)
select power(0::float8,-1)
select power(-8::float8,1.0/3)
select power(-2::float8,3), power(0::float8,0), power('NaN'::float8,0), power(1,'NaN'::float8), power(2,-1)
select power(9,3), power(9.0,3), power(2,0.5), power(2.5,2), power(10,-2), power(0,0)
select power(0,-1)
select power(-1,0.5)
select (-8)^(1.0/3)
select 10::float8^400
select 2^1000
select |/ -1
select 91 & 15, 32 | 3, 17 # 20, ~1, 1 << 4, 8 >> 2, -1 >> 1, -8 >> 1
select -1 & 255, -1 | 0, -1 # 5, ~0, ~(-1)
select abs(-17.4), abs(-5), abs(0.0), abs(-0.0::float8), abs('NaN'::float8)
select cbrt(64.0), cbrt(-8), cbrt(2)
select ceil(42.2), ceil(-42.8), ceiling(95.3), ceil(5), ceil(-0.5::float8), ceil(1e20::float8)
select degrees(0.5), degrees(1), radians(45.0), radians(180)
select div(9,4), div(-9,4), div(9.5,4), div(-9.5,2)
select div(10000000000000000000000,3)
select erf(1.0)
select exp(1.0), exp(0), exp(1), exp(1::float8), exp(-1.0)
select factorial(5), factorial(0), factorial(20), factorial(25)
select factorial(-1)
select factorial(33)
select floor(42.8), floor(-42.8), floor(5), floor(-0.5::float8)
select gcd(1071,462), gcd(0,0), gcd(-4,6), gcd(4,0), gcd(12::bigint,18)
select gcd((-2147483648)::int,0)
select lcm(1071,462), lcm(0,5), lcm(-4,6)
select lcm(2147483647,2147483646)
select ln(2.0), ln(2), ln(2::float8), ln(10)
select ln(0)
select ln(0::float8)
select ln(-1)
select ln(-1::float8)
select log(100), log(100.0), log(1000::float8), log10(1000), log(2.0,64.0), log(2,64)
select log(0)
select log(-1)
select log(2.0,0)
select log(1.0,5)
select log(2.0,-1)
select log(0,5)
select min_scale(8.4100), min_scale(8), min_scale(8.0), min_scale(null)
select scale(8.4100), scale(8), scale(8.0), scale(1.5::numeric(10,4))
select mod(9,4), mod(-9,4), mod(9.5,2), mod(5::smallint,3::smallint), mod(5::bigint,3)
select pi()
select round(42.4), round(42.5), round(-42.5), round(0.5), round(1.5), round(2.5), round(-0.5)
select round(42.4382,2), round(1234.56,-1), round(1250,-2), round(1350,-2), round(-1250,-2), round(0.005,2), round(1.005,2), round(1234.56,-5)
select round(0.5::float8), round(1.5::float8), round(2.5::float8), round(-0.5::float8), round(-2.5::float8), round('NaN'::float8), round(1e300::float8)
select round(2.5::real)
select round(2.5::float8,1)
select 0.5::int, 1.5::int, 2.5::int, -0.5::int, -1.5::int, 0.5::float8::int, 1.5::float8::int, 2.5::float8::int, -2.5::float8::int, 2.5::real::int, 2.5::bigint
select sign(-8.4), sign(0), sign(5), sign(-3::float8), sign('NaN'::float8), sign(-0.0::float8)
select sqrt(-1)
select sqrt(-1.0::float8)
select width_bucket(5.35,0.024,10.06,5), width_bucket(0,0.024,10.06,5), width_bucket(10.06,0.024,10.06,5), width_bucket(11,0.024,10.06,5)
select width_bucket(5.35,10.06,0.024,5), width_bucket(-5,10,0,5), width_bucket(11,10,0,5), width_bucket(10,10,0,5), width_bucket(0,10,0,5)
select width_bucket(5.35::float8,0.024,10.06,5)
select width_bucket(5,0,10,0)
select width_bucket(5,5,5,5)
select width_bucket(5::float8,5,5,5)
select width_bucket('NaN'::float8,0,10,5)
select width_bucket(5::float8,0,'Infinity',5)
select acos(1), acosd(0.5), asin(1), asind(0.5), atan(1), atand(1), atan2(1,0), atan2d(1,0), cos(0), cosd(60), cot(0.5), cotd(45), sin(1), sind(30), tan(1), tand(45)
select acos(2)
select asin(-2)
select sin('Infinity'::float8)
select cot(0)
select sinh(1), cosh(0), tanh(1), asinh(1), acosh(1), atanh(0.5)
select acosh(0.5)
select atanh(1)
select atanh(2)
select sind(0), sind(90), cosd(90), tand(135), acosd(0), asind(1), cotd(90), cosd(180), sind(180)
select 1e10, 1.5e-3, 1e0, 123e5, .5, 5., 0.1e1
select 1e10::float8, 1e15::float8, 1e16::float8, 123456789012345678::float8, 0.0001::float8, 0.00001::float8, 1e-7::float8, 1.0::float8, 100::float8, 1e21::float8
select 1e5::real, 1e6::real, 1e7::real, 0.1::real, 1.1::real, 16777217::real, 0.1::real::float8, 1.23456789::real, 1e-5::real
select 0.1::real+0.2::real, 0.1::real+0.2::float8, 0.1::real = 0.1, 0.1::real = 0.1::float8, 0.1::float8=0.1
select 'NaN'::float8 = 'NaN'::float8, 'NaN'::float8 > 'Infinity'::float8, 'NaN'::float8 < 1, greatest('NaN'::float8,1), least('NaN'::float8,1)
select '-0'::float8, -0.0::float8, 0::float8 = '-0'::float8, '-0'::float8::text, '-0'::float8::int, -0.0
select 'infinity'::float8, '-inf'::float8, 'inf'::float8, 'nan'::float8, ' 1.5 '::float8, '1e5'::float8, '.5'::float8, '5.'::float8
select 'abc'::float8
select ''::float8
select '1,5'::float8
select '0x10'::float8
select '1_0'::float8
select '1e5'::numeric, ' 1.50 '::numeric, '-.5'::numeric, '5.'::numeric, '+1'::numeric
select 'abc'::numeric
select ''::numeric
select '1.2.3'::numeric
select 1.23456::numeric(5,2), 1.235::numeric(5,2), -1.235::numeric(5,2), 1.225::numeric(5,2), 99.994::numeric(4,2)
select 99.995::numeric(4,2)
select 999.9::numeric(3,1)
select 1000::numeric(3)
select 123.456::numeric(5,0), 123.5::numeric(3), 0.5::numeric(1)
select 1.5::numeric::float8, 1.1::numeric::real, 12345678901234567890::numeric::float8
select 1::numeric, 1.0::numeric, 1.10::numeric, 0.00::numeric, 1e2::numeric, 100::numeric(10,2)
select 1.10 = 1.1, 1.10::text = 1.1::text, 1 = 1.0, 1 < 1.5, 1::float8 = 1.0
select 12345678901234567890123456789012345678
select 99999999999999999999 + 1, 99999999999999999999 * 99999
select 1.123456789012345678 * 1.123456789012345678
select 0.123456789012345678901234567890 + 1
select sum(x), avg(x), min(x), max(x), count(x), count(*) from (values (1),(2),(null::int)) v(x)
select sum(x), avg(x) from (values (1::smallint),(2::smallint)) v(x)
select sum(x), avg(x) from (values (1::real),(2.5::real)) v(x)
select sum(x), avg(x) from (values (1::float8),('NaN'::float8)) v(x)
select sum(x) from (values (3e38::real),(3e38::real)) v(x)
select sum(x), avg(x), min(x), max(x), count(x) from (values (null::int)) v(x)
select avg(x) from (values (1),(2)) v(x)
select avg(x) from (values (1),(1),(2)) v(x)
select avg(x) from (values (1.5),(2),(2)) v(x)
select variance(x), stddev(x), var_pop(x), stddev_pop(x) from (values (1),(2),(4)) v(x)
select corr(y,x), covar_pop(y,x), covar_samp(y,x), regr_intercept(y,x), regr_r2(y,x), regr_slope(y,x) from (values (1,2)) v(x,y)
select corr(y,x), covar_pop(y,x), regr_count(y,x), regr_slope(y,x) from (values (null::int,2)) v(x,y)
select corr(y,x), regr_r2(y,x), regr_slope(y,x), regr_intercept(y,x) from (values (1,2),(1,3)) v(x,y)
select corr(y,x), regr_r2(y,x), regr_slope(y,x), regr_intercept(y,x) from (values (1,2),(2,2)) v(x,y)
select bit_and(x), bit_or(x), bit_xor(x) from (values (5),(3),(null)) v(x)
select bit_and(x) from (values (null::int)) v(x)
select bit_and(x), bit_or(x), bit_xor(x) from (values (5::smallint),(3::smallint)) v(x)
select bool_and(x), bool_or(x), every(x) from (values (true),(null),(false)) v(x)
select bool_and(x), bool_or(x) from (values (null::bool)) v(x)
select percentile_cont(0.5) within group (order by x) from (values (1),(2),(4),(10)) v(x)
select percentile_cont(0.25) within group (order by x desc) from (values (1),(2),(4),(10)) v(x)
select percentile_disc(0.5) within group (order by x) from (values (1),(2),(4),(10)) v(x)
select percentile_disc(0.5) within group (order by x desc) from (values (1),(2),(4),(10)) v(x)
select percentile_disc(0.5) within group (order by x) from (values ('a'),('b'),('c')) v(x)
select percentile_cont(0.5) within group (order by x) from (values (null::int)) v(x)
select percentile_disc(0) within group (order by x), percentile_disc(1) within group (order by x), percentile_cont(0) within group (order by x), percentile_cont(1) within group (order by x) from (values (1),(2),(null)) v(x)
select mode() within group (order by x) from (values (1),(2),(2),(null),(null),(null)) v(x)
select mode() within group (order by x desc) from (values (1),(2),(2),(1)) v(x)
select mode() within group (order by x) from (values (2),(1),(2),(1)) v(x)
select sum(distinct x), count(distinct x), avg(distinct x) from (values (1),(1),(2),(null)) v(x)
select sum(x) filter (where x>1), count(*) filter (where x is null) from (values (1),(2),(null)) v(x)
select count(distinct (a,b)) from (values (1,2),(1,2),(1,3)) v(a,b)
select max('a'::text), min(date '2024-01-01'), max(interval '1 day'), min(true::int)
select max(true)
select max(x) from (values (array[1,2]),(array[1,3])) v(x)
select max(x), min(x) from (values ('NaN'::float8),(1),(null)) v(x)
select any_value(1)
select a, grouping(a), sum(b) from (values (1,2),(1,3),(2,4)) v(a,b) group by rollup(a) order by 1
select a, b, grouping(a,b), count(*) from (values (1,2),(1,3),(2,4)) v(a,b) group by cube(a,b) order by 1,2,3
select a, b, count(*) from (values (1,2),(1,3),(2,4)) v(a,b) group by grouping sets ((a),(b),()) order by 1,2
select sum(1+)
select 1 +
select '1' + 1
select 'a' + 1
select '1.5' + 1
select 1 + 1.5, 1 + '2'
select - '1'
select 1 = '1', 1.5 = '1.5'
select 1 = 'a'
select 1 = '1.5'
select 1 = 'a'::text
select '1'::text = 1
select true = 1
select 1 and true
select not 1
select 1 || 'a'
select 1 is true
select case when 1 then 2 end
select 1::oid, 4294967295::oid, '1'::oid
select (-1)::oid
select 5000000000::oid
select g from generate_series(1,3) g
select g from generate_series(3,1) g
select g from generate_series(3,1,-1) g
select g from generate_series(1,10,0) g
select g from generate_series(1.0,2.0,0) g
select g from generate_series(5,1,-2) g
select g from generate_series(null,5) g
select g from generate_series(1,null) g
select g from generate_series(9223372036854775805,9223372036854775807) g
select g from generate_series(2147483646,2147483647) g
select to_hex(255), to_hex(0), to_hex(-255)
select 1.e5
select 5!
select cast(1.7 as integer), cast('1.7' as numeric)::int, int '5', float8 '1.5', numeric '1.50', bigint '5'
select 12345.678::numeric(10,1)::int, 1.5::real::int, 1e3::int
select sum(x::numeric(10,2)) / 3 from (values (10),(20)) v(x)
select 0.00001::text, (0.05)::numeric(2,2)::text, 'x'||0.5, concat(-0.5, 0.25), array[0.5]::text, (-0.05)::text, 1.50::text, format('%s', 0.5), array_to_string(array[0.5, -0.2], ','), 0::numeric::text
select to_json(0.5), json_build_object('a', -0.25), json_agg(x) from (values (0.5)) v(x) group by ()
select row_to_json(v), to_jsonb(v) from (values (0.5, -0.05)) v(a, b)
select (-2147483648) % (-1), (-9223372036854775808) % (-1), (-32768)::smallint % (-1)::smallint, mod(-2147483648, -1), mod((-32768)::smallint, (-1)::smallint), 5 % -3, -5 % 3
select x % y, mod(x, y) from (values (-2147483648, -1), (7, -2), (7, null), (null, -1)) v(x, y)
select x % y from (values (1, 0)) v(x, y)
