-- as PostgreSQL
-- An error of every kind that a statement can end with, with its place, detail and hint.
CREATE SCHEMA failing;
SET search_path = failing;
CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL CHECK (n > 0), s varchar(3), d numeric(4,2), u text UNIQUE);
INSERT INTO t VALUES (1, 1, 'a', 1.5, 'x');
CREATE VIEW v AS SELECT id, n FROM t;
CREATE SEQUENCE q MAXVALUE 2;
-- 0A000: there is no such feature.
SELECT 1 FROM t FOR UPDATE LIMIT 1 FETCH FIRST 1 ROW WITH TIES;
-- 21000: more than one row where one is wanted.
INSERT INTO t VALUES (2, 2, 'b', 2, 'y');
SELECT (SELECT id FROM t);
INSERT INTO t VALUES (3, 1), (3, 2) ON CONFLICT (id) DO UPDATE SET n = 5;
-- 22001, 22003: too long, too large.
INSERT INTO t VALUES (3, 1, 'four');
INSERT INTO t VALUES (3, 1, 'a', 100);
INSERT INTO t VALUES (3000000000, 1);
SELECT 2147483647 + 1;
SELECT 9223372036854775807 * 2;
SELECT 40000::smallint;
SELECT 'nan'::float8::int;
-- 22007, 22008, 22009, 22015: dates and times.
SELECT '2024-02-30'::date;
SELECT '25:00'::time;
SELECT '2024-01-01 10:00+99'::timestamptz;
SELECT '2024-01-01'::timestamp + interval '300000 years';
SELECT timestamp '2024-01-01' AT TIME ZONE 'Nowhere/City';
-- 22011, 2201B, 2201E, 2201F, 22012, 22025, 22023: arguments that functions do not take.
SELECT substring('abc' FROM 2 FOR -1);
SELECT ln(0);
SELECT ln(-1.5);
SELECT sqrt(-1);
SELECT power(0, -1);
SELECT 1 / 0;
SELECT 1 % 0;
SELECT 1.5 / 0;
SELECT 'ab' LIKE 'a\';
SELECT 'a' LIKE 'a' ESCAPE 'xy';
SELECT split_part('a', ',', 0);
SELECT generate_series(1, 5, 0);
SELECT chr(0);
SELECT chr(-1);
SET TimeZone = 'Nowhere/City';
SET statement_timeout = 'long';
SET client_min_messages = 'all';
SET no_such_setting = 1;
-- 22021, 22P02, 22P04: text that cannot be read.
SELECT E'\x00';
SELECT 'abc'::int;
SELECT ''::int;
SELECT 'maybe'::boolean;
SELECT 'x'::uuid;
SELECT '{'::json;
SELECT '{1,2'::int[];
SELECT '\xzz'::bytea;
COPY t FROM STDIN;
9	1	a
\.
COPY t FROM STDIN;
9	one	a	1	z
\.
COPY t (id, n) FROM STDIN WITH (FORMAT csv, QUOTE 'ab');
-- 2200H: a sequence at its end.
SELECT nextval('q'), nextval('q');
SELECT nextval('q');
-- 23502, 23505, 23514: constraints.
INSERT INTO t VALUES (3, NULL);
INSERT INTO t VALUES (1, 1);
INSERT INTO t VALUES (3, 1, 'a', 1, 'x');
INSERT INTO t VALUES (3, -1);
UPDATE t SET n = NULL;
UPDATE t SET id = 2 WHERE id = 1;
-- 25001, 25006, 25P01, 25P02, 3B001: transactions.
BEGIN;
BEGIN;
SET TRANSACTION READ ONLY;
INSERT INTO t VALUES (3, 1);
SELECT 1;
ROLLBACK;
ROLLBACK;
SAVEPOINT s;
BEGIN;
ROLLBACK TO nowhere;
ROLLBACK;
BEGIN;
SELECT id FROM t;
SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;
ROLLBACK;
LOCK TABLE t;
DECLARE c CURSOR FOR SELECT 1;
-- 26000, 42P05, 42P02, 42P18, 34000, 42P03: prepared statements and cursors.
EXECUTE nothing;
DEALLOCATE nothing;
PREPARE p AS SELECT $1::int;
PREPARE p AS SELECT 1;
EXECUTE p;
EXECUTE p(1, 2);
EXECUTE p('x');
DEALLOCATE p;
PREPARE p AS SELECT $2::int;
FETCH c;
CLOSE c;
BEGIN;
DECLARE c CURSOR FOR SELECT 1;
DECLARE c CURSOR FOR SELECT 1;
ROLLBACK;
BEGIN;
DECLARE c NO SCROLL CURSOR FOR SELECT 1;
FETCH PRIOR FROM c;
ROLLBACK;
-- 2BP01, 3D000, 3F000, 42P06, 42P07, 42710, 42704: objects that are there, and that are not.
DROP TABLE t;
CREATE SCHEMA failing;
CREATE TABLE nowhere.t (a int);
CREATE TABLE t (a int);
CREATE VIEW t AS SELECT 1;
CREATE SEQUENCE t;
CREATE INDEX t ON t (n);
DROP TABLE nothing;
DROP TABLE v;
DROP VIEW t;
DROP SEQUENCE t;
DROP INDEX nothing;
DROP SCHEMA nothing;
DROP SCHEMA failing;
DROP ROLE nobody_there;
ALTER TABLE t DROP CONSTRAINT nothing;
ALTER TABLE t ADD CONSTRAINT t_n_check CHECK (n > 1);
ALTER TABLE t ADD PRIMARY KEY (n);
SELECT 1::nothing;
SELECT nothing();
-- 42601: what cannot be read.
SELEC 1;
SELECT 1 FROM;
SELECT 'abc;
';
SELECT 1 +;
INSERT INTO t (id) VALUES (1, 2);
CREATE TABLE (a int);
-- 42701, 42702, 42703, 42712, 42725, 42803, 42804, 42809, 42846, 42883, 42P01, 42P08, 42P10, 42P16, 42P17, 42P20: what makes no sense.
CREATE TABLE x (a int, a text);
ALTER TABLE t ADD COLUMN n int;
SELECT n FROM t a, t b;
SELECT nothing FROM t;
SELECT t.nothing FROM t;
SELECT x.id FROM t;
INSERT INTO t (nothing) VALUES (1);
UPDATE t SET nothing = 1;
UPDATE t SET n = 1, n = 2;
SELECT id, count(*) FROM t;
SELECT id FROM t WHERE count(*) > 1;
SELECT sum(count(*)) FROM t;
SELECT id FROM t GROUP BY n;
SELECT row_number() FROM t;
SELECT id FROM t WHERE n;
SELECT CASE WHEN n THEN 1 END FROM t;
SELECT 1 UNION SELECT 'x'::text;
SELECT 1 UNION SELECT 1, 2;
SELECT abs('x'::text);
SELECT upper(1, 2);
SELECT * FROM nothing;
SELECT * FROM nowhere.t;
SELECT * FROM abs;
SELECT 1 ORDER BY 2;
SELECT id FROM t ORDER BY 5;
SELECT DISTINCT id FROM t ORDER BY n;
SELECT 1 LIMIT 'x';
INSERT INTO t VALUES (1, 1) ON CONFLICT (n) DO NOTHING;
CREATE TABLE x (a int DEFAULT b);
CREATE TABLE x (a int CHECK (b > 0));
CREATE TABLE x (a int DEFAULT 'x');
CREATE TABLE x (a nothing);
CREATE VIEW w (a, b, c) AS SELECT 1;
TRUNCATE v;
CREATE INDEX ON v (id);
ALTER TABLE t ALTER COLUMN s TYPE int;
ALTER TABLE t ALTER COLUMN s TYPE int USING ('z' || left(s, 0))::int;
WITH w AS (SELECT 1), w AS (SELECT 2) SELECT 1;
WITH w (a, b) AS (SELECT 1) SELECT * FROM w;
WITH RECURSIVE w AS (SELECT 1 UNION ALL SELECT 2 FROM w x, w y) SELECT * FROM w;
SELECT id FROM t FOR UPDATE OF nothing;
SELECT count(*) FROM t FOR UPDATE;
VALUES (1, 2), (3);
VALUES (1), ('x'::text);
SELECT array[1, 'x'];
SELECT coalesce(1, 'x');
SELECT greatest(1, 'x'::text);
-- 42501: what one may not do.
SET ROLE nobody_there;
-- 42602, 42622, 42939: names.
CREATE SCHEMA pg_mine;
DROP VIEW v;
DROP SEQUENCE q;
SET client_min_messages = error;
DROP TABLE t;
DROP SCHEMA failing;
