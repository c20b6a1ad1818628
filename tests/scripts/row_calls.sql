-- as PostgreSQL
-- nextval(), setval(), currval(), lastval(), and functions that act on sessions: in select lists of queries of rows.
CREATE SCHEMA row_calls;
SET search_path = row_calls;
CREATE TABLE t (id serial PRIMARY KEY, v int, w text);
CREATE SEQUENCE s;
CREATE SEQUENCE u START 100 INCREMENT 10;
INSERT INTO t (v, w) VALUES (10, 'a'), (20, NULL), (30, 'c');
-- How frameworks reset a sequence after loading rows.
SELECT setval('t_id_seq', (SELECT max(id) FROM t));
SELECT setval(pg_get_serial_sequence('t', 'id'), coalesce(max(id), 1), max(id) IS NOT NULL) FROM t;
SELECT setval(pg_get_serial_sequence('"t"', 'id'), coalesce(max("id"), 1), max("id") IS NOT null) FROM "t";
SELECT setval('t_id_seq', coalesce((SELECT max(id) + (SELECT increment_by FROM pg_sequences WHERE sequencename = 't_id_seq') FROM t), 1), false);
SELECT setval('s', max(id)) FROM t WHERE id > 1000;
SELECT setval('s', 7), setval('u', 200, false);
SELECT nextval('s'), nextval('u'), currval('s'), currval('u'), lastval();
SELECT pg_catalog.setval('row_calls.s', 1, false);
-- A number for each row, in the order of the rows.
SELECT nextval('s') FROM generate_series(1, 5);
SELECT nextval('s'), id, v + 1 AS more FROM t ORDER BY id DESC;
SELECT *, nextval('s') AS n, 'x' AS x FROM t ORDER BY 1;
SELECT t.*, nextval('s') + 1000, nextval('s')::text, w FROM t ORDER BY v DESC LIMIT 2;
SELECT nextval('s') AS a, nextval('u') AS b, nextval('s') AS c, currval('s') FROM t WHERE id < 3;
SELECT nextval('s') FROM t WHERE false;
SELECT 1 + nextval('s'), upper('q' || nextval('s')), v FROM t GROUP BY v ORDER BY v;
SELECT v % 20 AS r, count(*), nextval('s') FROM t GROUP BY v % 20 ORDER BY r;
SELECT count(*), nextval('s') FROM t;
SELECT generate_series(1, 3) AS g, nextval('s') AS n;
-- A call that CASE or coalesce() would not get to is not made.
SELECT setval('s', 1, false);
SELECT id, CASE WHEN w IS NULL THEN nextval('s') ELSE 0 END AS c, coalesce(v - 20, nextval('s')) AS o FROM t ORDER BY id;
SELECT id, CASE id WHEN 1 THEN nextval('s') WHEN 2 THEN -1 ELSE 10 * nextval('s') END FROM t ORDER BY id;
SELECT id, CASE WHEN v = 20 THEN 0 ELSE 100 / (v - 20) + nextval('s') END AS safe FROM t ORDER BY id;
SELECT coalesce(NULL, nextval('s')), coalesce(nextval('s'), 1), greatest(nextval('s'), 0);
SELECT id, CASE WHEN id > 1 THEN CASE WHEN w IS NULL THEN nextval('s') END END AS n FROM t ORDER BY id;
SELECT setval('s', nextval('s') + 10), w FROM t WHERE id = 1;
SELECT nextval('s');
-- In subqueries, in WITH, and behind INSERT.
SELECT x.n * 2 AS twice, x.g FROM (SELECT nextval('s') AS n, g FROM generate_series(1, 3) g) x ORDER BY g DESC;
WITH n AS (SELECT nextval('s') AS id) SELECT a.id = b.id AS same FROM n a, n b;
WITH n AS (SELECT nextval('s') AS id) INSERT INTO t (id, v) SELECT id + 500, 1 FROM n RETURNING v;
SELECT (SELECT nextval('s')) IS NOT NULL, v FROM t WHERE v > 10 ORDER BY v;
CREATE TABLE k (id bigint, w text, d date DEFAULT '2020-01-01');
INSERT INTO k SELECT nextval('u') + 1, 'const', NULL FROM t WHERE id < 3;
INSERT INTO k (w, id) SELECT 'k' || nextval('u'), id FROM t WHERE id < 3 RETURNING w, d;
INSERT INTO k SELECT CASE WHEN id = 1 THEN nextval('u') ELSE 0 END, w, '2021-02-03' FROM t WHERE id < 3 ORDER BY id RETURNING *;
INSERT INTO k (id) SELECT nextval('u') FROM t WHERE id < 3 RETURNING id;
INSERT INTO k SELECT currval('u'), 'cur' RETURNING id, w;
INSERT INTO k SELECT id, 'q' FROM (SELECT nextval('u') AS id FROM generate_series(1, 2)) q RETURNING id;
SELECT count(*) FROM k WHERE id = currval('u');
UPDATE k SET w = 'now' WHERE id = lastval() RETURNING w;
DELETE FROM k WHERE id = currval('u') RETURNING w;
INSERT INTO k (id, w) VALUES (nextval('u') + 5, 'five'), (coalesce(NULL, nextval('u')), 'co') RETURNING id, w;
PREPARE p AS SELECT nextval($1), setval($2, max(id) + $3) FROM t;
EXECUTE p ('u', 's', 1);
-- Functions that act on sessions.
SELECT id, pg_try_advisory_lock(id), pg_advisory_unlock(id) AS freed FROM t WHERE id < 3 ORDER BY id;
SELECT set_config('app.x', w || '!', false) AS c FROM t WHERE id = 3;
SELECT upper(set_config('app.x', 'low', false)), length(set_config('app.y', NULL, false)) AS none;
SELECT count(pg_advisory_unlock_all) FROM (SELECT pg_advisory_unlock_all()) x;
WITH c AS (SELECT set_config('app.z', 'from with', false) AS z) SELECT z FROM c;
SELECT current_setting('app.z');
-- As conditions: rows are locked until there are enough of them, and no more.
SELECT id FROM t WHERE id < 4 AND pg_try_advisory_lock(id) ORDER BY id LIMIT 1;
SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY 1;
SELECT id, v FROM t WHERE pg_advisory_unlock(id) AND id < 4 ORDER BY id;
UPDATE t SET w = 'mine' WHERE id IN (SELECT id FROM t WHERE id < 4 AND pg_try_advisory_xact_lock(id) ORDER BY id LIMIT 2) RETURNING id;
WITH mine AS (SELECT * FROM t WHERE w = 'mine' AND pg_try_advisory_xact_lock(id)) SELECT id FROM mine ORDER BY id DESC;
PREPARE locked AS SELECT id FROM t WHERE id > $1 AND pg_try_advisory_xact_lock(id) ORDER BY id LIMIT $2;
EXECUTE locked (1, 1);
SELECT nosuch FROM t WHERE pg_try_advisory_lock(id);
-- What is wrong.
SELECT nextval('nosuch') FROM t;
SELECT nextval(w) FROM t WHERE id = 1;
SELECT setval('s', 0) FROM t;
SELECT setval('s') FROM t;
SELECT nosuch, nextval('s') FROM t;
BEGIN READ ONLY;
SELECT nextval('s') FROM t;
ROLLBACK;
BEGIN READ ONLY;
SELECT nextval('s') FROM t WHERE false;
ROLLBACK;
CREATE ROLE row_caller;
GRANT USAGE ON SCHEMA row_calls TO row_caller;
GRANT SELECT ON t TO row_caller;
SET ROLE row_caller;
SELECT nextval('s') FROM t;
SELECT nextval(w) FROM (SELECT 's' AS w) x;
RESET ROLE;
SET client_min_messages = warning;
DROP OWNED BY row_caller;
DROP ROLE row_caller;
DROP TABLE t, k;
DROP SEQUENCE s, u;
DROP SCHEMA row_calls;
