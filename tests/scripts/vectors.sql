-- as PostgreSQL
-- int2vector and oidvector, as clients that look at keys and indexes (SQLAlchemy, Django, JDBC) use them.
create table keyed (a int, b int, c text, primary key (b, a));
create view k as select i.* from pg_index i where indrelid = 'keyed'::regclass;
select unnest(indkey) from k;
select n from k, unnest(indkey) n;
select n, at from k, unnest(indkey) with ordinality as u(n, at);
select u.n, u.at from k, unnest(indkey) with ordinality u(n, at) order by u.at desc;
select n, o from k, unnest(indkey, indoption) as u(n, o);
select generate_subscripts(indkey, 1), unnest(indkey), unnest(indoption) from k;
select generate_subscripts(indclass, 1), generate_subscripts(indkey, 1, true), generate_subscripts(indkey, 2) from k;
select array_length(indkey, 1), array_lower(indkey, 1), array_upper(indkey, 1), cardinality(indkey), array_ndims(indkey), array_dims(indkey) from k;
select array_position(indkey, 1::smallint), array_position(indkey, 2::smallint), array_position(indkey, 1), array_position(indkey, 3), array_position(indkey, 2::smallint, 1) from k;
select array_positions(indkey, 1::smallint), array_to_string(indkey, ','), to_json(indkey), indkey[0], indkey[1], 2 = any(indkey), indkey::text from k;
select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) where i.indrelid = 'keyed'::regclass order by array_position(i.indkey, a.attnum);
select c.conname, array(select attname from unnest(c.conkey) with ordinality cols(colid, arridx) join pg_attribute as ca on cols.colid = ca.attnum where ca.attrelid = c.conrelid order by cols.arridx) from pg_constraint c where c.conrelid = 'keyed'::regclass;
select (array[5,6])[2::bigint], (array[5,6])[2::smallint], (array[5,6])[1.5], (array[5,6,7])[2::bigint:9::bigint];
select c.conkey[u.at] from pg_constraint c, unnest(c.conkey) with ordinality u(n, at) where c.conrelid = 'keyed'::regclass order by at;
select (array[5,6])['1'::text];
select (array[5,6])[1:'2'::text];
select (array[5,6])[99999999999];
select array_lower(null::int[], 1), array_upper('{1,2}'::int[], 1), array_position('{1,2}'::int[], 2);
select array_lower('{1,2}', 1);
with ordinality(a) as (select 1) select a from ordinality;
set client_min_messages = warning;
drop view k;
drop table keyed;
