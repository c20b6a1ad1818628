-- as PostgreSQL
-- CREATE and DROP of schemas and tables, and what they refuse.
CREATE SCHEMA def;
CREATE SCHEMA def;
CREATE SCHEMA IF NOT EXISTS def;
CREATE TABLE def.t (a int PRIMARY KEY, b text DEFAULT 'x', c timestamptz DEFAULT now(), d numeric(5,1) NOT NULL);
CREATE TABLE def.t (a int);
CREATE TABLE IF NOT EXISTS def.t (a int);
CREATE TABLE def.two (a int, b int, PRIMARY KEY (b, a));
CREATE TABLE def.bad (a int, a text);
CREATE TABLE def.bad (a nosuchtype);
CREATE TABLE def.bad (a int, PRIMARY KEY (zz));
CREATE TABLE nowhere.t (a int);
INSERT INTO def.t (a, d) VALUES (1, 2.25) RETURNING a, b, c = now() AS is_now, d;
INSERT INTO def.two VALUES (1, 2), (2, 1);
INSERT INTO def.two VALUES (1, 2);
INSERT INTO def.two VALUES (1, NULL);
DROP SCHEMA def;
DROP TABLE def.nothing;
DROP TABLE IF EXISTS def.nothing;
SET client_min_messages = warning;
DROP TABLE def.t, def.two;
DROP SCHEMA def;
DROP SCHEMA def;
DROP SCHEMA IF EXISTS def;
