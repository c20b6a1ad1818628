"""PREPARE, EXECUTE, cursors, notifications and EXPLAIN: statements about other statements and what they left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sql.grammar.expressions import parse_expressions
from sql.statements import (
    CloseCursor,
    Deallocate,
    DeclareCursor,
    Execute,
    ExplainStatement,
    Fetch,
    Listen,
    Notify,
    Prepare,
    Unlisten,
)
from sql.type_names import read_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.statements import Direction, OwnStatement, ParsedStatement
    from sql.tokens import TokenReader

    ReadStatement = Callable[[TokenReader], ParsedStatement]
    """Reads all that is left as one statement."""


def read_prepare(reader: TokenReader, statement: ReadStatement) -> OwnStatement:
    """PREPARE name [(types)] AS statement."""
    reader.expect("prepare")
    if reader.word() == "transaction":
        reader.refuse("PREPARE TRANSACTION")
    name = reader.name()
    types = []
    if reader.accept("("):
        types.append(read_type(reader))
        while reader.accept(","):
            types.append(read_type(reader))
        reader.expect(")")
    reader.expect("as")
    return Prepare(name, tuple(types), statement(reader))


def read_execute(reader: TokenReader) -> OwnStatement:
    """EXECUTE name [(arguments)]."""
    reader.expect("execute")
    name = reader.name()
    arguments = parse_expressions(reader.parenthesis(), reader.text) if reader.word() == "(" else ()
    return Execute(name, arguments)


def read_deallocate(reader: TokenReader) -> OwnStatement:
    """DEALLOCATE [PREPARE] name | ALL."""
    reader.expect("deallocate")
    reader.accept("prepare")
    return Deallocate(None if reader.accept("all") else reader.name())


def read_declare(reader: TokenReader, statement: ReadStatement) -> OwnStatement:
    """DECLARE name … CURSOR … FOR query."""
    reader.expect("declare")
    name = reader.name()
    binary, scroll, hold = False, None, False
    while not reader.accept("cursor"):
        if reader.accept("binary"):
            binary = True
        elif reader.accept("no", "scroll"):
            scroll = False
        elif reader.accept("scroll"):
            scroll = True
        elif not reader.accept_one_of("insensitive", "asensitive"):
            reader.fail()
    if reader.accept("with", "hold"):
        hold = True
    else:
        reader.accept("without", "hold")
    reader.expect("for")
    return DeclareCursor(name, statement(reader), binary, scroll, hold)


def read_fetch(reader: TokenReader) -> OwnStatement:
    """FETCH | MOVE [direction] [FROM | IN] cursor."""
    move = reader.accept_one_of("fetch", "move") == "move"
    direction, count = _direction(reader)
    if not reader.accept("from"):
        reader.accept("in")
    return Fetch(reader.name(), direction, count, move)


def _direction(reader: TokenReader) -> tuple[Direction, int | None]:
    simple: dict[str, tuple[Direction, int | None]] = {
        "next": ("forward", 1),
        "prior": ("backward", 1),
        "first": ("absolute", 1),
        "last": ("absolute", -1),
        "all": ("forward", None),
    }
    word = reader.word()
    if word in simple and reader.word(1) != "":
        reader.index += 1
        return simple[word]
    if word in ("absolute", "relative") and reader.token is not None:
        reader.index += 1
        return cast("Direction", word), reader.integer()
    if word in ("forward", "backward"):
        reader.index += 1
        if reader.accept("all"):
            return cast("Direction", word), None
        counted = reader.word() in ("-", "+") or reader.word().isdecimal()
        return cast("Direction", word), reader.integer() if counted else 1
    if word in ("-", "+") or word.isdecimal():
        return "forward", reader.integer()
    return "forward", 1


def read_close(reader: TokenReader) -> OwnStatement:
    """CLOSE name | ALL."""
    reader.expect("close")
    return CloseCursor(None if reader.accept("all") else reader.name())


def read_notification(reader: TokenReader) -> OwnStatement:
    """LISTEN, NOTIFY, UNLISTEN."""
    word = reader.accept_one_of("listen", "notify", "unlisten")
    if word == "unlisten":
        return Unlisten(None if reader.accept("*") else reader.name())
    channel = reader.name()
    if word == "listen":
        return Listen(channel)
    return Notify(channel, reader.string() if reader.accept(",") else "")


def read_explain(reader: TokenReader, statement: ReadStatement) -> OwnStatement:
    """EXPLAIN [ANALYZE] [VERBOSE] | (options) statement."""
    reader.expect("explain")
    options: list[tuple[str, str | None]] = []
    if reader.word() == "(" and reader.word(1) not in ("select", "with", "values", "("):
        reader.index += 1
        while True:
            name = reader.name() if reader.word() not in ("analyze", "verbose") else reader.word()
            if name in ("analyze", "verbose"):
                reader.index += 1
            options.append((name, _option_value(reader)))
            if not reader.accept(","):
                break
        reader.expect(")")
    else:
        options.extend((word, None) for word in ("analyze", "verbose") if reader.accept(word))
    off = ("off", "false", "0")
    analyze = any(name == "analyze" and value not in off for name, value in options)
    return ExplainStatement(statement(reader), analyze, tuple(options))


def _option_value(reader: TokenReader) -> str | None:
    if reader.word() in (",", ")"):
        return None
    text = reader.accept_string()
    if text is not None:
        return text
    token = reader.token
    if token is None:
        reader.fail()
    reader.index += 1
    return token.text.lower()
