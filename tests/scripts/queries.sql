-- as PostgreSQL
-- Queries over tables, with the meaning and the column names that PostgreSQL gives.
CREATE TABLE emp (id int PRIMARY KEY, name text, dept text, salary int, boss int, hired date);
INSERT INTO emp VALUES
  (1, 'Ada', 'eng', 120, NULL, '2019-03-01'), (2, 'Bob', 'eng', 90, 1, '2020-01-15'),
  (3, 'Cyd', 'ops', 70, 1, '2021-06-30'), (4, 'Dan', 'ops', NULL, 3, NULL), (5, 'Eve', NULL, 80, 3, '2022-12-31');
SELECT * FROM emp ORDER BY id;
SELECT count(*), count(salary), sum(salary), min(hired), max(name), avg(salary) FROM emp;
SELECT dept, count(*) AS n, sum(salary) FROM emp GROUP BY dept ORDER BY dept;
SELECT dept, sum(salary) FROM emp GROUP BY dept HAVING sum(salary) > 75 ORDER BY 2 DESC;
SELECT e.name, b.name AS boss FROM emp e LEFT JOIN emp b ON b.id = e.boss ORDER BY e.id;
SELECT name FROM emp WHERE salary > (SELECT avg(salary) FROM emp) ORDER BY name;
SELECT name, rank() OVER (ORDER BY salary DESC NULLS LAST) FROM emp ORDER BY 2, 1;
WITH RECURSIVE chain AS (SELECT id, name, 0 AS depth FROM emp WHERE boss IS NULL UNION ALL SELECT e.id, e.name, depth + 1 FROM emp e JOIN chain c ON e.boss = c.id) SELECT * FROM chain ORDER BY depth, id;
SELECT salary FROM emp ORDER BY salary;
SELECT salary FROM emp ORDER BY salary DESC LIMIT 2;
SELECT 7 / 2, -7 / 2, 7 % 3, 7.0 / 2, 2 ^ 10;
SELECT 'a' || 'b', upper('x'), length('héllo'), substring('abcdef' from 2 for 3), position('c' in 'abc');
SELECT 1 AS one, 'x', NULL, true, 1.50, '2020-01-01'::date, coalesce(NULL, 2), CASE WHEN true THEN 1 END;
SELECT name FROM emp WHERE name ~ '^[AB]' ORDER BY 1;
SELECT name FROM emp WHERE name ILIKE 'a%' OR dept IS NULL ORDER BY 1;
SELECT DISTINCT dept FROM emp ORDER BY 1;
SELECT DISTINCT ON (dept) dept, name FROM emp ORDER BY dept, salary DESC NULLS LAST;
SELECT generate_series(1, 3);
SELECT * FROM generate_series(1, 6, 2) AS g(n);
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(n, t) ORDER BY n;
VALUES (1, 'a'), (2, 'b');
VALUES (3), (1) ORDER BY 1;
SELECT id FROM emp WHERE id < 3 UNION SELECT 9 ORDER BY 1;
SELECT id FROM emp WHERE id = 2;
SELECT name, id FROM emp e WHERE e.id = 3;
SELECT * FROM emp WHERE id = 99;
SELECT extract(year FROM hired), date_trunc('month', hired::timestamp) FROM emp WHERE id = 2;
SELECT hired + 1, hired - '2020-01-01'::date FROM emp WHERE id = 2;
SELECT 1 / 0;
SELECT nothing FROM emp;
SELECT * FROM nowhere;
SELECT e.id FROM emp;
SELECT nofunction(1);
SELECT 'x'::int;
SELECT 1 + 'x';
SELECT dept, name FROM emp GROUP BY dept;
SELECT id FROM emp, (SELECT 1 AS id) s;
SELEC 1;
SELECT (SELECT id FROM emp);
SELECT count(*) FROM emp WHERE salary / (salary - 70) > 0;
SET client_min_messages = warning;
DROP TABLE emp;
