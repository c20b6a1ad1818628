"""`AS x(a integer, b text)`: the columns of a function in FROM that returns records, with their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from sqlglot.tokenizer_core import Token, TokenType

from sql.tokens import TokenReader
from sql.type_names import read_type, starts_type, type_token

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES: Final = frozenset({TokenType.VAR, TokenType.IDENTIFIER})
_QUERIES: Final = frozenset(
    {
        TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.TABLE, TokenType.INSERT, TokenType.UPDATE,
        TokenType.DELETE, TokenType.L_PAREN, TokenType.R_PAREN,
    }
)  # fmt: skip
"""What a parenthesis behind AS may begin with instead."""


class ColumnDefinitions(Struct, frozen=True):
    """The tokens of a list, each type one word, and the index behind it."""

    tokens: list[Token]
    end: int


def read_column_definitions(tokens: Sequence[Token], text: str, index: int) -> ColumnDefinitions | None:
    """The list that opens at an index; `None` where that is another parenthesis. Raises as `read_type`."""
    if not _follows_alias(tokens, index) or not _begins_list(tokens, index):
        return None
    reader = TokenReader(tokens, text)
    reader.index = index
    written = [tokens[index]]
    while not written[1:] or tokens[reader.index].token_type is TokenType.COMMA:
        if written[1:]:
            written.append(tokens[reader.index])
        reader.index += 1
        written.append(tokens[reader.index])
        reader.index += 1
        first = reader.index
        sql_type = read_type(reader)
        written.append(type_token(sql_type, tokens[first], tokens[reader.index - 1]))
    if reader.word() != ")":
        reader.fail()
    return ColumnDefinitions([*written, tokens[reader.index]], reader.index + 1)


def _follows_alias(tokens: Sequence[Token], index: int) -> bool:
    """Behind `AS`, `AS name`, or a name behind a call."""
    before = tokens[index - 1].token_type if index else None
    if before is TokenType.ALIAS:
        return True
    return before in _NAMES and index > 1 and tokens[index - 2].token_type in (TokenType.ALIAS, TokenType.R_PAREN)


def _begins_list(tokens: Sequence[Token], index: int) -> bool:
    """A name and a type."""
    if index + 2 >= len(tokens) or tokens[index + 1].token_type in _QUERIES:
        return False
    second = tokens[index + 2]
    is_word = second.token_type in _NAMES or starts_type(second.text.lower())
    return is_word and (tokens[index + 1].token_type is TokenType.IDENTIFIER or tokens[index + 1].text.isidentifier())
