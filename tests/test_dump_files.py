"""What PostgreSQL's pg_dump writes can be loaded: psql stops at the first error, and finds none."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server_process import ServerProcess

SHOP = r"""
CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'The shop''s things';
CREATE TABLE shop.customers (
  id serial PRIMARY KEY,
  email varchar(120) NOT NULL UNIQUE,
  name text NOT NULL DEFAULT '' CONSTRAINT short CHECK (length(name) < 200 OR name IS NULL),
  balance numeric(12,2) DEFAULT 0.00 NOT NULL,
  flags boolean[] DEFAULT '{}'::boolean[],
  tags text[],
  doc jsonb DEFAULT '{"a": [1, 2]}'::jsonb,
  raw json,
  avatar bytea,
  uid uuid,
  code char(3),
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamp without time zone,
  span interval,
  small smallint DEFAULT 1::smallint,
  d double precision,
  "Odd ""Name" int,
  CONSTRAINT positive CHECK (balance >= 0 AND (small = ANY (ARRAY[1, 2, 3]) OR small IS NULL))
);
COMMENT ON COLUMN shop.customers.email IS E'An\taddress \\ here';
COMMENT ON CONSTRAINT positive ON shop.customers IS 'no debts';
CREATE INDEX customers_name ON shop.customers (name DESC NULLS LAST, id);
CREATE TABLE shop.orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id integer NOT NULL,
  total numeric(10,2),
  vat numeric(10,2) GENERATED ALWAYS AS (total * 0.2) STORED,
  status varchar(20) DEFAULT 'new'::character varying NOT NULL,
  placed timestamptz DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (customer_id, placed)
);
CREATE SEQUENCE shop.ticket START WITH 100 INCREMENT BY 5 MINVALUE 50 MAXVALUE 100000 CYCLE CACHE 10;
ALTER TABLE shop.orders ADD COLUMN ticket int DEFAULT nextval('shop.ticket'::regclass);
ALTER SEQUENCE shop.ticket OWNED BY shop.orders.ticket;
ALTER TABLE shop.customers ADD COLUMN referred_by integer REFERENCES shop.customers ON DELETE SET NULL
  DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE shop.orders ADD FOREIGN KEY (customer_id) REFERENCES shop.customers ON UPDATE CASCADE ON DELETE RESTRICT;
CREATE VIEW shop.totals AS
  SELECT c.id, c.email, count(o.id) AS orders FROM shop.customers c LEFT JOIN shop.orders o ON o.customer_id = c.id
  GROUP BY c.id, c.email;
CREATE VIEW shop.latest AS
  WITH x AS (SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY placed DESC) AS rn FROM shop.orders)
  SELECT x.id, CASE WHEN x.rn = 1 THEN 'last' ELSE 'older' END AS which FROM x WHERE x.id NOT IN (3, 4);
CREATE TABLE public.log (at timestamptz, msg text, about varchar(120)) WITH (fillfactor=70);
ALTER TABLE public.log ADD CONSTRAINT "About Whom" FOREIGN KEY (about) REFERENCES shop.customers (email) NOT VALID;
COMMENT ON CONSTRAINT "About Whom" ON public.log IS 'by address';
GRANT SELECT ON shop.orders TO PUBLIC;
INSERT INTO shop.customers (email, name, balance, flags, tags, doc, raw, avatar, uid, code, created_at, updated_at,
    span, d, "Odd ""Name")
  SELECT 'u' || i || '@x.org', E'na\tme\n\\ ' || i, i * 1.5, ARRAY[true, NULL, false], ARRAY['a"b', NULL, 'c,d', '{}'],
    jsonb_build_object('i', i, 's', E'q"\\'), '{"x" :  1}', decode(lpad(to_hex(i), 4, '0'), 'hex'),
    md5(i::text)::uuid, 'ab', '2024-01-01+00'::timestamptz + i * interval '1 hour',
    '2024-01-01 00:00:00.123', '1 mon 2 days 03:04:05.678', i / 7.0, i FROM generate_series(1, 50) i;
INSERT INTO shop.customers (email, d) VALUES ('nan@x', 'NaN'), ('inf@x', '-Infinity');
INSERT INTO shop.orders (customer_id, total, placed)
  SELECT i % 10 + 1, i, '2024-01-01'::timestamptz + i * interval '1 hour' FROM generate_series(1, 100) i;
UPDATE shop.customers SET referred_by = 51 - id WHERE id <= 50;
INSERT INTO public.log VALUES ('2024-01-01', E'\\.', 'u7@x.org');
"""
RELATIONS = ("shop.customers", "shop.orders", "shop.totals", "shop.latest", "public.log")
SAID_OF_COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable, is_identity, identity_generation, identity_start, "
    "identity_increment, identity_maximum, identity_minimum, identity_cycle, is_generated "
    "FROM information_schema.columns WHERE table_schema = 'shop' ORDER BY 1, ordinal_position"
)
SAID_OF_FOREIGN_KEYS = (
    "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint') "
    "FROM pg_constraint WHERE contype = 'f' ORDER BY conname"
)


@pytest.mark.parametrize("options", [(), ("--inserts", "--rows-per-insert=20"), ("--no-owner", "--column-inserts")])
def test_a_dump_of_postgresql_is_loaded(
    server: ServerProcess, postgres: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Tables, rows, keys, foreign keys, checks, sequences, views, comments and grants are those that were dumped."""
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed (Debian: apt-get install postgresql-client)")
    dump = tmp_path / "dump.sql"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE shop")
    try:
        theirs = f"{postgres} dbname=shop"
        with psycopg.connect(theirs, autocommit=True) as connection:
            connection.execute(SHOP)
            expected = [_rows(connection, f"SELECT * FROM {name} ORDER BY 1") for name in RELATIONS]
            expected += [_rows(connection, SAID_OF_COLUMNS), _rows(connection, SAID_OF_FOREIGN_KEYS)]
        subprocess.run(["pg_dump", "-d", theirs, "-f", dump, *options], check=True, timeout=90)
    finally:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute("DROP DATABASE shop WITH (FORCE)")
    server.execute("DROP SCHEMA IF EXISTS shop CASCADE")
    server.execute("DROP TABLE IF EXISTS public.log")
    if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = 'postgres'"):
        server.execute("CREATE ROLE postgres")
    server.psql("", "-f", str(dump))
    with server.connect() as connection:
        found = [_rows(connection, f"SELECT * FROM {name} ORDER BY 1") for name in RELATIONS]
        found += [_rows(connection, SAID_OF_COLUMNS), _rows(connection, SAID_OF_FOREIGN_KEYS)]
        assert found == expected
        assert _rows(connection, "INSERT INTO shop.orders (customer_id) VALUES (1) RETURNING id") == [("101",)]
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("UPDATE shop.customers SET balance = -1 WHERE id = 1")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute("INSERT INTO shop.orders (customer_id) VALUES (1000)")
    server.execute("DROP SCHEMA shop CASCADE")
    server.execute("DROP TABLE public.log")


def _rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    # As text, so that NaN equals itself.
    return [tuple(map(str, row)) for row in connection.execute(query.encode()).fetchall()]
