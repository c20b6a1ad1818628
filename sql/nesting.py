"""How deep a statement may nest.

The compiled parser recurses on the machine's stack for parentheses in FROM and the like, and Python's limit does not
stop it: what nests too deeply would end the server. So depths are counted before, in the tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot.dialects.postgres import Postgres
from sqlglot.tokenizer_core import TokenType

from sql.tokens import syntax_error_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.tokenizer_core import Token

MAX_DEPTH: Final = 500
"""Levels. The parser takes less than 3 kB of the stack for each; a thread has 8 MB of it, or 2 MB on some systems."""
MAX_LINKS: Final = 64
"""Subscripts in a row or in each other, names with dots between: the parser's time grows with the square of them."""
SHORT: Final = 3 * MAX_LINKS
"""In tokens: nothing in a shorter statement is too deep."""

_OPENING: Final = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSING: Final = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_QUERIES: Final = frozenset({TokenType.FROM, TokenType.SELECT, TokenType.WITH, TokenType.VALUES})
_NESTED_TYPES: Final = frozenset(Postgres.parser_class.NESTED_TYPE_TOKENS)
"""Before a `<` these open a type of sqlglot's, which recurses, too."""
_JOINED_WITHOUT_ON: Final = frozenset({TokenType.CROSS, TokenType.NATURAL})


def require_shallow(tokens: Sequence[Token], text: str) -> None:
    """Raise `RecursionError` of a statement that nests too deeply; a syntax error where only a wrong one could."""
    if len(tokens) <= SHORT or not _may_nest(text[tokens[0].start : tokens[-1].end + 1] or text):
        return
    depth = brackets = joins = links = types = 0
    before = beyond = TokenType.SEMICOLON
    for token in tokens:
        kind = token.token_type
        if kind in _OPENING:
            depth += 1
            if kind is TokenType.L_BRACKET:
                brackets += 1
                links = links + 1 if before is TokenType.R_BRACKET else 0
        elif kind in _CLOSING:
            depth -= 1
            brackets -= kind is TokenType.R_BRACKET
        elif kind is TokenType.DOT:
            links = links + 1 if beyond is TokenType.DOT else 0
        elif kind is TokenType.JOIN:
            joins += before not in _JOINED_WITHOUT_ON
        elif kind is TokenType.ON or kind is TokenType.USING:
            joins = max(joins - 1, 0)
        elif kind is TokenType.LT:
            types += before in _NESTED_TYPES
        elif before is TokenType.FROM and kind in _QUERIES:
            # sqlglot reads a query that begins with FROM, and one more behind it.
            raise syntax_error_at(token, text)
        if max(depth, joins) > MAX_DEPTH or max(brackets, links, types) > MAX_LINKS:
            raise RecursionError
        before, beyond = kind, before


def _may_nest(text: str) -> bool:
    """Whether there is enough in a text of what nests: it is looked for without a loop over the tokens."""
    if any(text.count(sign) > MAX_LINKS for sign in "([{.<"):
        return True
    folded = text.lower()
    return folded.count("join") > MAX_DEPTH or folded.count("from") > MAX_LINKS
