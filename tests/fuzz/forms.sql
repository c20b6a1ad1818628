-- Queries with holes for expressions over the columns of w (forms.py).
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
