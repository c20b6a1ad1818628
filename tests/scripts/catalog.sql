-- psql's own commands: what an administrator types first.
CREATE SCHEMA shop;
CREATE TABLE shop.item (id bigint PRIMARY KEY, name varchar(40) NOT NULL, price numeric(8,2) DEFAULT 9.99, added timestamptz DEFAULT now());
CREATE TABLE shop.line (item bigint, number int, note text, PRIMARY KEY (number, item));
SET search_path = shop, public;
\d
\d item
\d line
\d+ item
\dt shop.*
\dn
\du
\l
\di
\dv
\df
\dT
\d nothing
SELECT id, name FROM item \gdesc
SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'shop' ORDER BY 1, ordinal_position;
SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'shop.line'::regclass;
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull FROM pg_attribute a WHERE a.attrelid = 'item'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT 'item'::regclass::text, 'int4'::regtype::text, pg_table_is_visible('item'::regclass);
SELECT current_schema, current_user, current_database(), version() LIKE 'PostgreSQL 15%' AS is_15;
SELECT name, setting FROM pg_settings WHERE name IN ('search_path', 'TimeZone') ORDER BY name;
SELECT count(*) > 100 AS many FROM pg_class;
SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
