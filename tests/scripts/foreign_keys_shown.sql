-- as PostgreSQL
-- What \d, pg_constraint and information_schema say of foreign keys.
set client_min_messages = warning;
create schema fk_shop;
create table fk_parent (id int primary key, code text unique, a int, b int, unique (b, a));
create unique index fk_parent_bare on fk_parent (a);
create table fk_shop.fk_child (
  id int primary key,
  parent int references fk_parent,
  code text constraint "By Code" references fk_parent (code) on update cascade on delete set null,
  x int,
  y int default 1,
  up int references fk_shop.fk_child on delete cascade,
  bare int references fk_parent (a),
  foreign key (x, y) references fk_parent (a, b) match full on update set default on delete set null (x)
    deferrable initially deferred
);
alter table fk_shop.fk_child add constraint late foreign key (x) references fk_parent on delete restrict deferrable not valid;
comment on constraint late on fk_shop.fk_child is 'not all rows hold';
\d fk_parent
\d+ fk_parent
\d fk_shop.fk_child
\d+ fk_shop.fk_child
set search_path = public, fk_shop;
\d fk_child
\d fk_parent
\dd fk*
reset search_path;
select conname, contype, conrelid::regclass, confrelid::regclass, conindid::regclass, conkey, confkey, confupdtype, confdeltype,
  confmatchtype, confdelsetcols, condeferrable, condeferred, convalidated, connoinherit, conislocal, coninhcount
  from pg_constraint where contype = 'f' order by conname;
select conname, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true), obj_description(oid, 'pg_constraint')
  from pg_constraint where conrelid = 'fk_shop.fk_child'::regclass order by conname;
select conname, refobjid::regclass::text, refobjsubid, deptype from pg_depend d join pg_constraint c on c.oid = d.objid
  where contype = 'f' and classid = 'pg_constraint'::regclass and refclassid = 'pg_class'::regclass order by 1, 2, 3;
select relname, relhastriggers from pg_class where relname in ('fk_parent', 'fk_child') order by 1;
select tablename, hastriggers from pg_tables where tablename in ('fk_parent', 'fk_child') order by 1;
select constraint_schema, constraint_name, table_name, constraint_type, is_deferrable, initially_deferred, enforced
  from information_schema.table_constraints where constraint_type <> 'CHECK' and table_name ~ '^fk_' order by 2;
select constraint_name, unique_constraint_catalog is null as bare, unique_constraint_schema, unique_constraint_name, match_option,
  update_rule, delete_rule from information_schema.referential_constraints order by 1;
select constraint_name, table_schema, table_name, column_name, ordinal_position, position_in_unique_constraint
  from information_schema.key_column_usage where table_name ~ '^fk_' order by 1, 5;
select constraint_schema, constraint_name, table_schema, table_name, column_name
  from information_schema.constraint_column_usage where table_name ~ '^fk_' order by 2, 5;
select constraint_schema, constraint_name, table_schema, table_name
  from information_schema.constraint_table_usage where table_name ~ '^fk_' order by 2, 4;
-- A role sees what it may use, and what refers to tables of its own.
create role fk_reader;
create role fk_owner;
select has_table_privilege('fk_reader', 'fk_parent', 'REFERENCES');
grant references on fk_parent to fk_reader;
select has_table_privilege('fk_reader', 'fk_parent', 'REFERENCES'), has_table_privilege('fk_reader', 'fk_parent', 'SELECT');
alter table fk_parent owner to fk_owner;
set role fk_reader;
select constraint_name from information_schema.referential_constraints;
select constraint_name from information_schema.constraint_column_usage where constraint_name = 'By Code';
reset role;
set role fk_owner;
select constraint_name from information_schema.referential_constraints;
select constraint_name, column_name from information_schema.constraint_column_usage where constraint_schema = 'fk_shop' order by 1, 2;
reset role;
-- Names follow what is renamed.
alter table fk_parent rename to "Fk Parent";
alter table "Fk Parent" rename column id to "the id";
alter table fk_shop.fk_child rename constraint late to later;
comment on constraint later on fk_shop.fk_child is null;
comment on constraint nothing on fk_shop.fk_child is 'no';
select conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint') from pg_constraint
  where conrelid = 'fk_shop.fk_child'::regclass and contype = 'f' order by conname;
alter table fk_shop.fk_child validate constraint later;
select conname, convalidated, pg_get_constraintdef(oid) from pg_constraint where conname = 'later';
alter table fk_shop.fk_child alter constraint later not deferrable;
select conname, condeferrable, condeferred from pg_constraint where conname = 'later';
\d "Fk Parent"
drop table fk_shop.fk_child;
\d "Fk Parent"
drop table "Fk Parent";
drop schema fk_shop;
drop role fk_reader, fk_owner;
