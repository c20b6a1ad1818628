"""Options of tables: which are kept as what, and which are refused in which words."""

from __future__ import annotations

import pytest

from sql.errors import InvalidParameterValue
from sql.table_options import changed_options, check_options


def kept(**options: str) -> dict[str, str]:
    """The options of a new table; none of them gives a notice."""
    notices: list[str] = []
    found = check_options(options, notices.append)
    assert notices == []
    return found


def test_options_are_kept_in_one_form() -> None:
    """A policy as it is printed; a type in lower case."""
    assert kept() == {}
    assert kept(type="User", flush_policy="interval:60s , rows:10") == {
        "type": "user",
        "flush_policy": "rows:10,interval:1min",
    }
    assert kept(type="stream", ttl="1h 30min", drop_retention="0") == {
        "type": "stream",
        "ttl": "1h 30min",
        "drop_retention": "0",
    }


def test_options_of_postgresql_have_no_effect() -> None:
    """They are not kept, and a notice says so."""
    notices: list[str] = []
    assert check_options({"fillfactor": "70", "autovacuum_vacuum_cost_limit": "1"}, notices.append) == {}
    assert notices == [
        'storage parameter "fillfactor" has no effect',
        'storage parameter "autovacuum_vacuum_cost_limit" has no effect',
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colour": "red"}, 'unrecognized parameter "colour"'),
        ({"type": "odd"}, 'invalid value for parameter "type": "odd"'),
        ({"flush_policy": "rows"}, 'invalid value for parameter "flush_policy": "rows"'),
        ({"flush_policy": "rows:0"}, 'invalid value for parameter "flush_policy": "rows:0"'),
        ({"drop_retention": "a while"}, 'invalid value for parameter "drop_retention": "a while"'),
        ({"drop_retention": "5000d"}, 'invalid value for parameter "drop_retention": "5000d"'),
        ({"type": "stream", "ttl": "10us"}, 'invalid value for parameter "ttl": "10us"'),
        ({"type": "stream"}, 'a stream table needs parameter "ttl"'),
        ({"ttl": "1h"}, 'parameter "ttl" is for stream tables'),
        ({"type": "user", "ttl": "1h"}, 'parameter "ttl" is for stream tables'),
        (
            {"type": "stream", "ttl": "1h", "flush_policy": "rows:5"},
            'parameter "flush_policy" is not for stream tables',
        ),
    ],
)
def test_what_is_wrong_is_named(options: dict[str, str], message: str) -> None:
    """The option, and its value where that is bad."""
    with pytest.raises(InvalidParameterValue) as refused:
        kept(**options)
    assert refused.value.message == message


def test_changes_keep_what_they_do_not_name() -> None:
    """SET changes, `None` resets, and the whole must still fit together."""
    before = {"type": "stream", "ttl": "1h", "drop_retention": "1d"}
    assert changed_options(before, {"ttl": "2h", "drop_retention": None}, print) == {"type": "stream", "ttl": "2h"}
    assert before["ttl"] == "1h"
    for changes in ({"type": "user"}, {"ttl": None}, {"flush_policy": "none"}, {"colour": None}):
        with pytest.raises(InvalidParameterValue):
            changed_options(before, changes, print)
