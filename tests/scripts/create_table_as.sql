-- as PostgreSQL
create table a (id int primary key, n numeric(10, 2) default 3, v varchar(5), k int default 1 check (k > 0), s serial, i bigint generated always as identity (start 7), t timestamptz);
insert into a (id, v) values (1, 'x'), (2, 'y');
create table b as select id, n, v, id * 2 as twice, 'lit' as lit, now() > '2000-01-01' as yes from a order by id;
\d b
select * from b;
create table b as select 1;
create table if not exists b as select 1;
create table c (x, y) as select id, v from a;
select * from c order by x;
create table d (x, y, z) as select 1, 2;
create table d (x) as select 1, 2 as y;
select * from d;
create table e as select 1 as x, 2 as x;
create table e as select 1, 2;
create table e as select * from nothing;
create table e as select id from a with no data;
select * from e;
insert into e select g from generate_series(1, 3) g;
select * from e order by 1;
create table f as values (1, 'a'), (2, 'b') with data;
select * from f order by 1;
create table g as (select 1 as one union all select 2) order by 1 desc;
select * from g order by 1;
create table h as table f;
select count(*) from h;
create table w as with q as (select 1 as k) select k from q;
select * from w;
select id, v into i from a where id = 1;
select * from i;
select 1 as z into j union all select 2;
select * from j order by z;
select id into i from a;
begin;
create table k as select 1 as x;
select * from k;
rollback;
select * from k;
create table l (like a);
\d l
create table m (x int, like a including defaults including constraints including identity, y text);
\d m
insert into m (x, id, y, s, v) values (1, 2, 'y', 3, 'v');
insert into m (x, id, y, s, v) values (1, 2, 'y', 3, 'toolong');
select x, id, n, v, s, i, t, y from m;
create table o (like a including all, check (id < 10));
\d o
insert into o (id, v, s) values (1, 'x', 1);
insert into o (id, v, s) values (1, 'x', 1);
insert into o (id, v, s) values (11, 'x', 1);
create table p (like nothing);
create table p (like a, id int);
create table p (like a including nonsense);
create table p (like a including all excluding constraints);
select conname from pg_constraint where conrelid = 'p'::regclass;
create table big as select g as id, 'row ' || g as t from generate_series(1, 250000) g;
select count(*), sum(id), min(t), max(t) from big;
