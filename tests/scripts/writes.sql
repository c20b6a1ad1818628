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
SET client_min_messages = warning;
DROP TABLE writes.item;
DROP SCHEMA writes;
