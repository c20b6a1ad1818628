"""The token stream of a script: cut into statements, and read word by word by the grammar of our own statements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn

from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from sql.errors import FeatureNotSupported, SqlSyntaxError
from sql.names import QualifiedName
from sql.types.text import decode_text
from sql.unicode_constants import unicode_value
from sql.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

STRINGS: Final = frozenset(
    {
        TokenType.STRING,
        TokenType.BYTE_STRING,
        TokenType.HEREDOC_STRING,
        TokenType.RAW_STRING,
        TokenType.UNICODE_STRING,
        TokenType.NATIONAL_STRING,
    }
)
NOT_WORDS: Final = STRINGS | {TokenType.NUMBER, TokenType.BIT_STRING, TokenType.HEX_STRING, TokenType.PARAMETER}

RESERVED: Final = words(
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation "
    "column concurrently constraint create cross current_catalog current_date current_role current_schema current_time "
    "current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze "
    "from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like "
    "limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary "
    "references returning right select session_user similar some symmetric table tablesample then to trailing true "
    "union unique user using variadic verbose when where window with"
)
"""PostgreSQL's reserved words: never a bare name of a table or column."""

DIALECT: Final = Postgres()


def scan(text: str) -> list[list[Token]]:
    """The tokens of each statement of a script, without the semicolons; empty statements left out.

    A token's `start` and `end` are offsets in `text`. Raises `SqlSyntaxError`.
    """
    statements: list[list[Token]] = []
    current: list[Token] = []
    for token in _tokens(text):
        if token.token_type is TokenType.SEMICOLON:
            if current:
                statements.append(current)
            current = []
        else:
            current.append(token)
    if current:
        statements.append(current)
    return statements


def _tokens(text: str) -> list[Token]:
    if "\0" in text:
        raise SqlSyntaxError('invalid byte sequence for encoding "UTF8": 0x00')
    tokens = _tokenize(text)
    commands = DIALECT.tokenizer_class.COMMANDS
    at_start = True
    for index, token in enumerate(tokens):
        if at_start and token.token_type in commands:
            # The tokenizer takes the rest of such a statement as one string: read it again from behind the word.
            rest = token.end + 1
            first = Token(TokenType.VAR, token.text, token.line, token.col, token.start, token.end)
            return [*tokens[:index], first, *(shifted(t, rest) for t in _tokens_behind(text, rest))]
        at_start = token.token_type is TokenType.SEMICOLON
    return tokens


def _tokens_behind(text: str, offset: int) -> list[Token]:
    """Tokens of the text from an offset in mid-statement: the parenthesis keeps it from being a start."""
    opened = _tokenize("(" + text[offset:])[1:]
    for index, token in enumerate(opened):
        if token.token_type is TokenType.SEMICOLON:
            behind = token.end  # The added parenthesis makes up for the semicolon itself.
            return [
                *(shifted(t, -1) for t in opened[: index + 1]),
                *(shifted(t, behind) for t in _tokens(text[offset + behind :])),
            ]
    return [shifted(t, -1) for t in opened]


_TAG_LIKE: Final = re.compile(r"\$\d[^\s$]*+\$")
_PARAMETER: Final = re.compile(r"(?<![\w$])\$(?=\d)")
_STAND_IN: Final = "\ue000"


def _tokenize(text: str) -> list[Token]:
    """The tokens of a text. The tokenizer would take `$1,$` for the opening of a dollar-quoted string.

    PostgreSQL's tags do not begin with a digit, so parameters are hidden behind a stand-in of their length meanwhile.
    """
    if _TAG_LIKE.search(text) is None or _STAND_IN in text:
        return _tokenize_plainly(text)
    tokens: list[Token] = []
    for token in _tokenize_plainly(_PARAMETER.sub(_STAND_IN, text)):
        if not token.text.startswith(_STAND_IN):
            token.text = token.text.replace(_STAND_IN, "$")
            tokens.append(token)
        else:
            start = token.start
            tokens.append(Token(TokenType.PARAMETER, "$", token.line, token.col, start, start))
            tokens.append(Token(TokenType.NUMBER, token.text[1:], token.line, token.col, start + 1, token.end))
    return tokens


def _tokenize_plainly(text: str) -> list[Token]:
    try:
        return DIALECT.tokenize(text)
    except TokenError as error:
        reason = str(error.__context__ or error)
        missing = re.search(r"Missing (\S+) from (\d+):(\d+)", reason)
        if missing is None:
            raise SqlSyntaxError("syntax error at end of input", position=len(text) + 1) from None
        raise _unterminated(missing[1], text) from None


def _unterminated(delimiter: str, text: str) -> SqlSyntaxError:
    """PostgreSQL's error for a quote or comment that is not closed: it opens at the last one that does not pair."""
    what = {"'": "string", '"': "identifier"}.get(delimiter)
    if what is None:
        kind = "/* comment" if delimiter == "*/" else "dollar-quoted string"
        return SqlSyntaxError(f"unterminated {kind} at end of input", position=len(text) + 1)
    opens = _opening(delimiter, text)
    return SqlSyntaxError(f'unterminated quoted {what} at or near "{text[opens:]}"', position=opens + 1)


_QUOTED: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)


def _opening(delimiter: str, text: str) -> int:
    at = 0
    for closed in _QUOTED.finditer(text):
        found = text.find(delimiter, at, closed.start())
        if found >= 0:
            return found
        at = closed.end()
    return max(text.find(delimiter, at), 0)


def shifted(token: Token, by: int) -> Token:
    """The token as one that stands further behind."""
    return Token(token.token_type, token.text, token.line, token.col, token.start + by, token.end + by, token.comments)


def syntax_error_at(token: Token | None, text: str) -> SqlSyntaxError:
    """PostgreSQL's error for a token that fits nowhere; `None` stands for the end of the input, or its semicolon."""
    if token is None:
        end = len(text.rstrip("; \t\r\n"))
        where = 'at or near ";"' if ";" in text[end:] else "at end of input"
        return SqlSyntaxError(f"syntax error {where}", position=max(text.find(";", end), end) + 1)
    return SqlSyntaxError(
        f'syntax error at or near "{text[token.start : token.end + 1]}"',
        position=token.start + 1,
    )


class TokenReader:
    """Reads one statement's tokens in order. `text` is the whole script, for messages and positions."""

    def __init__(self, tokens: Sequence[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.index = 0

    @property
    def token(self) -> Token | None:
        """The token that comes next."""
        return self.tokens[self.index] if self.index < len(self.tokens) else None

    @property
    def position(self) -> int:
        """Where the next token stands in the script; the first character is 1."""
        return self.token.start + 1 if self.token is not None else len(self.text) + 1

    def word(self, ahead: int = 0) -> str:
        """The next word or sign in lower case; empty for a string, a quoted name, and at the end."""
        index = self.index + ahead
        if index >= len(self.tokens):
            return ""
        token = self.tokens[index]
        if token.token_type in STRINGS or token.token_type is TokenType.IDENTIFIER:
            return ""
        return token.text.lower()

    def accept(self, *words: str) -> bool:
        """Step over these words if they come next."""
        for ahead, word in enumerate(words):
            if self.word(ahead) != word:
                return False
        self.index += len(words)
        return True

    def accept_one_of(self, *words: str) -> str | None:
        """Step over the next word if it is one of these, and say which."""
        word = self.word()
        if word in words:
            self.index += 1
            return word
        return None

    def expect(self, *words: str) -> None:
        """Step over these words. Raises `SqlSyntaxError`."""
        for word in words:
            if not self.accept(word):
                self.fail()

    def fail(self) -> NoReturn:
        """Raise the syntax error for the next token."""
        raise syntax_error_at(self.token, self.text)

    def refuse(self, what: str) -> NoReturn:
        """Raise 0A000 at the next token."""
        raise FeatureNotSupported(f"{what} is not supported", position=self.position)

    def end(self) -> None:
        """Check that nothing follows."""
        if self.token is not None:
            self.fail()

    def name(self) -> str:
        """An identifier, folded."""
        token = self.token
        if token is None:
            self.fail()
        if token.token_type is TokenType.IDENTIFIER:
            self.index += 1
            return token.text
        word = token.text
        if token.token_type in NOT_WORDS or not (word[0].isalpha() or word[0] == "_") or word.lower() in RESERVED:
            self.fail()
        self.index += 1
        return word.lower()

    def names(self) -> tuple[str, ...]:
        """Names with commas between."""
        names = [self.name()]
        while self.accept(","):
            names.append(self.name())
        return tuple(names)

    def qualified_name(self) -> QualifiedName:
        """`[namespace.]name`."""
        position = self.position
        first = self.name()
        if not self.accept("."):
            return QualifiedName(None, first, position)
        second = self.name()
        if self.accept("."):
            return QualifiedName(second, self.name(), position)
        return QualifiedName(first, second, position)

    def qualified_names(self) -> tuple[QualifiedName, ...]:
        """Qualified names with commas between."""
        names = [self.qualified_name()]
        while self.accept(","):
            names.append(self.qualified_name())
        return tuple(names)

    def string(self) -> str:
        """A string constant's value."""
        value = self.accept_string()
        if value is None:
            self.fail()
        return value

    def accept_string(self) -> str | None:
        """A string constant's value if one comes next."""
        token = self.token
        if token is None or token.token_type not in STRINGS:
            return None
        self.index += 1
        return string_value(token, self.text)

    def integer(self) -> int:
        """A whole number with an optional sign."""
        negative = self.accept("-")
        if not negative:
            self.accept("+")
        token = self.token
        if token is None or token.token_type is not TokenType.NUMBER or not token.text.isdecimal():
            self.fail()
        self.index += 1
        return -int(token.text) if negative else int(token.text)

    def parenthesis(self) -> Sequence[Token]:
        """The tokens inside the parentheses that come next, which are stepped over."""
        self.expect("(")
        first, depth = self.index, 1
        while depth:
            token = self.token
            if token is None:
                self.fail()
            if token.token_type is TokenType.L_PAREN:
                depth += 1
            elif token.token_type is TokenType.R_PAREN:
                depth -= 1
            self.index += 1
        return self.tokens[first : self.index - 1]

    def rest(self) -> Sequence[Token]:
        """All tokens that are left; they are stepped over."""
        tokens = self.tokens[self.index :]
        self.index = len(self.tokens)
        return tokens


def string_value(token: Token, text: str) -> str:
    """The value of a string constant, by PostgreSQL's rules for E'…', U&'…' and the others."""
    if token.token_type is TokenType.UNICODE_STRING:
        return unicode_value(text[token.start : token.end + 1], token.start + 1)
    if token.token_type is TokenType.BYTE_STRING:
        return escaped_value(text[token.start : token.end + 1], token.start + 1)
    return token.text


_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def escaped_value(source: str, position: int | None) -> str:
    """E'…' from its source: the tokenizer's idea of escapes is not PostgreSQL's. `position` is for errors."""
    body = source[source.index("'") + 1 : -1]
    value = bytearray()
    index = 0
    while index < len(body):
        character = body[index]
        if character == "'" and body[index + 1 : index + 2] == "'":
            value += b"'"
            index += 2
        elif character == "\\" and index + 1 < len(body):
            taken, octets = _escape(body, index + 1, position)
            value += octets
            index += 1 + taken
        else:
            value += character.encode()
            index += 1
    return decode_text(bytes(value))


def _escape(body: str, index: int, position: int | None) -> tuple[int, bytes]:
    """How many characters an escape takes behind its backslash, and the bytes that it means."""
    character = body[index]
    if character in "01234567":
        digits = _run(body, index, "01234567", 3)
        return len(digits), bytes([int(digits, 8) & 0xFF])
    if character == "x" and (digits := _run(body, index + 1, _HEX, 2)):
        return 1 + len(digits), bytes([int(digits, 16)])
    if character in "uU":
        width = 4 if character == "u" else 8
        digits = _run(body, index + 1, _HEX, width)
        if len(digits) != width:
            raise SqlSyntaxError("invalid Unicode escape", position=position)
        return 1 + width, chr(int(digits, 16)).encode("utf-8", "surrogatepass")
    return 1, _ESCAPES.get(character, character).encode()


_HEX: Final = "0123456789abcdefABCDEF"


def _run(body: str, start: int, allowed: str, most: int) -> str:
    end = start
    while end < len(body) and end - start < most and body[end] in allowed:
        end += 1
    return body[start:end]
