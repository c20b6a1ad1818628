-- as PostgreSQL
-- INSERT, UPDATE and DELETE in their plain forms, with RETURNING, and the errors of bad rows.
CREATE SCHEMA writes;
CREATE TABLE writes.item (id int PRIMARY KEY, name text NOT NULL, price numeric(8,2) DEFAULT 9.99, note varchar(5), at timestamptz);
INSERT INTO writes.item VALUES (1, 'one', 1.5, 'a', '2020-01-01 12:00:00+00'), (2, 'two', 2.25, NULL, NULL);
INSERT INTO writes.item (name, id) VALUES ('three', 3) RETURNING *;
INSERT INTO writes.item (id, name, price) VALUES (4, 'four', DEFAULT) RETURNING id, price, price * 2 AS twice;
INSERT INTO writes.item SELECT id + 10, name || '!', price FROM writes.item WHERE id < 3;
SELECT * FROM writes.item ORDER BY id;
UPDATE writes.item SET name = 'ONE', note = 'b' WHERE id = 1;
UPDATE writes.item SET price = price + 1 WHERE id > 10 RETURNING id, price;
UPDATE writes.item SET id = id + 100 WHERE id = 4 RETURNING id;
UPDATE writes.item SET name = upper(name), note = DEFAULT WHERE price > 2;
DELETE FROM writes.item WHERE id = 2;
DELETE FROM writes.item WHERE id = 2;
DELETE FROM writes.item WHERE id IN (11, 12) RETURNING id, name;
SELECT id, name, price, note, at FROM writes.item ORDER BY id;
-- Errors change nothing.
INSERT INTO writes.item (id, name) VALUES (1, 'again');
INSERT INTO writes.item (id, name) VALUES (7, 'seven'), (7, 'again');
INSERT INTO writes.item (id) VALUES (5);
INSERT INTO writes.item (id, name) VALUES (NULL, 'x');
INSERT INTO writes.item (id, name, note) VALUES (5, 'x', 'too long');
INSERT INTO writes.item (id, name) VALUES ('five', 'x');
INSERT INTO writes.item (id, name) VALUES (3000000000, 'x');
INSERT INTO writes.item (id, name, price) VALUES (5, 'x', 12345678.9);
INSERT INTO writes.item (id, nam) VALUES (5, 'x');
INSERT INTO writes.item (id, name) VALUES (5, 'x', 3);
INSERT INTO writes.item (id, name, id) VALUES (5, 'x', 3);
INSERT INTO writes.nothing VALUES (1);
UPDATE writes.item SET id = 1 WHERE id = 3;
UPDATE writes.item SET nam = 'x';
UPDATE writes.item SET name = NULL WHERE id = 1;
SELECT count(*) FROM writes.item;
-- A query that gives fewer columns than the table has: the others get their defaults, unless columns are named.
CREATE TABLE writes.told (id int PRIMARY KEY, n int NOT NULL DEFAULT 7, t text DEFAULT 'none', u numeric(8,2), at date DEFAULT '2020-02-02');
INSERT INTO writes.told SELECT g FROM generate_series(1, 2) g;
INSERT INTO writes.told SELECT g, g * 10 FROM generate_series(3, 4) g RETURNING *;
INSERT INTO writes.told SELECT 5, NULL;
INSERT INTO writes.told SELECT 6, 6, NULL;
INSERT INTO writes.told (SELECT 7 UNION SELECT 8);
INSERT INTO writes.told WITH q AS (SELECT 9 AS id) SELECT id FROM q;
INSERT INTO writes.told SELECT id, 1, 't', 1, at, id FROM writes.told;
INSERT INTO writes.told TABLE writes.told;
INSERT INTO writes.told VALUES (11), (12);
SELECT * FROM writes.told ORDER BY id;
-- More columns than there are targets, of a * and of TABLE.
CREATE TABLE writes.narrow (a int, b int);
CREATE TABLE writes.wide (a int, b int, c int);
INSERT INTO writes.narrow SELECT * FROM writes.wide;
INSERT INTO writes.narrow SELECT 1, w.* FROM writes.wide w;
INSERT INTO writes.narrow (a) SELECT *, 1 FROM writes.narrow;
INSERT INTO writes.narrow (a) TABLE writes.narrow;
INSERT INTO writes.narrow WITH w AS (TABLE writes.wide) SELECT * FROM w;
INSERT INTO writes.narrow SELECT 1, 2 UNION ALL SELECT 3, 4 RETURNING a, b;
SET client_min_messages = warning;
DROP TABLE writes.told, writes.narrow, writes.wide;
DROP TABLE writes.item;
DROP SCHEMA writes;
