-- as PostgreSQL
-- Checks hold for the types that columns get, or these are refused.
set client_min_messages = warning;
create table c (id int primary key, n int check (n < 1000), s varchar(20) check (length(s) > 1), d int check (d > 0 and d < id * 100));
insert into c values (1, 5, 'ab', 50), (2, null, null, null);
alter table c alter n type jsonb using to_jsonb(n);
alter table c alter n type boolean using n > 3;
alter table c alter d type date using '2024-01-01'::date + d;
insert into c values (3, 7, 'xyz', 7);
alter table c alter n type bigint, alter s type text, alter d type numeric(10, 2);
insert into c values (4, 1000, 'xyz', 7);
insert into c values (4, 999, 'x', 7);
insert into c values (4, 999, 'xyz', 400);
insert into c values (4, 999, 'xyz', 399.99);
alter table c alter n type int using n + 1;
alter table c alter n type int using case id when 4 then n else n + 1 end;
alter table c alter d type numeric(4, 1), add constraint low check (n < 900);
alter table c alter d type int using null, alter id type bigint using nullif(id, 3);
alter table c alter n set not null;
delete from c where n is null;
alter table c alter n set not null, alter n type int using nullif(n, 999);
begin;
alter table c drop constraint c_n_check, alter n type text using n::text;
insert into c values (5, 'many', 'xyz', 5);
rollback;
select * from c order by id;
drop table c;
