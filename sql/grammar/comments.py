"""COMMENT ON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.comment_syntax import Comment
from sql.errors import SqlSyntaxError
from sql.names import QualifiedName
from sql.statements import Unsupported

if TYPE_CHECKING:
    from sql.comment_syntax import CommentedKind
    from sql.tokens import TokenReader

_KINDS: Final[dict[str, CommentedKind]] = {
    "table": "table",
    "view": "view",
    "sequence": "sequence",
    "index": "index",
    "column": "column",
    "constraint": "constraint",
    "schema": "schema",
    "namespace": "schema",
    "role": "role",
    "database": "database",
}


def read_comment(reader: TokenReader) -> Comment | Unsupported:
    """COMMENT ON kind name IS 'text' | NULL. Raises `SqlSyntaxError`."""
    reader.expect("comment", "on")
    kind = _KINDS.get(reader.word())
    if kind is None:
        if not reader.word():
            reader.fail()
        unknown = Unsupported(f"COMMENT ON {reader.word().upper()}")
        reader.rest()
        return unknown
    reader.index += 1
    part = None
    if kind == "column":
        name, part = _column(reader)
    elif kind == "constraint":
        part = reader.name()
        reader.expect("on")
        if reader.word() == "domain":
            reader.refuse("COMMENT ON CONSTRAINT … ON DOMAIN")
        name = reader.qualified_name()
    elif kind in ("schema", "role", "database"):
        name = QualifiedName(None, reader.name(), reader.position)
    else:
        name = reader.qualified_name()
    reader.expect("is")
    return Comment(kind, name, None if reader.accept("null") else reader.string(), part)


def _column(reader: TokenReader) -> tuple[QualifiedName, str]:
    """[namespace.]relation.column."""
    position = reader.position
    parts = [reader.name()]
    while reader.accept("."):
        parts.append(reader.name())
    if len(parts) == 1:
        raise SqlSyntaxError("column name must be qualified")
    namespace = parts[-3] if len(parts) > 2 else None
    return QualifiedName(namespace, parts[-2], position), parts[-1]
