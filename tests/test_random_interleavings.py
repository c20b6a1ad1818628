"""Random transactions of two or three clients, step by step: what each statement gives, and who waits, is PostgreSQL's.

The steps are in `interleavings.txt`. They were made at random: hot and cold rows, each way to write and to lock rows,
savepoints, definitions, at READ COMMITTED and REPEATABLE READ. Kept were those with several waits, without a deadlock
(who is told of one differs), and without what `docs/compatibility.md` tells of.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.interleaving import Clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interleaving import Outcome
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
OURS_ONLY = ("FLUSH", "COMPACT")
"""Statements that PostgreSQL does not have, and that change nothing."""


def scenarios() -> Iterator[tuple[str, list[str]]]:
    """The steps of each scenario, by its name."""
    text = Path(__file__).with_name("interleavings.txt").read_text(encoding="utf-8")
    for part in text.strip().split("\n\n"):
        name, *steps = part.splitlines()
        yield name.removeprefix("# "), steps


SCENARIOS = dict(scenarios())


@pytest.mark.parametrize("name", SCENARIOS)
def test_transactions_interleave_as_in_postgres(name: str, server: ServerProcess, postgres: str) -> None:
    """Results, SQLSTATEs, waits and what is left are the same at each step."""
    ours = f"host={server.host} port={server.port} user=admin dbname=siltdb"
    assert _run(SCENARIOS[name], ours, settles=True) == _run(SCENARIOS[name], postgres, settles=False)


def _run(steps: list[str], conninfo: str, *, settles: bool) -> list[tuple[str, Outcome]]:
    with Clients(conninfo, "ABC-") as clients:
        before = [f"-:{statement}" for statement in SETUP.strip().splitlines()]
        after = [f"-:SELECT * FROM {table} ORDER BY 1" for table in ("t", "u", "x")]
        found = []
        for step in (*before, *steps, *after):
            command = step.partition(":")[2].strip()
            if not command.startswith(OURS_ONLY):
                found += [(step, _in_order(outcome)) for step, outcome in clients.run([step])]
            elif settles:
                clients.run([step])
        clients.run(["-:DROP TABLE IF EXISTS t, u, x CASCADE", "-:DROP SEQUENCE IF EXISTS sq"])
        return found


def _in_order(outcome: Outcome) -> Outcome:
    return sorted(outcome, key=repr) if isinstance(outcome, list) else outcome
