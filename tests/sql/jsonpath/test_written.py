"""A path's text and its tree."""

from __future__ import annotations

import pytest

from sql.errors import SqlSyntaxError
from sql.jsonpath.parser import parse_path
from sql.jsonpath.written import written

PATHS = [
    "$",
    "strict $.a.b[*].c",
    "$.**{2 to last}.x ? (@ > 1 && !(@ < 3) || exists (@.y))",
    "($ + 1) * 2 - -$.a",
    "$[0, last - 1 to last].size()",
    '$.a ? ((@ starts with "x") is unknown)',
    '$.a ? (@ like_regex "^a.*" flag "i")',
    "(1.5).type()",
    '$"a variable" == "\\u00e4\\n"',
]


@pytest.mark.parametrize("text", PATHS)
def test_what_is_written_reads_as_the_same(text: str) -> None:
    """The text that is shown of a path means that path, and is shown as itself."""
    path = parse_path(text)
    shown = written(path)
    assert parse_path(shown) == path
    assert written(parse_path(shown)) == shown


@pytest.mark.parametrize(
    "text", ["$ ?", "@", "last", "1 && 2", "$.a == 1 == 2", "1a", '"open', "$[", "$.a b", "/* open"]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    """A text that is no path is a syntax error."""
    with pytest.raises(SqlSyntaxError):
        parse_path(text)
