"""MERGE between clients, and over hot and cold rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.waiting_client import waiting

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

MERGE = (
    "MERGE INTO merged m USING (VALUES (1, 10)) v (id, n) ON m.id = v.id "
    "WHEN MATCHED AND m.n > 3 THEN DELETE WHEN MATCHED THEN UPDATE SET n = m.n + v.n "
    "WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.n)"
)


@pytest.fixture(autouse=True)
def table(server: ServerProcess) -> None:
    """An empty table."""
    server.execute("DROP TABLE IF EXISTS merged")
    server.execute("CREATE TABLE merged (id int PRIMARY KEY, n int NOT NULL)")


@pytest.mark.parametrize(
    ("change", "expected"),
    [("UPDATE merged SET n = 2", [(12,)]), ("UPDATE merged SET n = 4", []), ("DELETE FROM merged", [(10,)])],
)
def test_what_has_changed_meanwhile_is_looked_at_again(
    server: ServerProcess, change: str, expected: list[tuple[int]]
) -> None:
    """It waits for whoever changes the row, and then the action is chosen for the row as it is."""
    server.execute("INSERT INTO merged VALUES (1, 1)")
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN")
        one.execute(change)
        with waiting(server, other, MERGE) as merging:
            one.execute("COMMIT")
        assert merging.result().statusmessage == "MERGE 1"
    assert server.execute("SELECT n FROM merged") == expected


def test_in_repeatable_read_a_change_is_an_error(server: ServerProcess) -> None:
    """40001, as for UPDATE."""
    server.execute("INSERT INTO merged VALUES (1, 1)")
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        one.execute("SELECT * FROM merged")
        other.execute("UPDATE merged SET n = 2")
        with pytest.raises(psycopg.errors.SerializationFailure):
            one.execute(MERGE)


def test_many_rows_hot_and_cold(server: ServerProcess) -> None:
    """Thousands of rows, half of them in segments, are updated, deleted and inserted by one statement."""
    server.execute("INSERT INTO merged SELECT g, g FROM generate_series(1, 4000) g")
    server.execute("FLUSH TABLE merged WITH (wait)")
    server.execute("INSERT INTO merged SELECT g, g FROM generate_series(4001, 8000) g")
    with server.connect() as client:
        merging = client.execute(
            "MERGE INTO merged m USING generate_series(1, 10000) g (id) ON m.id = g.id "
            "WHEN MATCHED AND m.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET n = 0 "
            "WHEN NOT MATCHED THEN INSERT VALUES (g.id, 1)"
        )
        assert merging.statusmessage == "MERGE 10000"
        assert client.execute("SELECT count(*), sum(n) FROM merged").fetchall() == [(6000, 2000)]
