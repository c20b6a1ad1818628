"""Names of relations in text, as regclass reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql import errors
from sql.tokens import TokenReader, scan

if TYPE_CHECKING:
    from sql.names import QualifiedName


def name_of_text(text: str, position: int | None = None) -> QualifiedName:
    """The name in a text, as regclass reads it. Raises `InvalidName`."""
    try:
        statements = scan(text)
        reader = TokenReader(statements[0] if len(statements) == 1 else (), text)
        name = reader.qualified_name()
        reader.end()
    except errors.SqlSyntaxError:
        raise errors.InvalidName("invalid name syntax", position=position) from None
    return name
