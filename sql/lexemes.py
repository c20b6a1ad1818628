"""What PostgreSQL's scanner reads otherwise than sqlglot's (manual, 4.1.2.6 and 4.1.3): numbers and operators.

A number ends where no letter follows: `1a` is neither a number nor a number and its alias. An operator is all of the
operator characters that stand together, so that `2 ^-1` has the operator `^-`, which nobody has defined.
"""

from __future__ import annotations

import re
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final

from sqlglot.tokenizer_core import Token, TokenType

from sql.errors import SqlSyntaxError
from sql.name_characters import LETTER
from sql.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

OPERATORS: Final = words(
    "!! !~ !~* !~~ !~~* # ## #- #> #>> % & && &< &<| &> * *< *<= *<> *= *> *>= + - -> ->> -|- / < <-> << <<= <<| <= <> "
    "<@ <^ = > >= >> >>= >^ ? ?# ?& ?- ?-| ?| ?|| @ @-@ @> @? @@ @@@ ^ ^@ | |&> |/ |>> || ||/ ~ ~* ~<=~ ~<~ ~= ~>=~ "
    "~>~ ~~ ~~*"
)
"""Those of pg_operator."""

_READ_SO: Final = (OPERATORS | {"!=", "=>"}) - {"~<~", "~<=~", "~>~", "~>=~"}
_RUN: Final = re.compile(r"[~!@#^&|`?+\-*/%<>=]{2,}")
_KEEPING_SIGN: Final = frozenset("~!@#^&|`?%")
"""An operator may end with a sign only if it has one of these."""

_NUMBER: Final = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_JUNK: Final = re.compile(rf"[eE][+-](?!\d)|{LETTER}[\w$]*")
LONG_TOKEN: Final = 16_384
_SUSPECT: Final = re.compile(rf"(?<![\w$])(?:\d++\.?\d*+|\.\d++|\$\d++){LETTER}")
"""Digits are not tried again once they were read: the time would grow with the square of them."""


def check_numbers(statements: Sequence[Sequence[Token]], text: str) -> None:
    """Raise `SqlSyntaxError` for a number or parameter directly before a letter."""
    if not any(_SUSPECT.search(text, start, end) for start, end in _outside_long(chain(*statements), text)):
        return
    for tokens in statements:
        for before, token in pairwise((None, *tokens)):
            if token is not None and token.token_type in (TokenType.NUMBER, TokenType.HEX_STRING):
                _check_number(before, token, text)


def _check_number(before: Token | None, token: Token, text: str) -> None:
    start, what = token.start, "numeric literal"
    if before is not None and before.end + 1 == start:
        if before.token_type is TokenType.PARAMETER:
            start, what = before.start, "parameter"
        elif before.token_type is TokenType.DOT:
            start = before.start
    number = _NUMBER.match(text, token.start)
    if number is None:
        return  # A constant x'…'.
    junk = _JUNK.match(text, number.end())
    if junk is not None:
        found = text[start : junk.end()]
        raise SqlSyntaxError(f'trailing junk after {what} at or near "{found}"', position=start + 1)


def with_operators(tokens: Sequence[Token], text: str) -> Sequence[Token]:
    """The tokens with `OPERATOR(^-)` for what is an operator that sqlglot reads as several, or as another one."""
    if not tokens:
        return tokens
    places = _outside_long(tokens, text, max(tokens[0].start, 0), tokens[-1].end + 1)
    unread = [found for place in places for found in _RUN.finditer(text, *place) if found[0] not in _READ_SO]
    if not unread:
        return tokens
    at_start = {token.start: index for index, token in enumerate(tokens)}
    replaced = dict(_replacements(unread, tokens, at_start))
    written: list[Token] = []
    index = 0
    while index < len(tokens):
        end = replaced.get(index)
        if end is None:
            written.append(tokens[index])
            index += 1
        else:
            written += _named(tokens[index : end + 1])
            index = end + 1
    return written


def _outside_long(
    tokens: Iterable[Token], text: str, start: int = 0, end: int | None = None
) -> Iterator[tuple[int, int]]:
    """From where to where there is something else in a text than long tokens.

    To look through these takes tens of milliseconds a megabyte, and keeps all other threads waiting.
    """
    end = len(text) if end is None else end
    if end - start > LONG_TOKEN:
        for token in tokens:
            if token.end - token.start > LONG_TOKEN and token.start > start:
                yield start, token.start
                start = token.end
    yield start, end


def _replacements(
    unread: Sequence[re.Match[str]], tokens: Sequence[Token], at_start: dict[int, int]
) -> Iterator[tuple[int, int]]:
    """The first and last token of each operator that is not there."""
    for found in unread:
        for start, lexeme in _lexemes(found[0], found.start()):
            first = last = at_start.get(start)
            if lexeme in _READ_SO or first is None or last is None or _is_named(tokens, first):
                continue
            while last + 1 < len(tokens) and tokens[last].end < start + len(lexeme) - 1:
                last += 1
            if tokens[last].end == start + len(lexeme) - 1:
                yield first, last


def _is_named(tokens: Sequence[Token], index: int) -> bool:
    """Whether the operator at an index stands in `OPERATOR(…)` already."""
    before = tokens[index - 1] if index else None
    if before is None or before.token_type not in (TokenType.L_PAREN, TokenType.DOT):
        return False
    return before.token_type is TokenType.DOT or (index > 1 and tokens[index - 2].token_type is TokenType.OPERATOR)


def _lexemes(run: str, start: int) -> Iterator[tuple[int, str]]:
    """The operators that PostgreSQL reads in characters that stand together, each with where it begins."""
    while run:
        if not run.strip("+-"):
            # Each of them is one, and there may be many.
            yield from enumerate(run, start)
            return
        size = len(run)
        if not _KEEPING_SIGN.intersection(run[:-1]):
            while size > 1 and run[size - 1] in "+-":
                size -= 1
        yield start, run[:size]
        run, start = run[size:], start + size


def _named(operator: Sequence[Token]) -> list[Token]:
    first = operator[0]
    name = "".join(token.text for token in operator)
    parts = (
        (TokenType.OPERATOR, "OPERATOR"),
        (TokenType.L_PAREN, "("),
        (TokenType.VAR, name),
        (TokenType.R_PAREN, ")"),
    )
    return [Token(kind, text, first.line, first.col, first.start, operator[-1].end) for kind, text in parts]
