"""COMMENT ON, as the dialect reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from sql.names import QualifiedName

CommentedKind: TypeAlias = Literal[
    "table", "view", "sequence", "index", "column", "constraint", "schema", "role", "database"
]


class Comment(Struct, frozen=True):
    """COMMENT ON kind name IS text. `text` is `None` for NULL, which takes the comment away.

    A column and a constraint are a `part` of the relation with that name.
    """

    kind: CommentedKind
    name: QualifiedName
    text: str | None
    part: str | None = None
