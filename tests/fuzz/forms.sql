-- Queries with holes for expressions over the columns of w, or of {c}, a column of t (forms.py).
select <integer> as a, <text> as b from w order by a nulls first, b, w.id
select w.id from w order by <integer> desc nulls last, <text>, w.id
select distinct <integer> as a, <text> as b from w order by b desc, a
select <text> as k, count(*), sum(w.n) from w group by <text>, k order by 1, 2, 3
select <integer> as k, count(*) from w group by 1 having count(*) > <integer> order by 1
select <integer> + 0 as g, max(<text>) from w group by w.g, g order by 1, 2
select count(*) filter (where <boolean>), sum(<integer>) filter (where <boolean>) from w having <boolean> or true
select sum(count(*)) over (order by w.g nulls first), w.g from w where <boolean> group by w.g
select w.g, rank() over (order by sum(w.n) desc nulls last), avg(w.n) from w group by w.g
select w.id, sum(w.n) over v, count(<text>) over v from w window v as (partition by w.g order by w.id)
select w.id, first_value(<text>) over (v rows unbounded preceding) from w window v as (order by w.id)
select array(select <integer> from w order by w.id limit 5)
select array(select w.x from w where <boolean> order by w.id), exists (select from w where <boolean>)
select (select <text> from w where w.id = a.i limit 1), a.x from k a order by a.x
select a.x, (select count(*) from w where w.x = a.x and <boolean>) from k a order by 1
select a.x, (select max(<integer>) from w where w.g <= a.i) from k a order by 1
select a.x, l.* from k a left join lateral (select <text> as t, w.id from w where w.x >= a.x and <boolean> order by w.id limit 2) l on true order by a.x, l.id
select a.x, l.c from k a cross join lateral (select count(*) as c, min(<date>) from w where w.g = a.i) l order by 1
select w.id from w where (w.g, w.x) in (select a.i, a.x from k a) or <boolean> order by 1
select w.id from w where (w.g, w.x) not in (select a.i, a.x from k a where a.i is not null) order by 1
select w.id from w where <integer> in (values (1), (2), (null)) order by 1
select w.id from w where w.x = any (array(select a.x from k a)) and <boolean> order by 1
select w.id from w where <text> <> all (select a.x from k a where a.i > 1) order by 1
select w.id from w where w.n > (select avg(w.n) from w where <boolean>) order by 1
select w.id from w where not exists (select 1 from k a where a.x = <text> and a.i = w.g) order by 1
select * from w join k using (x) where <boolean> order by id, x
select x, count(*) from w full join k using (x) group by x order by x nulls first
select x, w.id, k.i from w left join k using (x) where <boolean> order by id, i
select * from (select x, g as i from w) a natural full join k order by x, i, l
select a.id, w.id from w a join w on a.tid = w.tid and a.id < w.id and <boolean> order by 1, 2
select q.* from (select <integer> as a, w.id from w union all select 0, k.i from k) q where q.a is not null order by 2, 1
(select <integer> from w order by 1 limit 3) union all (select k.i from k order by k.x offset 2)
select w.x from w where <boolean> intersect (select k.x from k except select 'a') order by 1
select <integer> from w union select <bigint> from w union select <numeric> from w order by 1
select <text> from w union all select w.x from w where <boolean> order by 1 nulls first limit 5
with a as (select <integer> as n, w.id from w), b as (select * from a where n > 0) select count(*), sum(b.n) from a left join b using (id)
with a as materialized (select w.g, <numeric> as n from w) select g, sum(n), (select count(*) from a) from a group by g order by g
with recursive r(n) as (values (1) union all select n + 1 from r where n < 5) select r.n, w.id from r left join w on w.g = r.n and <boolean> order by 1, 2
with recursive r(n, p) as (select w.id, array[w.id] from w where w.tid is null union all select w.id, p || w.id from w join r on w.tid = r.n where not w.id = any (p)) select * from r order by p
select coalesce(<text>, 'none') as t, grouping(w.g, w.b), count(*) from w group by rollup (w.g, w.b), 1 order by 1, 2, 3
select w.g, w.b, w.x, count(*) from w group by grouping sets ((w.g, w.b), (w.x), ()) order by 1, 2, 3, 4
select w.g, w.b, sum(w.n) from w group by cube (w.g, w.b) having sum(w.n) is not null order by 1, 2, 3
select w.g, string_agg(<text>, ',' order by w.id), array_agg(distinct w.x) from w group by w.g order by 1
select w.g, count(distinct <text>), sum(distinct w.n), min(<date>) from w group by w.g order by 1
select w.g, json_agg(w.x order by w.id), jsonb_object_agg(w.id, <integer>) from w group by w.g order by 1
select case when <boolean> then <integer> when <boolean> then <integer> else <integer> end from w order by w.id
select case w.g when 1 then <text> when <integer> then 'x' end, w.id from w order by 2
select w.id, row_number() over (partition by <text> order by w.id) from w order by 1
select w.id, lag(w.x) over (partition by w.b order by w.id), lead(<integer>, 2, -1) over (order by w.id) from w order by 1
select w.id, sum(w.n) over (partition by w.g order by w.id rows between 1 preceding and 1 following exclude current row) from w order by 1
select distinct on (w.g) w.g, w.id, <text> from w order by w.g, w.d desc nulls last, w.id
select count(*), count(w.x), count(distinct w.x) from w where <boolean>
select a.x, b.o, b.v from k a, unnest(array[a.i, a.i + 1]) with ordinality as b(v, o) where b.v > 1 order by 1, 2
select generate_series(1, w.g) as s, w.id from w where <boolean> order by 2, 1
select w.id from w order by w.id limit <integer> - <integer> + 3 offset 1
select * from (values (<integer>, 'a'), (1, <text>)) v(a, b)
select (w).x, w.id from w where (w).g is not null order by 2
select row(w.g, w.x) = row(1, 'a'), row(w.g, w.n) < row(2, 1.5), (w.g, w.x) is null from w order by w.id
select w.id, w.d + 1, w.d - date '2024-01-01', w.d + interval '1 month', extract(dow from w.d) from w order by 1
select to_char(w.d, 'YYYY-MM'), count(*), sum(w.n) from w group by 1 order by 1
select date_trunc('month', w.d)::date as m, count(*) over (partition by date_trunc('month', w.d)) from w order by 1, 2
select w.id, w.n / nullif(w.g, 0), round(w.n / 3, 2), w.n % 2, w.g / 2, w.f * w.n from w order by 1
select sum(w.n) / count(*), avg(w.g), round(avg(w.n), 2), sum(w.f), max(w.n) - min(w.n) from w where <boolean>
select w.x || '-' || w.g, upper(w.x), length(w.x), w.x like 'a%', position('b' in w.x) from w order by w.id
table k order by x
select count(*) from w a, w where a.id = w.id and <boolean>
select w.id from w where w.b is not true and (w.g > 1) is not false order by 1
select least(w.g, w.tid, 3), greatest(w.n, w.g), coalesce(w.n, w.g, 0), nullif(w.x, '') from w order by w.id
select {c}, count(*) from t group by {c} order by {c} nulls first, 2
select distinct {c} from t order by 1 desc
select id from t order by {c} desc nulls first, id
select id from t order by {c} nulls last, id limit 5
select a.id, b.id from t a join t b on a.{c} = b.{c} order by 1, 2
select a.id, b.id from t a left join t b on a.{c} < b.{c} order by 1, 2
select a.id, b.id from t a full join t b on a.{c} = b.{c} and a.id = b.id + 8 order by 1, 2
select min({c}), max({c}), count(distinct {c}) from t
select id, row_number() over (partition by {c} order by id) from t order by id
select id, rank() over (order by {c}), dense_rank() over (order by {c} desc), count(*) over (order by {c}) from t order by id
select id, lag({c}) over (order by id), first_value({c}) over (order by {c}, id), last_value({c}) over (order by {c}) from t order by id
select {c} from t where id < 9 union select {c} from t where id > 5 order by 1
select {c} from t intersect select {c} from t where id > 5 order by 1
select {c} from t except all select {c} from t where id > 5 order by 1
select id from t where {c} in (select {c} from t where id > 8) order by id
select id from t where {c} not in (select {c} from t where id > 8 and {c} is not null) order by id
select id from t where {c} = any (array(select {c} from t where id < 4)) order by id
select id from t where {c} >= all (select {c} from t where {c} is not null and id < 6) order by id
select id from t where {c} between (select min({c}) from t) and (select {c} from t where id = 3) order by id
select id, {c} is distinct from (select {c} from t where id = 4), nullif({c}, (select {c} from t where id = 4)) from t order by id
select id, case {c} when (select {c} from t where id = 4) then 'same' else 'other' end from t order by id
select distinct on ({c}) {c}, id from t order by {c}, id desc
select array_agg({c} order by {c}, id), array_agg(distinct {c}) from t where id < 12
select count(*) filter (where {c} is not null), mode() within group (order by {c}) from t
select percentile_disc(0.5) within group (order by {c}) from t
select {c}, id from t where id in (2, 5, 9, 12) order by {c} desc, id
select {c} from t group by grouping sets (({c}), ()) order by 1
select coalesce({c}, (select {c} from t where id = 5)), greatest({c}, (select {c} from t where id = 3)) from t order by id
with q as materialized (select {c} as c, id from t) select a.c, count(*) from q a join q b using (c) group by a.c order by 1
select to_jsonb({c}), to_json({c}), {c}::text from t order by id
select jsonb_agg({c} order by id), json_build_array(max({c})) from t
select row({c}, id)::text, row_to_json(row({c}, id)) from t order by id
select concat({c}, '|', {c}), format('%s %L', {c}, {c}), quote_nullable({c}) from t order by id
select id from t where ({c}, id) > (select {c}, id from t where id = 5) order by id
select id, {c} from t where {c} is null or id = 3 order by id
select string_agg({c}::text, ',' order by id) from t
select unnest(array[{c}, null, {c}]), id from t where id < 5 order by id
select (array[{c}, null])[1], array[{c}] || array[{c}], array_length(array[{c}, {c}], 1) from t order by id
values ((select {c} from t where id = 2)), ((select {c} from t where id = 3)), (null)
select id from (select id, {c} as c from t union all select id + 100, {c} from t) q where c = (select {c} from t where id = 6) order by 1
select w.id, count(*) over (order by w.g groups between 1 preceding and current row), sum(<integer>) over (order by w.id rows between 2 preceding and 1 following exclude ties) from w order by 1
select w.id, array_agg(w.id) over (order by w.g, w.id groups between 1 preceding and 1 following exclude group) from w where <boolean> order by 1
select w.id, sum(w.n) over (order by w.n range between 1.5 preceding and 1 following exclude current row), count(*) over (order by w.d desc range between interval '1 month' preceding and current row) from w order by 1
select w.id, nth_value(<text>, 2) over (order by w.id groups unbounded preceding), last_value(<integer>) over (partition by w.b order by w.id rows between current row and unbounded following) from w order by 1
select w.id from w where (w.g, w.x) in (values (1, 'a'), (2, <text>)) order by 1
select w.id, (w.g, w.id) not in (values (1, 2), (<integer>, 4)), w.g = any (values (1), (<integer>)) from w order by 1
select w.id from w where <text> like any (array['a%', '%b', <text>]) or <text> !~ all (array['^a', 'z$']) order by 1
select w.id, <text> not like all (array['a%', '_']), <text> ilike any (array['A%', null]), <text> !~* some (array['^A', 'b']) from w order by 1
select w.id, w.x like any (select k.x || '%' from k where k.i = w.g), <text> !~~ all (select k.x from k) from w order by 1
select array[<integer>, '7']::bigint[], array[<text>, null]::varchar(2)[], array['2024-01-01', null]::date[], array[<numeric>, '1.5']::float8[] from w order by w.id
select case when <boolean> then <interval> else interval '1 day' end, case when <boolean> then <interval> else interval '24 hours' end, greatest(<interval>, interval '1 month'), least(<interval>, interval '30 days') from w order by w.id
select max(interval '1 day'), max(interval '24 hours'), coalesce(max(<interval>), interval '720 hours'), min(coalesce(<interval>, interval '1 month')) from w
select case when <boolean> then w.n else null end, coalesce(null, w.n), array[w.n, null], nullif(w.n, null), greatest(null, w.n, 1.5) from w order by w.id
select null::numeric union all select w.n from w order by 1 nulls first
with recursive r(a, b) as (select 1, null::numeric union all select a + 1, w.n from r join w on w.id = r.a where a < 5) select * from r order by 1
with recursive r(n, path, cycle) as (select 1, array[1], false union all select (n % 3) + 1, path || ((n % 3) + 1), ((n % 3) + 1) = any (path) from r where not cycle) select * from r order by path
with recursive r(a, b) as (select w.id, w.tid from w where <boolean> union select w.id, w.tid from w join r on w.tid = r.a) select * from r order by 1, 2
select pg_typeof(<integer>), pg_typeof(count(*)), pg_typeof(max(<text>)) from w group by w.g order by w.g
select w.g, pg_typeof(sum(<integer>)), grouping(w.g), count(*) from w group by rollup (w.g) order by 1, 3
select w.g, w.b, count(*), grouping(w.g, w.b) from w group by distinct rollup (w.g, w.b), rollup (w.g) order by 1, 2, 4
select w.g, w.b, w.x, count(*), sum(<integer>) from w group by grouping sets (rollup (w.g, w.b), cube (w.x)) having count(*) > 1 order by 1, 2, 3, 4, 5
select w.id, unnest(array[<integer>, w.g]), unnest(array['a', <text>, 'c']) from w order by 1, 2, 3
select w.id, s.v, s.o from w left join lateral unnest(array[w.g, <integer>]) with ordinality s(v, o) on s.v > 1 order by 1, 3
select w.id, (select string_agg(u, '-' order by u) from unnest(string_to_array(<text>, 'a')) u) from w order by 1
select w.id, l.* from w left join lateral (select jsonb_agg(k.i order by k.x) as items, count(*) as c from k where k.x = w.x or <boolean>) l on true order by 1
select distinct on (w.g, <boolean>) w.g, w.id from w order by w.g, <boolean>, w.id desc
select id, g from w order by 2 desc nulls last, id limit all offset null
select w.id, w.g % (w.id - 3), mod(<integer>, -1), (-2147483648) % (-1) from w where w.id <> 3 order by 1
select right(<text>, <integer>), left(<text>, <integer>), right(<text>, -2147483648) from w order by w.id
select w.id, timestamptz '2024-10-26 02:30' + w.g * interval '1 day', timestamptz '2024-03-31 01:30' + <interval>, date_trunc('hour', timestamptz '2024-10-27 02:30+01' - w.g * interval '1 hour') from w order by 1
select w.d + <interval>, w.d - <interval>, age(w.d, <date>), w.d::timestamptz - <timestamp with time zone> from w order by w.id
select to_char(<interval>, 'YYYY MM DD HH24:MI:SS'), to_char(<timestamp without time zone>, 'IYYY-IW-ID DDD Q'), to_char(<numeric>, 'S999,990.099') from w order by w.id
select w.id, jsonb_build_object('n', <numeric>, 't', <text>, 'd', <date>) - 'n', to_jsonb(w) #>> '{x}', jsonb_path_query_array(to_jsonb(w), '$.* ? (@ > 1)') from w order by 1
