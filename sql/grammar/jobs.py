"""FLUSH, KILL JOB and SHOW JOBS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.tokenizer_core import Token, TokenType

from sql.errors import InvalidParameterValue
from sql.grammar.expressions import parse_tree
from sql.statements import FlushAllTables, FlushOptions, FlushTable, KillJob
from storage.units import UnitError, parse_duration

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.statements import OwnStatement
    from sql.tokens import TokenReader


def read_flush(reader: TokenReader) -> OwnStatement:
    """FLUSH …, behind STORAGE or not."""
    reader.accept("storage")
    reader.expect("flush")
    if reader.accept("table"):
        table = reader.qualified_name()
        return FlushTable(table, _flush_options(reader))
    reader.expect("all")
    reader.accept("tables")
    namespace = None
    if reader.accept("in"):
        if not reader.accept_one_of("namespace", "schema"):
            reader.fail()
        namespace = reader.name()
    return FlushAllTables(namespace, _flush_options(reader))


def _flush_options(reader: TokenReader) -> FlushOptions:
    wait: bool | None = None
    timeout_ms: int | None = None
    key: str | None = None
    priority: int | None = None
    if reader.accept("with"):
        reader.expect("(")
        while True:
            position = reader.position
            option = reader.name()
            given = reader.accept("=")
            match option:
                case "wait":
                    wait = _boolean(reader) if given else True
                case "timeout" if given:
                    timeout_ms = _duration_ms(reader)
                case "idempotency_key" if given:
                    key = reader.string()
                case "priority" if given:
                    priority = reader.integer()
                case "timeout" | "idempotency_key" | "priority":
                    reader.fail()
                case _:
                    raise InvalidParameterValue(f'unrecognized flush option "{option}"', position=position)
            if not reader.accept(","):
                break
        reader.expect(")")
    return FlushOptions(wait, timeout_ms, key, priority)


def _boolean(reader: TokenReader) -> bool:
    text = reader.accept_string()
    word = text.lower() if text is not None else reader.accept_one_of("true", "false", "on", "off", "1", "0")
    if word in ("true", "on", "1", "yes"):
        return True
    if word not in ("false", "off", "0", "no"):
        reader.fail()
    return False


def _duration_ms(reader: TokenReader) -> int:
    position = reader.position
    text = reader.string()
    try:
        return round(parse_duration(text) * 1000)
    except UnitError as error:
        raise InvalidParameterValue(str(error), position=position) from None


def read_kill(reader: TokenReader) -> KillJob:
    """KILL JOB 'id' and its options, in any order."""
    reader.expect("kill", "job")
    job_id = reader.string()
    sync, timeout_ms, reason = True, None, None
    while (option := reader.accept_one_of("sync", "async", "timeout", "reason")) is not None:
        match option:
            case "timeout":
                timeout_ms = _duration_ms(reader)
            case "reason":
                reason = reader.string()
            case _:
                sync = option == "sync"
    return KillJob(job_id, sync, timeout_ms, reason)


def read_show_jobs(reader: TokenReader) -> exp.Expr:
    """SHOW JOBS [WHERE …] and SHOW JOB 'id': a query over system.jobs."""
    reader.expect("show")
    word = reader.token
    assert word is not None
    query = [*_words(word, "SELECT", "*", "FROM", "system", ".", "jobs")]
    if reader.accept("job"):
        token = reader.token
        reader.string()
        assert token is not None
        query += [*_words(word, "WHERE", "job_id", "="), token]
    else:
        reader.expect("jobs")
        if reader.word() not in ("", "where", "order", "order by", "limit"):
            reader.fail()
        query += reader.rest()
        if not any(token.token_type is TokenType.ORDER_BY for token in query):
            query += _words(word, "ORDER BY", "created_at")
    return parse_tree(query, reader.text)


_KINDS = {
    "SELECT": TokenType.SELECT,
    "*": TokenType.STAR,
    "FROM": TokenType.FROM,
    ".": TokenType.DOT,
    "WHERE": TokenType.WHERE,
    "=": TokenType.EQ,
    "ORDER BY": TokenType.ORDER_BY,
}


def _words(at: Token, *words: str) -> list[Token]:
    return [Token(_KINDS.get(word, TokenType.VAR), word, at.line, at.col, at.start, at.end) for word in words]
