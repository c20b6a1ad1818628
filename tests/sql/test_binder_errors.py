"""What PostgreSQL refuses must be refused in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from server.errors import sqlstate_of
from sql.errors import SqlError
from tests.sql.queries.lines import statements

if TYPE_CHECKING:
    from tests.sql.queries.world import Oracle, World

Field = psycopg.pq.DiagnosticField


def _refusal(query: str, twin: Oracle) -> tuple[str, str, str]:
    result = twin.connection.pgconn.exec_(query.encode())
    state, message, position = (
        (result.error_field(field) or b"").decode()
        for field in (Field.SQLSTATE, Field.MESSAGE_PRIMARY, Field.STATEMENT_POSITION)
    )
    assert state, f"PostgreSQL takes {query}"
    return state, message, position


def _refused(query: str, world: World) -> SqlError:
    with pytest.raises(SqlError) as caught:
        world.run(query)
    return caught.value


@pytest.mark.parametrize("query", statements("errors.sql"))
def test_an_error_is_postgresqls(query: str, world: World, twin: Oracle) -> None:
    """SQLSTATE, message and position are those of PostgreSQL 15."""
    error = _refused(query, world)
    assert (sqlstate_of(error), error.message, str(error.position or "")) == _refusal(query, twin)


@pytest.mark.parametrize("query", statements("errors_elsewhere.sql"))
def test_an_error_is_postgresqls_but_for_its_position(query: str, world: World, twin: Oracle) -> None:
    """SQLSTATE and message are those of PostgreSQL 15; sqlglot's tree does not say where an operator stands."""
    error = _refused(query, world)
    assert (sqlstate_of(error), error.message) == _refusal(query, twin)[:2]


@pytest.mark.parametrize(
    "query",
    [
        "select * except (id) from people",
        "select id from people qualify row_number() over () = 1",
        "select * from people pivot (sum(id) for name in ('a'))",
        "select * from people tablesample system (10)",
        "select id from people for update",
        "select id from people limit 1 by id",
        "select id from people semi join visits using (id)",
        "select id from people group by all",
        "select try_cast('1' as int)",
        "select {'a': 1}",
        "select id from people fetch first 1 row with ties",
        "with a as (delete from people returning id) select * from a",
        "select id into x from people",
        "select x'12'",
        "select b'01'",
        "select id // 2 from people",
        "select * from people asof join visits using (id)",
        "select if(true, 1, 2)",
        "select cast(1 as int format 'x')",
        "select count(*) ignore nulls over () from people",
        "select string_agg(name, ',' limit 1) from people",
    ],
)
def test_what_only_other_dialects_have_is_refused(query: str, world: World) -> None:
    """The parser knows many dialects; what PostgreSQL has not, or this server, must not pass through unseen."""
    with pytest.raises(SqlError) as caught:
        world.plan(query)
    assert sqlstate_of(caught.value) in ("42601", "0A000", "42883", "42704", "42703", "42P01")
