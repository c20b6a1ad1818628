"""Constants in stored text that mean a relation or a schema by its oid, whatever it is called: `'16390'::regclass`.

Defaults name sequences so, and views what they were made with by name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

ObjectType = Literal["regclass", "regnamespace"]

OBJECT_CONSTANT: Final = re.compile(r"'(\d+)'::(regclass|regnamespace)\b")
"""Such a constant: its oid, and its type."""


def object_constant(oid: int, kind: ObjectType) -> str:
    """The text of one."""
    return f"'{oid}'::{kind}"


def with_other_oids(text: str, oids: Mapping[int, int]) -> str:
    """The text for objects that have other oids now; what is not among `oids` stays."""
    return OBJECT_CONSTANT.sub(lambda found: f"'{oids.get(int(found[1]), found[1])}'::{found[2]}", text)
