"""Random transactions of two or three clients, step by step: what each statement gives, and who waits, is PostgreSQL's.

The steps are in `interleavings.txt`. They were made at random: hot and cold rows, each way to write and to lock rows,
savepoints, definitions, at READ COMMITTED and REPEATABLE READ. Kept were those with several waits, without a deadlock
(who is told of one differs), and without what `docs/compatibility.md` tells of.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.interleaving import play, read_scenarios

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

SETUP = """
DROP TABLE IF EXISTS t, u, x CASCADE
DROP SEQUENCE IF EXISTS sq
CREATE TABLE t (id int PRIMARY KEY, v int, w text DEFAULT 'd')
CREATE TABLE u (id int PRIMARY KEY, k int UNIQUE, v int NOT NULL DEFAULT 0 CHECK (v < 100))
CREATE SEQUENCE sq
INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')
INSERT INTO u VALUES (1, 11, 1), (2, 12, 2)
FLUSH TABLE t WITH (wait)
FLUSH TABLE u WITH (wait)
UPDATE t SET v = 21 WHERE id = 2
DELETE FROM t WHERE id = 3
INSERT INTO t VALUES (4, 40, 'x'), (5, 50, NULL)
INSERT INTO u VALUES (3, NULL, 3), (4, 14, 4)
"""
REFERENCES = """
DROP TABLE IF EXISTS p, c, n, d, s CASCADE
CREATE TABLE p (id int PRIMARY KEY, k int UNIQUE, v int DEFAULT 0)
CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE, v int DEFAULT 0)
CREATE TABLE n (id int PRIMARY KEY, p int REFERENCES p, k int REFERENCES p (k) ON DELETE SET NULL)
CREATE TABLE d (id int PRIMARY KEY, c int REFERENCES c DEFERRABLE INITIALLY DEFERRED, v int)
CREATE TABLE s (id int PRIMARY KEY, up int REFERENCES s ON DELETE CASCADE)
INSERT INTO p VALUES (1, 11), (2, 12), (3, 13)
INSERT INTO c VALUES (1, 1), (2, 2)
INSERT INTO n VALUES (1, 3, 13), (2, NULL, 12)
INSERT INTO d VALUES (1, 2)
INSERT INTO s VALUES (1, NULL), (2, 1)
FLUSH ALL TABLES WITH (wait)
UPDATE p SET v = 1 WHERE id = 2
INSERT INTO p VALUES (4, 14), (5, 15)
INSERT INTO c VALUES (3, 4), (4, NULL)
INSERT INTO s VALUES (3, 2), (4, NULL)
"""
"""Tables that refer to each other, and to themselves, for the steps in `reference_interleavings.txt`."""

SCENARIOS = read_scenarios(Path(__file__).with_name("interleavings.txt"))
OF_REFERENCES = read_scenarios(Path(__file__).with_name("reference_interleavings.txt"))


@pytest.mark.parametrize("name", SCENARIOS)
def test_transactions_interleave_as_in_postgres(name: str, server: ServerProcess, postgres: str) -> None:
    """Results, SQLSTATEs, waits and what is left are the same at each step."""
    steps = _whole(SETUP, SCENARIOS[name], ("t", "u", "x"), "DROP SEQUENCE IF EXISTS sq")
    assert play(steps, _conninfo(server), settles=True) == play(steps, postgres, settles=False)


@pytest.mark.parametrize("name", OF_REFERENCES)
def test_transactions_refer_as_in_postgres(name: str, server: ServerProcess, postgres: str) -> None:
    """The same where foreign keys have rows be waited for that a statement does not name."""
    steps = _whole(REFERENCES, OF_REFERENCES[name], ("p", "c", "n", "d", "s"))
    assert play(steps, _conninfo(server), settles=True) == play(steps, postgres, settles=False)


def _whole(setup: str, steps: list[str], tables: tuple[str, ...], *last: str) -> list[str]:
    statements = setup.strip().splitlines()
    looks = [f"SELECT * FROM {table} ORDER BY 1" for table in tables]
    ends = [f"DROP TABLE IF EXISTS {', '.join(tables)} CASCADE", *last]
    return [f"-:{each}" for each in statements] + steps + [f"-:{each}" for each in (*looks, *ends)]


def _conninfo(server: ServerProcess) -> str:
    return f"host={server.host} port={server.port} user=admin dbname=siltdb"
