"""Statements that are too deep, or call what is not there, through a real server: what PostgreSQL says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg.errors import StatementTooComplex, UndefinedFunction

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

DEEP = {
    "tables": "SELECT count(*) FROM " + ", ".join(f"(VALUES (1)) v{n}(a)" for n in range(1200)),
    "parentheses in FROM": "SELECT * FROM " + "(SELECT * FROM " * 10_000 + "(VALUES (1)) v" + ") x" * 10_000,
    "subscripts": "SELECT a" + "[1]" * 10_000,
}


@pytest.mark.parametrize("form", DEEP)
def test_what_is_too_deep_is_refused(server: ServerProcess, form: str) -> None:
    """54001, with nothing of DuckDB's settings in the message; the server and the session go on."""
    with server.connect() as client:
        with pytest.raises(StatementTooComplex) as raised:
            client.execute(DEEP[form])
        assert raised.value.diag.message_primary == "the statement is nested too deeply"
        assert client.execute("SELECT 1").fetchall() == [(1,)]


def test_wrong_arguments_of_time_functions_are_no_such_function(server: ServerProcess) -> None:
    """42883, as with any other number of arguments."""
    with server.connect() as client:
        for call in ("timezone()", "pg_catalog.now('a')", "timezone('UTC')", "timezone('UTC', now(), 1)"):
            with pytest.raises(UndefinedFunction):
                client.execute(f"SELECT {call}")


@pytest.mark.parametrize("call", ["col_description()", "version(1)", "pg_get_viewdef()", "to_regclass()"])
def test_wrong_arguments_of_catalog_functions_are_no_such_function(server: ServerProcess, call: str) -> None:
    """42883 with PostgreSQL's hint, and no name of a macro."""
    with server.connect() as client, pytest.raises(UndefinedFunction) as raised:
        client.execute(f"SELECT {call}")
    assert "silt" not in str(raised.value)
    assert "explicit type casts" in (raised.value.diag.message_hint or "")
