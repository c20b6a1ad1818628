"""One session cannot fill the server's memory with what it keeps: each store of it has an end, and an error says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from sql.notifications import MOST_NOTIFIED_BYTES
from sql.settings import MADE_UP_CHARACTERS_MAX, MADE_UP_MAX

if TYPE_CHECKING:
    from tests.server_process import ServerProcess


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("SELECT set_config('big.v' || g, repeat('x', 500000), false) FROM generate_series(1, 40) g", "53200"),
        (f"SET big.v = '{'x' * (MADE_UP_CHARACTERS_MAX + 1)}'", "53200"),
        (
            f"SELECT pg_notify('c', g || repeat('x', 7900)) FROM generate_series(1, {MOST_NOTIFIED_BYTES // 7900}) g",
            "54000",
        ),
    ],
    ids=["settings", "one setting", "notifications"],
)
def test_what_a_session_keeps_has_an_end(server: ServerProcess, statement: str, sqlstate: str) -> None:
    """The statement fails, and nothing else: the session goes on, and so does another one."""
    with server.connect() as one, server.connect() as other:
        with pytest.raises(psycopg.Error) as failed:
            one.execute(statement.encode())
        assert failed.value.diag.sqlstate == sqlstate
        for each in (one, other):
            each.execute("SELECT set_config('small.v', 'a', false), pg_notify('c', 'a')")
        assert one.execute("SHOW small.v").fetchone() == ("a",)


def test_settings_of_two_parts_are_counted(server: ServerProcess) -> None:
    """Setting one again takes no more room; there are as many as fit."""
    assert MADE_UP_MAX > 1_000
    with server.connect() as connection:
        for _ in range(3):
            connection.execute("SELECT set_config('big.v', repeat('x', 10000000), false)")
        connection.execute("RESET ALL")
        connection.execute("SELECT set_config('other.v', repeat('x', 10000000), false)")
