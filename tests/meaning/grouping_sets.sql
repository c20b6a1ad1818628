-- GROUP BY DISTINCT: each grouping set once.
select a, b, count(*) from (values (1,2,3),(4,5,6)) z(a,b,c) group by distinct rollup(a,b), rollup(a,c) order by 1,2,3
select a, b, count(*) from (values (1,2,3),(4,5,6)) z(a,b,c) group by distinct a, b order by 1,2
select a, b, count(*) from (values (1,2,3),(4,5,6)) z(a,b,c) group by distinct grouping sets ((a,b),(a,b),(b,a),()) order by 1,2
select count(*) from (values (1,2,3),(4,5,6)) z(a,b,c) group by distinct a, rollup(a,b) order by 1
select a from (values (1,2,3),(4,5,6)) z(a,b,c) group by distinct a, rollup(b), cube(a, (b, c)) order by 1
select a, b, grouping(a,b), sum(c) from (values (1,2,3),(4,5,6)) z(a,b,c) group by distinct rollup((a),(b)), grouping sets (a, (), (b,a), rollup(a,b)) order by 1,2,3,4
select a+1, count(*) from (values (1,2,3),(4,5,6)) z(a,b,c) group by distinct rollup(1), rollup(1) order by 1
select count(*) from (values (1,2,3),(4,5,6)) z(a,b,c) group by distinct ()
select j, count(*) from (values ('1'::jsonb, 1),('1.0',1)) v(j, x) group by distinct rollup(j, x), rollup(j) order by 2, 1 nulls last
