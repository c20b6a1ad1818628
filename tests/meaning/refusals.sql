-- What PostgreSQL refuses, so that it is not taken for something else.
select case when true then generate_series(1,3) end
select case when generate_series(1,3) > 1 then 1 end
select case generate_series(1,3) when 1 then 1 end
select coalesce(generate_series(1,3), 1)
select coalesce(1, unnest(array[1,2]))
select case when true then (select max(g) from generate_series(1,3) g) end
select coalesce((select generate_series(1,1)), 1)
select case when exists (select generate_series(1,2)) then 1 end
select greatest(generate_series(1,3), 2)
select nullif(generate_series(1,3), 2)
select generate_series(1,3) + 1
select sum(generate_series(1,3))
select case when true then sum(generate_series(1,3)) end
select (generate_series(1,2) > 1) and true
select true or generate_series(1,2) > 1
select not generate_series(1,2) > 1
select generate_series(1,2), case when true then 1 end
select case when true then regexp_matches('a','a') end
select sum((select max(g) from generate_series(1,3) g))
