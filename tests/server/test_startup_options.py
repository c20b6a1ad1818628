"""The `options` of a start-up message, as PGOPTIONS has them."""

from __future__ import annotations

import pytest

from server.startup_options import parse_options
from sql.errors import SqlSyntaxError


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("", {}),
        ("-c a=1", {"a": "1"}),
        ("-ca=1  -c b=2", {"a": "1", "b": "2"}),
        ("--work-mem=64MB --a.b=c", {"work_mem": "64MB", "a.b": "c"}),
        (r"-c a=x\ y -c b=\\", {"a": "x y", "b": "\\"}),
        ("-c a=1=2", {"a": "1=2"}),
        ("-c a=", {"a": ""}),
        ("-c a=1 -c a=2", {"a": "2"}),
    ],
)
def test_settings_are_read(text: str, settings: dict[str, str]) -> None:
    """All three spellings, and backslashes that keep a space or a backslash."""
    assert parse_options(text) == settings


@pytest.mark.parametrize("text", ["-c", "-c a", "-x", "a=1", "--", "--a", "-c =1"])
def test_anything_else_is_refused(text: str) -> None:
    """Nothing is accepted and ignored."""
    with pytest.raises(SqlSyntaxError):
        parse_options(text)
