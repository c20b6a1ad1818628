"""Clients that write tables which refer to each other, at once: who waits for whom, and what they are told then."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.interleaving import Clients
from tests.waiting_client import waiting

if TYPE_CHECKING:
    from tests.interleaving import Outcome
    from tests.server_process import ServerProcess

SCENARIOS: dict[str, list[str]] = {
    "two refer to one row": [
        "A:BEGIN", "A:INSERT INTO child VALUES (10, 1)", "B:INSERT INTO child VALUES (11, 1)", "A:COMMIT",
        "A:SELECT * FROM child ORDER BY id",
    ],
    "a row that is referred to is changed": [
        "A:BEGIN", "A:INSERT INTO child VALUES (10, 1)", "B:UPDATE parent SET v = 'b' WHERE id = 1",
        "B:BEGIN", "B:UPDATE parent SET v = 'c' WHERE id = 1", "A:INSERT INTO child VALUES (11, 1)",
        "A:COMMIT", "B:COMMIT", "A:SELECT * FROM parent ORDER BY id",
    ],
    "a key goes that somebody has just referred to": [
        "A:BEGIN", "A:INSERT INTO child VALUES (10, 1)", "B:DELETE FROM parent WHERE id = 1", "A:COMMIT", "B:",
        "A:SELECT * FROM parent ORDER BY id",
    ],
    "a key goes that somebody had referred to": [
        "A:BEGIN", "A:INSERT INTO child VALUES (10, 1)", "B:DELETE FROM parent WHERE id = 1", "A:ROLLBACK", "B:",
        "A:SELECT * FROM parent ORDER BY id",
    ],
    "a key becomes another one that somebody has just referred to": [
        "A:BEGIN", "A:INSERT INTO child VALUES (10, 1)", "B:UPDATE parent SET id = 9 WHERE id = 1", "A:COMMIT", "B:",
    ],
    "somebody refers to a key that goes": [
        "A:BEGIN", "A:DELETE FROM parent WHERE id = 1", "B:INSERT INTO child VALUES (10, 1)", "A:COMMIT", "B:",
        "B:SELECT count(*) FROM child",
    ],
    "somebody refers to a key that was to go": [
        "A:BEGIN", "A:DELETE FROM parent WHERE id = 1", "B:INSERT INTO child VALUES (10, 1)", "A:ROLLBACK", "B:",
        "B:SELECT count(*) FROM child",
    ],
    "somebody refers to a key that goes, up to a savepoint": [
        "A:BEGIN", "A:SAVEPOINT s", "A:DELETE FROM parent WHERE id = 1", "B:INSERT INTO child VALUES (10, 1)",
        "A:ROLLBACK TO s", "B:", "A:COMMIT", "B:SELECT count(*) FROM child",
    ],
    "another key goes": [
        "A:BEGIN", "A:DELETE FROM parent WHERE id = 1", "B:INSERT INTO child VALUES (10, 2)", "A:COMMIT",
        "B:SELECT * FROM child ORDER BY id",
    ],
    "a key that is not committed yet": [
        "A:BEGIN", "A:INSERT INTO parent VALUES (5, 'e')", "B:INSERT INTO child VALUES (10, 5)", "A:COMMIT",
        "B:INSERT INTO child VALUES (10, 5)",
    ],
    "rows that go with their key": [
        "A:BEGIN", "A:INSERT INTO owned VALUES (10, 1)", "B:DELETE FROM parent WHERE id = 1", "A:COMMIT", "B:",
        "B:SELECT * FROM owned ORDER BY id",
    ],
    "a row that goes with its key is inserted": [
        "A:BEGIN", "A:DELETE FROM parent WHERE id = 1", "B:INSERT INTO owned VALUES (10, 1)", "A:COMMIT", "B:",
        "B:SELECT * FROM owned ORDER BY id",
    ],
    "a key that is gone since the one snapshot": [
        "A:BEGIN ISOLATION LEVEL REPEATABLE READ", "A:SELECT count(*) FROM parent", "B:DELETE FROM parent WHERE id = 2",
        "A:INSERT INTO child VALUES (10, 2)", "A:ROLLBACK", "A:INSERT INTO child VALUES (10, 2)",
    ],
    "keys that are gone since the one snapshot": [
        "A:BEGIN ISOLATION LEVEL REPEATABLE READ", "A:SELECT count(*) FROM parent", "B:DELETE FROM parent WHERE id = 2",
        "A:INSERT INTO child SELECT n + 10, n FROM generate_series(1, 3) AS g(n)", "A:ROLLBACK",
    ],
    "a key that goes while the one snapshot has it": [
        "A:BEGIN ISOLATION LEVEL REPEATABLE READ", "A:SELECT count(*) FROM parent", "B:BEGIN",
        "B:DELETE FROM parent WHERE id = 2", "A:INSERT INTO child VALUES (10, 2)", "B:COMMIT", "A:", "A:ROLLBACK",
    ],
    "a row that is changed since the one snapshot": [
        "A:BEGIN ISOLATION LEVEL REPEATABLE READ", "A:SELECT count(*) FROM parent",
        "B:UPDATE parent SET v = 'z' WHERE id = 2", "A:INSERT INTO child VALUES (10, 2)", "A:COMMIT",
        "A:SELECT * FROM child",
    ],
    "rows that refer to a key since the one snapshot": [
        "A:BEGIN ISOLATION LEVEL REPEATABLE READ", "A:SELECT count(*) FROM parent",
        "B:INSERT INTO child VALUES (10, 2)", "B:INSERT INTO owned VALUES (10, 3)", "A:SAVEPOINT s",
        "A:DELETE FROM parent WHERE id = 2", "A:ROLLBACK TO s", "A:DELETE FROM parent WHERE id = 3", "A:ROLLBACK",
    ],
    "a deadlock of references": [
        "A:BEGIN", "A:INSERT INTO child VALUES (10, 1)", "B:BEGIN", "B:INSERT INTO child VALUES (11, 2)",
        "A:DELETE FROM parent WHERE id = 2", "B:DELETE FROM parent WHERE id = 1", "B:ROLLBACK", "A:",
    ],
}  # fmt: skip


def outcome(conninfo: str, steps: list[str]) -> list[tuple[str, Outcome]]:
    """What each step gives."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS child, owned, parent")
        connection.execute("CREATE TABLE parent (id int PRIMARY KEY, v text)")
        connection.execute("CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent)")
        connection.execute("CREATE TABLE owned (id int PRIMARY KEY, parent_id int REFERENCES parent ON DELETE CASCADE)")
        connection.execute("INSERT INTO parent VALUES (1, 'a'), (2, 'b'), (3, 'c')")
        connection.execute("INSERT INTO owned VALUES (1, 1)")
    with Clients(conninfo, "".join(sorted({step[0] for step in steps}))) as clients:
        return clients.run(steps)


@pytest.mark.parametrize("name", SCENARIOS)
def test_clients_wait_for_each_other_as_in_postgres(name: str, server: ServerProcess, postgres: str) -> None:
    """The same statements wait, fail and see the same, but that a deadlock is found by whoever closes the circle."""
    conninfo = psycopg.conninfo.make_conninfo(**server.conninfo())
    steps = SCENARIOS[name]
    here = outcome(conninfo, steps)
    if "deadlock" in name:
        assert [step for step, given in here if given == "40P01"] == ["B:DELETE FROM parent WHERE id = 1"]
        assert here[-1] == ("A:", "DELETE 1")
    else:
        assert here == outcome(postgres, steps)


def test_who_waits_for_a_reference_is_shown(server: ServerProcess) -> None:
    """In pg_stat_activity, pg_locks and what is said of a deadlock: for an object, which is the foreign key."""
    server.execute("CREATE TABLE shown_parent (id int PRIMARY KEY)")
    server.execute("CREATE TABLE shown_child (parent_id int CONSTRAINT shown_fk REFERENCES shown_parent)")
    server.execute("INSERT INTO shown_parent VALUES (1), (2)")
    ((oid,),) = server.execute("SELECT oid::bigint FROM pg_constraint WHERE conname = 'shown_fk'")
    with server.connect(autocommit=False) as first, server.connect(autocommit=False) as second:
        first.execute("INSERT INTO shown_child VALUES (1)")
        second.execute("INSERT INTO shown_child VALUES (2)")
        pids = (first.info.backend_pid, second.info.backend_pid)
        with waiting(server, first, "DELETE FROM shown_parent WHERE id = 2") as deletion:
            waits = "SELECT wait_event_type, wait_event FROM pg_stat_activity WHERE pid = %s"
            while server.execute(waits, pids[0]) != [("Lock", "object")]:
                assert not deletion.is_over
            locks = "SELECT classid::regclass::text, objid::bigint, mode, pid FROM pg_locks WHERE locktype = 'object'"
            assert server.execute(f"{locks} AND NOT granted") == [("pg_constraint", oid, "ExclusiveLock", pids[0])]
            assert ("pg_constraint", oid, "ShareLock", pids[1]) in server.execute(f"{locks} AND granted")
            with pytest.raises(psycopg.errors.DeadlockDetected) as deadlock:
                second.execute("DELETE FROM shown_parent WHERE id = 1")
            second.rollback()
        assert deletion.result().statusmessage == "DELETE 1"
        detail = deadlock.value.diag.message_detail or ""
        what = rf"ExclusiveLock on object {oid} of class 2606 of database \d+"
        lines = (f"Process {a} waits for {what}; blocked by process {b}\\." for a, b in (pids[::-1], pids))
        assert re.fullmatch("\n".join(lines), detail), detail
        first.rollback()
    assert server.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'object'") == [(0,)]
