-- as PostgreSQL
-- Where an error is, and what may have been meant.
SET client_min_messages = error;
CREATE SCHEMA near;
SET search_path = near;
CREATE TABLE pe (id int PRIMARY KEY, d date, n numeric(5,2), long_name varchar(3));
SELECT * FROM pe WHERE id = 'abc';
DELETE FROM pe WHERE id = 'z';
UPDATE pe SET d = NULL WHERE id = 'y';
SELECT naem FROM pe;
SELECT longname FROM pe;
SELECT pe.idd FROM pe;
SELECT long_nam FROM pe p;
SELECT p.long_nam FROM pe p;
SELECT di, id FROM pe JOIN pe q USING (id);
SELECT dd FROM pe, pe q, pe r;
SELECT (SELECT long_nme) FROM pe;
SELECT 1 FROM pe GROUP BY lng_name;
SELECT id FROM pe ORDER BY long_names;
SELECT x.long_nam FROM pe p;
UPDATE pe SET di = 1;
INSERT INTO pe (di) VALUES (1);
DROP SCHEMA near CASCADE;
