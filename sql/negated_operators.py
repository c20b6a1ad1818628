"""`!~` and `!~*` before ANY and ALL, of which sqlglot's parser would make NOT of the whole: `NOT x ~ ALL (…)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot.tokenizer_core import Token, TokenType

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS: Final = frozenset({"all", "any", "some"})
_MATCHES: Final = frozenset({TokenType.RLIKE, TokenType.IRLIKE})


def quantified(word: str, before: Sequence[Token]) -> list[Token] | None:
    """Of the tokens `before` ANY or ALL the negated operator as `OPERATOR(!~)`; `None` where it is another one."""
    if word not in _WORDS or len(before) < 2:
        return None
    negation, match = before[-2:]
    if negation.token_type is not TokenType.NOT or negation.text != "!" or match.token_type not in _MATCHES:
        return None
    first, opened, closed = (
        Token(kind, text, negation.line, negation.col, negation.start, match.end)
        for kind, text in ((TokenType.OPERATOR, "operator"), (TokenType.L_PAREN, "("), (TokenType.R_PAREN, ")"))
    )
    return [first, opened, negation, match, closed]
