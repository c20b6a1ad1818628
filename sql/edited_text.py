"""A query's text, token by token, with edits made in it."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from sqlglot.tokenizer_core import TokenType

from sql.duckdb_types import literal_text
from sql.tokens import STRINGS, scan
from sql.words import words
from storage.object_constants import object_constant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlglot.tokenizer_core import Token

    from storage.object_constants import ObjectType

_LIST_ENDS: Final = words(
    "from where group group_by having order order_by limit offset fetch window union intersect except for into"
)


class EditedText:
    """The text of one statement, which stood at `offset` of what the client sent. Edits may not overlap."""

    def __init__(self, text: str, offset: int) -> None:
        self._source = text
        self._offset = offset
        self._tokens = [token for statement in scan(text) for token in statement]
        self._places: dict[int, tuple[int, str]] = {}
        """By the start of a token: the end of what is replaced from there on, and the text in its place."""
        self._suffixes: dict[int, str] = {}
        """By the end of a token: what to write behind it."""

    def replace(self, start: int, end: int, text: str) -> None:
        """Write a text in the place of what stands there in the client's text."""
        self._places[start - self._offset] = (end - self._offset, text)

    def append(self, end: int, text: str) -> None:
        """Write a text behind the token that ends there."""
        self._suffixes[end] = text

    def settle_strings(self, values: Mapping[int, str]) -> None:
        """Write other values in string constants, by where they stand in the client's text."""
        for token in self._tokens:
            value = values.get(token.start + self._offset)
            if value is not None and token.token_type in STRINGS:
                self._places[token.start] = (token.end + 1, literal_text(value))

    def settle_objects(self, constants: Mapping[int, tuple[int, ObjectType]]) -> None:
        """Write oids in string constants that name objects, by where they stand in the client's text."""
        for index, token in enumerate(self._tokens):
            constant = constants.get(token.start + self._offset)
            if constant is not None and token.token_type in STRINGS:
                oid, kind = constant
                cast = self._tokens[index + 1 : index + 3]
                is_cast = [each.text.lower() for each in cast] == ["::", kind]
                end = cast[-1].end if is_cast else token.end
                self._places[token.start] = (end + 1, object_constant(oid, kind))

    def select_list(self) -> list[tuple[Token, Token]]:
        """The first and last token of each item of the select list, where the query begins with SELECT or WITH."""
        tokens = self._tokens
        if tokens[0].token_type not in (TokenType.SELECT, TokenType.WITH):
            return []
        items: list[tuple[Token, Token]] = []
        first, depth = _behind_select(tokens), 0
        start = first
        for index, token in enumerate(tokens[first:], start=first):
            kind = token.token_type
            is_outside = depth == 0 and kind is not TokenType.IDENTIFIER and kind not in STRINGS
            if is_outside and (kind is TokenType.COMMA or token.text.lower().replace(" ", "_") in _LIST_ENDS):
                items.append((tokens[start], tokens[index - 1]))
                start = index + 1
                if kind is not TokenType.COMMA:
                    return items
            depth += _step(token)
        return [*items, (tokens[start], tokens[-1])]

    def __str__(self) -> str:
        """The text without comments; what was between two tokens is one space, or a line break."""
        made: list[str] = []
        end = written = 0
        for token in self._tokens:
            if token.start < written:
                continue
            gap = self._source[end : token.start]
            made.append("" if not gap or not made else "\n" if "\n" in gap else " ")
            written, text = self._places.get(token.start, (token.end + 1, None))
            made.append(self._source[token.start : token.end + 1] if text is None else text)
            end = max(written, token.end + 1)
            made.append(self._suffixes.get(end, ""))
        return "".join(made)


def _behind_select(tokens: Sequence[Token]) -> int:
    """Where the select list of a query begins, behind DISTINCT [ON (…)] or ALL; what WITH names is in parentheses."""
    depths = list(accumulate((_step(token) for token in tokens), initial=0))
    index = next(i for i, token in enumerate(tokens) if token.token_type is TokenType.SELECT and not depths[i]) + 1
    if tokens[index].token_type not in (TokenType.DISTINCT, TokenType.ALL):
        return index
    if tokens[index + 1].token_type is not TokenType.ON:
        return index + 1
    return next(i for i in range(index + 3, len(tokens)) if not depths[i])


def _step(token: Token) -> int:
    kind = token.token_type
    return (kind in (TokenType.L_PAREN, TokenType.L_BRACKET)) - (kind in (TokenType.R_PAREN, TokenType.R_BRACKET))
