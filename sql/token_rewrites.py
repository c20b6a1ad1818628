"""Tokens made ready for sqlglot's parser, so that its tree says what PostgreSQL would understand.

The parser knows many dialects' functions and types and turns them into nodes of its own, losing on the way which was
written. The tokens are therefore changed first:

- a function's name becomes one word, `f_name`, which the parser knows nothing about: every call is an
  `exp.Anonymous` (`call_of` reads it). CAST, EXTRACT, SUBSTRING, POSITION, TRIM and OVERLAY have a syntax of their
  own and stay;
- a type's name behind `::`, in CAST and before a constant becomes one word that carries the `SqlType` (`type_of`);
- `date '…'` becomes `'…'::date`; all kinds of string constants become plain ones;
- the types of `AS x(a type, …)` become such words, too, and so does the name of a relation where a type is asked for;
- a subscript `a[i]` becomes `a[subscript(i)]` and `a[i:j]` becomes `a[slice(i, j)]`: sqlglot would count from 0;
- the constant behind `->` and `->>` gets parentheses: sqlglot would read it as a JSON path; and so does a name before
  it in a call: sqlglot would read a lambda.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.tokenizer_core import Token, TokenType

from sql.column_definitions import read_column_definitions
from sql.errors import SqlError, UndefinedObject
from sql.negated_operators import quantified
from sql.parser_words import (
    BEFORE_ALIAS,
    BEFORE_NAMES,
    JOIN_WORDS,
    LIST_ENDS,
    LIST_STARTS,
    NOT_BEFORE_ALIAS,
    NOT_FUNCTIONS,
    OWN_SYNTAX,
    SIMPLE,
    UNITS,
)
from sql.tokens import NOT_WORDS, STRINGS, TokenReader, string_value, syntax_error_at
from sql.type_names import WITH_MODIFIER, read_type, row_type_token, starts_type, type_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp


def for_parser(tokens: Sequence[Token], text: str) -> list[Token]:
    """The tokens of one statement as sqlglot's parser shall see them. Raises `SqlError`."""
    return _Rewriter(tokens, text).run()


def call_of(node: exp.Anonymous) -> tuple[str | None, str]:
    """Namespace and name of a function call, folded; the namespace is `None` where none was written."""
    name = str(node.this)
    if name.startswith("f_"):
        return None, name[2:]
    if not name.startswith("q"):
        return None, name.lower()
    length, _, rest = name[1:].partition("_")
    return rest[: int(length)], rest[int(length) + 1 :]


class _Rewriter:
    """One pass over the tokens; `out` is what has been made of those before `index`."""

    def __init__(self, tokens: Sequence[Token], text: str) -> None:
        self._tokens = tokens
        self._text = text
        self._out: list[Token] = []
        self._closers: dict[int, tuple[TokenType, ...]] = {}
        """Parentheses to add before the token at an index."""
        self._subscript_commas: set[int] = set()
        self._casts: list[int] = []
        """Depths of the CASTs whose AS has not come yet."""
        self._depth = 0

    def run(self) -> list[Token]:
        index = 0
        while index < len(self._tokens):
            token = self._tokens[index]
            if token.token_type in SIMPLE and not self._casts and not self._closers:
                if token.token_type is TokenType.COMMA:
                    self._check_comma(index)
                self._out.append(token)
                index += 1
            else:
                index = self._step(index, token)
        return self._out

    def _step(self, index: int, token: Token) -> int:
        """Rewrite what starts at a token; returns the index behind it."""
        for closer in self._closers.pop(index, ()):
            self._emit(closer, token)
        kind = token.token_type
        if kind in STRINGS:
            return self._string(index, token)
        if kind is TokenType.DCOLON:
            self._out.append(token)
            return self._type(index + 1)
        if kind is TokenType.L_PAREN and (read := read_column_definitions(self._tokens, self._text, index)) is not None:
            self._out += read.tokens
            return read.end
        if kind in (TokenType.L_PAREN, TokenType.R_PAREN):
            self._depth += 1 if kind is TokenType.L_PAREN else -1
        elif kind is TokenType.ALIAS and self._casts and self._casts[-1] == self._depth:
            self._casts.pop()
            self._out.append(token)
            return self._type(index + 1)
        elif kind is TokenType.L_BRACKET:
            return self._bracket(index, token)
        elif kind in (TokenType.ARROW, TokenType.DARROW):
            return self._json_key(index, token)
        elif kind is TokenType.COMMA:
            self._check_comma(index)
        elif kind is TokenType.JOIN and self._tokens[index - 1].token_type not in JOIN_WORDS:
            # Said so, a join without ON is told from a comma.
            self._emit(TokenType.INNER, token, "INNER")
        elif kind is TokenType.COLON and index in self._subscript_commas:
            return self._slice_colon(index, token)
        elif kind not in NOT_WORDS:
            return self._word(index, token)
        self._out.append(token)
        return index + 1

    def _emit(self, kind: TokenType, at: Token, text: str = "") -> None:
        self._out.append(Token(kind, text, at.line, at.col, at.start, at.end))

    def _check_comma(self, index: int) -> None:
        if index == 0 or self._tokens[index - 1].token_type in LIST_STARTS:
            raise syntax_error_at(self._tokens[index], self._text)
        following = self._tokens[index + 1] if index + 1 < len(self._tokens) else None
        if following is None or following.token_type in LIST_ENDS:
            raise syntax_error_at(following, self._text)

    def _string(self, index: int, token: Token) -> int:
        """Constants with a line break between them are one; anything else may not stand side by side."""
        value = string_value(token, self._text)
        last = token
        index += 1
        if token.token_type is TokenType.STRING and not self._string_at(index):
            self._out.append(token)
            return index
        while self._string_at(index):
            following = self._tokens[index]
            if "\n" not in self._text[last.end + 1 : following.start]:
                raise syntax_error_at(following, self._text)
            value += following.text
            last = following
            index += 1
        self._out.append(Token(TokenType.STRING, value, token.line, token.col, token.start, last.end))
        return index

    def _string_at(self, index: int) -> bool:
        return index < len(self._tokens) and self._tokens[index].token_type is TokenType.STRING

    def _type(self, index: int) -> int:
        """The name of a type, which must stand at `index`."""
        reader = TokenReader(self._tokens, self._text)
        reader.index = index
        try:
            sql_type = read_type(reader)
        except UndefinedObject:
            # It may be the name of a relation, which has a type of its rows: the binder knows.
            token, end = row_type_token(self._tokens, index)
            if end < len(self._tokens) and self._tokens[end].token_type is TokenType.L_BRACKET:
                raise
            self._out.append(token)
            return end
        self._out.append(type_token(sql_type, self._tokens[index], self._tokens[reader.index - 1]))
        return reader.index

    def _word(self, index: int, token: Token) -> int:
        following = self._tokens[index + 1] if index + 1 < len(self._tokens) else None
        kind = None if following is None else following.token_type
        word = token.text.lower()
        if kind is TokenType.L_PAREN:
            if (operator := quantified(word, self._out)) is not None:
                self._out[-2:] = operator
            if word == "cast":
                self._casts.append(self._depth + 1)
            elif word == "some":
                self._emit(TokenType.ANY, token, "any")
                return index + 1
            elif word in WITH_MODIFIER and (typed := self._typed_constant(index)) is not None:
                return typed
            elif self._is_call(index, token, word):
                return self._call(index, index, token)
        elif kind is TokenType.DOT:
            end = self._end_of_chain(index)
            if end is not None and self._is_call(end, self._tokens[end], self._tokens[end].text.lower(), chain=index):
                return self._call(index, end, token)
        if token.token_type is not TokenType.IDENTIFIER and starts_type(word):
            typed = self._typed_constant(index)
            if typed is not None:
                return typed
        self._out.append(token)
        return index + 1

    def _end_of_chain(self, index: int) -> int | None:
        """Where the last name of `a.b.c` stands if a parenthesis follows it."""
        tokens = self._tokens
        while index + 2 < len(tokens) and tokens[index + 1].token_type is TokenType.DOT:
            index += 2
        followed = index + 1 < len(tokens) and tokens[index + 1].token_type is TokenType.L_PAREN
        return index if followed else None

    def _is_call(self, index: int, token: Token, word: str, chain: int | None = None) -> bool:
        """Whether a name before a parenthesis is a function's; it may be a table or an alias with its columns."""
        quoted = token.token_type is TokenType.IDENTIFIER
        if not quoted and chain is None:
            if word in OWN_SYNTAX or word in NOT_FUNCTIONS:
                return False
            if token.token_type is not TokenType.VAR and not word.isidentifier():
                return False
        first = index if chain is None else chain
        if first == 0:
            return False
        before = self._tokens[first - 1]
        if before.token_type is TokenType.DOT:
            return False  # The end of a chain that has been found not to be a function's name.
        if before.token_type in (*BEFORE_ALIAS, TokenType.FETCH) or before.text.lower() in BEFORE_NAMES:
            return False
        if before.token_type is TokenType.COMMA:
            return not self._names_cte(index)
        if before.token_type is TokenType.R_PAREN:
            return self._closes_distinct_on(first - 1)
        if before.token_type in (TokenType.VAR, TokenType.IDENTIFIER):
            return before.text.lower() in NOT_BEFORE_ALIAS and before.token_type is TokenType.VAR
        return True

    def _matching(self, index: int) -> int | None:
        """Where the parenthesis that opens at `index` closes."""
        depth = 0
        for at in range(index, len(self._tokens)):
            kind = self._tokens[at].token_type
            depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
            if depth == 0:
                return at
        return None

    def _names_cte(self, index: int) -> bool:
        """`WITH …, name (columns) AS (`."""
        if self._tokens[0].token_type is not TokenType.WITH:
            return False
        close = self._matching(index + 1)
        if close is None or close + 2 >= len(self._tokens):
            return False
        behind = self._tokens[close + 2]
        opens = behind.token_type is TokenType.L_PAREN or behind.text.lower() in ("materialized", "not")
        return self._tokens[close + 1].token_type is TokenType.ALIAS and opens

    def _closes_distinct_on(self, close: int) -> bool:
        depth = 0
        for at in range(close, -1, -1):
            kind = self._tokens[at].token_type
            depth += (kind is TokenType.R_PAREN) - (kind is TokenType.L_PAREN)
            if depth == 0:
                return at >= 2 and self._tokens[at - 2].token_type is TokenType.DISTINCT
        return False

    def _call(self, first: int, last: int, token: Token) -> int:
        names = [
            t.text if t.token_type is TokenType.IDENTIFIER else t.text.lower()
            for t in self._tokens[first : last + 1 : 2]
        ]
        if names[-1] in OWN_SYNTAX and names[0] == "pg_catalog":
            self._out.append(self._tokens[last])
            return last + 1
        # Every name must look like an identifier: the parser reads some of them again.
        text = f"f_{names[0]}" if len(names) == 1 else f"q{len(names[-2])}_{names[-2]}_{names[-1]}"
        self._out.append(
            Token(TokenType.VAR, text, token.line, token.col, token.start, self._tokens[last].end, token.comments)
        )
        return last + 1

    def _typed_constant(self, index: int) -> int | None:
        """`date '2020-01-01'` → `'2020-01-01'::date`; `None` if this is something else."""
        if index and self._tokens[index - 1].token_type is TokenType.DOT:
            return None
        reader = TokenReader(self._tokens, self._text)
        reader.index = index
        first = self._tokens[index]
        after = self._tokens[index + 1] if index + 1 < len(self._tokens) else None
        plausible = after is not None and (
            after.token_type in STRINGS
            or after.token_type is TokenType.L_PAREN
            or after.text.lower() in ("precision", "varying", "with", "without")
        )
        if not plausible:
            return None
        try:
            sql_type = read_type(reader)
        except SqlError:
            return None
        constant = reader.token
        if constant is None or constant.token_type not in STRINGS:
            return None
        end = self._string(reader.index, constant)
        if first.text.lower() == "interval":
            end = self._interval_unit(end)
        self._emit(TokenType.DCOLON, first, "::")
        self._out.append(type_token(sql_type, first, first))
        return end

    def _interval_unit(self, index: int) -> int:
        """`interval '1' day` → the constant `1 day`."""
        if index >= len(self._tokens) or self._tokens[index].text.lower() not in UNITS:
            return index
        unit = self._tokens[index].text.lower()
        index += 1
        if index + 1 < len(self._tokens) and self._tokens[index].text.lower() == "to":
            return index + 2
        constant = self._out.pop()
        if constant.text.strip().lstrip("+-").replace(".", "", 1).isdecimal():
            constant = Token(
                TokenType.STRING,
                f"{constant.text} {unit}",
                constant.line,
                constant.col,
                constant.start,
                constant.end,
            )
        self._out.append(constant)
        return index

    def _bracket(self, index: int, token: Token) -> int:
        before = self._tokens[index - 1] if index else None
        self._out.append(token)
        constructs = before is None or before.token_type in (
            TokenType.ARRAY,
            TokenType.L_BRACKET,
            TokenType.L_PAREN,
            TokenType.COMMA,
        )
        if constructs:
            if before is None or before.token_type is TokenType.L_PAREN:
                raise syntax_error_at(token, self._text)
            return index + 1
        close, colon = self._subscript_end(index)
        if close is None:
            return index + 1
        if close == index + 1:
            raise syntax_error_at(self._tokens[close], self._text)
        self._emit(TokenType.VAR, token, "subscript" if colon is None else "slice")
        self._emit(TokenType.L_PAREN, token, "(")
        self._closers[close] = (TokenType.R_PAREN,)
        if colon is not None:
            self._subscript_commas.add(colon)
            if colon == index + 1:
                self._emit(TokenType.STAR, token, "*")
        return index + 1

    def _subscript_end(self, index: int) -> tuple[int | None, int | None]:
        """Where the bracket at `index` closes, and where its colon stands."""
        depth = 0
        colon = None
        for at in range(index, len(self._tokens)):
            kind = self._tokens[at].token_type
            depth += kind in (TokenType.L_BRACKET, TokenType.L_PAREN)
            depth -= kind in (TokenType.R_BRACKET, TokenType.R_PAREN)
            if depth == 0:
                return at, colon
            if depth == 1 and kind is TokenType.COLON:
                colon = at
        return None, None

    def _slice_colon(self, index: int, token: Token) -> int:
        self._emit(TokenType.COMMA, token, ",")
        if self._tokens[index + 1].token_type is TokenType.R_BRACKET:
            self._emit(TokenType.STAR, token, "*")
        return index + 1

    def _json_key(self, index: int, token: Token) -> int:
        self._wrap_name()
        self._out.append(token)
        index += 1
        if index < len(self._tokens) and self._tokens[index].token_type in STRINGS | {TokenType.NUMBER}:
            key = self._tokens[index]
            self._emit(TokenType.L_PAREN, key, "(")
            if key.token_type is TokenType.NUMBER:
                self._out.append(key)
                index += 1
            else:
                index = self._string(index, key)
            self._emit(TokenType.R_PAREN, key, ")")
        return index

    def _wrap_name(self) -> None:
        """`f(name -> …` → `f(((name)) -> …`: sqlglot would read a lambda, also where the name has parentheses."""
        out = self._out
        start = len(out) - (3 if out and out[-1].token_type is TokenType.R_PAREN else 1)
        if start < 1 or out[start - 1].token_type not in (TokenType.L_PAREN, TokenType.COMMA):
            return
        name = out[(start + len(out)) // 2]
        if name.token_type not in NOT_WORDS:
            opening = Token(TokenType.L_PAREN, "(", name.line, name.col, name.start, name.end)
            closing = Token(TokenType.R_PAREN, ")", name.line, name.col, name.start, name.end)
            out[start:] = [opening, opening, *out[start:], closing, closing]
