"""system.jobs, job_attempts, job_events and their sisters, as clients query them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess


@pytest.fixture(scope="module")
def history(server: ServerProcess) -> Iterator[dict[str, str]]:
    """Jobs that have ended, by what became of them: of admin's and of an ordinary user's."""
    for statement in (
        "CREATE ROLE carol LOGIN",
        "CREATE ROLE watcher LOGIN",
        "GRANT job_viewer TO watcher",
        "CREATE SCHEMA AUTHORIZATION carol",
        "CREATE TABLE filled (id int)",
        "CREATE TABLE empty (id int)",
        "INSERT INTO filled VALUES (1)",
    ):
        server.execute(statement)
    made = {
        "completed": server.execute("FLUSH TABLE filled WITH (wait, idempotency_key = 'mine')")[0][0],
        "skipped": server.execute("FLUSH TABLE empty WITH (wait)")[0][0],
    }
    made["key of empty"] = "flush-public-empty"
    with server.connect(user="carol") as carol:
        carol.execute("CREATE TABLE carol.own (id int)")
        carol.execute("INSERT INTO carol.own VALUES (1)")
        row = carol.execute("FLUSH TABLE carol.own WITH (wait)").fetchone()
        assert row is not None
        made["carols"] = row[0]
    yield made
    for statement in (
        "DROP TABLE filled, empty, carol.own",
        "DROP SCHEMA carol",
        "DROP ROLE carol",
        "DROP ROLE watcher",
    ):
        server.execute(statement)


def plan_of(server: ServerProcess, query: str, *parameters: object) -> str:
    """What EXPLAIN says."""
    return "\n".join(line for (line,) in server.execute(f"EXPLAIN {query}", *parameters))


@pytest.mark.parametrize(
    ("condition", "parameters", "expected"),
    [
        ("job_id = %s", ["completed"], {"completed"}),
        ("job_id = ANY (%s)", [["completed", "carols"]], {"completed", "carols"}),
        ("status = 'completed'", [], {"completed", "carols"}),
        ("status IN ('skipped', 'failed', 'no such status')", [], {"skipped"}),
        ("status = 'no such status'", [], set()),
        ("status = NULL", [], set()),
        ("table_name = 'filled'", [], {"completed"}),
        ("namespace = 'public' AND table_name IN ('filled', 'empty')", [], {"completed", "skipped"}),
        ("namespace = 'carol'", [], {"carols"}),
        ("idempotency_key = 'mine'", [], {"completed"}),
        ("idempotency_key = %s", ["key of empty"], {"skipped"}),
        ("owner = 'carol'", [], {"carols"}),
        ("owner IN ('carol', 'nobody')", [], {"carols"}),
        ("created_at > now() - interval '1 hour'", [], {"completed", "skipped", "carols"}),
        ("created_at < now() - interval '1 hour'", [], set()),
        ("created_at BETWEEN '2020-01-01' AND '2021-01-01'", [], set()),
        ("status = 'completed' AND status = 'skipped'", [], set()),
        ("status = 'completed' OR job_id = %s", ["skipped"], {"completed", "skipped", "carols"}),
    ],
)
def test_filters_find_what_they_say(
    server: ServerProcess, history: dict[str, str], condition: str, parameters: list[Any], expected: set[str]
) -> None:
    """Pushed down to an index or not, a filter means the same."""
    ids = [[history[each] for each in value] if isinstance(value, list) else history[value] for value in parameters]
    found = server.execute(f"SELECT job_id FROM system.jobs WHERE job_type = 'flush' AND ({condition})", *ids)
    assert {job_id for (job_id,) in found} & set(history.values()) == {history[name] for name in expected}
    (same,) = server.execute(f"SELECT count(*) FROM system.jobs WHERE job_type = 'flush' AND ({condition})", *ids)
    assert same == (len(found),)


def test_a_query_without_duckdb_gives_what_one_with_it_gives(server: ServerProcess, history: dict[str, str]) -> None:
    """All columns, in text and binary; the other query names a condition that no relation is told of."""
    for condition in ("status = 'completed'", f"job_id = '{history['skipped']}'"):
        told = f"SELECT * FROM system.jobs WHERE {condition}"
        other = f"SELECT * FROM system.jobs WHERE {condition} AND job_id || '' = job_id"
        for binary in (False, True):
            with server.connect() as connection, connection.cursor(binary=binary) as cursor:
                rows = cursor.execute(told).fetchall()
                assert rows
                assert sorted(rows, key=str) == sorted(cursor.execute(other).fetchall(), key=str)
    assert len(server.execute("SELECT job_id, status FROM system.jobs WHERE status = 'completed' LIMIT 1")) == 1
    assert server.execute("SELECT job_id FROM system.jobs WHERE status = 'completed' LIMIT 0") == []


def test_explain_shows_what_is_looked_up(server: ServerProcess, history: dict[str, str]) -> None:
    """Whether a filter reaches an index can be seen."""
    assert "system.jobs  (index condition: job_id = ['x'])" in plan_of(
        server, "SELECT * FROM system.jobs WHERE job_id = 'x'"
    )
    assert "condition" not in plan_of(server, "SELECT * FROM system.jobs WHERE message = 'x'")


def test_a_subquery_and_a_join_see_the_same_jobs(server: ServerProcess, history: dict[str, str]) -> None:
    """Each mention is computed for itself."""
    rows = server.execute(
        """SELECT j.status, a.outcome, count(e.kind) FROM system.jobs j
           JOIN system.job_attempts a USING (job_id) JOIN system.job_events e USING (job_id)
           WHERE j.job_id = %s AND EXISTS (SELECT 1 FROM system.jobs o WHERE o.status = 'skipped' AND j.owner = o.owner)
           GROUP BY 1, 2""",
        history["completed"],
    )
    assert rows == [("completed", "completed", 4)]


def test_attempts_and_events_tell_the_story_of_a_job(server: ServerProcess, history: dict[str, str]) -> None:
    """One attempt; an event for each status, in order."""
    attempts = server.execute(
        "SELECT attempt, outcome FROM system.job_attempts WHERE job_id = %s", history["completed"]
    )
    assert attempts == [(1, "completed")]
    events = server.execute("SELECT kind FROM system.job_events WHERE job_id = %s ORDER BY at", history["completed"])
    assert [kind for (kind,) in events] == ["new", "queued", "running", "completed"]
    assert server.execute("SELECT count(*) FROM system.job_events WHERE job_id = 'FL-000000000000'") == [(0,)]


@pytest.mark.parametrize(
    ("user", "seen"),
    [
        ("admin", {"completed", "skipped", "carols"}),
        ("watcher", {"completed", "skipped", "carols"}),
        ("carol", {"carols"}),
    ],
)
@pytest.mark.parametrize("relation", ["jobs", "job_attempts", "job_events"])
def test_who_sees_which_jobs(
    server: ServerProcess, history: dict[str, str], relation: str, user: str, seen: set[str]
) -> None:
    """An ordinary user its own, with their attempts and events; a member of job_viewer and a superuser all."""
    expected = {history[name] for name in seen}
    with server.connect(user=user) as connection:
        everything = connection.execute(f"SELECT DISTINCT job_id FROM system.{relation}").fetchall()
        assert {job_id for (job_id,) in everything} & set(history.values()) == expected
        for name, job_id in history.items():
            rows = connection.execute(f"SELECT 1 FROM system.{relation} WHERE job_id = %s", (job_id,)).fetchall()
            assert bool(rows) is (name in seen)
        by_status = connection.execute("SELECT job_id FROM system.jobs WHERE status = 'completed'").fetchall()
        assert {job_id for (job_id,) in by_status} & set(history.values()) <= expected


def test_an_active_job_is_shown_with_its_progress_of_now(server: ServerProcess) -> None:
    """It is not in any index, and every filter finds it."""
    server.execute("CREATE TABLE waiting (id int)")
    server.execute("DROP TABLE waiting")
    where = "job_type = 'cleanup' AND table_name = 'waiting' AND status IN ('queued', 'running', 'completed')"
    assert server.execute(f"SELECT namespace FROM system.jobs WHERE {where}") == [("public",)]


@pytest.mark.parametrize("name", ["jobs", "job_attempts", "job_events", "schedules", "transactions", "metrics"])
def test_system_relations_are_read_only(server: ServerProcess, name: str) -> None:
    """They are computed: there is nothing to write to."""
    with server.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"DELETE FROM system.{name}")


def test_transactions_shows_those_in_progress(server: ServerProcess) -> None:
    """With their isolation; an ordinary user sees its own."""
    with server.connect() as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = server.execute(
            "SELECT user_name, isolation, read_only, state FROM system.transactions WHERE pid = %s",
            connection.info.backend_pid,
        )
        assert row == [("admin", "repeatable read", True, "idle in transaction")]


def test_metrics_count(server: ServerProcess) -> None:
    """Each has a value, a unit where there is one, and says what it is."""
    rows = {
        name: (value, told)
        for name, value, told in server.execute("SELECT name, value, description FROM system.metrics")
    }
    assert rows["sessions.connected"][0] >= 1
    assert rows["storage.block_cache_capacity"][0] == 64 << 20
    assert all(told for _, told in rows.values())


def test_tables_shows_the_policy_in_force(server: ServerProcess) -> None:
    """The table's own or the server's."""
    server.execute("CREATE TABLE ruled (id int) WITH (flush_policy = 'rows:10')")
    assert server.execute("SELECT flush_policy FROM system.tables WHERE table_name = 'ruled'") == [("rows:10",)]
    server.execute("DROP TABLE ruled")
