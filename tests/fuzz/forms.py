"""Queries of forms that grammar and planner have to get right, with holes for expressions over `w`.

They are in `forms.sql`, one a line. A hole is `<type>`; `{c}` is a column of `t`, whatever its type.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.fuzz.data import TABLES
from tests.fuzz.node import HOLE, Node
from tests.fuzz.values import POOLS

if TYPE_CHECKING:
    from random import Random

    from tests.fuzz.relations import Relations

FORMS: Final = tuple(
    line for line in Path(__file__).with_suffix(".sql").read_text().splitlines() if not line.startswith("--")
)
_HOLE: Final = re.compile(r"<([a-z ]+)>")


def form(relations: Relations, random: Random) -> Node:
    """A query of one of the forms."""
    text = random.choice(FORMS).replace("{c}", random.choice(tuple(TABLES["t"])))
    columns = [(f"w.{name}", type_) for name, type_ in TABLES["w"].items()]
    make = relations.expressions(columns)
    types = _HOLE.findall(text)
    assert all(type_ in POOLS for type_ in types), text
    parts = tuple(make.make(type_, random.randint(0, 2)) for type_ in types)
    return Node("query", _HOLE.sub(HOLE, text), parts)
