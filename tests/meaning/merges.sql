-- Subqueries in the conditions of MERGE.
create table merged (id int, v int)
create table other (id int, v int)
insert into merged values (1, 1)
insert into other values (1, 1)
merge into merged using other on merged.id = other.id when matched and (select true) then update set v = 5
merge into merged using other on merged.id = other.id when matched and exists (select 1 from other where other.id = merged.id) then update set v = 5
merge into merged using other on merged.id = other.id when not matched and other.id in (select 1) then insert values (1,2)
merge into merged using other on merged.id = other.id when matched then update set v = (select 9)
merge into merged using (values (1,7),(2,8),(3,9)) q(id,v) on merged.id = q.id when matched and merged.v < (select max(v) from other) + 100 and exists (select 1 from other where other.id = merged.id) then update set v = q.v + merged.v when not matched and q.v in (select 8) then insert values (q.id, q.v) when not matched then insert values (q.id * 10, (select count(*) from other))
select * from merged order by 1,2
merge into merged using (values (1,7),(2,8)) q(id,v) on merged.id = q.id when matched and q.v > (select 7) then delete
select * from merged order by 1,2
select * from merged order by 1,2
drop table merged, other
