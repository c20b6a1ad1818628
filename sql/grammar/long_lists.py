"""Long lists of constants and parameters, and long lists of rows in VALUES: read from the text a few dozen at a time.

sqlglot lets no other thread run before it is done with a text. Here all but the first two of a list are replaced by
blanks, so that what stands behind them stays where it is; they are parsed by themselves, and put into the tree then. A
text with something in it that could be meant another way is left to the general way, which also finds all errors of
syntax.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from sqlglot import exp

from sql.errors import SqlError
from sql.grammar.expressions import parse_expressions, parse_tree
from sql.grammar.written_rows import CELL, PARSED_TOGETHER, SPACE, STRING
from sql.name_characters import LETTER
from sql.names import position_at
from sql.tokens import scan, shifted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlglot.tokenizer_core import Token

MANY: Final = 4 * PARSED_TOGETHER
"""Shorter lists are left where they are."""

_COMMENT_REST: Final = r"[^*/]*(?:(?:\*(?!/)|/(?!\*))[^*/]*)*\*/"
_ROW: Final = rf"\({SPACE}{CELL}{SPACE}(?:,{SPACE}{CELL}{SPACE})*\)"


class _Patterns(Struct, frozen=True):
    """What long lists are found by."""

    first: re.Pattern[str]
    """What stands somewhere in a text; of a list, and of VALUES, what stands before the third of them."""
    cells: re.Pattern[str]
    rows: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    """Made for the first long text: to compile them would be two hundredths of each start."""
    first = rf"""(?P<doubt>[uUeE]&?' | [uU]&" | \$(?![0-9]) | /\*(?!{_COMMENT_REST}) | \x00)
        | (?P<list>[(\[]{SPACE}(?=[$'0-9]){CELL}{SPACE},{SPACE}{CELL}{SPACE}(?=,))
        | (?P<rows>(?i:values){SPACE}{_ROW}{SPACE},{SPACE}{_ROW}{SPACE}(?=,))
        | {STRING} | "[^"]*" | /\*{_COMMENT_REST} | --[^\n\r]* | (?P<broken>['"]) | {LETTER}[\w$]*
        | [^'"$/\-\w(\[]+ | ."""
    return _Patterns(
        first=re.compile(first, re.DOTALL | re.VERBOSE),
        cells=re.compile(rf"(?:,{SPACE}{CELL}{SPACE}){{1,{PARSED_TOGETHER}}}", re.DOTALL),
        rows=re.compile(rf"(?:,{SPACE}{_ROW}{SPACE}){{1,{PARSED_TOGETHER}}}", re.DOTALL),
    )


class _Found(Struct, frozen=True):
    """A list without its first two members: where they begin and end, a few dozen at a time."""

    holders: tuple[type[exp.Expr], ...]
    start: int
    """Of all of it."""
    parts: tuple[tuple[int, int], ...]


class LongLists(Struct, frozen=True):
    """The long lists of a text, and the text with blanks in their place."""

    text: str
    found: tuple[_Found, ...]
    original: str

    def fill(self, trees: Sequence[object]) -> bool:
        """Put the lists into the trees of the text; false if one has no place there, or is not what it seemed."""
        queries = [tree for tree in trees if isinstance(tree, exp.Expr)]
        holders = [each for tree in queries for each in tree.find_all(exp.In, exp.Array, exp.Values)]
        by_start = {_start(each): each for each in holders if len(each.expressions) == 2}
        try:
            for each in self.found:
                first = _parsed(each, self.original, each.start, each.parts[0][0])
                holder = by_start.get(_start_of(first))
                if not isinstance(holder, each.holders):
                    return False
                members = list(holder.expressions)
                for start, end in each.parts:
                    members += _parsed(each, self.original, start + 1, end)
                holder.set("expressions", members)
        except SqlError:
            return False
        return True


def read_long_lists(text: str) -> LongLists | None:
    """The long lists of a text; `None` where there are none, or it is not so easy to tell."""
    patterns = _patterns()
    found = []
    at = 0
    while at < len(text):
        piece = patterns.first.match(text, at)
        if piece is None or piece.lastgroup in ("doubt", "broken"):
            return None
        at = piece.end()
        if piece.lastgroup in ("list", "rows"):
            is_list = piece.lastgroup == "list"
            parts = tuple(_parts(text, at, patterns.cells if is_list else patterns.rows))
            at = parts[-1][1] if parts else at
            if len(parts) * PARSED_TOGETHER < MANY or (is_list and text[at : at + 1] not in (")", "]")):
                continue
            start = piece.start() + (1 if is_list else len("values"))
            found.append(_Found((exp.In, exp.Array) if is_list else (exp.Values,), start, parts))
    if not found:
        return None
    pieces, at = [], 0
    for each in found:
        start, end = each.parts[0][0], each.parts[-1][1]
        pieces += [text[at:start], " " * (end - start)]
        at = end
    return LongLists("".join([*pieces, text[at:]]), tuple(found), text)


def _parts(text: str, at: int, wanted: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    while (part := wanted.match(text, at)) is not None:
        yield part.span()
        at = part.end()


def _parsed(found: _Found, text: str, start: int, end: int) -> list[exp.Expr]:
    """The trees of some members, which know where they stand in the text."""
    if exp.Values not in found.holders:
        return list(parse_expressions(_tokens(text[start:end], start), text))
    word = "VALUES "
    tree = parse_tree(_tokens(word + text[start:end], start - len(word)), text)
    return list(tree.expressions)


def _tokens(part: str, offset: int) -> list[Token]:
    (tokens,) = scan(part)
    return [shifted(token, offset) for token in tokens]


def _start(holder: exp.Expr) -> int | None:
    return _start_of(holder.expressions)


def _start_of(members: Sequence[exp.Expr]) -> int | None:
    first = members[0]
    if isinstance(first, exp.Tuple):
        first = first.expressions[0]
    return position_at(first.this if isinstance(first, exp.Cast) else first)
