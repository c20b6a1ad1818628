"""KILL, PAUSE, RESUME, RETRY and WAIT of jobs, and SHOW JOBS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from jobs.record import JobStatus
from sql.grammar.expressions import parse_tree
from sql.grammar.job_options import accept_parameter, read_duration, read_text, refuse_conflict
from sql.job_syntax import ControlJobs, JobsWhere, OneJob, WaitJobs
from sql.tokens import STRINGS, TokenReader, syntax_error_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.job_syntax import Duration, JobAction, JobTarget, Text

_ACTIONS: Final[dict[str, JobAction]] = {"kill": "kill", "pause": "pause", "resume": "resume", "retry": "retry"}
_OPTIONS: Final[dict[str, frozenset[str]]] = {
    "kill": frozenset({"sync", "async", "timeout", "reason"}),
    "pause": frozenset({"sync", "async", "timeout"}),
    "resume": frozenset(),
    "retry": frozenset(),
    "wait": frozenset({"timeout"}),
}
"""The options of each statement. Whether jobs are queued again is known at once: nothing is there to wait for."""


_NOT_ENDED: Final = tuple(status.value for status in JobStatus if not status.is_terminal)
_CONTROLLED: Final = {
    "kill": _NOT_ENDED,
    "pause": _NOT_ENDED,
    "resume": _NOT_ENDED,
    "retry": tuple(map(str, (JobStatus.QUEUED, JobStatus.RETRYING, JobStatus.FAILED, JobStatus.CANCELLED))),
}
"""The states of the jobs that … JOBS WHERE is about: whatever else it says, it is not about all that ever ran."""


def read_control(reader: TokenReader) -> ControlJobs:
    """KILL | PAUSE | RESUME | RETRY JOB 'id' | JOBS WHERE …, and the options, in any order."""
    word = reader.accept_one_of(*_ACTIONS)
    assert word is not None, "the first word of the statement has led here"
    target, options = _target(reader, _OPTIONS[word], _CONTROLLED[word])
    sync, timeout, reason = _control_options(options, _OPTIONS[word])
    return ControlJobs(_ACTIONS[word], target, sync, timeout, reason)


def read_wait(reader: TokenReader) -> WaitJobs:
    """WAIT JOB 'id' | JOBS WHERE … [TIMEOUT '30s']."""
    reader.expect("wait")
    target, options = _target(reader, _OPTIONS["wait"], ())
    _, timeout, _ = _control_options(options, _OPTIONS["wait"])
    return WaitJobs(target, timeout)


def _target(reader: TokenReader, allowed: frozenset[str], states: Sequence[str]) -> tuple[JobTarget, TokenReader]:
    """What the statement is about, and a reader of the options behind it. Without `states` jobs may be in any state."""
    if reader.accept("job"):
        return OneJob(read_text(reader)), TokenReader(reader.rest(), reader.text)
    if not reader.accept("jobs"):
        reader.fail()
    where = reader.token
    reader.expect("where")
    assert where is not None
    rest = reader.rest()
    end = _end_of_predicate(rest, allowed)
    query = _ids_where(where, rest[:end], rest[end:], states, reader.text)
    return JobsWhere(query), TokenReader(rest[end:], reader.text)


def _control_options(reader: TokenReader, allowed: frozenset[str]) -> tuple[bool, Duration | None, Text | None]:
    sync, timeout, reason = True, None, None
    seen: set[str] = set()
    while reader.token is not None:
        position = reader.position
        option = reader.accept_one_of(*allowed)
        if option is None:
            reader.fail()
        kind = "sync" if option == "async" else option
        if kind in seen:
            refuse_conflict(position)
        seen.add(kind)
        match option:
            case "timeout":
                timeout = read_duration(reader)
            case "reason":
                reason = read_text(reader)
            case _:
                sync = option == "sync"
    return sync, timeout, reason


def _end_of_predicate(tokens: Sequence[Token], allowed: frozenset[str]) -> int:
    """Where the options begin: they are read from the end, as only a parser could tell where an expression ends.

    No column of system.jobs is called like an option, so an expression does not end with one.
    """
    end = len(tokens)
    while end:
        taken = _option_before(tokens, end)
        if not taken or tokens[end - taken].text.lower() not in allowed:
            break
        end -= taken
    return end


def _option_before(tokens: Sequence[Token], end: int) -> int:
    """How many tokens the option takes that ends there; 0 where none does."""
    if _is_word(tokens, end - 1, "sync", "async"):
        return 1
    last = tokens[end - 1].token_type
    value = 2 if last is TokenType.NUMBER and end > 1 and tokens[end - 2].token_type is TokenType.PARAMETER else 1
    if (last in STRINGS or value == 2) and _is_word(tokens, end - value - 1, "timeout", "reason"):
        return value + 1
    return 0


def _is_word(tokens: Sequence[Token], index: int, *words: str) -> bool:
    if index < 0 or tokens[index].token_type in STRINGS or tokens[index].token_type is TokenType.IDENTIFIER:
        return False
    qualified = index > 0 and tokens[index - 1].token_type is TokenType.DOT
    return tokens[index].text.lower() in words and not qualified


_CLAUSES: Final = frozenset(
    {
        TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.ORDER_BY, TokenType.LIMIT, TokenType.OFFSET,
        TokenType.FETCH, TokenType.WINDOW, TokenType.UNION, TokenType.INTERSECT, TokenType.EXCEPT, TokenType.FOR,
        TokenType.COMMA,
    }
)  # fmt: skip
"""What a query may have behind its predicate, and a statement about jobs may not."""


def _ids_where(
    where: Token, predicate: Sequence[Token], following: Sequence[Token], states: Sequence[str], text: str
) -> exp.Select:
    """The query for the ids of the jobs in one of the states that fulfil a predicate, the oldest first."""
    if not predicate:
        raise syntax_error_at(following[0] if following else None, text)
    depth = 0
    for token in predicate:
        depth += token.token_type in (TokenType.L_PAREN, TokenType.L_BRACKET)
        depth -= token.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET)
        if depth < 0 or (depth == 0 and token.token_type in _CLAUSES):
            raise syntax_error_at(token, text)
    if depth:
        raise syntax_error_at(following[0] if following else None, text)
    select = _words(where, "SELECT", "job_id", "FROM", "system", ".", "jobs")
    order = _words(predicate[-1], "ORDER BY", "created_at", ",", "job_id")
    tree = parse_tree([*select, where, *predicate, *order], text)
    if not isinstance(tree, exp.Select) or isinstance(tree.args["where"].this, exp.Star):
        raise syntax_error_at(predicate[0], text)
    if states:
        listed = [exp.Literal.string(state) for state in states]
        in_states = exp.In(this=exp.column("status"), expressions=listed)
        among = exp.select(exp.Star()).from_(exp.table_("jobs", db="system")).where(in_states)
        tree.args["from_"].set("this", among.subquery("jobs"))
    return tree


def read_show_jobs(reader: TokenReader) -> exp.Expr:
    """SHOW JOBS [WHERE …] and SHOW JOB 'id': a query over system.jobs."""
    reader.expect("show")
    word = reader.token
    assert word is not None
    query = [*_words(word, "SELECT", "*", "FROM", "system", ".", "jobs")]
    if reader.accept("job"):
        start = reader.index
        if accept_parameter(reader) is None:
            reader.string()
        query += [*_words(word, "WHERE", "job_id", "="), *reader.tokens[start : reader.index]]
    else:
        reader.expect("jobs")
        if reader.word() not in ("", "where", "order", "order by", "limit"):
            reader.fail()
        query += reader.rest()
        if not any(token.token_type is TokenType.ORDER_BY for token in query):
            query += _words(word, "ORDER BY", "created_at")
    return parse_tree(query, reader.text)


_KINDS: Final = {
    "SELECT": TokenType.SELECT,
    "*": TokenType.STAR,
    "FROM": TokenType.FROM,
    ".": TokenType.DOT,
    ",": TokenType.COMMA,
    "WHERE": TokenType.WHERE,
    "=": TokenType.EQ,
    "ORDER BY": TokenType.ORDER_BY,
}


def _words(at: Token, *words: str) -> list[Token]:
    return [Token(_KINDS.get(word, TokenType.VAR), word, at.line, at.col, at.start, at.end) for word in words]
