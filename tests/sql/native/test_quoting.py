"""format(): the quick form of a pattern gives what going through it gives."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sql.errors import SqlError
from sql.native import quoting

PATTERNS = st.lists(st.sampled_from(["%s", "%I", "%L", "%%", "%", "a", "é", "%1$s", "%5s", "{}", "\\"]), max_size=5)


@settings(max_examples=300, deadline=None)
@given(PATTERNS.map("".join), st.lists(st.none() | st.sampled_from(["", "a", "A b", "it's", "%s"]), max_size=4))
def test_plain_patterns_are_filled_as_others(pattern: str, arguments: list[str | None]):
    """With the same errors for missing arguments and NULLs."""

    def outcome(fill: object) -> object:
        try:
            return fill() if callable(fill) else fill
        except SqlError as error:
            return type(error), error.message, error.hint

    expected = outcome(quoting.Formatter(pattern, arguments).written)
    assert outcome(lambda: quoting.formatted(pattern, arguments)) == expected
