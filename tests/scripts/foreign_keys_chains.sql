-- as PostgreSQL
-- Foreign keys among many tables: self references, circles, chains of actions; TRUNCATE; whose rights actions have.
CREATE SCHEMA fkc;
SET search_path = fkc;
SET client_min_messages = warning;
SELECT current_setting('server_version') LIKE '%SiltDB%' AS settles \gset
-- Rows of a tree.
CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree ON DELETE CASCADE ON UPDATE CASCADE, v text);
INSERT INTO tree VALUES (1, 1, 'its own'), (2, 3, 'before'), (3, NULL, 'root'), (4, 2, 'leaf'), (5, 4, 'deeper');
INSERT INTO tree VALUES (6, 7, 'no');
INSERT INTO tree VALUES (6, 7, 'first'), (7, 6, 'second');
UPDATE tree SET up = 9 WHERE id = 7;
UPDATE tree SET id = 10, up = 10 WHERE id = 1 RETURNING *;
UPDATE tree SET id = 30 WHERE id = 3;
SELECT * FROM tree ORDER BY id;
\if :settles
FLUSH TABLE tree WITH (wait) \g /dev/null
\endif
UPDATE tree SET id = 40 WHERE id = 4;
INSERT INTO tree VALUES (8, 40, 'hot'), (9, 8, 'hot');
DELETE FROM tree WHERE id = 6;
DELETE FROM tree WHERE id = 10;
SELECT * FROM tree ORDER BY id;
DELETE FROM tree WHERE id = 30 RETURNING *;
SELECT * FROM tree ORDER BY id;
INSERT INTO tree SELECT n, nullif(n - 1, 0), 'chain' FROM generate_series(1, 300) n;
\if :settles
FLUSH TABLE tree WITH (wait) \g /dev/null
\endif
DELETE FROM tree WHERE id = 100;
SELECT count(*), max(id) FROM tree;
DELETE FROM tree WHERE id = 1;
SELECT count(*) FROM tree;
DROP TABLE tree;
-- A list, whose rows refer to each other without an action.
CREATE TABLE list (id int PRIMARY KEY, next int REFERENCES list);
INSERT INTO list VALUES (1, 2), (2, 3), (3, NULL);
DELETE FROM list WHERE id = 2;
DELETE FROM list WHERE id IN (1, 2);
INSERT INTO list VALUES (1, 3), (2, 1);
\if :settles
FLUSH TABLE list WITH (wait) \g /dev/null
\endif
DELETE FROM list WHERE id = 3;
DELETE FROM list WHERE id IN (1, 3);
UPDATE list SET next = NULL WHERE id = 2;
DELETE FROM list WHERE id IN (1, 3);
UPDATE list SET id = 22, next = 22;
UPDATE list SET id = 23;
SELECT * FROM list;
DELETE FROM list;
DROP TABLE list;
-- NO ACTION looks when all is done, RESTRICT at once.
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE na (p int REFERENCES p);
CREATE TABLE re (p int REFERENCES p ON UPDATE RESTRICT);
INSERT INTO p VALUES (2), (3), (4);
INSERT INTO na VALUES (2), (3);
UPDATE p SET id = id - 1;
DELETE FROM na WHERE p = 3;
INSERT INTO p VALUES (4);
INSERT INTO re VALUES (3);
DELETE FROM p WHERE id = 1;
UPDATE p SET id = id - 1;
DELETE FROM re;
INSERT INTO na VALUES (3);
UPDATE p SET id = id - 1;
UPDATE na SET p = 2 WHERE p = 3;
\if :settles
FLUSH ALL TABLES IN SCHEMA fkc WITH (wait) \g /dev/null
\endif
UPDATE p SET id = id - 1;
DELETE FROM na;
UPDATE p SET id = id - 1;
SELECT * FROM p ORDER BY id;
DROP TABLE na, re, p;
-- A chain of three, each with its action, and a side branch that forbids.
CREATE TABLE a (id int PRIMARY KEY, v text);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE ON UPDATE CASCADE, UNIQUE (a, id));
CREATE TABLE c (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES b (a, id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE d (id int PRIMARY KEY, c int REFERENCES c ON DELETE SET NULL);
CREATE TABLE e (id int PRIMARY KEY, c int REFERENCES c);
INSERT INTO a SELECT n, 'a' || n FROM generate_series(1, 6) n;
INSERT INTO b SELECT 10 * n + m, n FROM generate_series(1, 6) n, generate_series(1, 2) m;
INSERT INTO c SELECT 10 * id + k, a, id FROM b, generate_series(1, 2) k;
INSERT INTO d SELECT id, id FROM c;
INSERT INTO e VALUES (1, 211);
\if :settles
FLUSH ALL TABLES IN SCHEMA fkc WITH (wait) \g /dev/null
\endif
DELETE FROM a WHERE id = 1;
DELETE FROM a WHERE id = 2;
DELETE FROM a WHERE id IN (2, 3);
SELECT count(*) FROM a;
UPDATE a SET id = id + 100 WHERE id IN (2, 4);
DELETE FROM b WHERE id = 51;
SELECT * FROM a ORDER BY id;
SELECT * FROM b ORDER BY id;
SELECT * FROM c ORDER BY id;
SELECT * FROM d ORDER BY id;
DELETE FROM e;
WITH gone AS (DELETE FROM a WHERE id = 102 RETURNING id) SELECT * FROM gone;
SELECT count(*) FROM b;
MERGE INTO a USING (VALUES (3), (104)) s (id) ON a.id = s.id WHEN MATCHED AND s.id = 3 THEN DELETE WHEN MATCHED THEN UPDATE SET id = 4;
SELECT * FROM b ORDER BY id;
SELECT * FROM c ORDER BY id;
SELECT count(*), count(c) FROM d;
-- TRUNCATE.
TRUNCATE a;
TRUNCATE a, b;
TRUNCATE a, b, c;
BEGIN;
SET LOCAL client_min_messages = notice;
TRUNCATE a CASCADE;
SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT count(*) FROM c), (SELECT count(*) FROM d), (SELECT count(*) FROM e);
INSERT INTO b VALUES (1, 6);
ROLLBACK;
SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT count(*) FROM c), (SELECT count(*) FROM d), (SELECT count(*) FROM e);
TRUNCATE d;
TRUNCATE a, b, c, d, e;
INSERT INTO b VALUES (1, 6);
INSERT INTO a VALUES (6, 'new');
INSERT INTO b VALUES (1, 6);
DELETE FROM a;
SELECT * FROM b;
DROP TABLE a, b, c, d, e;
-- Two ways lead from one row to another.
CREATE TABLE top (id int PRIMARY KEY);
CREATE TABLE l (id int PRIMARY KEY, top int REFERENCES top ON DELETE CASCADE);
CREATE TABLE r (id int PRIMARY KEY, top int REFERENCES top ON DELETE CASCADE);
CREATE TABLE bottom (id int PRIMARY KEY, l int REFERENCES l ON DELETE CASCADE, r int REFERENCES r ON DELETE SET NULL, top int REFERENCES top);
INSERT INTO top VALUES (1), (2), (3);
INSERT INTO l VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO r VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO bottom VALUES (1, 1, 1, 1), (2, 2, 1, NULL), (3, 2, 3, 3);
DELETE FROM top WHERE id = 1;
DELETE FROM top WHERE id = 3;
SELECT * FROM bottom ORDER BY id;
DELETE FROM top WHERE id IN (2, 3);
UPDATE bottom SET top = NULL WHERE id = 3;
DELETE FROM top WHERE id = 3;
SELECT * FROM bottom ORDER BY id;
DELETE FROM top WHERE id = 2;
SELECT * FROM bottom ORDER BY id;
UPDATE bottom SET top = NULL;
DELETE FROM top;
SELECT * FROM bottom ORDER BY id;
SELECT * FROM l ORDER BY id;
DROP TABLE top, l, r, bottom;
-- A circle.
CREATE TABLE m (id int PRIMARY KEY, n int);
CREATE TABLE n (id int PRIMARY KEY, m int REFERENCES m ON DELETE CASCADE ON UPDATE SET NULL);
ALTER TABLE m ADD CONSTRAINT m_to_n FOREIGN KEY (n) REFERENCES n ON DELETE CASCADE ON UPDATE CASCADE;
INSERT INTO m VALUES (1, NULL), (2, NULL);
INSERT INTO n VALUES (1, 1), (2, 2);
UPDATE m SET n = id;
INSERT INTO m VALUES (3, 3);
WITH x AS (INSERT INTO m VALUES (3, 3)) INSERT INTO n VALUES (3, 3);
\if :settles
FLUSH ALL TABLES IN SCHEMA fkc WITH (wait) \g /dev/null
\endif
UPDATE n SET id = 20 WHERE id = 2;
UPDATE m SET id = 30 WHERE id = 3;
SELECT * FROM m FULL JOIN n ON m.n = n.id ORDER BY m.id;
DELETE FROM m WHERE id = 1;
DELETE FROM n WHERE id = 3;
SELECT * FROM m FULL JOIN n ON m.n = n.id ORDER BY m.id;
DROP TABLE m, n CASCADE;
-- What an action does must keep to the rules of its table.
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE nn (id int, p int NOT NULL REFERENCES p ON DELETE SET NULL ON UPDATE CASCADE, CHECK (p < 100));
CREATE TABLE uq (id int, p int UNIQUE DEFAULT 1 REFERENCES p ON DELETE SET DEFAULT);
CREATE TABLE ge (id int, p int REFERENCES p ON UPDATE CASCADE, q int GENERATED ALWAYS AS (p * 2) STORED);
INSERT INTO p VALUES (1), (2), (3), (4);
INSERT INTO nn VALUES (1, 2);
INSERT INTO uq VALUES (1, 1), (3, 3);
INSERT INTO ge VALUES (4, 4);
DELETE FROM p WHERE id = 2;
UPDATE p SET id = 200 WHERE id = 2;
UPDATE p SET id = 20 WHERE id = 2;
DELETE FROM p WHERE id = 3;
UPDATE p SET id = 40 WHERE id = 4;
SELECT * FROM nn;
SELECT * FROM uq ORDER BY id;
SELECT * FROM ge;
DROP TABLE nn, uq, ge, p;
-- Rights: who writes needs none on the other table, and actions have those of the owner.
CREATE ROLE fk_owner;
CREATE ROLE fk_writer;
CREATE ROLE fk_stranger;
GRANT USAGE, CREATE ON SCHEMA fkc TO fk_owner;
GRANT USAGE ON SCHEMA fkc TO fk_writer, fk_stranger;
SET ROLE fk_owner;
SET search_path = fkc;
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO p VALUES (1), (2), (3);
GRANT INSERT, SELECT, UPDATE ON c TO fk_writer;
GRANT DELETE, SELECT, UPDATE ON p TO fk_stranger;
RESET ROLE;
SET ROLE fk_writer;
INSERT INTO c VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO c VALUES (4, 4);
UPDATE c SET p = 9 WHERE id = 1;
SELECT * FROM p;
DELETE FROM p;
RESET ROLE;
SET ROLE fk_stranger;
SELECT * FROM c;
DELETE FROM p WHERE id = 1;
UPDATE p SET id = 20 WHERE id = 2;
TRUNCATE p CASCADE;
RESET ROLE;
SELECT * FROM p ORDER BY id;
SELECT * FROM c ORDER BY id;
REVOKE ALL ON c FROM fk_owner;
SET ROLE fk_stranger;
DELETE FROM p WHERE id = 20;
RESET ROLE;
GRANT ALL ON c TO fk_owner;
REVOKE ALL ON p FROM fk_owner;
SET ROLE fk_writer;
INSERT INTO c VALUES (5, 3);
INSERT INTO c VALUES (5, NULL);
RESET ROLE;
GRANT TRUNCATE ON p TO fk_stranger;
SET ROLE fk_stranger;
TRUNCATE p;
SET client_min_messages = notice;
TRUNCATE p CASCADE;
SET client_min_messages = warning;
RESET ROLE;
SELECT * FROM c ORDER BY id;
DROP TABLE c, p;
REVOKE ALL ON SCHEMA fkc FROM fk_owner, fk_writer, fk_stranger;
DROP ROLE fk_owner, fk_writer, fk_stranger;
DROP SCHEMA fkc;
