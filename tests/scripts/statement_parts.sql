-- as PostgreSQL
-- INSERT, UPDATE and DELETE in WITH, and FOR UPDATE in subqueries: who waits for whom is in test_work_queues.py.
CREATE SCHEMA parts;
SET search_path = parts;
CREATE TABLE q (id int PRIMARY KEY, state text, v int);
CREATE TABLE log (id int, x text);
INSERT INTO q SELECT g, 'queued', 0 FROM generate_series(1, 9) g;
-- What one part deletes the next inserts.
WITH moved AS (DELETE FROM q WHERE id = 1 RETURNING *) INSERT INTO log SELECT id, state FROM moved;
WITH moved AS (DELETE FROM q WHERE id = 2 RETURNING *) INSERT INTO log SELECT id, state FROM moved RETURNING id, upper(x);
WITH moved (a, b) AS (DELETE FROM q WHERE id = 3 RETURNING id * 10, state || '!') SELECT a + 1 AS c, b FROM moved;
WITH gone AS (DELETE FROM q WHERE id = 77 RETURNING *) SELECT count(*) FROM gone;
WITH ins AS (INSERT INTO q VALUES (4, 'new', 1), (10, 'new', 1) ON CONFLICT DO NOTHING RETURNING id)
  SELECT id, 'new' AS how FROM ins UNION ALL SELECT id, 'old' FROM q WHERE id IN (4, 10) ORDER BY id;
WITH ins AS (INSERT INTO q VALUES (4, 'new', 1), (11, 'new', 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v + 100 RETURNING *)
  SELECT * FROM ins ORDER BY id;
-- Several of them, and queries between them; each is done once, read or not.
WITH a AS (SELECT id FROM q WHERE id < 6),
     b AS (UPDATE q SET v = v + 1 FROM a WHERE q.id = a.id RETURNING q.id, q.v),
     c AS (INSERT INTO log SELECT id, 'b' || v FROM b RETURNING *),
     d AS (DELETE FROM q WHERE id = 11)
  SELECT b.id, b.v, c.x FROM b JOIN c USING (id) ORDER BY b.id;
SELECT * FROM q ORDER BY id;
SELECT * FROM log ORDER BY id, x;
WITH RECURSIVE r (n) AS (SELECT 6 UNION ALL SELECT n + 1 FROM r WHERE n < 8),
     u AS (UPDATE q SET state = 'r' FROM r WHERE id = n RETURNING id)
  SELECT u.id, r.n FROM u JOIN r ON r.n = u.id ORDER BY 1;
WITH u AS (UPDATE q SET v = 0 RETURNING *), unread AS (SELECT 1 / 0) SELECT max(v) FROM u;
-- All see the rows of when the statement began.
WITH i AS (INSERT INTO q VALUES (20, 'n', 1) RETURNING *) SELECT count(*) FILTER (WHERE id = 20) FROM q;
WITH d AS (DELETE FROM q WHERE id = 20 RETURNING *) SELECT (SELECT count(*) FROM q WHERE id = 20), count(*) FROM d;
WITH i AS (INSERT INTO q VALUES (21, 'n', 1)) UPDATE q SET v = 5 WHERE id = 21;
WITH i AS (SELECT 1), d AS (DELETE FROM q WHERE id = 21 RETURNING id) INSERT INTO q SELECT id, 'again', 2 FROM d RETURNING *;
WITH u AS (UPDATE q SET v = 1 WHERE id = 5 RETURNING *) SELECT q.v, u.v FROM q JOIN u USING (id);
-- A row is changed once.
WITH u AS (UPDATE q SET v = 10 WHERE id = 5 RETURNING *) UPDATE q SET v = 20 FROM u WHERE q.id = u.id RETURNING q.*;
WITH u AS (UPDATE q SET v = 10 WHERE id = 5) UPDATE q SET v = 20 WHERE id = 5 RETURNING *;
WITH d AS (DELETE FROM q WHERE id = 5 RETURNING *), u AS (UPDATE q SET v = 30 FROM d WHERE q.id = d.id RETURNING q.*)
  SELECT count(*) FROM u;
SELECT * FROM q WHERE id = 5;
-- The statement is one: what fails undoes all.
WITH d AS (DELETE FROM q WHERE id = 6 RETURNING *) INSERT INTO q SELECT id + 1, state, v FROM d;
WITH d AS (DELETE FROM q WHERE id = 6 RETURNING *) INSERT INTO log SELECT id / 0, state FROM d;
SELECT count(*) FROM q WHERE id = 6;
-- Locking queries in subqueries and in WITH.
UPDATE q SET state = 'run' WHERE id = (SELECT id FROM q WHERE state = 'queued' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1)
  RETURNING id, state;
WITH picked AS (SELECT id FROM q WHERE state = 'queued' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 10)
  UPDATE q SET state = 'picked' FROM picked WHERE q.id = picked.id RETURNING q.id, q.state;
DELETE FROM q WHERE id IN (SELECT id FROM q WHERE state = 'run' ORDER BY id FOR UPDATE NOWAIT LIMIT 2) RETURNING id;
SELECT s.id + 1 AS next, t.v FROM (SELECT id FROM q WHERE id < 9 FOR UPDATE) s JOIN q t USING (id) ORDER BY s.id;
SELECT id, EXISTS (SELECT 1 FROM log FOR SHARE), ARRAY(SELECT id FROM q WHERE id > 9 ORDER BY id FOR KEY SHARE) FROM q WHERE id = 7;
INSERT INTO log SELECT id, state FROM q WHERE id = 7 FOR UPDATE;
INSERT INTO log (id) (SELECT id + 100 FROM q WHERE id = 7 FOR NO KEY UPDATE) RETURNING *;
INSERT INTO log VALUES ((SELECT id FROM q WHERE id = 8 FOR UPDATE), 'value') RETURNING *;
WITH a AS (SELECT 7 AS id), b AS (SELECT q.id FROM q JOIN a USING (id) FOR UPDATE OF q) SELECT a.id, b.id FROM a, b;
SELECT id FROM q WHERE id IN (SELECT id FROM q WHERE id > 8 FOR UPDATE) ORDER BY id FOR UPDATE;
SELECT (SELECT id FROM q WHERE id IN (SELECT id FROM log FOR UPDATE) AND id = 7 FOR UPDATE);
PREPARE take AS WITH d AS (DELETE FROM q WHERE id = $1 RETURNING *) INSERT INTO log SELECT id, $2 FROM d RETURNING *;
EXECUTE take (9, 'prepared');
PREPARE pick AS UPDATE q SET v = $1 WHERE id = (SELECT id FROM q WHERE id < $2 ORDER BY id FOR UPDATE LIMIT $3) RETURNING id, v;
EXECUTE pick (3, 8, 1);
-- RETURNING and ON CONFLICT read WITH queries, too.
WITH x AS (SELECT 31 AS id) INSERT INTO q VALUES (30, 'r', 1) RETURNING id, (SELECT id FROM x), v + (SELECT count(*) FROM x);
WITH x AS (SELECT 32 AS v) INSERT INTO q VALUES (30, 'r', 1) ON CONFLICT (id) DO UPDATE SET v = (SELECT v FROM x) RETURNING *;
WITH x AS (DELETE FROM log WHERE x = 'prepared' RETURNING id) INSERT INTO q VALUES (30, 'r', 1)
  ON CONFLICT (id) DO UPDATE SET v = q.v + (SELECT id FROM x) WHERE EXISTS (SELECT 1 FROM x) RETURNING v, (SELECT count(*) FROM x);
WITH x AS (SELECT 33 AS v) UPDATE q SET v = x.v FROM x WHERE id = 30 RETURNING q.v, (SELECT max(v) FROM x);
WITH x AS (SELECT id FROM q WHERE id = 30), d AS (DELETE FROM q WHERE id = 30 RETURNING v, (SELECT id FROM x)) SELECT * FROM d;
-- Where they are not allowed.
SELECT * FROM (WITH d AS (DELETE FROM q RETURNING *) SELECT * FROM d) s;
CREATE VIEW w AS WITH d AS (DELETE FROM q RETURNING *) SELECT * FROM d;
DECLARE c CURSOR FOR WITH d AS (DELETE FROM q RETURNING *) SELECT * FROM d;
WITH d AS (DELETE FROM q WHERE id = 7) SELECT * FROM d;
WITH d (a, b, c, d) AS (DELETE FROM q RETURNING *) SELECT * FROM d;
WITH RECURSIVE d AS (DELETE FROM q WHERE id IN (SELECT id FROM d) RETURNING id) SELECT * FROM d;
WITH d AS (DELETE FROM q RETURNING nosuch) SELECT * FROM d;
WITH d AS (DELETE FROM q RETURNING id) SELECT nosuch FROM d;
WITH d AS (DELETE FROM nosuch RETURNING id) SELECT * FROM d;
WITH d AS (SELECT 1), d AS (DELETE FROM q) SELECT 1;
SELECT * FROM (SELECT count(*) FROM q FOR UPDATE) s;
SELECT 1 UNION (SELECT id FROM q FOR UPDATE);
SELECT * FROM q WHERE id = (SELECT nosuch FROM q FOR UPDATE);
SELECT * FROM q WHERE id = (SELECT id FROM nosuch FOR UPDATE);
SELECT * FROM q WHERE id = (SELECT q2.id FROM q q2 WHERE q3.id = q2.id FOR UPDATE);
BEGIN READ ONLY;
WITH d AS (DELETE FROM q RETURNING *) SELECT * FROM d;
ROLLBACK;
BEGIN READ ONLY;
WITH d AS (DELETE FROM q RETURNING *) INSERT INTO log SELECT id, state FROM d;
ROLLBACK;
BEGIN READ ONLY;
SELECT * FROM (SELECT * FROM q FOR SHARE) s;
ROLLBACK;
-- Whoever may not use a table may not use it in a part either.
CREATE ROLE parts_reader;
GRANT USAGE ON SCHEMA parts TO parts_reader;
GRANT SELECT ON q TO parts_reader;
GRANT INSERT ON log TO parts_reader;
SET ROLE parts_reader;
WITH d AS (DELETE FROM q RETURNING *) SELECT * FROM d;
WITH i AS (INSERT INTO log VALUES (1, 'mine') RETURNING *) SELECT * FROM i;
WITH i AS (INSERT INTO log VALUES (1, 'mine')) SELECT count(*) > 0 FROM q;
SELECT * FROM q WHERE id IN (SELECT id FROM q FOR UPDATE);
RESET ROLE;
BEGIN;
WITH d AS (DELETE FROM q RETURNING *) SELECT count(*) > 3 FROM d;
SAVEPOINT s;
WITH i AS (INSERT INTO q VALUES (1, 'a', 1), (2, 'b', 2) RETURNING *) UPDATE log SET x = i.state FROM i WHERE i.id = log.id AND x = 'mine';
ROLLBACK TO s;
SELECT count(*) FROM q;
ROLLBACK;
SELECT count(*) > 3 FROM q;
DROP OWNED BY parts_reader;
DROP ROLE parts_reader;
SET client_min_messages = warning;
DROP TABLE q, log;
DROP SCHEMA parts;
