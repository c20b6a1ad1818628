-- as PostgreSQL
-- UPDATE … FROM, DELETE … USING, SET of several columns at once, and RETURNING with all that it may name.
CREATE SCHEMA updates;
CREATE TABLE updates.t (a int PRIMARY KEY, b int NOT NULL, c text DEFAULT 'd', at date);
CREATE TABLE updates.u (a int, b int, v text);
CREATE TABLE updates.w (v text, n numeric(8,2));
INSERT INTO updates.t VALUES (1, 1, 'x', '2020-01-01'), (2, 2, 'y', NULL), (3, 3, 'z', NULL);
INSERT INTO updates.u VALUES (1, 10, 'p'), (2, 20, 'q'), (4, 40, 's');
INSERT INTO updates.w VALUES ('p', 1.25), ('q', NULL);
SET search_path = updates;
UPDATE t SET b = u.b FROM u WHERE u.a = t.a AND t.a = 1 RETURNING *;
UPDATE t SET b = u.b + 1 FROM u WHERE u.a = t.a AND t.a = 1 RETURNING t.*, u.v, t.b + u.b AS sum;
UPDATE t AS x SET b = w.n * 4, c = v FROM u JOIN w USING (v) WHERE x.a = u.a AND n IS NOT NULL RETURNING x.a, x.b, v, n, u.v;
UPDATE t SET c = s.name FROM (SELECT a, upper(v) AS name FROM u) s WHERE s.a = t.a AND s.name = 'Q' RETURNING *;
UPDATE t SET b = t.b + y.b FROM t y WHERE y.a = t.a + 1 AND t.a = 2 RETURNING t.a, t.b, y.*;
UPDATE t SET b = q.n FROM generate_series(7, 7) AS q(n) WHERE t.a = 3 RETURNING a, b, n;
WITH q AS (SELECT a, b FROM u WHERE a < 3) UPDATE t SET b = q.b FROM q WHERE q.a = t.a AND q.a = 2 RETURNING t.a, q.b;
UPDATE t SET b = (SELECT max(b) FROM u WHERE u.a = t.a) WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a AND u.a = 2) RETURNING a, b, c;
UPDATE t SET (b, c) = (SELECT b + 5, 'from ' || v FROM u WHERE u.a = t.a) WHERE a = 1 RETURNING *;
UPDATE t SET (b, c) = ROW (7, DEFAULT) WHERE a = 2 RETURNING *;
UPDATE t SET (b, c) = (8, upper(c)), at = '2021-02-03' WHERE a = 2 RETURNING *;
UPDATE t SET (b, c) = (SELECT b, v FROM u WHERE u.a = t.a ORDER BY b DESC LIMIT 1) WHERE a = 2 RETURNING a, b, c;
UPDATE t SET b = 0 FROM u WHERE false RETURNING *;
-- The rows of other tables, and of the table itself, are as they were before the statement.
INSERT INTO t VALUES (5, 5) RETURNING a, (SELECT count(*) FROM t) AS before;
DELETE FROM t WHERE a = 5 RETURNING a, (SELECT count(*) FROM t) AS before;
DELETE FROM t USING u WHERE t.a = u.a AND u.a = 1 RETURNING *, t.a + u.b AS s;
DELETE FROM t x USING t y, u WHERE x.a = y.a AND y.a = u.a RETURNING x.a, y.b, u.v;
DELETE FROM t USING u WHERE t.a = u.a;
SELECT * FROM t ORDER BY a;
-- A row that several rows match is changed once.
CREATE TABLE once (a int PRIMARY KEY, n int);
INSERT INTO once VALUES (1, 0);
UPDATE once SET n = n + 1 FROM generate_series(1, 5) g;
SELECT * FROM once;
DELETE FROM once USING generate_series(1, 5) g;
SELECT * FROM once;
-- Errors.
UPDATE t SET (b, c) = 1;
UPDATE t SET b = 1, b = 2;
UPDATE t SET (b, b) = (1, 2);
UPDATE t SET (b, c) = (SELECT NULL::int, 'x');
UPDATE t SET b = 1 FROM nosuch;
UPDATE t SET b = u.nosuch FROM u;
UPDATE t SET b = b FROM u;
UPDATE t AS x SET x.b = 3;
DELETE FROM t USING nosuch WHERE true;
UPDATE t SET b = count(*);
UPDATE t SET b = 1 WHERE count(*) > 1;
UPDATE t SET b = 1 RETURNING count(*);
UPDATE t SET b = 1 RETURNING nosuch;
UPDATE t SET b = (SELECT a FROM generate_series(1, 2) g(a));
\set VERBOSITY sqlstate
UPDATE t SET (b, c) = (SELECT 5);
UPDATE t SET (b, c) = (1, 'x', 3);
UPDATE t SET (b) = (9);
UPDATE t SET b = row_number() OVER ();
UPDATE t SET at = (SELECT 'x');
SELECT * FROM t ORDER BY a;
SET client_min_messages = warning;
DROP TABLE t, u, w, once;
DROP SCHEMA updates;
