-- as PostgreSQL
create schema own;
set search_path = own;
create table a (
  id int primary key check (id > 0),
  n int constraint small check (n < 100) check (n <> 13),
  t text check (t in ('x', 'y') or t is null),
  d double precision check (d between 0 and 1),
  check (n is not null or t is not null),
  constraint both_set check (length(t) < 10 and upper(t) = upper(t))
);
insert into a values (1, 5, 'x', 0.5);
insert into a values (0, 5, 'x', 0.5);
insert into a values (2, 100, 'x', 0.5);
insert into a values (2, 13, 'x', 0.5);
insert into a values (2, 5, 'z', 0.5);
insert into a values (2, 5, 'x', 1.5);
insert into a values (2, 5, 'x', 'NaN');
insert into a (id) values (2);
insert into a values (2, null, 'x', null);
insert into a values (3, 1, null, null), (4, 200, null, null);
insert into a select g, g, 'x', 0 from generate_series(95, 105) g;
update a set n = 500 where id = 1;
update a set n = n + 96 where n > 0;
update a set t = 'q';
copy a from stdin;
10	1	x	0.1
11	101	x	0.1
\.
select * from a order by id;
create table b (id int primary key, n int check (n > 0), c text check (c <> ''), u timestamp check (u > '2020-01-01'), v numeric(10,2) check (v >= 0), w boolean check (w));
insert into b values (1, 1, 'a', '2021-01-01', 0, true);
insert into b values (2, 0, 'a', '2021-01-01', 0, true);
insert into b values (2, 1, '', '2021-01-01', 0, true);
insert into b values (2, 1, 'a', '2019-01-01', 0, true);
insert into b values (2, 1, 'a', '2021-01-01', -0.01, true);
insert into b values (2, 1, 'a', '2021-01-01', 0, false);
insert into b values (2, null, null, null, null, null);
update b set n = -1 where id = 1;
update b set n = n - 5 where id = 1;
update b set v = v - 1 where id = 1;
prepare i (int, int) as insert into b (id, n) values ($1, $2);
execute i (3, 3);
execute i (4, -3);
insert into b (id, n) values (5, -5), (6, 1);
select * from b order by id;
create table c (a int, b int check (a < b), check (a <> 5), constraint c_check1 check (b <> 5), check (a + b < 100), not_null int not null);
insert into c values (1, 2, 3);
insert into c values (2, 1, 3);
insert into c values (5, 6, 3);
insert into c values (1, 5, 3);
insert into c values (50, 60, 3);
insert into c values (50, 60, null);
select conname from pg_constraint where conrelid = 'c'::regclass order by 1;
create table d (a int check (b > 0));
create table d (a int check (a));
create table d (a int check (sum(a) > 1));
create table d (a int check (nothing(a)));
create table d (a int constraint x check (a > 1) constraint x check (a > 2));
create table d (a int check (a > 'x'));
create table d (a int check);
create table d (a int, check (d.a > 1), check (a > 2) no inherit);
insert into d values (1);
set client_min_messages = warning;
drop table d;
set client_min_messages = warning;
drop schema own cascade;
