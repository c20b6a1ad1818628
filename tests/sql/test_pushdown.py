"""Which conditions and columns a system relation is computed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sql.binder import BindContext, bind_query
from sql.dialect import parse_script
from sql.query_scans import RelationScan, TableScan
from sql.relations import Relations
from storage import types as t
from storage.catalog import bootstrap
from storage.catalog_entries import Column, Table

if TYPE_CHECKING:
    from sql.plan import QueryPlan

RELATIONS = Relations()
CATALOG = bootstrap().with_table(
    Table(16384, "public", "t", "admin", (Column(1, "x", t.INTEGER), Column(2, "y", t.TEXT)))
)


def planned(text: str) -> QueryPlan:
    """The plan of a query."""
    (statement,) = parse_script(text)
    return bind_query(statement.tree, BindContext(CATALOG, ("public",), RELATIONS))


def scans_of_jobs(text: str) -> list[RelationScan]:
    """The scans of system.jobs in a query."""
    return [scan for scan in planned(text).scans if isinstance(scan, RelationScan) and scan.name == "jobs"]


def conditions(where: str) -> list[tuple[str, str, str]]:
    """What is pushed down of a condition."""
    (scan,) = scans_of_jobs(f"SELECT 1 FROM system.jobs WHERE {where}")
    return [(each.column, each.op, each.values) for each in scan.conditions]


@pytest.mark.parametrize(
    ("where", "pushed"),
    [
        ("job_id = 'FL-1'", ["job_id = ['FL-1']"]),
        ("'FL-1' = job_id", ["job_id = ['FL-1']"]),
        ("status IN ('failed', 'cancelled')", ["status = ['failed', 'cancelled']"]),
        ("status = ANY (ARRAY['failed'])", ["status = "]),
        ("status = ANY ('{failed}')", ["status = "]),
        ("job_id = $1", ["job_id = [CAST($p1 AS VARCHAR)]"]),
        ("job_id = ANY ($1)", ["job_id = CAST($p1 AS VARCHAR[])"]),
        ("(namespace = 'a' AND table_name = 'b') AND owner = 'c'", ["namespace =", "table_name =", "owner ="]),
        ("created_at > now() - interval '1 hour'", ["created_at > "]),
        ("created_at >= '2024-01-01' AND created_at < '2024-02-01'::timestamptz", ["created_at >=", "created_at <"]),
        ("created_at BETWEEN $1 AND $2", ["created_at >=", "created_at <="]),
        ("idempotency_key = 'k' AND message LIKE 'x%'", ["idempotency_key ="]),
        ("j.status = 'failed'", None),
    ],
)
def test_conjuncts_with_fixed_values_are_pushed_down(where: str, pushed: list[str] | None) -> None:
    """Constants, parameters, and what is computed of these and the time of the transaction."""
    if pushed is None:
        (scan,) = scans_of_jobs(f"SELECT 1 FROM system.jobs AS j WHERE {where}")
        assert [each.column for each in scan.conditions] == ["status"]
        return
    found = [f"{column} {op} {values}" for column, op, values in conditions(where)]
    assert len(found) == len(pushed)
    assert all(text.startswith(start) for text, start in zip(found, pushed, strict=True))


@pytest.mark.parametrize(
    "where",
    [
        "status = 'failed' OR status = 'x'",
        "NOT status = 'failed'",
        "status <> 'failed'",
        "message = 'x'",
        "lower(status) = 'failed'",
        "status = lower('FAILED')",
        "status = message",
        "job_id = (SELECT max(y) FROM t)",
        "job_id IN (SELECT y FROM t)",
        "status = ALL (ARRAY['failed'])",
        "created_at > clock_timestamp()",
        "true",
    ],
)
def test_the_rest_is_left_to_the_query(where: str) -> None:
    """What is no conjunct, is not fixed, or is over another column."""
    assert conditions(where) == []


def test_a_condition_of_a_subquery_says_nothing_of_the_query_around_it() -> None:
    """Rows for which it is false may matter there, of a table and of a relation."""
    text = "SELECT 1 FROM {} AS o WHERE NOT EXISTS (SELECT 1 FROM t WHERE o.{} = {})"
    (scan,) = scans_of_jobs(text.format("system.jobs", "status", "'failed'"))
    assert scan.conditions == ()
    assert [scan.predicates for scan in planned(text.format("t", "x", "1")).scans if isinstance(scan, TableScan)] == [
        (),
        (),
    ]


def test_each_mention_has_its_own_conditions() -> None:
    """And what is not computed with conditions is computed once."""
    one, other = scans_of_jobs(
        "SELECT 1 FROM system.jobs a, system.jobs b WHERE a.status = 'failed' AND b.job_id = a.parent_job_id"
    )
    assert ([each.column for each in one.conditions], other.conditions) == (["status"], ())
    plan = planned("SELECT a.relname, b.oid FROM pg_class a, pg_class b WHERE a.oid = 1")
    (shared,) = plan.scans
    assert isinstance(shared, RelationScan)
    assert (shared.columns, shared.conditions) == (("oid", "relname"), ())


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT count(*) FROM system.jobs", ()),
        ("SELECT job_type, count(*) FROM system.jobs GROUP BY 1", ("job_type",)),
        ("SELECT j.status FROM system.jobs AS j WHERE j.owner = 'x'", ("status", "owner")),
        ("SELECT a FROM system.jobs AS j(a, b)", ("job_id",)),
    ],
)
def test_only_the_columns_that_are_named_are_wanted(text: str, columns: tuple[str, ...]) -> None:
    """A count by type decodes nothing else."""
    (scan,) = scans_of_jobs(text)
    assert scan.columns == columns


def test_a_renamed_column_is_pushed_down_under_its_own_name() -> None:
    """FROM system.jobs AS j(id): the relation knows it as job_id."""
    (scan,) = scans_of_jobs("SELECT 1 FROM system.jobs AS j(id) WHERE id = 'x'")
    assert [each.column for each in scan.conditions] == ["job_id"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("SELECT * FROM system.jobs LIMIT 5", (None, False)),
        ("SELECT * FROM system.jobs ORDER BY created_at DESC LIMIT 5", ("created_at", True)),
        (
            "SELECT *, to_char(created_at, 'YYYY') FROM system.jobs j ORDER BY j.created_at, job_id LIMIT $1",
            ("created_at", False),
        ),
        (
            "SELECT created_at AS at FROM system.jobs WHERE status = 'x' ORDER BY at DESC LIMIT 5 OFFSET 2",
            ("created_at", True),
        ),
        ("SELECT created_at FROM system.jobs ORDER BY 1 LIMIT 1", ("created_at", False)),
        ("SELECT * FROM (SELECT * FROM system.jobs LIMIT 3) x WHERE status = 'a'", (None, False)),
        ("SELECT * FROM system.jobs ORDER BY finished_at LIMIT 5", None),
        ("SELECT finished_at AS created_at FROM system.jobs ORDER BY created_at LIMIT 5", None),
        ("SELECT * FROM system.jobs WHERE message = 'x' LIMIT 5", None),
        ("SELECT * FROM system.jobs WHERE status = 'x' OR job_id = 'y' LIMIT 5", None),
        ("SELECT DISTINCT status FROM system.jobs LIMIT 5", None),
        ("SELECT status FROM system.jobs GROUP BY 1 LIMIT 5", None),
        ("SELECT count(*) FROM system.jobs LIMIT 5", None),
        ("SELECT row_number() OVER () FROM system.jobs LIMIT 5", None),
        ("SELECT unnest(ARRAY[]::text[]) FROM system.jobs LIMIT 5", None),
        ("SELECT * FROM system.jobs a, system.job_events b LIMIT 5", None),
        ("SELECT (SELECT max(x) FROM t) FROM system.jobs LIMIT 5", None),
        ("SELECT 1 FROM system.jobs UNION ALL SELECT 1 FROM t LIMIT 5", None),
        ("SELECT * FROM system.jobs", None),
    ],
)
def test_a_limit_is_pushed_down_where_only_the_first_rows_matter(
    text: str, first: tuple[str | None, bool] | None
) -> None:
    """Not where other rows are counted, sorted or filtered by the query itself."""
    pushed = scans_of_jobs(text)[0].first
    assert (None if pushed is None else (pushed.column, pushed.descending)) == first


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("SELECT status, job_id FROM system.jobs WHERE job_id = $1", ("status", "job_id")),
        ("SELECT j.status AS s, j.status FROM system.jobs j WHERE status IN ('a', 'b') LIMIT 3", ("status", "status")),
        ("SELECT a FROM system.jobs AS j (a) WHERE a = 'x'", ("job_id",)),
        ("SELECT job_id FROM system.jobs", ("job_id",)),
        ("SELECT lower(status) FROM system.jobs WHERE job_id = 'x'", None),
        ("SELECT 1 FROM system.jobs WHERE job_id = 'x'", None),
        ("SELECT status FROM system.jobs WHERE job_id = 'x' AND message = 'y'", None),
        ("SELECT status FROM system.jobs WHERE created_at > now()", None),
        ("SELECT status FROM system.jobs WHERE job_id = ANY ($1)", None),
        ("SELECT status FROM system.jobs WHERE job_id = 'x' LIMIT $1", None),
        ("SELECT status FROM system.jobs WHERE job_id = 'x' LIMIT 3 OFFSET 1", None),
        ("SELECT status FROM system.jobs WHERE job_id = 'x' ORDER BY status", None),
        ("SELECT DISTINCT status FROM system.jobs WHERE job_id = 'x'", None),
        ("SELECT status FROM system.jobs WHERE job_id = 'x' GROUP BY status", None),
        ("SELECT a.status FROM system.jobs a, system.jobs b WHERE a.job_id = 'x'", None),
        ("SELECT status FROM (SELECT status FROM system.jobs WHERE job_id = 'x') AS q WHERE status = 'y'", None),
        ("SELECT status FROM system.jobs WHERE job_id = 'x' UNION ALL SELECT 'y'", None),
        ("WITH q AS (SELECT 1) SELECT status FROM system.jobs WHERE job_id = 'x'", None),
        ("SELECT y FROM t WHERE y = 'x'", None),
    ],
)
def test_plain_columns_of_one_relation_need_no_duckdb(query: str, columns: tuple[str, ...] | None) -> None:
    """Only where the relation has been told all that the query says, in equalities of texts."""
    assert planned(query).direct == columns
