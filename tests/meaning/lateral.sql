-- Functions in FROM: their rows come in the order of what they read.
create table od(id int primary key, m jsonb, a text[])
insert into od values (1, '[3,1,2]', '{x,y}'), (2, '[9,8]', '{z}'), (3, '[]', null)
select id, x from od, jsonb_array_elements(m) x
select x from od cross join jsonb_array_elements(m) x
select x from od cross join lateral jsonb_array_elements(m) x
select id, x from od, unnest(a) x
select id, x, n from od, jsonb_array_elements(m) with ordinality q(x, n)
select id, k, v from od, jsonb_each(jsonb_build_object('p', m, 'q', id)) e(k, v) where id < 3
select id, x, b.t from od, jsonb_array_elements_text(m) x left join (values ('1','one')) b(k, t) on b.k = x where id = 1 order by 1, 2
select id, x from od left join lateral jsonb_array_elements(m) x on true order by id, x
select id, x from od left join jsonb_array_elements(m) x on x <> '1' order by id, x
select id, x from od join lateral jsonb_array_elements_text(m) x on x = '1'
select id, (select json_agg(x) from jsonb_array_elements(m) x) from od order by id
select id, array(select x::text from jsonb_array_elements(m) x) from od order by id
select id from od where exists (select from jsonb_array_elements(m) x where x = '8')
select o.id, r.a from od o, jsonb_to_recordset((select jsonb_agg(jsonb_build_object('a', x)) from jsonb_array_elements(o.m) x)) r(a int) where o.id < 3
select count(*) from od o join (od p cross join jsonb_array_elements(p.m) x) on o.id = p.id
select id, regexp_split_to_table from od, regexp_split_to_table('a b ' || id, ' ')
select id, g from od, generate_series(1, id) g
select o.id, x from (od o left join (values (1, 'w')) v(id, w) using (id)), jsonb_array_elements(o.m) x
select id, x, y from od, jsonb_array_elements(m) x, jsonb_path_query(x, '$ ? (@ > 1)') y
update od set a = array[x::text] from jsonb_array_elements('[5]') x where id = 3 returning id, a
update od o set a = array[x] from od p, jsonb_array_elements_text(p.m) x where o.id = p.id and x = '9' returning o.id, o.a
delete from od using unnest(array[3]) u where id = u returning id
with c as (select id, m from od) select id, x from c, jsonb_array_elements(m) x
select id, x from (select * from od where id = 1) q, jsonb_array_elements(q.m) x
create view odv as select id, x from od, jsonb_array_elements(m) x
select * from odv
drop view odv
drop table od
