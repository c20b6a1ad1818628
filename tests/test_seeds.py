"""`docs/seeds.md` says where each thing of the first documents lives: what it names must be there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/seeds.md").read_text()
NAMED = sorted(
    set(re.findall(r"`((?:tests|jobs|sql|storage|server|docs)/[\w./-]+(?:::test_\w+)?)`", PAGE)),
)


@pytest.mark.parametrize("named", NAMED)
def test_what_the_page_names_is_there(named: str):
    """A named file or folder exists, and a named test is in its file."""
    path, _, test = named.partition("::")
    assert (ROOT / path).exists()
    if test:
        assert re.search(rf"^(async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE)


def test_the_page_names_the_code_and_its_tests():
    """The check above has something to check."""
    assert sum(named.startswith("tests/") for named in NAMED) >= 20
