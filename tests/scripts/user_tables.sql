-- User tables: each role has rows of its own, and sees no others.
CREATE TABLE note (id int PRIMARY KEY, body text NOT NULL DEFAULT 'empty', at int) WITH (type = 'user');
CREATE ROLE ann LOGIN;
CREATE ROLE bob LOGIN;
CREATE ROLE ops LOGIN IN ROLE job_operator;
-- Keys are unique for each role.
SET ROLE ann;
INSERT INTO note VALUES (1, 'from ann', 10), (2, 'more from ann', 20);
INSERT INTO note VALUES (1, 'again', 30);
SET ROLE bob;
SELECT * FROM note ORDER BY id;
INSERT INTO note VALUES (1, 'from bob', 40) RETURNING *;
SELECT body FROM note WHERE id = 2;
SELECT body FROM note WHERE id = 1;
UPDATE note SET body = 'changed by bob' WHERE id = 2;
UPDATE note SET body = 'changed by bob' WHERE id = 1 RETURNING id, body;
UPDATE note SET at = at + 1;
DELETE FROM note WHERE id = 2 RETURNING *;
INSERT INTO note SELECT id + 100, body, at FROM note;
SELECT count(*), sum(id) FROM note;
COPY note TO STDOUT;
COPY note (id, body) FROM STDIN;
7	copied by bob
\.
SELECT id, body, at FROM note ORDER BY id;
EXPLAIN (COSTS off) SELECT * FROM note WHERE at > 0;
-- A prepared statement is about the rows of whom runs it.
PREPARE mine AS SELECT id, body FROM note WHERE id = 1;
PREPARE ours AS SELECT count(*) FROM note;
EXECUTE mine;
EXECUTE ours;
SET ROLE ann;
EXECUTE mine;
EXECUTE ours;
SELECT has_table_privilege('note', 'select') AS reads, has_table_privilege('note', 'insert, update') AS writes, has_table_privilege('note', 'truncate') AS truncates;
-- The definition is the owner's.
DROP TABLE note;
FLUSH TABLE note;
ALTER TABLE note SET (flush_policy = 'rows:10');
-- Superusers and operators read the rows of all, and change their own.
RESET ROLE;
SELECT id, body FROM note ORDER BY id, body;
SELECT count(*) FROM note WHERE id = 1;
INSERT INTO note VALUES (1, 'from admin', 50);
UPDATE note SET at = 0 WHERE id = 1;
DELETE FROM note WHERE at = 0;
SELECT id, body, at FROM note ORDER BY id, body;
SET ROLE ops;
SELECT count(*) FROM note;
DELETE FROM note;
RESET ROLE;
EXECUTE AS USER 'bob' (SELECT id, body FROM note ORDER BY id);
EXECUTE AS USER 'bob' (UPDATE note SET body = 'cleared' WHERE id > 1);
EXECUTE AS USER bob (DELETE FROM note WHERE id = 7 RETURNING *);
EXECUTE AS USER 'ann' (INSERT INTO note VALUES (1, 'twice'));
EXECUTE AS USER 'nobody' (SELECT 1);
EXECUTE AS USER 'ann' (COMMIT);
EXECUTE AS USER 'ann' (SET ROLE bob);
EXECUTE AS USER 'ann' (EXECUTE AS USER 'bob' (SELECT 1));
EXECUTE AS USER 'ann' (SELECT set_config('role', 'bob', false));
EXECUTE AS USER 'ann' (SELECT 1; SELECT 2);
EXECUTE AS USER 'ann' (SELECT current_user, current_setting('role') AS role);
SELECT current_user;
SET ROLE ann;
EXECUTE AS USER 'bob' (SELECT 1);
RESET ROLE;
SET SESSION AUTHORIZATION ann;
EXECUTE AS USER 'bob' (SELECT 1);
RESET SESSION AUTHORIZATION;
-- What is counted is what is seen; segments hold one role each.
FLUSH TABLE note WITH (wait) \gset
SELECT table_type, hot_rows, cold_rows, segments FROM system.tables WHERE table_name = 'note';
SELECT owner, rows, split_part(path, '/', 4) AS folder FROM system.segments WHERE table_name = 'note' ORDER BY owner;
SET ROLE bob;
SELECT table_type, hot_rows, cold_rows, segments FROM system.tables WHERE table_name = 'note';
SELECT owner, rows, split_part(path, '/', 4) AS folder FROM system.segments WHERE table_name = 'note';
SELECT reltuples FROM pg_class WHERE relname = 'note';
SELECT * FROM note ORDER BY id;
UPDATE note SET body = 'cold' WHERE id = 1;
SELECT * FROM note ORDER BY id;
SELECT n.body FROM note n WHERE n.id = 1 AND n.body = (SELECT max(m.body) FROM note m WHERE m.id = 1);
RESET ROLE;
SELECT id, body FROM note ORDER BY id, body;
-- A role with rows can be dropped; until a job has removed them superusers see its rows.
DROP ROLE bob;
SELECT count(*) FROM note;
SET client_min_messages = warning;
DROP TABLE note;
DROP ROLE ann, ops;
-- Options.
CREATE TABLE wrong (id int) WITH (type = 'other');
CREATE TABLE wrong (id int) WITH (colour = 'red');
CREATE TABLE wrong (id int) WITH (flush_policy = 'rows:many');
CREATE TABLE wrong (id int) WITH (flush_policy = 'sometimes');
CREATE TABLE wrong (id int) WITH (type = 'user', type = 'shared');
CREATE TABLE wrong (id int) WITH (drop_retention = 'long');
CREATE TABLE wrong (id int) WITH (ttl = '1h');
CREATE TABLE wrong (id int) WITH (type = 'user', ttl = '1h');
CREATE TABLE kept (id int PRIMARY KEY) WITH (type = 'user', flush_policy = 'bytes:64MB, rows:100', drop_retention = '1d', fillfactor = 70);
SELECT reloptions FROM pg_class WHERE relname = 'kept';
ALTER TABLE kept SET (flush_policy = 'rows:200');
ALTER TABLE kept SET (flush_policy = 'rows:200', flush_policy = 'rows:300');
ALTER TABLE kept RESET (drop_retention, flush_policy);
SELECT reloptions FROM pg_class WHERE relname = 'kept';
ALTER TABLE kept SET (type = 'shared');
ALTER TABLE kept SET (ttl = '1h');
ALTER TABLE kept RESET (colour);
ALTER TABLE missing SET (flush_policy = 'none');
ALTER TABLE IF EXISTS missing SET (flush_policy = 'none');
DROP TABLE kept;
