-- as PostgreSQL
-- Views: what they show, what may be replaced, what keeps them, and what names in them mean later.
CREATE SCHEMA vx;
CREATE SCHEMA vy;
SET search_path = vx;
CREATE TABLE t (id int PRIMARY KEY, "Odd Name" text, n numeric(6,2), ts timestamptz, arr text[]);
CREATE TABLE u (id int PRIMARY KEY, tid int, w float8);
INSERT INTO t VALUES (1, 'one', 1.5, '2024-01-01 12:00+00', '{a,b}'), (2, 'two', 2.25, '2024-06-01 12:00+00', NULL), (3, NULL, 3, NULL, '{}');
INSERT INTO u VALUES (10, 1, 0.5), (11, 1, 1.5), (12, 2, 2.5);
CREATE VIEW a1 AS SELECT * FROM t JOIN u USING (id);
CREATE VIEW a2 AS SELECT *, t.id + 1 AS more FROM t;
CREATE VIEW a3 AS SELECT t.*, u.w FROM t LEFT JOIN u ON u.tid = t.id;
CREATE VIEW a4 AS SELECT DISTINCT ON (tid) tid, w FROM u ORDER BY tid, w DESC;
CREATE VIEW a5 (k, cnt) AS SELECT tid, count(*) FROM u GROUP BY tid HAVING count(*) > 0 ORDER BY 2 DESC, 1;
CREATE VIEW a6 AS WITH x AS (SELECT tid AS q FROM u), y AS (SELECT * FROM x) SELECT *, (SELECT max(w) FROM u WHERE tid = q) FROM y;
CREATE VIEW a7 AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT n, n * 2 AS twice FROM r;
CREATE VIEW a8 AS SELECT "Odd Name", upper("Odd Name"), CASE WHEN n > 2 THEN 'big' ELSE 'small' END, ts::date, arr[1], n FROM t WHERE ts > '2024-03-01' OR ts IS NULL;
CREATE VIEW a9 (a, b) AS VALUES (1, 'x'), (2, 'y');
CREATE VIEW b1 AS SELECT id FROM t UNION SELECT id FROM u ORDER BY 1;
CREATE VIEW b2 AS (SELECT id AS i FROM t) EXCEPT SELECT id FROM u;
CREATE VIEW b3 AS SELECT q.id, r.w FROM (SELECT id FROM t) q, LATERAL (SELECT w FROM u WHERE u.tid = q.id) r;
CREATE VIEW b4 AS SELECT id, sum(w) OVER (PARTITION BY tid ORDER BY id) AS running FROM u;
CREATE VIEW b5 AS SELECT * FROM generate_series(1, 3) AS g(x) CROSS JOIN (SELECT max(id) AS m FROM t) AS z;
CREATE VIEW b7 AS SELECT id FROM t WHERE EXISTS (SELECT * FROM u WHERE tid = t.id) AND id IN (SELECT tid FROM u);
CREATE VIEW b9 AS SELECT * FROM a2 JOIN a5 ON k = id;
CREATE VIEW c1 AS SELECT relname FROM pg_class WHERE relname = 't' AND relnamespace = 'vx'::regnamespace;
CREATE VIEW c2 AS SELECT current_user AS me, now() IS NOT NULL AS isnow;
CREATE VIEW c3 AS SELECT coalesce(x.id, 0) id2, x.id, y.id AS yid FROM t x FULL JOIN u y ON x.id = y.tid AND y.w BETWEEN 0 AND 2;
CREATE VIEW c5 AS SELECT NULL AS nothing, 1 AS "Quoted", 2 AS "select";
CREATE VIEW c6 AS SELECT extract(year FROM ts), ts AT TIME ZONE 'UTC' AS utc, interval '1 day' AS d, substring("Odd Name" FROM 1 FOR 2), position('n' IN "Odd Name"), trim(both ' ' from "Odd Name") FROM t;
CREATE VIEW b6 AS SELECT 'it''s' /* a comment */ AS s, E'a\nb' AS e, $$dollar$$ AS d -- end
;
CREATE VIEW c4 AS SELECT id % 2 = 0 AS even, count(*) FROM t GROUP BY even;
-- Under another search path and time zone they mean the same.
SET search_path = vy;
SET timezone = 'America/New_York';
SELECT * FROM vx.a1 ORDER BY 1; 
SELECT id, "Odd Name", n, more FROM vx.a2 ORDER BY 1;
SELECT id, w FROM vx.a3 ORDER BY 1, 2;
SELECT * FROM vx.a4 ORDER BY 1;
SELECT * FROM vx.a5;
SELECT * FROM vx.a6 ORDER BY 1;
SELECT * FROM vx.a7 ORDER BY 1;
SELECT * FROM vx.a8 ORDER BY 6;
SELECT * FROM vx.a9 ORDER BY 1;
SELECT * FROM vx.b1;
SELECT * FROM vx.b2 ORDER BY 1;
SELECT * FROM vx.b3 ORDER BY 1, 2;
SELECT * FROM vx.b4 ORDER BY 1;
SELECT * FROM vx.b5 ORDER BY 1;
SELECT * FROM vx.b6;
SELECT id, more, cnt FROM vx.b9 ORDER BY id;
SELECT * FROM vx.c1;
SELECT isnow FROM vx.c2;
SELECT * FROM vx.c3 ORDER BY 1, 3;
SELECT * FROM vx.c4 ORDER BY 1;
SELECT * FROM vx.c5;
SELECT v.id, v.w FROM vx.a3 AS v WHERE v.id = 1 AND w > 1;
SELECT w.more, w.* FROM vx.a2 w (i, o) WHERE i = 2;
SELECT count(*) FROM vx.a3 x JOIN vx.a4 y ON x.id = y.tid;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'vx.a8'::regclass AND attnum > 0 ORDER BY attnum;
PREPARE q(int) AS SELECT id, more FROM vx.a2 WHERE id = $1;
EXECUTE q(2);
SELECT vx.a2.id FROM vx.a2 ORDER BY vx.a2.id LIMIT 1;
SELECT * FROM vx.b7 ORDER BY 1;
SELECT * FROM vx.c6 ORDER BY 2;
RESET timezone;
SET search_path = vx;
-- What is wrong with a definition.
CREATE VIEW a1 AS SELECT 1;
CREATE VIEW t AS SELECT 1;
CREATE VIEW bad AS SELECT id, id FROM t;
CREATE VIEW bad (x, y, z) AS SELECT id, n FROM t;
CREATE VIEW bad AS SELECT nothing FROM t;
CREATE VIEW bad AS SELECT * FROM nothing;
CREATE VIEW bad AS INSERT INTO t VALUES (1);
CREATE VIEW bad WITH (foo) AS SELECT 1 AS x;
CREATE VIEW bad WITH (security_barrier = maybe) AS SELECT 1 AS x;
CREATE TABLE a1 (a int);
-- CREATE OR REPLACE.
CREATE VIEW r AS SELECT id, n FROM t;
CREATE OR REPLACE VIEW r AS SELECT id FROM t;
CREATE OR REPLACE VIEW r AS SELECT id, n AS m FROM t;
CREATE OR REPLACE VIEW r AS SELECT id::text, n FROM t;
CREATE OR REPLACE VIEW r AS SELECT id, n, 'more' AS more FROM t WHERE id > 1;
CREATE OR REPLACE VIEW t AS SELECT 1;
CREATE OR REPLACE VIEW fresh AS SELECT 1 AS one;
SELECT * FROM r ORDER BY id;
-- New columns of a table are none of its views'.
ALTER TABLE u ADD COLUMN "Odd Name" text;
ALTER TABLE u ADD COLUMN n int DEFAULT 7;
SELECT id, w FROM a3 ORDER BY 1, 2;
SELECT * FROM b4 ORDER BY 1;
-- What a view reads stays.
ALTER TABLE u DROP COLUMN w;
ALTER TABLE t ALTER COLUMN n TYPE numeric(8,2);
DROP TABLE u;
DROP VIEW a5;
DROP VIEW t;
DROP TABLE r;
DROP VIEW nothing;
DROP VIEW IF EXISTS nothing, fresh;
DROP VIEW a5 CASCADE;
-- A view is no table.
TRUNCATE r;
COPY r TO STDOUT;
COPY (SELECT * FROM r ORDER BY id) TO STDOUT;
-- Options.
CREATE VIEW o1 WITH (security_barrier) AS SELECT id FROM t WHERE id < 3;
CREATE VIEW o2 WITH (security_invoker = on, security_barrier = off) AS SELECT id FROM t;
SELECT relname, relkind, reloptions, relhasrules FROM pg_class WHERE relname IN ('o1', 'o2', 'r') ORDER BY 1;
SELECT id FROM o1 WHERE 1 / (id - 3) < 0 ORDER BY 1;
-- The catalogs.
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'vx' AND table_name IN ('t', 'r') ORDER BY 1;
SELECT table_name, column_name, ordinal_position, is_nullable, data_type FROM information_schema.columns WHERE table_name = 'r' ORDER BY 3;
SELECT viewname, viewowner = current_user AS mine FROM pg_views WHERE schemaname = 'vx' AND viewname LIKE 'o%' ORDER BY 1;
\d r
-- Transactions.
BEGIN;
CREATE VIEW later AS SELECT 1 AS one;
SELECT * FROM later;
ROLLBACK;
SELECT * FROM later;
SET client_min_messages = warning;
DROP SCHEMA vx, vy CASCADE;
