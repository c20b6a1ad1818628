-- as PostgreSQL
-- What the catalogs say of the columns of indexes: their order, expressions, INCLUDE and WHERE.
set client_min_messages = warning;
create table listed (a int, b text, c text, "D d" int, unique (c, a));
create index i1 on listed (a desc, b);
create index i2 on listed (lower(b), a desc nulls last, (a + 1) desc, (a * 2));
create index i3 on listed (b text_pattern_ops desc) where a > 0;
create index i4 on listed (a nulls first, b asc nulls last);
create unique index i5 on listed (a) include (b, c);
create index i6 on listed (b desc nulls first, substr(c, 1, 2), md5(replace(c, ',', ')')));
create index i7 on listed ("D d" desc, upper(c) text_pattern_ops desc);
select indexrelid::regclass, indnatts, indnkeyatts, indkey, indoption, indexprs is null as plain, indpred is null as whole from pg_index where indrelid = 'listed'::regclass order by indexrelid::regclass::text;
select indexrelid::regclass, n, pg_get_indexdef(indexrelid, n, true) from pg_index, generate_series(1, indnatts) n where indrelid = 'listed'::regclass and indexrelid <> 'i6'::regclass order by indexrelid::regclass::text, n;
select c.relname, c.relnatts, attnum, attname, atttypid::regtype from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_index i on i.indexrelid = c.oid where indrelid = 'listed'::regclass and attname !~ '^expr|md5' order by 1, 3;
select c.relname, koi.key, koi.option & 1 as is_desc, koi.at from pg_index i join pg_class c on c.oid = i.indexrelid, unnest(i.indkey, i.indoption) with ordinality koi(key, option, at) where i.indrelid = 'listed'::regclass order by 1, 4;
drop index i6;
\d listed
drop table listed;
create table checked (a int check (a > 0), b int unique, c int, constraint two check (c > b));
select table_name, column_name, constraint_name from information_schema.constraint_column_usage where table_name = 'checked' order by 3, 2;
drop table checked;
