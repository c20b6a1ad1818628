-- as PostgreSQL
-- How clients ask for foreign keys: the shapes of the queries of drivers, ORMs and tools.
set client_min_messages = warning;
create schema fk_far;
create table fk_p (id int primary key, code text unique, a int, b int, unique (b, a));
create table fk_far.fk_far (id bigint primary key);
create table fk_c (
  id serial primary key,
  p int not null references fk_p on delete cascade,
  "By Code" text references fk_p (code) on update cascade on delete set null,
  x int, y int,
  up int references fk_c deferrable initially deferred,
  far bigint references fk_far.fk_far on delete restrict,
  foreign key (x, y) references fk_p (a, b) match full on update set default
);
comment on constraint fk_c_p_fkey on fk_c is 'whose it is';
-- JDBC: imported keys, exported keys.
create view jdbc as
select pkn.nspname as pktable_schem, pkc.relname as pktable_name, pka.attname as pkcolumn_name, fkn.nspname as fktable_schem,
  fkc.relname as fktable_name, fka.attname as fkcolumn_name, pos.n as key_seq,
  case con.confupdtype when 'c' then 0 when 'n' then 2 when 'd' then 4 when 'r' then 1 when 'p' then 1 when 'a' then 3 else null end as update_rule,
  case con.confdeltype when 'c' then 0 when 'n' then 2 when 'd' then 4 when 'r' then 1 when 'p' then 1 when 'a' then 3 else null end as delete_rule,
  con.conname as fk_name, pkic.relname as pk_name,
  case when con.condeferrable and con.condeferred then 5 when con.condeferrable then 6 else 7 end as deferrability
from pg_catalog.pg_namespace pkn, pg_catalog.pg_class pkc, pg_catalog.pg_attribute pka, pg_catalog.pg_namespace fkn,
  pg_catalog.pg_class fkc, pg_catalog.pg_attribute fka, pg_catalog.pg_constraint con, pg_catalog.generate_series(1, 32) pos(n),
  pg_catalog.pg_class pkic
where pkn.oid = pkc.relnamespace and pkc.oid = pka.attrelid and pka.attnum = con.confkey[pos.n] and con.confrelid = pkc.oid
  and fkn.oid = fkc.relnamespace and fkc.oid = fka.attrelid and fka.attnum = con.conkey[pos.n] and con.conrelid = fkc.oid
  and con.contype = 'f' and (pkic.relkind = 'i' or pkic.relkind = 'I') and pkic.oid = con.conindid;
select * from jdbc where fktable_schem = 'public' and fktable_name = 'fk_c' order by pktable_schem, pktable_name, fk_name, key_seq;
select * from jdbc where pktable_name = 'fk_p' order by fktable_schem, fktable_name, fk_name, key_seq;
-- An earlier JDBC driver, which finds the index by pg_depend.
select con.conname, pkic.relname from pg_catalog.pg_constraint con, pg_catalog.pg_depend dep, pg_catalog.pg_class pkic
  where con.contype = 'f' and con.oid = dep.objid and pkic.oid = dep.refobjid and pkic.relkind = 'i'
  and dep.classid = 'pg_constraint'::regclass::oid and dep.refclassid = 'pg_class'::regclass::oid and con.conrelid = 'fk_c'::regclass
  order by 1;
-- Rails.
select t2.oid::regclass::text as to_table, a1.attname as column, a2.attname as primary_key, c.conname as name,
  c.confupdtype as on_update, c.confdeltype as on_delete, c.convalidated as valid, c.condeferrable as deferrable,
  c.condeferred as deferred, c.conkey, c.confkey, c.conrelid::regclass, c.confrelid::regclass
from pg_constraint c join pg_class t1 on c.conrelid = t1.oid join pg_class t2 on c.confrelid = t2.oid
  join pg_attribute a1 on a1.attnum = c.conkey[1] and a1.attrelid = t1.oid
  join pg_attribute a2 on a2.attnum = c.confkey[1] and a2.attrelid = t2.oid
  join pg_namespace t3 on c.connamespace = t3.oid
where c.contype = 'f' and t1.relname = 'fk_c' and t3.nspname = any (current_schemas(false)) order by c.conname;
-- Django.
select a1.attname, c2.relname, a2.attname from pg_constraint con
  left join pg_class c1 on con.conrelid = c1.oid left join pg_class c2 on con.confrelid = c2.oid
  left join pg_attribute a1 on c1.oid = a1.attrelid and a1.attnum = con.conkey[1]
  left join pg_attribute a2 on c2.oid = a2.attrelid and a2.attnum = con.confkey[1]
where c1.relname = 'fk_c' and con.contype = 'f' and c1.relnamespace = c2.relnamespace and pg_catalog.pg_table_is_visible(c1.oid)
order by 1;
select c.conname,
  array(select attname from unnest(c.conkey) with ordinality cols(colid, arridx) join pg_attribute as ca on cols.colid = ca.attnum
    where ca.attrelid = c.conrelid order by cols.arridx),
  c.contype,
  (select fkc.relname || '.' || fka.attname from pg_attribute as fka join pg_class as fkc on fka.attrelid = fkc.oid
    where fka.attrelid = c.confrelid and fka.attnum = c.confkey[1]),
  cl.reloptions
from pg_constraint as c join pg_class as cl on c.conrelid = cl.oid
where cl.relname = 'fk_c' and pg_catalog.pg_table_is_visible(cl.oid) order by 1;
-- SQLAlchemy and Alembic.
select pg_class.relname, pg_constraint.conname,
  case when (pg_constraint.oid is not null) then pg_get_constraintdef(pg_constraint.oid, true) end as condef, nsp_ref.nspname,
  pg_description.description
from pg_class left outer join pg_constraint on pg_class.oid = pg_constraint.conrelid and pg_constraint.contype = 'f'
  left outer join pg_class as cls_ref on cls_ref.oid = pg_constraint.confrelid
  left outer join pg_namespace as nsp_ref on cls_ref.relnamespace = nsp_ref.oid
  left outer join pg_description on pg_description.objoid = pg_constraint.oid and pg_description.classoid = cast('pg_constraint' as regclass)
  join pg_namespace on pg_namespace.oid = pg_class.relnamespace
where pg_class.relkind = any (array['r', 'p', 'f']) and pg_table_is_visible(pg_class.oid) and pg_namespace.nspname = 'public'
  and pg_class.relname ~ '^fk_' order by pg_class.relname, pg_constraint.conname;
-- pgAdmin.
select ct.oid, conname as name, condeferrable, condeferred, confupdtype, confdeltype,
  case confmatchtype when 's' then false when 'f' then true end as confmatchtype, conkey, confkey, confrelid,
  nl.nspname as fknsp, cl.relname as fktab, nr.nspname as refnsp, cr.relname as reftab, description as comment,
  convalidated, conislocal
from pg_catalog.pg_constraint ct join pg_catalog.pg_class cl on cl.oid = conrelid join pg_catalog.pg_namespace nl on nl.oid = cl.relnamespace
  join pg_catalog.pg_class cr on cr.oid = confrelid join pg_catalog.pg_namespace nr on nr.oid = cr.relnamespace
  left outer join pg_catalog.pg_description des on (des.objoid = ct.oid and des.classoid = 'pg_constraint'::regclass)
where false and contype = 'f' and conrelid = 'fk_c'::regclass::oid order by conname;
with cons as (select conname, conrelid, conkey, generate_subscripts(conkey, 1) as at, confrelid, confkey from pg_constraint
  where contype = 'f' and conrelid = 'fk_c'::regclass)
select conname, a1.attname as conattname, a2.attname as confattname from cons
  join pg_attribute a1 on a1.attrelid = conrelid and a1.attnum = conkey[at]
  join pg_attribute a2 on a2.attrelid = confrelid and a2.attnum = confkey[at] order by conname, at;
-- DBeaver: all constraints of a table, and who refers to it.
select c.conname, c.contype, t.relname as tabrelname, rt.relnamespace::regnamespace as refnamespace, d.description,
  case when c.contype = 'c' then "substring"(pg_get_constraintdef(c.oid), 7) else null end as consrc_copy
from pg_catalog.pg_constraint c join pg_catalog.pg_class t on t.oid = c.conrelid
  left outer join pg_catalog.pg_class rt on rt.oid = c.confrelid
  left outer join pg_catalog.pg_description d on d.objoid = c.oid and d.objsubid = 0 and d.classoid = 'pg_constraint'::regclass
where c.conrelid = 'fk_c'::regclass order by c.conname;
select c.conname, c.conrelid::regclass::text from pg_constraint c where c.confrelid = 'fk_p'::regclass and c.contype = 'f' order by 1;
-- Prisma.
select con.oid::regclass is null as "none", att2.attname as child_column, cl.relname as parent_table, ns.nspname as parent_schema,
  att.attname as parent_column, con.confdeltype, con.confupdtype, conname as constraint_name, child, child_key
from (select ns.nspname, unnest(con1.conkey) as parent, unnest(con1.confkey) as child, generate_subscripts(con1.conkey, 1) as child_key,
    cl.relname as table_name, con1.oid, con1.confrelid, con1.conrelid, con1.conname, con1.confdeltype, con1.confupdtype
  from pg_class cl join pg_constraint con1 on con1.conrelid = cl.oid join pg_namespace ns on cl.relnamespace = ns.oid
  where con1.contype = 'f' and ns.nspname = 'public') con
  join pg_attribute att on att.attrelid = con.confrelid and att.attnum = con.child
  join pg_class cl on cl.oid = con.confrelid join pg_attribute att2 on att2.attrelid = con.conrelid and att2.attnum = con.parent
  join pg_namespace ns on cl.relnamespace = ns.oid
where con.table_name = 'fk_c' order by constraint_name, child_key;
-- information_schema, as Sequelize, TypeORM, Knex and Laravel join it.
select tc.constraint_name, tc.table_name, kcu.column_name, ccu.table_schema as foreign_schema, ccu.table_name as foreign_table,
  ccu.column_name as foreign_column, tc.is_deferrable, tc.initially_deferred
from information_schema.table_constraints as tc
  join information_schema.key_column_usage as kcu on tc.constraint_name = kcu.constraint_name
  join information_schema.constraint_column_usage as ccu on ccu.constraint_name = tc.constraint_name
where constraint_type = 'FOREIGN KEY' and tc.table_name = 'fk_c' order by 1, 3, 6;
select rc.constraint_name, kcu.column_name, rcu.table_name, rcu.column_name, rc.update_rule, rc.delete_rule
from information_schema.referential_constraints rc
  join information_schema.key_column_usage kcu on kcu.constraint_name = rc.constraint_name and kcu.constraint_schema = rc.constraint_schema
  join information_schema.key_column_usage rcu on rcu.constraint_name = rc.unique_constraint_name
    and rcu.constraint_schema = rc.unique_constraint_schema and rcu.ordinal_position = kcu.position_in_unique_constraint
where kcu.table_name = 'fk_c' order by 1, 2;
select con.conname, ns.nspname, cl.relname, array_agg(att.attname order by u.at) as columns, pg_get_constraintdef(con.oid)
from pg_constraint con cross join lateral unnest(con.conkey) with ordinality as u(number, at)
  join pg_class cl on cl.oid = con.conrelid join pg_namespace ns on ns.oid = cl.relnamespace
  join pg_attribute att on att.attrelid = con.conrelid and att.attnum = u.number
where con.contype = 'f' and con.conrelid = 'fk_c'::regclass group by con.oid, con.conname, ns.nspname, cl.relname order by 1;
select c.conname as name, string_agg(la.attname, ',' order by conseq.ord) as columns, fn.nspname as foreign_schema, fc.relname as foreign_table,
  string_agg(fa.attname, ',' order by conseq.ord) as foreign_columns, c.confupdtype as on_update, c.confdeltype as on_delete
from pg_constraint c join pg_class tc on c.conrelid = tc.oid join pg_namespace tn on tn.oid = tc.relnamespace
  join pg_class fc on c.confrelid = fc.oid join pg_namespace fn on fn.oid = fc.relnamespace
  join lateral unnest(c.conkey) with ordinality as conseq(num, ord) on true
  join pg_attribute la on la.attrelid = c.conrelid and la.attnum = conseq.num
  join pg_attribute fa on fa.attrelid = c.confrelid and fa.attnum = c.confkey[conseq.ord]
where c.contype = 'f' and tc.relname = 'fk_c' and tn.nspname = 'public' group by c.conname, fn.nspname, fc.relname, c.confupdtype, c.confdeltype
order by 1;
select attname, (select count(*) from pg_constraint where contype = 'f' and conrelid = attrelid and attnum = any (conkey)) as of_keys
  from pg_attribute where attrelid = 'fk_c'::regclass and attnum > 0 order by attnum;
-- Who depends on whom, by a walk over the graph.
with recursive walk(rel, depth) as (
  select 'fk_p'::regclass::oid, 0 union
  select c.conrelid, depth + 1 from walk join pg_constraint c on c.confrelid = rel and c.contype = 'f' where depth < 3)
select rel::regclass::text, min(depth) from walk group by 1 order by 2, 1;
drop view jdbc;
drop table fk_c, fk_p;
drop schema fk_far cascade;
