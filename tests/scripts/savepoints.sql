-- as PostgreSQL
-- Savepoints: nested, shadowed, after an error, and what they undo besides rows.
CREATE TABLE sp (a int PRIMARY KEY, b text);
SAVEPOINT outside;
BEGIN;
INSERT INTO sp VALUES (1, 'one');
SAVEPOINT a;
INSERT INTO sp VALUES (2, 'two');
INSERT INTO sp VALUES (2, 'again');
SELECT 1;
ROLLBACK TO nope;
ROLLBACK TO a;
SELECT * FROM sp ORDER BY a;
SAVEPOINT a;
SET LOCAL search_path = pg_catalog;
INSERT INTO public.sp VALUES (3, 'three');
RELEASE a;
SHOW search_path;
ROLLBACK TO a;
SHOW search_path;
SELECT * FROM sp ORDER BY a;
CREATE TABLE sp2 (x int);
SAVEPOINT b;
DROP TABLE sp2;
ROLLBACK TO b;
INSERT INTO sp2 VALUES (1);
RELEASE nope;
COMMIT;
SELECT * FROM sp;
-- a name that is used again hides the one before until it is released
BEGIN;
SAVEPOINT s;
INSERT INTO sp VALUES (10, 'outer');
SAVEPOINT s;
INSERT INTO sp VALUES (11, 'inner');
ROLLBACK TO s;
RELEASE s;
ROLLBACK TO s;
SELECT count(*) FROM sp;
COMMIT;
-- an error in a block without one that is left
BEGIN;
SAVEPOINT a;
RELEASE SAVEPOINT a;
SELECT 1 / 0;
ROLLBACK TO a;
RELEASE a;
SAVEPOINT a;
COMMIT;
-- read only, and back
BEGIN;
SAVEPOINT a;
SET TRANSACTION READ ONLY;
INSERT INTO sp VALUES (12, 'refused');
ROLLBACK TO a;
SHOW transaction_read_only;
INSERT INTO sp VALUES (12, 'taken');
COMMIT;
SELECT * FROM sp ORDER BY a;
-- definitions
BEGIN;
CREATE TABLE made (x int);
SAVEPOINT a;
DROP TABLE sp;
DROP TABLE made;
SELECT * FROM sp;
ROLLBACK TO SAVEPOINT a;
INSERT INTO made SELECT a FROM sp;
SELECT * FROM made;
COMMIT AND CHAIN;
SELECT count(*) FROM made;
ROLLBACK AND NO CHAIN;
-- outside a block
SAVEPOINT a;
RELEASE a;
ROLLBACK TO a;
-- nothing is kept of a block that was rolled back
BEGIN;
INSERT INTO sp VALUES (20, 'lost');
SAVEPOINT a;
INSERT INTO sp VALUES (20, 'twice');
ROLLBACK TO a;
DELETE FROM sp;
ROLLBACK;
SELECT count(*) FROM sp;
SET client_min_messages = warning;
DROP TABLE sp, made;
