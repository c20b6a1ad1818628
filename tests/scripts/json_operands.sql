-- as PostgreSQL
-- Names before -> within calls: no lambdas.
create table documents (id int primary key, j jsonb, t json);
insert into documents values (1, '{"a": 1, "b": {"c": [1, 2]}}', '{"a": "x"}'), (2, '{"b": {"c": []}}', '{"a": null}'), (3, null, null);
select count(j -> 'a'), count(t ->> 'a') from documents;
select coalesce(j ->> 'a', t ->> 'a', 'none') from documents order by id;
select jsonb_typeof(j -> 'b'), jsonb_array_length(j -> 'b' -> 'c') from documents order by id;
select coalesce((j) -> 'a', j) from documents order by id;
select max(j -> 'b' ->> 'c'), greatest(j ->> 'a', '0') from documents group by documents.j, documents.id order by documents.id;
select id from documents where (j -> 'a') is not null and id in (1, 2);
select array[j -> 'a', t::jsonb -> 'a'] from documents order by id;
select count(documents.j -> 'a'), upper(t ->> 'a') from documents group by documents.id, t ->> 'a' order by documents.id;
set client_min_messages = warning;
drop table documents;
