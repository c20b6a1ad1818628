-- Indexes that are recorded only, unique ones that are refused, and psql's description of a table.
CREATE SCHEMA ind;
SET search_path = ind;
CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE, b text);
CREATE INDEX ON t (b);
CREATE INDEX low ON t USING btree (lower(b) DESC) WHERE a > 0;
CREATE INDEX IF NOT EXISTS low ON t (a);
CREATE INDEX pattern ON t (b text_pattern_ops);
CREATE UNIQUE INDEX one ON t (lower(b));
CREATE UNIQUE INDEX one ON t (b) WHERE a > 0;
CREATE UNIQUE INDEX one ON t (b) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX one ON t USING hash (b);
CREATE INDEX one ON t USING nothing (b);
CREATE TABLE bad (a int UNIQUE DEFERRABLE);
\d t
INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'x');
\pset format unaligned
FLUSH TABLE t WITH (wait);
\pset format aligned
CREATE UNIQUE INDEX one ON t (b);
INSERT INTO t VALUES (3, 1, 'y');
DROP INDEX t_pkey;
DROP INDEX low, t_b_idx, pattern;
CREATE TABLE mine (id int PRIMARY KEY, a int UNIQUE) WITH (type = 'user');
CREATE TABLE seen (id int PRIMARY KEY, a int UNIQUE) WITH (type = 'stream', ttl = '1h');
INSERT INTO mine VALUES (1, 1);
INSERT INTO mine VALUES (2, 1);
INSERT INTO seen VALUES (1, 1);
INSERT INTO seen VALUES (2, 1);
CREATE UNIQUE INDEX ON mine (a, id);
SELECT indexname FROM pg_indexes WHERE schemaname = 'ind' ORDER BY 1;
SET client_min_messages = warning;
DROP SCHEMA ind CASCADE;
