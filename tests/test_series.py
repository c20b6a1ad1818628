"""generate_series() of more values than memory holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg import errors

if TYPE_CHECKING:
    from tests.server_process import ServerProcess


@pytest.mark.parametrize(
    "query",
    [
        "SELECT generate_series(1, 4000000000) LIMIT 1",
        "SELECT generate_series(9223372036854775807, -9223372036854775807, -2) LIMIT 1",
        "SELECT g FROM (VALUES (1)) v(x), generate_series(x, 4000000000) g LIMIT 1",
        "SELECT g FROM generate_series(1.0, 1e17, 1) g LIMIT 1",
        "SELECT generate_series(timestamp '2000-01-01', '9999-01-01', '1 second') LIMIT 1",
    ],
)
def test_a_series_that_would_be_made_in_memory_is_refused(server: ServerProcess, query: str) -> None:
    """At once, and the server lives on."""
    with server.connect() as connection:
        with pytest.raises(errors.ProgramLimitExceeded, match="67108864"):
            connection.execute(query)
        assert connection.execute("SELECT count(*) FROM generate_series(1, 3) g").fetchone() == (3,)


def test_a_series_of_constants_in_from_has_no_end_to_wait_for(server: ServerProcess) -> None:
    """LIMIT ends it, and a timeout does where there is none."""
    with server.connect() as connection:
        query = "SELECT g FROM generate_series(1, 9223372036854775807, 3) g"
        assert connection.execute(f"{query} OFFSET 5 LIMIT 1").fetchone() == (16,)
        connection.execute("SET statement_timeout = '100ms'")
        with pytest.raises(errors.QueryCanceled):
            connection.execute(f"SELECT count(*) FROM ({query}) q")
