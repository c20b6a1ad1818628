-- What overflows and underflows in real and double precision, and Infinity that was there before.
select 1e308::float8*10
select 1e308::float8+1e308::float8
select -1e308::float8-1e308::float8
select 1e308::float8/1e-10::float8
select 1e-308::float8*1e-308::float8
select 1e-308::float8/1e308::float8
select 'inf'::float8*2, 'inf'::float8+1, 'inf'::float8-'inf'::float8, 1/'inf'::float8, 'inf'::float8*0
select 3e38::real*10::real
select 3e38::real+3e38::real
select 1e-30::real*1e-30::real
select 1e-30::real/1e30::real
select 'inf'::real*2::real
select sum(x) from (values (1e308::float8),('1e308'::float8)) v(x)
select sum(x) from (values ('inf'::float8),(1)) v(x)
select sum(x) from (values ('inf'::float8),('-inf')) v(x)
select avg(x) from (values (1e308::float8),('1e308'::float8)) v(x)
select avg(x) from (values ('inf'::float8),(1)) v(x)
select avg(x) from (values ('-inf'::float8),('inf')) v(x)
select sum(x) from (values (3e38::real),(3e38)) v(x)
select sum(x*10) from (values (1e308::float8),(1)) v(x)
select sum(x) over () from (values (1e308::float8),('1e308'::float8)) v(x)
select sum(x) over (order by x) from (values (1::float8),('inf')) v(x)
select avg(x) over () from (values (1e308::float8),('1e308'::float8)) v(x)
select exp(1000::float8)
select exp(-1000::float8)
select exp('inf'::float8), exp('-inf'::float8), exp('nan'::float8)
select power(10::float8, 400)
select power(10::float8, -400)
select power('inf'::float8, 2), power('inf'::float8,-2), power(2::float8,'inf'), power(0.5::float8,'inf'), power('-inf'::float8,3)
select power(-8::float8, 3), power(-8::float8,-401)
select power(1::float8,'nan'), power('nan'::float8,0)
select 10::float8 ^ 400
select degrees(1e308::float8)
select radians(1e-308::float8), radians(5e-324::float8)
select sinh(1000::float8)
select cosh(1000::float8)
select tanh(1000::float8)
select sqrt('inf'::float8), cbrt('inf'::float8), cbrt(1e308::float8)
select ln('inf'::float8), log('inf'::float8)
select ln(0::float8)
select stddev(x) from (values (1e308::float8),(-1e308)) v(x)
select stddev(x) from (values ('inf'::float8),(1)) v(x)
select variance(x) from (values (1e200::float8),(1)) v(x)
select var_pop(x) from (values ('nan'::float8),(1)) v(x)
select corr(x,x) from (values (1e308::float8),(-1e308)) v(x)
select covar_pop(x,x) from (values (1e308::float8),(-1e308)) v(x)
select regr_slope(x,x) from (values (1e308::float8),(-1e308)) v(x)
select regr_avgx(x,x) from (values (1e308::float8),('1e308'::float8)) v(x)
select 1e308::float8::real
select 1e-300::float8::real
select '1e400'::float8
select '1e-400'::float8
select '1e40'::real
select 1e40::real
select 1e400::float8
select 'inf'::float8::int
select 1e20::float8::bigint
select atan2(1e308::float8,1e-308), asinh(1e308::float8), acosh(1e308::float8)
select 1e308::float8*10 > 5
select (1e308::float8*x)/(1e308::float8*x) from (values (10)) v(x)
select 1/(1e308::float8*x) from (values (10)) v(x)
select -('inf'::float8), abs('-inf'::float8), ceil('inf'::float8), round('inf'::float8), trunc('-inf'::float8), sign('-inf'::float8), floor('nan'::float8)
select sum(x+y) from (values (1e308::float8,1e308::float8)) v(x,y)
select x, sum(y) from (values (1,1e308::float8),(1,1e308),(2,1)) v(x,y) group by x
select x*10, count(*) from (values (1e308::float8)) v(x) group by x*10
select (x*10)+1, count(*) from (values (1::float8)) v(x) group by x*10
select x*1e308 from (values (1::float8),(100)) v(x) order by 1
select x from (values (1e308::float8)) v(x) where x*10 > 5
select x from (values (1::float8),(1e308)) v(x) order by x*10
select sum(distinct x) from (values (1e308::float8),('1e308'::float8)) v(x)
select sum(distinct x) from (values (1e308::float8),(1.1e308)) v(x)
select 1e308::float8 * 1e-308::real
select interval '1 day' * 1e308::float8
select interval '1 day' / 1e-308::float8
select 5::float8 % 2
select mod(5::float8,2)
select coalesce(x*10, 1) from (values (null::float8),(1)) v(x)
select array_agg(x*10) from (values (1e308::float8)) v(x)
select max(x*10) from (values (1e308::float8)) v(x)
select x*x as p from (values (1e200::float8)) v(x) group by p
select x*1e10 from (select sum(y) x from (values (1e300::float8)) u(y)) v
select sum(x)*1e10 from (values (1e300::float8)) v(x)
select sum(x)+sum(x) from (values (1e308::float8)) v(x)
select generate_series(1,2)*1e308::float8
select 1e308::float8 + null
select sum(x/y) from (values (1e308::float8,1e-308::float8)) v(x,y)
select '-3e38'::real+ 'nan'::float8
select 'inf'::real- '1'::real
select 'inf'::real/ '-inf'::float8
select '-1e308'::float8+ '-2'::float8
select '0'::real/ '3e38'::float8
select '-3e38'::real+ '3e38'::real
select '-inf'::float8+ '-inf'::float8
select '-inf'::float8* '-0.5'::float8
select '-0'::float8* '-inf'::float8
select '-inf'::real- '-3e38'::float8
select '0'::real/ 'inf'::real
select '-3e38'::real+ '0'::real
select 'nan'::real- '1e-45'::float8
select 'nan'::real/ '1e-38'::float8
select '-inf'::float8- '0.5'::float8
select '2'::float8+ 'inf'::float8
select '-inf'::float8/ 'nan'::float8
select '3e38'::real* 'inf'::float8
select 'inf'::real+ '-3e38'::real
select '1e308'::float8/ '0'::float8
select '1'::real* '3e38'::float8
select '-inf'::float8* '-1e308'::float8
select '3'::float8- '-inf'::float8
select '-1e308'::float8* '3'::float8
select 'inf'::real* '1e-38'::float8
select '3'::float8* '-inf'::float8
select '1e308'::float8* '-1e308'::float8
select '0'::float8+ '-inf'::float8
select '1'::float8+ 'inf'::float8
select '-inf'::float8/ '0'::float8
select '-inf'::float8/ 'inf'::float8
select '0'::float8/ '-inf'::float8
select '-0'::float8/ '1e308'::float8
select '-inf'::real+ '-3e38'::real
select '-1'::real- '-3e38'::real
select '1e-308'::float8/ '-inf'::float8
select '-inf'::real/ '-inf'::real
select 'inf'::float8/ '-2'::float8
select '-1e308'::float8/ 'nan'::float8
select '0'::real* '3e38'::real
select 'nan'::real+ '1e-45'::float8
select '1e308'::float8+ '3'::float8
select 'inf'::real- '3e38'::float8
select '-3e38'::real* '-3e38'::float8
select '-1e-308'::float8* 'inf'::float8
select '1e-38'::real+ '-inf'::real
select '-0.5'::float8- '-1e308'::float8
select '-3e38'::real- '3e38'::float8
select '0'::real- '3e38'::float8
select '-0'::float8+ 'inf'::float8
select '1e-38'::real- '0'::real
select '-0.5'::float8- '-inf'::float8
select '1'::real- '1e-45'::real
select '1e-45'::real- 'inf'::float8
select '0'::real- '-inf'::real
select '-1'::real/ 'inf'::real
select '-1'::real- '1e-45'::real
select '1e308'::float8/ '2'::float8
select '-1'::real/ 'inf'::float8
select '1'::real/ '-3e38'::float8
select asinh('1e308'::float8)
select cbrt('inf'::float8)
select acosd('-5e-324'::float8)
select log('-5e-324'::float8)
select power('0.5'::float8,'-1e308')
select power('-1e308'::float8,'-1e-308')
select ln('inf'::float8)
select atan2('-inf'::float8,'1e308')
select power('inf'::float8,'-1')
select power('2'::float8,'-1e308')
select power('1e308'::float8,'0')
select atan2d('0.5'::float8,'-inf')
select exp('-inf'::float8)
select atan2('0'::float8,'inf')
select sqrt('-1000'::float8)
select asinh('-710'::float8)
select atan2d('-1e308'::float8,'inf')
select atanh('-1e308'::float8)
select asin('-1e308'::float8)
select asind('5e-324'::float8)
select atan2('-1'::float8,'1e308')
select power('0'::float8,'-inf')
select atan2('-1e308'::float8,'1e-308')
select power('-1'::float8,'inf')
select atan2('inf'::float8,'0')
select asind('-1000'::float8)
select cot('1e308'::float8)
select atan2d('-2'::float8,'inf')
select power('2'::float8,'-inf')
select round('-5e-324'::float8)
select log10('-1000'::float8)
select power('-inf'::float8,'1')
select cos('-5e-324'::float8)
select sind('-5e-324'::float8)
select -('-inf'::float8)
select atan2('-1e308'::float8,'-1e-308')
select atan2d('-1e308'::float8,'0')
select power('-0.5'::float8,'inf')
select sinh('-1e308'::float8)
select ceil('-5e-324'::float8)
select atan2('-inf'::float8,'-0.5')
select cos('710'::float8)
select sign('1e308'::float8)
select sign('-710'::float8)
select trunc('710'::float8)
select asinh('-1e308'::float8)
select sin('1e308'::float8)
select atan2d('1e-308'::float8,'1e308')
select sinh('5e-324'::float8)
select trunc('-1000'::float8)
select atan2('3'::float8,'inf')
select cosh('-710'::float8)
select sqrt('-inf'::float8)
select sin('5e-324'::float8)
select atan2d('1e308'::float8,'2')
select atan2('inf'::float8,'1e308')
select power('-1e308'::float8,'-inf')
select log10('5e-324'::float8)
select cotd('710'::float8)
select atan2d('3'::float8,'-inf')
select var_pop(x) from (values ('nan'::real),('inf'::real)) v(x)
select stddev(x) from (values ('inf'::real)) v(x)
select var_samp(x) from (values ('1.7e308'::float8),('-1.7e308'::float8)) v(x)
select min(x) from (values ('1.7e308'::float8),('-1.7e308'::float8)) v(x)
select var_samp(x) from (values ('inf'::real),('1'::real)) v(x)
select avg(x) from (values ('nan'::real),('inf'::real)) v(x)
select sum(x) from (values ('1.7e308'::float8),('1.7e308'::float8)) v(x)
select min(x) from (values ('3e38'::real)) v(x)
select sum(x) from (values ('nan'::real),('inf'::real)) v(x)
select var_samp(x) from (values ('1.7e308'::float8)) v(x)
select var_pop(x) from (values ('inf'::real),('1'::real)) v(x)
select avg(x) from (values ('1.7e308'::float8)) v(x)
select avg(x) from (values ('inf'::real),('1'::real)) v(x)
select stddev_pop(x) from (values ('-inf'::float8),('inf'::float8)) v(x)
select max(x) from (values ('3e38'::real),('-3e38'::real)) v(x)
select min(x) from (values ('inf'::real)) v(x)
select var_samp(x) from (values ('3e38'::real),('-3e38'::real)) v(x)
select sum(x) from (values ('1.7e308'::float8)) v(x)
select avg(x) from (values ('1.7e308'::float8),('1.7e308'::float8)) v(x)
select var_samp(x) from (values ('nan'::real),('inf'::real)) v(x)
select var_pop(x) from (values ('inf'::float8),('1'::float8)) v(x)
select avg(x) from (values ('inf'::real)) v(x)
select max(x) from (values ('1.7e308'::float8),('1.7e308'::float8)) v(x)
select max(x) from (values ('inf'::float8),('1'::float8)) v(x)
select stddev(x) from (values ('nan'::float8),('inf'::float8)) v(x)
select max(x) from (values ('1.7e308'::float8),('-1.7e308'::float8)) v(x)
select max(x) from (values ('nan'::float8),('inf'::float8)) v(x)
select min(x) from (values ('inf'::float8),('1'::float8)) v(x)
select stddev_pop(x) from (values ('inf'::real),('1'::real)) v(x)
select min(x) from (values ('3e38'::real),('-3e38'::real)) v(x)
select var_samp(x) from (values ('inf'::float8)) v(x)
select var_pop(x) from (values ('3e38'::real),('3e38'::real)) v(x)
select var_samp(x) from (values ('nan'::float8),('inf'::float8)) v(x)
select stddev(x) from (values ('inf'::float8),('1'::float8)) v(x)
select min(x) from (values ('-inf'::real),('inf'::real)) v(x)
select var_samp(x) from (values ('-inf'::float8),('inf'::float8)) v(x)
select var_samp(x) from (values ('3e38'::real),('3e38'::real)) v(x)
select min(x) from (values ('inf'::real),('1'::real)) v(x)
select avg(x) from (values ('3e38'::real),('3e38'::real)) v(x)
select var_pop(x) from (values ('-inf'::float8),('inf'::float8)) v(x)
select 'NaN'::float8/0
select 'NaN'::float4/0
select x / y from (values ('NaN'::float8, 0::float8)) v(x,y)
select var_pop(x), stddev_pop(x), stddev(x), variance(x), var_samp(x), stddev_samp(x) from (values ('Infinity'::float8)) v(x)
select var_pop(x), stddev_pop(x), stddev(x), variance(x), var_samp(x), stddev_samp(x) from (values ('NaN'::float8)) v(x)
select var_pop(x), stddev_pop(x), stddev(x), variance(x), var_samp(x), stddev_samp(x) from (values ('Infinity'::float8),(1)) v(x)
select cotd('-0'), cotd(0), cotd('-180'), cotd(180), cotd(-360), cotd(360), cotd(90), cotd(-90)
select k, round((2*6371*asin(sqrt(pow(sin(radians((x-y)/2)),2)+cos(radians(x))*cos(radians(y))*pow(sin(radians((y-1)/2)),2))))::numeric, 6) from (values (1.5::float8, 40::float8, 1), (52.5, 13.4, 2), (-33.9, 151.2, 2), (0, 0, 1)) v(x,y,k) order by 1, 2
select k, round(sum(2*6371*asin(sqrt(pow(sin(radians((x-y)/2)),2)+cos(radians(x))*cos(radians(y))*pow(sin(radians((y-1)/2)),2))))::numeric, 6), count(*) filter (where 2*6371*asin(sqrt(pow(sin(radians((x-y)/2)),2)+cos(radians(x))*cos(radians(y))*pow(sin(radians((y-1)/2)),2))) > 1000) from (values (1.5::float8, 40::float8, 1), (52.5, 13.4, 2), (-33.9, 151.2, 2), (0, 0, 1)) v(x,y,k) group by k order by 1
select round((2*6371*asin(sqrt(pow(sin(radians((x-y)/2)),2)+cos(radians(x))*cos(radians(y))*pow(sin(radians((y-1)/2)),2))))::numeric, 6) d, count(*) from (values (1.5::float8, 40::float8, 1), (52.5, 13.4, 2), (-33.9, 151.2, 2), (0, 0, 1)) v(x,y,k) group by 2*6371*asin(sqrt(pow(sin(radians((x-y)/2)),2)+cos(radians(x))*cos(radians(y))*pow(sin(radians((y-1)/2)),2))) order by 2*6371*asin(sqrt(pow(sin(radians((x-y)/2)),2)+cos(radians(x))*cos(radians(y))*pow(sin(radians((y-1)/2)),2)))
select k, rank() over (partition by k order by 2*6371*asin(sqrt(pow(sin(radians((x-y)/2)),2)+cos(radians(x))*cos(radians(y))*pow(sin(radians((y-1)/2)),2)))), round((max(2*6371*asin(sqrt(pow(sin(radians((x-y)/2)),2)+cos(radians(x))*cos(radians(y))*pow(sin(radians((y-1)/2)),2)))) over (order by x))::numeric, 6) from (values (1.5::float8, 40::float8, 1), (52.5, 13.4, 2), (-33.9, 151.2, 2), (0, 0, 1)) v(x,y,k) order by 1, 2, 3
select a.k, b.k from (values (1.5::float8, 40::float8, 1), (52.5, 13.4, 2), (-33.9, 151.2, 2), (0, 0, 1)) v(x,y,k) join (values (1),(2)) b(k) on 2*6371*asin(sqrt(pow(sin(radians((x-y)/2)),2)+cos(radians(x))*cos(radians(y))*pow(sin(radians((y-1)/2)),2))) > b.k * 500 cross join (values (1)) a(k) order by 1, 2
select round((x / (x + 1) / (x + 2) / (x + 3) / (x + 4) / (x + 5) / (x + 6) / (x + 7) / (x + 8) / (x + 9) / (x + 10) / (x + 11) / (x + 12) * 1e12::float8)::numeric, 3) from (values (1.5::float8, 40::float8, 1), (52.5, 13.4, 2), (-33.9, 151.2, 2), (0, 0, 1)) v(x,y,k) where x > 1 order by 1
select x / (x - 1) / (x - 2) / (x - 3) / (x - 4) / (x - 5) / (x - 6) / (x - 7) / (x - 8) / (x - 9) / (x - 10) / (x - 11) / (x - 12) from (values (3::float8)) v(x)
select exp(exp(exp(exp(exp(exp(exp(exp(x)))))))) from (values (1::float8)) v(x)
select round(sqrt(sqrt(sqrt(sqrt(sqrt(sqrt(sqrt(sqrt(x))))))))::numeric, 9), round(ln(ln(ln(x)))::numeric,6) from (values (1e300::float8)) v(x)
select ln(ln(ln(ln(ln(ln(ln(x))))))) from (values (1e300::float8)) v(x)
select round(sin(cos(sin(cos(sin(cos(sin(cos((select max(a) from (values (1::float8)) w(a)) / 3 + x))))))))::numeric, 9) from (values (1e3::float8)) v(x)
select round(sqrt(sqrt(sqrt(sqrt(sqrt(sum(x) / count(*) * max(x) / (min(x) + 1))))))::numeric, 9) from (values (1e3::float8), (2)) v(x)
select round(((((x ^ 2) ^ 0.5) ^ 2) ^ 0.5 ^ 1.5 ^ 0.25)::numeric, 6) from (values (7::float8), (null)) v(x) order by 1
select round(power(power(power(power(power(x, 2), 0.5), 2), 0.5), y)::numeric, 6), power(power(power(power(power(x, 2), 200), 2), 0.5), y) from (values (7::float8, 2::float8)) v(x, y)
