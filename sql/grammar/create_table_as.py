"""CREATE TABLE … AS query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.grammar.definition import read_storage_options, refuse_kind_of_table
from sql.statements import CreateTableAsStatement
from sql.tokens import TokenReader
from sql.words import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.statements import ParsedStatement


_BETWEEN: Final = words("with without oids using on commit tablespace preserve rows")
"""What may stand between the name of the table and AS."""


def creates_table_as(reader: TokenReader) -> bool:
    """Whether a CREATE TABLE has AS behind the name, and what may stand between the two."""
    ahead = TokenReader(reader.tokens, reader.text)
    ahead.index = reader.index
    while ahead.token is not None and ahead.word() not in ("as", "("):
        ahead.index += 1
    if ahead.word() == "(":
        ahead.parenthesis()
    while ahead.token is not None and ahead.word() != "as":
        if ahead.word() == "(":
            ahead.parenthesis()
        elif ahead.word() in _BETWEEN or ahead.word(-1) in ("using", "tablespace", "commit"):
            ahead.index += 1
        else:
            return False
    return ahead.word() == "as"


def read_create_table_as(
    reader: TokenReader, read_query: Callable[[TokenReader], ParsedStatement]
) -> CreateTableAsStatement:
    """CREATE TABLE [IF NOT EXISTS] t [(columns)] [WITH (…)] AS query [WITH [NO] DATA]."""
    reader.expect("create")
    refuse_kind_of_table(reader)
    reader.expect("table")
    if_not_exists = reader.accept("if", "not", "exists")
    table = reader.qualified_name()
    columns: tuple[str, ...] = ()
    if reader.accept("("):
        columns = reader.names()
        reader.expect(")")
    options: tuple[tuple[str, str], ...] = ()
    while not reader.accept("as"):
        if reader.accept("with"):
            options = read_storage_options(reader)
        elif not reader.accept("without", "oids"):
            reader.refuse(f"CREATE TABLE … {reader.word().upper()}")
    if reader.word() == "execute":
        reader.refuse("CREATE TABLE … AS EXECUTE")
    with_data = _take_data_clause(reader)
    return CreateTableAsStatement(table, columns, options, read_query(reader), with_data, if_not_exists)


def _take_data_clause(reader: TokenReader) -> bool:
    """Take WITH [NO] DATA from the end: whether the rows are wanted."""
    words = [token.text.lower() for token in reader.tokens[-3:]]
    if words == ["with", "no", "data"]:
        reader.tokens = reader.tokens[:-3]
        return False
    if words[1:] == ["with", "data"]:
        reader.tokens = reader.tokens[:-2]
    return True
