"""Namespace `system`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobs.record import JobRecord, JobStatus, JobType
from tests.sql.relations.sample import sample_context, seen_by

if TYPE_CHECKING:
    from sql.relations import RelationContext, Relations

TABLES = (
    "namespace table_name table_type hot_rows cold_rows dead_rows hot_bytes cold_bytes segments flush_policy "
    "last_flushed_at created_at"
)
SEGMENTS = "namespace table_name owner path rows dead_rows bytes min_seq max_seq created_at"


def _rows(relations: Relations, name: str, context: RelationContext) -> list[dict[str, object]]:
    relation = relations.find("system", name)
    assert relation is not None
    return relation.rows(context).to_pylist()


def _column_names(relations: Relations, name: str) -> list[str]:
    relation = relations.find("system", name)
    assert relation is not None
    return [column.name for column in relation.columns]


def test_columns_are_those_promised(relations: Relations) -> None:
    """The names and their order are what users and dashboards rely on."""
    assert _column_names(relations, "jobs") == list(JobRecord.__struct_fields__)
    assert _column_names(relations, "tables") == TABLES.split()
    assert _column_names(relations, "segments") == SEGMENTS.split()


def test_jobs_shows_records(relations: Relations) -> None:
    """Every field of a record is a column; parameters and result are jsonb in PostgreSQL's spelling."""
    record = JobRecord(
        job_id="FL-0123456789ab",
        job_type=JobType.FLUSH,
        status=JobStatus.COMPLETED,
        namespace="public",
        table_name="orders",
        parameters={"table_oid": 16386, "b": {}},
        result={"rows": 5},
        owner="admin",
        max_retries=3,
        node_id="n",
        created_at=1_000,
        updated_at=2_000,
    )
    (row,) = _rows(relations, "jobs", sample_context((record,)))
    assert (row["job_id"], row["status"], row["job_type"]) == ("FL-0123456789ab", "completed", "flush")
    assert row["parameters"] == '{"b": {}, "table_oid": 16386}'
    assert row["result"] == '{"rows": 5}'
    assert row["message"] is None


def test_jobs_is_empty_without_jobs(relations: Relations, context: RelationContext) -> None:
    """No records, no rows, and the columns are there all the same."""
    assert _rows(relations, "jobs", context) == []


def test_tables_shows_what_each_holds(relations: Relations, context: RelationContext) -> None:
    """A table that storage says nothing of holds nothing."""
    rows = {row["table_name"]: row for row in _rows(relations, "tables", context)}
    assert rows.keys() == {"orders", "events", "Kinds", "lines"}
    orders = rows["orders"]
    assert (orders["hot_rows"], orders["cold_rows"], orders["dead_rows"], orders["segments"]) == (5, 10, 1, 1)
    assert (orders["table_type"], orders["hot_bytes"], orders["cold_bytes"]) == ("shared", 100, 20_000)
    assert rows["events"]["hot_rows"] == 0


def test_segments_name_their_table(relations: Relations, context: RelationContext) -> None:
    """A segment of a table that the session does not see is left out."""
    (row,) = _rows(relations, "segments", context)
    assert (row["namespace"], row["table_name"], row["path"]) == ("public", "orders", "public/orders/1.parquet")
    without = replace(context, catalog=context.catalog.without_table(16386))
    assert _rows(relations, "segments", without) == []


def test_columns_tells_the_place_in_the_key(relations: Relations, context: RelationContext) -> None:
    """Types are spelled as in SQL, and the key's order is told."""
    rows = {row["column_name"]: row for row in _rows(relations, "columns", context) if row["table_name"] == "events"}
    assert {name: row["primary_key_position"] for name, row in rows.items()} == {"a": 2, "b": 1, "c": None, "d": None}
    assert rows["c"]["data_type"] == "character(3)"


def test_sessions_are_ones_own(relations: Relations, context: RelationContext) -> None:
    """Superusers see every session, others theirs."""
    assert [row["pid"] for row in _rows(relations, "sessions", context)] == [7, 8]
    assert [row["user_name"] for row in _rows(relations, "sessions", seen_by(context, "bob"))] == ["bob"]


def test_namespaces_count_their_tables(relations: Relations, context: RelationContext) -> None:
    """The server's own namespaces are not among them."""
    assert {row["namespace"]: row["tables"] for row in _rows(relations, "namespaces", context)} == {
        "public": 2,
        "app": 2,
    }


def test_users_never_show_a_verifier(relations: Relations, context: RelationContext) -> None:
    """What a password was made into stays in pg_authid."""
    names = {row["user_name"] for row in _rows(relations, "users", context)}
    assert names == {"admin", "bob", "job_operator", "job_viewer"}
    assert "verifier" not in _column_names(relations, "users")


def test_settings_have_value_and_default(relations: Relations, context: RelationContext) -> None:
    """One row a setting."""
    rows = {row["name"]: row for row in _rows(relations, "settings", context)}
    assert rows["TimeZone"]["value"] == rows["TimeZone"]["default_value"] == "UTC"
