"""TRUNCATE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.statements import TruncateTable

if TYPE_CHECKING:
    from sql.names import QualifiedName
    from sql.tokens import TokenReader


def read_truncate(reader: TokenReader) -> TruncateTable:
    """TRUNCATE [TABLE] [ONLY] a [*], … [RESTART IDENTITY | CONTINUE IDENTITY] [CASCADE | RESTRICT]."""
    reader.expect("truncate")
    reader.accept("table")
    tables = [_table(reader)]
    while reader.accept(","):
        tables.append(_table(reader))
    restarts = reader.accept_one_of("restart", "continue")
    if restarts is not None:
        reader.expect("identity")
    cascade = reader.accept_one_of("cascade", "restrict") == "cascade"
    return TruncateTable(tuple(tables), restarts == "restart", cascade)


def _table(reader: TokenReader) -> QualifiedName:
    # Tables have no children here: ONLY and * say what is so anyway.
    reader.accept("only")
    name = reader.qualified_name()
    reader.accept("*")
    return name
