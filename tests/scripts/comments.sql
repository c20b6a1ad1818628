-- as PostgreSQL
CREATE TABLE t (a int PRIMARY KEY, b text CHECK (b <> ''));
CREATE VIEW v AS SELECT a, b FROM t;
CREATE SEQUENCE s;
COMMENT ON TABLE t IS 'the table';
COMMENT ON COLUMN t.a IS 'the a';
COMMENT ON COLUMN public.t.b IS 'it''s b';
COMMENT ON VIEW v IS 'the view';
COMMENT ON COLUMN v.a IS 'what it shows of a';
COMMENT ON SEQUENCE s IS 'numbers';
COMMENT ON CONSTRAINT t_pkey ON t IS 'the key';
COMMENT ON CONSTRAINT t_b_check ON t IS 'not empty';
CREATE SCHEMA commented;
COMMENT ON SCHEMA commented IS 'a schema';
CREATE ROLE commenter;
COMMENT ON ROLE commenter IS 'a role';
-- What is not there, or is something else.
COMMENT ON TABLE nope IS 'x';
COMMENT ON TABLE v IS 'x';
COMMENT ON VIEW t IS 'x';
COMMENT ON SEQUENCE t IS 'x';
COMMENT ON INDEX t IS 'x';
COMMENT ON COLUMN t.zz IS 'x';
COMMENT ON COLUMN nope.zz IS 'x';
COMMENT ON COLUMN zz IS 'x';
COMMENT ON CONSTRAINT zz ON t IS 'x';
COMMENT ON SCHEMA nope IS 'x';
COMMENT ON ROLE nope IS 'x';
COMMENT ON TABLE t IS 5;
-- They are found by the functions.
SELECT obj_description('t'::regclass), obj_description('t'::regclass, 'pg_class');
SELECT col_description('t'::regclass, 1), col_description('t'::regclass, 2), col_description('v'::regclass, 1);
SELECT obj_description('v'::regclass, 'pg_class'), obj_description('s'::regclass, 'pg_class');
SELECT obj_description('commented'::regnamespace, 'pg_namespace'), shobj_description('commenter'::regrole, 'pg_authid');
SELECT conname, obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conname = 't_pkey';
SELECT objsubid, description FROM pg_description WHERE objoid = 't'::regclass ORDER BY 1;
-- A change of the table keeps them; a new name of the column, too.
ALTER TABLE t RENAME COLUMN a TO c;
ALTER TABLE t ADD COLUMN d int;
SELECT col_description('t'::regclass, 1);
-- An empty one, or NULL, takes them away; and so does a rollback of what made one.
COMMENT ON TABLE t IS NULL;
COMMENT ON COLUMN t.c IS '';
BEGIN;
COMMENT ON COLUMN t.b IS 'another one';
SELECT col_description('t'::regclass, 2);
ROLLBACK;
SELECT obj_description('t'::regclass), col_description('t'::regclass, 1), col_description('t'::regclass, 2);
SET client_min_messages = warning;
DROP TABLE t CASCADE;
DROP SEQUENCE s;
DROP SCHEMA commented;
DROP ROLE commenter;
