-- Queries whose parameters must get the same types as in PostgreSQL 15.
select $1
select $1::int
select $1 + 1
select 1 + $1, $2 || 'a'
select $1 = 1, 'a' = $2, $3 = now()
select * from people where id = $1
select * from people where name = $1 and age > $2
select * from people where city = $1
select * from people where score = $1
select * from people where id in ($1, $2)
select * from people where id = any($1)
select * from people where name = any($1)
select * from people where id between $1 and $2
select * from people where name like $1
select * from people where name ~ $1
select * from people where $1::text is null or name = $1
select * from people limit $1 offset $2
select length($1), upper($2), substr($3, $4, $5)
select coalesce($1, 1), coalesce(age, $2), nullif($3, 'x') from people
select case when $1 then 1 else 2 end, case when true then $2 else 1.5 end
select case age when $1 then 'a' else $2 end from people
select $1 and $2, not $3
select ts + $1, ts - $2 from kinds
select ts > $1, tz < $2, d = $3 from kinds
select sum(age + $1), count(*) filter (where id > $2) from people
select * from generate_series($1, 10)
select $2, $1::date
select (select $1 from people where id = $2)
select * from people where (id, name) = ($1, $2)
values ($1, $2)
select jb -> $1, jb ->> $2, jb @> $3 from kinds
select date_trunc($1, ts), extract(year from $2::date) from kinds
select * from people order by case when $1 then id end
select $1::numeric(10, 2), cast($2 as varchar(5)), $3::int[]
select to_char(now(), $1), split_part($2, $3, $4)
select $1 union select 1
select $1 union select 'a'
select round($1, 2), abs(-1.5)
select exists (select 1 from people where id = $1)
select at - $1, array[$2, 2] from visits
select id = any(array[$1, $2]::int[]), array[$3, null]::date[], cast(array[$4] as varchar(3)[]), array[id, $5]::text[] from people
select id from people where id = any((array[$1, $2])::bigint[])
