"""CREATE and DROP of views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.grammar.definition import read_cascade, read_storage_options
from sql.statements import CreateView, DropView
from sql.tokens import syntax_error_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.statements import ParsedStatement
    from sql.tokens import TokenReader

BEFORE_VIEW = ("temp", "temporary", "local", "global", "recursive", "materialized")
"""What may stand before the word VIEW, and is not supported."""


def creates_view(reader: TokenReader) -> bool:
    """Whether what comes next is a CREATE VIEW, of whatever kind."""
    ahead = 3 if reader.word(1) == "or" and reader.word(2) == "replace" else 1
    while reader.word(ahead) in BEFORE_VIEW:
        ahead += 1
    return reader.word(ahead) == "view"


def read_create_view(reader: TokenReader, read: Callable[[TokenReader], ParsedStatement]) -> CreateView:
    """CREATE [OR REPLACE] VIEW. Raises `FeatureNotSupported` for views of other kinds."""
    reader.expect("create")
    or_replace = reader.accept("or", "replace")
    if reader.word() in BEFORE_VIEW:
        kind = next(
            word for word in ("materialized", "recursive", reader.word()) if word in (reader.word(), reader.word(1))
        )
        reader.refuse(f"CREATE {'TEMPORARY' if kind not in ('materialized', 'recursive') else kind.upper()} VIEW")
    reader.expect("view")
    view = reader.qualified_name()
    columns: tuple[str, ...] = ()
    if reader.accept("("):
        columns = reader.names()
        reader.expect(")")
    options = read_storage_options(reader) if reader.accept("with") else ()
    reader.expect("as")
    first = reader.token
    if [token.text.lower() for token in reader.tokens[-2:]] == ["check", "option"]:
        reader.index = len(reader.tokens) - 1
        reader.refuse("WITH CHECK OPTION")
    query = read(reader)
    if not isinstance(query.tree, exp.Select | exp.SetOperation | exp.Values | exp.Subquery):
        raise syntax_error_at(first, reader.text)
    return CreateView(view, columns, options, query, or_replace)


def read_drop_view(reader: TokenReader) -> DropView:
    """DROP VIEW [IF EXISTS] a, b [CASCADE | RESTRICT]."""
    reader.expect("drop")
    if reader.word() == "materialized":
        reader.refuse("DROP MATERIALIZED VIEW")
    reader.expect("view")
    if_exists = reader.accept("if", "exists")
    return DropView(reader.qualified_names(), if_exists, read_cascade(reader))
