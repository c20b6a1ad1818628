-- as PostgreSQL
-- Foreign keys over odd names and over columns of each type.
set client_min_messages = warning;
-- odd names, schemas, types
create schema "Sch ema";
create table "Sch ema"."Par ""ent" ("Id""x" text, "b c" numeric(10,2), d date, primary key (d, "Id""x", "b c"));
create table "Chi'ld" (i serial primary key, "a""1" varchar(20), n numeric(12,2), d date,
  constraint "f""k" foreign key ("a""1", n, d) references "Sch ema"."Par ""ent" ("Id""x", "b c", d) on delete cascade on update cascade);
insert into "Sch ema"."Par ""ent" values ('x,y', 1.50, '2020-01-01'), ('', -2, 'infinity'), (E'a\nb', 0, '0044-03-15 BC');
insert into "Chi'ld" ("a""1", n, d) values ('x,y', 1.5, '2020-01-01'), ('', -2.00, 'infinity'), (null, 1, '2020-01-01'), (E'a\nb', 0.00, '0044-03-15 BC');
insert into "Chi'ld" ("a""1", n, d) values ('x,y', 1.51, '2020-01-01');
insert into "Chi'ld" ("a""1", n, d) values ('X', 1.51, '2020-01-01'), ('x,y', 1.5, '2020-01-01');
insert into "Chi'ld" ("a""1", n, d) values ('x,y', 12345678901.5, '2020-01-01');
update "Sch ema"."Par ""ent" set "Id""x" = 'new', "b c" = 9 where d = 'infinity';
select * from "Chi'ld" order by i;
delete from "Sch ema"."Par ""ent" where d < '2000-01-01';
select * from "Chi'ld" order by i;
drop table "Chi'ld", "Sch ema"."Par ""ent";
drop schema "Sch ema";
-- types
create table t1 (a bigint unique, b text unique, c char(5) unique, d timestamptz unique, e uuid unique, f float8 unique, g bytea unique, h bool unique, i interval unique, j time unique, k int[] unique);
create table t2 (a smallint references t1(a), b varchar(3) references t1(b), c char(5) references t1(c), d timestamptz references t1(d), e uuid references t1(e), f float8 references t1(f), g bytea references t1(g), h bool references t1(h), i interval references t1(i), j time references t1(j), k int[] references t1(k));
insert into t1 values (1, 'abc', 'q', '2020-01-01 00:00+00', '00000000-0000-0000-0000-000000000001', 0.0, '\x00', true, '1 day', '10:00', '{1,2}');
insert into t2 values (1, 'abc', 'q    ', '2020-01-01 01:00+01', '00000000000000000000000000000001', '-0', '\x00', true, '24 hours', '10:00', '{1,2}');
insert into t2 (f) values ('NaN');
insert into t1 (f) values ('NaN'), ('infinity');
insert into t2 (f) values ('NaN'), ('inf');
insert into t2 (a) values (2); insert into t2 (b) values ('ABC'); insert into t2 (c) values ('r'); insert into t2(d) values ('2020-01-01 00:00:00.000001+00'); insert into t2(k) values ('{1,2,null}');
delete from t1 where a = 1;
update t1 set i = '24:00:00', f = -0.0::float8 where a = 1;
update t1 set i = '25:00:00' where a = 1;
delete from t2;
delete from t1;
drop table t2, t1;
create table t1 (k int[] unique, f float8 unique, i interval unique);
create table t2 (n int, k int[] references t1 (k) deferrable initially deferred, f float8 references t1 (f) on update cascade, i interval references t1 (i) on delete set null);
begin; insert into t2 (n, k) values (1, '{1}'), (2, '{1}'), (3, '{2}'); insert into t1 (k) values ('{1}'); commit;
begin; insert into t2 (n, k) values (1, '{1}'), (2, '{1}'); insert into t1 (k) values ('{1}'); commit;
insert into t2 (n, k) select 3, array[1] from generate_series(1, 3); insert into t2 (n, k) select 4, array[g] from generate_series(1, 3) g;
update t1 set k = '{5}'; update t1 set k = '{1}'; delete from t1 where k = '{1}';
begin; delete from t1 where k = '{1}'; insert into t1 (k) values ('{1}'); commit;
insert into t1 (f) values ('NaN'), (0), ('-infinity'); insert into t2 (n, f) values (5, 'NaN'), (6, -0.0), (7, '-inf');
update t1 set f = 1 where f = 'NaN'; update t1 set f = 2 where f = 0; delete from t1 where f < 0;
insert into t1 (i) values ('1 day'), ('-1 mon'); insert into t2 (n, i) values (8, '24:00'), (9, '-30 days'), (10, '23:00');
insert into t2 (n, i) values (8, '24:00'), (9, '-30 days'); delete from t1 where i < '0'; delete from t1 where i = '1 day';
select * from t2 order by n; select * from t1 order by f, i;
drop table t2, t1;
