"""INSERT … VALUES of many rows, read from its text row by row.

sqlglot takes some hundred microseconds for a row, and lets no other thread run before it is done with the last one.
Here rows of constants and parameters are matched by one regular expression, a row at a time; rows with anything else in
them are given to sqlglot, a few dozen at a time. What is around the rows is parsed as ever, with the first row in it. A
text with something in it that could be meant another way is left to the general way, which also finds all errors of
syntax.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from sqlglot import exp

from sql.errors import SqlError
from sql.grammar.cell_texts import ROWS_A_PIECE, CellTexts
from sql.grammar.expressions import parse_tree
from sql.lexemes import check_numbers
from sql.name_characters import LETTER
from sql.names import is_default
from sql.tokens import scan, shifted

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

STRING: Final = r"'[^']*+(?:''[^']*+)*+'"
ESCAPED: Final = r"[eE]'[^'\\]*+(?:(?:''|\\.)[^'\\]*+)*+'"
"""Where a constant ends is certain: none is tried to be shorter, which would take a long one all over again."""
TYPES: Final = (
    r"(?i:date|timestamptz|timestamp(?:\ with(?:out)?\ time\ zone)?|time|uuid|interval|int[248]?|integer|bigint"
    r"|smallint|numeric|decimal|real|float[48]|double\ precision|boolean|bool|text|varchar|bytea|jsonb?)"
)
"""Names of types without modifiers, as drivers write them behind constants."""

CELL: Final = (
    rf"(?:(?:{STRING}|{ESCAPED}|\$[0-9]{{1,5}})(?:::{TYPES})?"
    r"|[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:null|true|false|default))"
)
SPACE: Final = r"[ \t\n\r\f]*"
_PIECE: Final = re.compile(
    rf"""(?P<open>\() | (?P<close>\)) | (?P<comma>,) | (?P<end>;)
    | (?P<skipped>[ \t\n\r\f]+ | --[^\n\r]* | /\*[^*/]*(?:(?:\*(?!/)|/(?!\*))[^*/]*)*\*/)
    | (?P<doubt>[uU]&['"] | \$(?![0-9]) | /\* | \x00)
    | (?P<string>{ESCAPED} | {STRING}) | "[^"]*" | (?P<broken>['"])
    | (?P<word>{LETTER}[\w$]*) | \$?[0-9][\w.]* | .""",
    re.DOTALL | re.VERBOSE,
)
_BEHIND_ROWS: Final = frozenset(("on", "returning"))
PARSED_TOGETHER: Final = 64
"""Rows that are parsed in one go where they are not plain."""


class _InDoubt(Exception):
    """the text is for the general way"""


class WrittenRows(Struct, eq=False):
    """The rows of a VALUES list. It is not changed once it has been read."""

    text: str
    """The whole text, from which errors take their positions."""
    columns: tuple[CellTexts, ...]
    """Constants and parameters as they are written; `null` where there is an expression."""
    starts: array[int] = field(default_factory=lambda: array("Q"))
    """Where each row begins in the text."""
    expressions: dict[int, dict[int, exp.Expr]] = field(default_factory=dict)
    """What else is written, by column and row."""
    parameters: dict[int, tuple[int, str]] = field(default_factory=dict)
    """For each parameter (from 0) the column in which it stands first, and the type of its cast there, or ''."""
    repeated: set[tuple[int, int]] = field(default_factory=set)
    """Columns and parameters that stand in them, too."""
    uneven: list[exp.Expr] | None = None
    """The first row of another length than the first one; those behind it are not here."""

    def __len__(self) -> int:
        return len(self.starts)

    def gives(self, column: int) -> bool:
        """Whether a row has anything but DEFAULT in a column."""
        return any(cell.lower() != "default" for cell in self.columns[column])

    def parsed(self, row: int) -> list[exp.Expr]:
        """The trees of one row, which know where they stand in the text."""
        start = self.starts[row]
        (trees,) = _parsed_rows(self.text, start, _end_of_row(self.text, start))
        return trees


class WrittenInsert(Struct, frozen=True):
    """An INSERT of many rows."""

    tokens: list[Token]
    """Its tokens with the first of the rows only. They stand where they stand in the text."""
    rows: WrittenRows
    end: int
    """Where it ends in the text."""


def read_written_insert(text: str) -> WrittenInsert | None:
    """An INSERT of many rows; `None` if the text is anything else, or not so easy to read."""
    try:
        start = _first_row(text)
        if start is None:
            return None
        behind = _end_of_row(text, start)
        (sample,) = _parsed_rows(text, start, behind)
        rows, end = _RowReader(text, len(sample)).read(start)
        tail = _tokens_behind(text, end)
        end = tail[-1].end + 1 if tail else len(text[:end].rstrip())
        return WrittenInsert([*_tokens(text[:behind], 0), *tail], rows, end)
    except (_InDoubt, SqlError):
        return None


def _first_row(text: str) -> int | None:
    """Where the first row behind the VALUES of an INSERT begins."""
    depth = words = 0
    has_values = False
    for piece in _PIECE.finditer(text):
        kind = piece.lastgroup
        if kind == "skipped":
            continue
        if has_values:
            return piece.start() if kind == "open" else None
        if kind in ("doubt", "broken", "end", "string"):
            return None
        depth += (kind == "open") - (kind == "close")
        if kind == "word":
            word = piece[0].lower()
            if (words == 0) is not (word == "insert") or word in ("with", "select"):
                return None
            words += 1
            has_values = word == "values" and not depth
        elif not words:
            return None
    return None


class _RowReader:
    def __init__(self, text: str, width: int) -> None:
        cell = rf"{SPACE}({CELL}){SPACE}"
        self._match = re.compile(rf"{SPACE}\({','.join([cell] * width)}\){SPACE}", re.DOTALL).match
        self._text = text
        self._width = width
        self._cells: list[tuple[str, ...]] = []
        """Of the rows that are not in a piece yet."""
        self._rows = WrittenRows(text, tuple([CellTexts() for _ in range(width)]))
        self._unparsed: list[int] = []
        """Where the rows begin that were read last and are not plain."""
        self._unparsed_end = 0

    def read(self, at: int) -> tuple[WrittenRows, int]:
        """The rows that begin there, and where they end."""
        text, match = self._text, self._match
        while True:
            found = match(text, at)
            if found is not None:
                if self._unparsed:
                    self._parse()
                if self._rows.uneven is None:
                    self._append(text.index("(", at), found.groups())
                at = found.end()
            else:
                start = _skip(text, at)
                self._unparsed.append(start)
                at = self._unparsed_end = _end_of_row(text, start)
                if len(self._unparsed) >= PARSED_TOGETHER:
                    self._parse()
                at = _skip(text, at)
            if text[at : at + 1] != ",":
                break
            at += 1
        if self._unparsed:
            self._parse()
        self._end_piece()
        if "$" in text:
            self._note_parameters()
        return self._rows, at

    def _append(self, start: int, cells: tuple[str, ...]) -> None:
        self._rows.starts.append(start)
        self._cells.append(cells)
        if len(self._cells) == ROWS_A_PIECE:
            self._end_piece()

    def _end_piece(self) -> None:
        try:
            for column, cells in zip(self._rows.columns, zip(*self._cells, strict=True), strict=False):
                column.append(cells)
        except ValueError:
            raise _InDoubt from None
        self._cells.clear()

    def _parse(self) -> None:
        starts, self._unparsed = self._unparsed, []
        parsed = _parsed_rows(self._text, starts[0], self._unparsed_end)
        for start, row in zip(starts, parsed, strict=True):
            if self._rows.uneven is not None:
                return
            if len(row) != self._width:
                self._rows.uneven = row
                return
            cells = []
            for column, tree in enumerate(row):
                written = _as_written(tree)
                if written is None:
                    if tree.find(exp.Parameter) is not None:
                        raise _InDoubt
                    self._rows.expressions.setdefault(column, {})[len(self._rows)] = tree
                cells.append(written or "null")
            self._append(start, tuple(cells))

    def _note_parameters(self) -> None:
        parameters, repeated = self._rows.parameters, self._rows.repeated
        first_row: dict[int, int] = {}
        for column, cells in enumerate(self._rows.columns):
            for row, cell in enumerate(cells):
                if cell[0] == "$":
                    number, _, type_name = cell[1:].partition("::")
                    index = int(number) - 1
                    if index < 0:
                        raise _InDoubt
                    if index in parameters:
                        if type_name.lower() != parameters[index][1]:
                            raise _InDoubt
                        repeated.add((column, index))
                        repeated.add((parameters[index][0], index))
                    if index not in parameters or row < first_row[index]:
                        parameters[index] = (column, type_name.lower())
                        first_row[index] = row


def _end_of_row(text: str, start: int) -> int:
    """Where the row ends whose parenthesis opens there."""
    depth, at = 1, start + 1
    if text[start:at] != "(":
        raise _InDoubt
    while depth:
        piece = _PIECE.match(text, at)
        if piece is None or piece.lastgroup in ("doubt", "broken", "end"):
            raise _InDoubt
        at = piece.end()
        depth += (piece.lastgroup == "open") - (piece.lastgroup == "close")
    return at


def _skip(text: str, at: int) -> int:
    """Where the next thing stands that is neither white space nor a comment."""
    while (piece := _PIECE.match(text, at)) is not None and piece.lastgroup == "skipped":
        at = piece.end()
    return at


def _tokens_behind(text: str, end: int) -> list[Token]:
    """What stands behind the rows: nothing, ON CONFLICT or RETURNING."""
    tokens = _tokens(text[end:], end)
    if tokens and tokens[0].text.lower() not in _BEHIND_ROWS:
        raise _InDoubt
    if any(token.text == "$" for token in tokens):
        raise _InDoubt
    return tokens


def _tokens(part: str, offset: int) -> list[Token]:
    """The tokens of a part of the text that begins at an offset, and holds one statement or none."""
    statements = scan(part)
    check_numbers(statements, part)
    if len(statements) > 1:
        raise _InDoubt
    return [shifted(token, offset) for token in statements[0]] if statements else []


def _parsed_rows(text: str, start: int, end: int) -> list[list[exp.Expr]]:
    """The trees of some rows."""
    word = "VALUES "
    tokens = _tokens(word + text[start:end], start - len(word))
    tree = parse_tree(tokens, text)
    if not isinstance(tree, exp.Values) or any(value for name, value in tree.args.items() if name != "expressions"):
        raise _InDoubt
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in tree.expressions]
    if not all(rows):
        raise _InDoubt
    return rows


def _as_written(tree: exp.Expr) -> str | None:
    """A constant or a parameter in the one way in which they are written in `WrittenRows`; `None` of other trees."""
    match tree:
        case exp.Literal():
            return "'" + tree.name.replace("'", "''") + "'" if tree.is_string else tree.name
        case exp.Neg() if isinstance(tree.this, exp.Literal) and not tree.this.is_string:
            return "-" + tree.this.name
        case exp.Null():
            return "null"
        case exp.Boolean():
            return "true" if tree.this else "false"
        case exp.Parameter() if isinstance(tree.this, exp.Literal) and not tree.this.is_string:
            return f"${tree.this.name}"
        case _:
            return "default" if is_default(tree) else None
