"""COPY in both its syntaxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot.tokenizer_core import TokenType

from sql.errors import SqlSyntaxError
from sql.statements import CopyStatement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlglot.tokenizer_core import Token

    from sql.names import QualifiedName
    from sql.statements import CopyOption, OwnStatement, ParsedStatement
    from sql.tokens import TokenReader

_COLUMN_LISTS: Final = ("force_quote", "force_not_null", "force_null")


def read_copy(reader: TokenReader, statement_of: Callable[[Sequence[Token]], ParsedStatement]) -> OwnStatement:
    """COPY t [(columns)] FROM | TO …, COPY (query) TO …; `statement_of` parses the query's tokens."""
    reader.expect("copy")
    binary = reader.accept("binary")
    table: QualifiedName | None = None
    columns: tuple[str, ...] = ()
    query: ParsedStatement | None = None
    if reader.word() == "(":
        query = statement_of(reader.parenthesis())
    else:
        table = reader.qualified_name()
        if reader.accept("("):
            columns = reader.names()
            reader.expect(")")
    direction = reader.accept_one_of("from", "to")
    if direction is None or (direction == "from" and query is not None):
        if direction is not None:
            reader.index -= 1
        reader.fail()
    file = _file(reader)
    options = _options(reader)
    if binary:
        options = (("format", "binary"), *options)
    if reader.word() == "where":
        reader.refuse("COPY FROM … WHERE")
    return CopyStatement(table, columns, query, direction == "to", file, options)


def _file(reader: TokenReader) -> str | None:
    """The name of a file of the server; `None` for STDIN and STDOUT."""
    if reader.word() == "program":
        reader.refuse("COPY … PROGRAM")
    text = reader.accept_string()
    if text is not None:
        return text
    # PostgreSQL takes STDIN and STDOUT in both directions.
    if reader.accept_one_of("stdin", "stdout") is None:
        reader.fail()
    return None


def _options(reader: TokenReader) -> tuple[CopyOption, ...]:
    reader.accept("with")
    if reader.word() == "(":
        return _new_options(reader)
    return _old_options(reader)


def _new_options(reader: TokenReader) -> tuple[CopyOption, ...]:
    """(FORMAT csv, HEADER, …)."""
    reader.expect("(")
    options: list[CopyOption] = []
    while True:
        position = reader.position
        name = "null" if reader.accept("null") else "freeze" if reader.accept("freeze") else reader.name()
        value = _new_value(reader, name)
        if any(name == known for known, _ in options):
            raise SqlSyntaxError("conflicting or redundant options", position=position)
        options.append((name, value))
        if not reader.accept(","):
            break
    reader.expect(")")
    return tuple(options)


def _new_value(reader: TokenReader, name: str) -> str | tuple[str, ...] | None:
    if reader.word() in (",", ")"):
        return None
    if name in _COLUMN_LISTS:
        return _columns(reader)
    text = reader.accept_string()
    if text is not None:
        return text
    token = reader.token
    if token is None:
        reader.fail()
    if token.token_type is TokenType.NUMBER or reader.word() in ("true", "false", "on", "off", "binary"):
        reader.index += 1
        return token.text.lower()
    return reader.name()


def _columns(reader: TokenReader) -> str | tuple[str, ...]:
    if reader.accept("*"):
        return "*"
    reader.expect("(")
    columns = reader.names()
    reader.expect(")")
    return columns


def _old_options(reader: TokenReader) -> tuple[CopyOption, ...]:
    """CSV HEADER DELIMITER AS ',' …: the syntax before PostgreSQL 9.0, which psql's \\copy still sends."""
    options: list[CopyOption] = []
    while reader.token is not None and reader.word() != "where":
        if reader.accept("binary"):
            options.append(("format", "binary"))
        elif reader.accept("csv"):
            options.append(("format", "csv"))
        elif reader.accept("header"):
            options.append(("header", None))
        elif reader.accept("freeze"):
            options.append(("freeze", None))
        elif (
            word := reader.accept_one_of("delimiter", "delimiters", "null", "quote", "escape", "encoding")
        ) is not None:
            reader.accept("as")
            options.append((word.removesuffix("s"), reader.string()))
        elif reader.accept("force"):
            options.append(_old_force(reader))
        else:
            reader.fail()
    return tuple(options)


def _old_force(reader: TokenReader) -> CopyOption:
    if reader.accept("not", "null"):
        return "force_not_null", reader.names()
    if reader.accept("null"):
        return "force_null", reader.names()
    reader.expect("quote")
    return "force_quote", "*" if reader.accept("*") else reader.names()
