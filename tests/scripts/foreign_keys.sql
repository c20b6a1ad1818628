-- as PostgreSQL
-- Foreign keys, statement by statement: what refers to nothing, and each action for each event, of hot and cold rows.
CREATE SCHEMA fks;
SET search_path = fks;
SET client_min_messages = warning;
SELECT current_setting('server_version') LIKE '%SiltDB%' AS settles \gset
CREATE TABLE p (id int PRIMARY KEY, v text);
CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p, w text);
INSERT INTO c VALUES (1, 1, 'no');
INSERT INTO c VALUES (1, NULL, 'null');
INSERT INTO p VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO c VALUES (2, 1, 'a'), (3, 2, 'b');
INSERT INTO c VALUES (4, 1, 'a'), (5, 9, 'no'), (6, 8, 'no');
INSERT INTO c SELECT 100 + n, 3, 'n' || n FROM generate_series(1, 5) n RETURNING id, p;
INSERT INTO c SELECT 200 + n, n, 'n' || n FROM generate_series(1, 5) n;
UPDATE c SET p = 4 WHERE id = 2;
UPDATE c SET p = NULL WHERE id = 2 RETURNING *;
UPDATE c SET p = 1 WHERE id = 2 RETURNING *;
UPDATE c SET w = 'other' WHERE p = 3;
UPDATE c SET id = id + 1000 WHERE p = 3;
UPDATE p SET v = 'uno' WHERE id = 1;
UPDATE p SET id = 1 WHERE id = 1;
UPDATE p SET id = 11 WHERE id = 1;
DELETE FROM p WHERE id = 1;
DELETE FROM p WHERE id = 77;
DELETE FROM c WHERE p = 1;
DELETE FROM p WHERE id = 1 RETURNING *;
DELETE FROM p;
SELECT * FROM p ORDER BY id;
SELECT * FROM c ORDER BY id;
\if :settles
FLUSH TABLE p WITH (wait) \g /dev/null
FLUSH TABLE c WITH (wait) \g /dev/null
\endif
INSERT INTO c VALUES (10, 2, 'cold parent');
INSERT INTO c VALUES (11, 1, 'deleted parent');
DELETE FROM p WHERE id = 2;
UPDATE p SET id = 22 WHERE id = 3;
DELETE FROM c WHERE p = 3;
DELETE FROM p WHERE id = 3;
INSERT INTO c VALUES (12, 3, 'no');
INSERT INTO p VALUES (3, 'again');
INSERT INTO c VALUES (12, 3, 'yes');
-- Parts of WITH are one statement.
UPDATE p SET id = id - 1 WHERE id > 77;
WITH gone AS (DELETE FROM c WHERE p = 2 RETURNING *) SELECT count(*) FROM gone;
WITH new AS (INSERT INTO p VALUES (50, 'fifty') RETURNING id) INSERT INTO c SELECT 50, id, 'with' FROM new RETURNING *;
WITH new AS (INSERT INTO c VALUES (51, 51, 'first') RETURNING p) INSERT INTO p SELECT p, 'then' FROM new RETURNING *;
WITH a AS (DELETE FROM c WHERE p IN (50, 51)) DELETE FROM p WHERE id IN (50, 51) RETURNING *;
WITH a AS (INSERT INTO c VALUES (52, 2, 'x')) DELETE FROM p WHERE id = 3;
SELECT * FROM c ORDER BY id;
-- ON CONFLICT and MERGE.
INSERT INTO c VALUES (12, 99, 'x') ON CONFLICT DO NOTHING;
INSERT INTO c VALUES (13, 99, 'x') ON CONFLICT DO NOTHING;
INSERT INTO c VALUES (12, 99, 'x') ON CONFLICT (id) DO UPDATE SET w = 'kept';
INSERT INTO c VALUES (12, 99, 'x') ON CONFLICT (id) DO UPDATE SET p = excluded.p;
INSERT INTO c VALUES (12, 2, 'x') ON CONFLICT (id) DO UPDATE SET p = excluded.p RETURNING *;
INSERT INTO p VALUES (2, 'x') ON CONFLICT (id) DO UPDATE SET id = 20;
INSERT INTO p VALUES (2, 'x') ON CONFLICT (id) DO UPDATE SET v = excluded.v RETURNING *;
MERGE INTO c USING (VALUES (12, 3), (13, 98)) s (id, p) ON c.id = s.id
  WHEN MATCHED THEN UPDATE SET p = s.p WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.p, 'merged');
MERGE INTO c USING (VALUES (12, 3), (13, 2)) s (id, p) ON c.id = s.id
  WHEN MATCHED THEN UPDATE SET p = s.p WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.p, 'merged');
MERGE INTO p USING (VALUES (2)) s (id) ON p.id = s.id WHEN MATCHED THEN DELETE;
MERGE INTO p USING (VALUES (2)) s (id) ON p.id = s.id WHEN MATCHED THEN UPDATE SET v = 'merged';
SELECT * FROM p ORDER BY id;
SELECT * FROM c ORDER BY id;
COPY c FROM STDIN;
20	2	copied
21	\N	copied
22	3	copied
\.
COPY c FROM STDIN;
23	2	copied
24	77	copied
\.
SELECT * FROM c WHERE w = 'copied' ORDER BY id;
-- Other errors come first.
INSERT INTO c VALUES (20, 77, 'duplicate');
INSERT INTO c VALUES ('x', 77, 'no number');
DROP TABLE c, p;

-- Each action, for DELETE and for UPDATE: parents 1 to 3 are cold, 4 to 6 hot; children of 1, 2, 4 and 5 are of both.
CREATE TABLE p (id int PRIMARY KEY, v text);
CREATE TABLE ca (id int PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE nu (id int PRIMARY KEY, p int REFERENCES p ON DELETE SET NULL ON UPDATE SET NULL);
CREATE TABLE de (id int PRIMARY KEY, p int DEFAULT 0 REFERENCES p ON DELETE SET DEFAULT ON UPDATE SET DEFAULT);
CREATE TABLE re (id int PRIMARY KEY, p int REFERENCES p ON DELETE RESTRICT ON UPDATE RESTRICT);
CREATE TABLE na (id int PRIMARY KEY, p int REFERENCES p ON DELETE NO ACTION ON UPDATE NO ACTION);
INSERT INTO p VALUES (0, 'default'), (1, 'cold'), (2, 'cold'), (3, 'cold'), (31, 'cold'), (32, 'cold');
INSERT INTO ca VALUES (1, 1), (2, 2);
INSERT INTO nu VALUES (1, 1), (2, 2);
INSERT INTO de VALUES (1, 1), (2, 2);
INSERT INTO re VALUES (31, 31);
INSERT INTO na VALUES (32, 32);
\if :settles
FLUSH ALL TABLES IN SCHEMA fks WITH (wait) \g /dev/null
\endif
INSERT INTO p VALUES (4, 'hot'), (5, 'hot'), (6, 'hot'), (61, 'hot'), (62, 'hot');
INSERT INTO ca VALUES (11, 1), (12, 2), (4, 4), (5, 5);
INSERT INTO nu VALUES (11, 1), (12, 2), (4, 4), (5, 5);
INSERT INTO de VALUES (11, 1), (12, 2), (4, 4), (5, 5);
INSERT INTO re VALUES (61, 61);
INSERT INTO na VALUES (62, 62);
DELETE FROM p WHERE id = 1 RETURNING id;
UPDATE p SET id = 102 WHERE id = 2 RETURNING id;
DELETE FROM p WHERE id = 4;
UPDATE p SET id = 105 WHERE id = 5;
DELETE FROM p WHERE id IN (3, 6);
DELETE FROM p WHERE id = 31;
DELETE FROM p WHERE id = 32;
DELETE FROM p WHERE id = 61;
DELETE FROM p WHERE id = 62;
UPDATE p SET id = 131 WHERE id = 31;
UPDATE p SET id = 132 WHERE id = 32;
UPDATE p SET id = 161 WHERE id = 61;
UPDATE p SET id = 162 WHERE id = 62;
SELECT 'ca' AS t, * FROM ca UNION ALL SELECT 'nu', * FROM nu UNION ALL SELECT 'de', * FROM de
  UNION ALL SELECT 're', * FROM re UNION ALL SELECT 'na', * FROM na ORDER BY 1, 2;
SELECT * FROM p ORDER BY id;
-- The default is gone: what is set to it refers to nothing.
INSERT INTO de VALUES (7, 102);
DELETE FROM p WHERE id = 0;
UPDATE p SET id = -1 WHERE id = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ;
DELETE FROM p WHERE id = 0;
ROLLBACK;
UPDATE de SET p = NULL WHERE p = 0;
DELETE FROM p WHERE id = 0;
DELETE FROM p WHERE id = 102;
UPDATE p SET id = 103 WHERE id = 102;
SELECT 'ca' AS t, * FROM ca UNION ALL SELECT 'nu', * FROM nu UNION ALL SELECT 'de', * FROM de ORDER BY 1, 2;
DROP TABLE ca, nu, de, re, na, p;

-- Many rows by one statement, and keys that move among themselves.
CREATE TABLE p (id int PRIMARY KEY, v int);
CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO p SELECT n, n % 10 FROM generate_series(1, 1000) n;
INSERT INTO c SELECT n, n / 2 FROM generate_series(2, 2001) n;
\if :settles
FLUSH ALL TABLES IN SCHEMA fks WITH (wait) \g /dev/null
\endif
DELETE FROM p WHERE v = 3;
SELECT count(*), sum(p) FROM c;
UPDATE p SET id = id + 10000 WHERE v = 4;
SELECT count(*), sum(p) FROM c;
UPDATE p SET v = 5;
TRUNCATE c;
DELETE FROM p;
SELECT (SELECT count(*) FROM p), (SELECT count(*) FROM c);
DROP TABLE c, p;

-- Composite keys, MATCH SIMPLE and MATCH FULL, other orders of columns, and lists of columns to set.
CREATE TABLE p (a int, b text, v int, PRIMARY KEY (a, b), UNIQUE (v));
CREATE TABLE simple (id int PRIMARY KEY, x text, y int, FOREIGN KEY (y, x) REFERENCES p ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE whole (id int PRIMARY KEY, x text, y int, FOREIGN KEY (x, y) REFERENCES p (b, a) MATCH FULL);
CREATE TABLE part (id int PRIMARY KEY, a int, b text DEFAULT 'none', CONSTRAINT of_part FOREIGN KEY (a, b) REFERENCES p (a, b) ON DELETE SET NULL (a));
CREATE TABLE other (id int PRIMARY KEY, v int REFERENCES p (v) ON UPDATE CASCADE ON DELETE SET DEFAULT);
INSERT INTO p VALUES (1, 'a', 10), (1, 'b', 11), (2, 'a', 20), (2, 'b', NULL);
INSERT INTO simple VALUES (1, 'a', 1), (2, 'b', 1), (3, NULL, 9), (4, 'zzz', NULL), (5, NULL, NULL);
INSERT INTO simple VALUES (6, 'c', 1);
INSERT INTO whole VALUES (1, 'a', 2), (2, NULL, NULL);
INSERT INTO whole VALUES (3, NULL, 2);
INSERT INTO whole VALUES (3, 'a', NULL);
INSERT INTO whole VALUES (3, 'b', 3);
UPDATE whole SET x = NULL WHERE id = 1;
UPDATE whole SET x = NULL, y = NULL WHERE id = 1;
INSERT INTO part VALUES (1, 2, 'a'), (2, 1, 'b');
INSERT INTO part VALUES (3, 2, 'c');
INSERT INTO other VALUES (1, 10), (2, 11), (3, NULL);
\if :settles
FLUSH ALL TABLES IN SCHEMA fks WITH (wait) \g /dev/null
\endif
INSERT INTO other VALUES (4, 12);
UPDATE p SET a = 7 WHERE a = 1 AND b = 'a';
UPDATE p SET v = 77 WHERE a = 7;
UPDATE p SET b = 'c' WHERE a = 1 AND b = 'b';
DELETE FROM part WHERE id = 2;
UPDATE p SET b = 'c' WHERE a = 1 AND b = 'b';
DELETE FROM p WHERE a = 2 AND b = 'a';
DELETE FROM p WHERE a = 1;
UPDATE p SET v = 13 WHERE v IS NULL;
SELECT * FROM p ORDER BY a, b;
SELECT * FROM simple ORDER BY id;
SELECT * FROM whole ORDER BY id;
SELECT * FROM part ORDER BY id;
SELECT * FROM other ORDER BY id;
DROP TABLE simple, whole, part, other, p;

-- Types of keys.
CREATE TABLE p (i bigint UNIQUE, s varchar(20) UNIQUE, d date UNIQUE, n numeric(8, 2) UNIQUE, u uuid UNIQUE, t timestamptz UNIQUE, f boolean, UNIQUE (f, d));
CREATE TABLE c (i smallint REFERENCES p (i) ON UPDATE CASCADE, s text REFERENCES p (s) ON UPDATE CASCADE, d date REFERENCES p (d), n numeric(8, 2) REFERENCES p (n),
  u uuid REFERENCES p (u), t timestamptz REFERENCES p (t), f boolean, FOREIGN KEY (f, d) REFERENCES p (f, d));
INSERT INTO p VALUES (1, 'a', '2024-01-01', 1.5, '00000000-0000-0000-0000-000000000001', '2024-01-01 00:00:00+00', true);
INSERT INTO c VALUES (1, 'a', '2024-01-01', 1.50, '00000000-0000-0000-0000-000000000001', '2024-01-01 01:00:00+01', true);
INSERT INTO c (i) VALUES (2);
INSERT INTO c (s) VALUES ('it''s "x", (y)');
INSERT INTO c (s) VALUES ('');
INSERT INTO c (d) VALUES ('2024-01-02');
INSERT INTO c (n) VALUES (1.51);
INSERT INTO c (u) VALUES ('00000000-0000-0000-0000-000000000002');
INSERT INTO c (t) VALUES ('2024-01-01 00:00:01+00');
INSERT INTO c (f, d) VALUES (false, '2024-01-01');
UPDATE p SET d = '2025-01-01';
UPDATE p SET s = 'b';
UPDATE p SET i = 100000;
UPDATE p SET i = 30000;
DELETE FROM p;
SELECT i, s, d, n, f FROM c;
DROP TABLE c, p;
DROP SCHEMA fks;
