"""SiltDB's dialect: a script's text → its statements.

The compiled tokenizer of sqlglot reads the script once. Our own statements, and those that sqlglot knows only as a
`Command`, are read from the tokens (`sql.grammar`) into `sql.statements`. Queries, INSERT, UPDATE and DELETE go to the
compiled parser, behind `sql.token_rewrites`, which makes its tree say what PostgreSQL would understand:

- every function call is an `exp.Anonymous` that `call_of` reads, but for CAST, EXTRACT, SUBSTRING, POSITION, TRIM,
  OVERLAY, now() (`exp.CurrentTimestamp`) and gen_random_uuid() (`exp.Uuid`);
- every cast is an `exp.Cast` whose type `type_of` reads; a typed constant is a cast of a string.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from sqlglot import exp

from sql.errors import SqlError
from sql.grammar.alter import read_alter_namespace, read_alter_relation, read_alter_table
from sql.grammar.comments import read_comment
from sql.grammar.copying import read_copy
from sql.grammar.create_table_as import creates_table_as, read_create_table_as
from sql.grammar.definition import read_create_namespace, read_create_table, read_drop
from sql.grammar.expressions import parse_expressions, parse_tree
from sql.grammar.grants import read_grant, read_owned, read_revoke
from sql.grammar.indexes import read_create_index, read_drop_index
from sql.grammar.jobs import read_control, read_show_jobs, read_wait
from sql.grammar.long_lists import read_long_lists
from sql.grammar.maintenance import (
    read_backup,
    read_compact,
    read_flush,
    read_restore,
    read_undrop,
    read_vacuum,
)
from sql.grammar.merge import merge_behind_with, read_merge
from sql.grammar.overriding import take_overriding
from sql.grammar.prepared import (
    read_close,
    read_deallocate,
    read_declare,
    read_execute,
    read_explain,
    read_fetch,
    read_notification,
    read_prepare,
)
from sql.grammar.roles import read_execute_as, read_role
from sql.grammar.schedules import (
    read_alter_schedule,
    read_create_schedule,
    read_drop_schedule,
    read_run_schedule,
)
from sql.grammar.sequences import is_about_name, read_alter_sequence, read_create_sequence, read_drop_sequence
from sql.grammar.settings import read_discard, read_reset, read_set, read_show
from sql.grammar.transactions import read_begin, read_end, read_lock, read_savepoint
from sql.grammar.views import creates_view, read_create_view, read_drop_view
from sql.grammar.writes import read_truncate
from sql.grammar.written_rows import read_written_insert
from sql.lexemes import check_numbers
from sql.nesting import require_shallow
from sql.statements import ParsedStatement, Unsupported
from sql.token_rewrites import call_of
from sql.tokens import TokenReader, scan, syntax_error_at
from sql.type_names import type_of
from sql.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlglot.tokenizer_core import Token

    from sql.statements import OwnStatement

__all__ = ["call_of", "parse_expression", "parse_script", "type_of"]

LONG_TEXT: Final = 8192
"""In characters: the rows of a longer INSERT are read one by one. Of shorter texts `sql.plan_cache` keeps the plans."""

_PARSED: Final = frozenset({"select", "insert", "update", "delete", "with", "values", "(", "table"})
_QUERIES: Final = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Insert, exp.Update, exp.Delete)

_READERS: Final[dict[str, Callable[[TokenReader], OwnStatement]]] = {
    "flush": read_flush,
    "storage": read_flush,
    "comment": read_comment,
    "compact": read_compact,
    "vacuum": read_vacuum,
    "undrop": read_undrop,
    "backup": read_backup,
    "restore": read_restore,
    "kill": read_control,
    "pause": read_control,
    "resume": read_control,
    "retry": read_control,
    "wait": read_wait,
    "run": read_run_schedule,
    "begin": read_begin,
    "start": read_begin,
    "commit": read_end,
    "end": read_end,
    "rollback": read_end,
    "abort": read_end,
    "savepoint": read_savepoint,
    "release": read_savepoint,
    "lock": read_lock,
    "set": read_set,
    "show": read_show,
    "reset": read_reset,
    "discard": read_discard,
    "grant": read_grant,
    "revoke": read_revoke,
    "reassign": read_owned,
    "truncate": read_truncate,
    "merge": read_merge,
    "deallocate": read_deallocate,
    "fetch": read_fetch,
    "move": read_fetch,
    "close": read_close,
    "listen": read_notification,
    "notify": read_notification,
    "unlisten": read_notification,
}

_UNSUPPORTED: Final = words("alter analyze call checkpoint cluster create do drop import load refresh reindex security")
"""First words of statements that PostgreSQL has; the second word says which where one of these is read otherwise."""

_NAMED_BY_TWO: Final = frozenset({"alter", "create", "drop", "import", "refresh", "security"})


def parse_script(text: str) -> list[ParsedStatement]:
    """The statements of a script, in order. Raises `SqlSyntaxError` and, for a known but unbuilt clause, 0A000."""
    if len(text) > LONG_TEXT:
        many = _insert_of_many_rows(text)
        read = _with_long_lists(text) if many is None else [many]
        if read is not None:
            return read
    return _statements(text)


def parse_insert(text: str) -> exp.Insert:
    """The tree of an INSERT, all of its rows in it."""
    (statement,) = _statements(text)
    assert isinstance(statement.tree, exp.Insert), text[:100]
    return statement.tree


def _insert_of_many_rows(text: str) -> ParsedStatement | None:
    """An INSERT whose tree has the first of its rows, and all of them as `rows`; `None` of any other text."""
    insert = read_written_insert(text)
    if insert is None:
        return None
    try:
        tree = _tree(insert.tokens, text)
    except SqlError:
        # Where that is, is told right only with all the tokens.
        return None
    if not isinstance(tree, exp.Insert):
        return None
    tree.set("rows", insert.rows)
    start = insert.tokens[0].start
    return ParsedStatement(tree, text[start : insert.end], start)


def _with_long_lists(text: str) -> list[ParsedStatement] | None:
    """The statements of a text with long lists; `None` of any other text."""
    lists = read_long_lists(text)
    if lists is None:
        return None
    try:
        statements = _statements(lists.text)
    except SqlError:
        # Where that is, is told right only with all the tokens.
        return None
    if not lists.fill([statement.tree for statement in statements]):
        return None
    return [replace(each, text=text[each.offset : each.offset + len(each.text)]) for each in statements]


def _statements(text: str) -> list[ParsedStatement]:
    statements = scan(text)
    check_numbers(statements, text)
    return [_statement(tokens, text) for tokens in statements]


def parse_expression(text: str) -> exp.Expr:
    """One expression, such as a column's default as the catalog keeps it."""
    statements = scan(text)
    if len(statements) != 1:
        raise syntax_error_at(None, text)
    trees = parse_expressions(statements[0], text)
    if len(trees) != 1:
        raise syntax_error_at(None, text)
    return trees[0]


def _statement(tokens: Sequence[Token], text: str) -> ParsedStatement:
    first, last = tokens[0], tokens[-1]
    return ParsedStatement(_tree(tokens, text), text[first.start : last.end + 1], first.start)


def _tree(tokens: Sequence[Token], text: str) -> exp.Expr | OwnStatement:
    require_shallow(tokens, text)
    reader = TokenReader(tokens, text)
    word = reader.word()
    if word == "with" and (merge := merge_behind_with(tokens)) is not None:
        reader.index = merge
        return _ended(read_merge(reader, tokens[:merge]), reader)
    if word in _PARSED:
        tokens, overriding = take_overriding(tokens)
        tree = parse_tree(tokens, text)
        if not isinstance(tree, _QUERIES) or (overriding is not None and not isinstance(tree, exp.Insert)):
            raise syntax_error_at(tokens[0], text)
        if overriding is not None:
            tree.set("overriding", overriding)
        return tree
    statement = _own(word, reader)
    if not isinstance(statement, Unsupported):
        reader.end()
    return statement


def _ended(statement: OwnStatement, reader: TokenReader) -> OwnStatement:
    reader.end()
    return statement


def _own(word: str, reader: TokenReader) -> exp.Expr | OwnStatement:
    second = reader.word(1)
    if word == "show" and second in ("jobs", "job"):
        tree = read_show_jobs(reader)
        reader.rest()
        return tree
    if (simple := _READERS.get(word)) is not None:
        return simple(reader)
    match word:
        case "execute" if second == "as":
            return read_execute_as(reader, lambda tokens: _query(tokens, reader))
        case "execute":
            return read_execute(reader)
        case "explain":
            return read_explain(reader, _rest_of)
        case "prepare":
            return read_prepare(reader, _query_of)
        case "declare":
            return read_declare(reader, _query_of)
        case "copy":
            return read_copy(reader, lambda tokens: _query(tokens, reader))
        case "create" | "alter" | "drop":
            return _definition(word, second, reader)
    if word in _UNSUPPORTED:
        return _unsupported(word, second)
    raise syntax_error_at(reader.token, reader.text)


def _definition(word: str, second: str, reader: TokenReader) -> OwnStatement:
    if word == "create" and creates_view(reader):
        return read_create_view(reader, _query_of)
    if word == "drop" and (second == "view" or (second == "materialized" and reader.word(2) == "view")):
        return read_drop_view(reader)
    if word == "drop" and second == "owned":
        return read_owned(reader)
    if second in ("role", "user") and reader.word(2) != "mapping":
        return read_role(reader)
    if word == "create" and second in ("table", "temp", "temporary", "unlogged", "local", "global"):
        return read_create_table_as(reader, _query_of) if creates_table_as(reader) else read_create_table(reader)
    if word == "alter" and second == "table":
        return read_alter_table(reader)
    if second == "sequence" or (word == "create" and reader.word(2) == "sequence"):
        return _sequence(word, reader)
    if word == "create" and (second == "index" or (second == "unique" and reader.word(2) == "index")):
        return read_create_index(reader)
    if word == "drop" and second == "index":
        return read_drop_index(reader)
    if word == "alter" and second in ("view", "index"):
        return read_alter_relation(reader)
    if word == "alter" and second in ("namespace", "schema"):
        return read_alter_namespace(reader)
    if word == "create" and second in ("namespace", "schema"):
        return read_create_namespace(reader)
    if word == "drop" and second in ("table", "namespace", "schema"):
        return read_drop(reader)
    if second == "schedule":
        return _schedule(word, reader)
    if not second:
        reader.index += 1
        reader.fail()
    return _unsupported(word, second)


def _sequence(word: str, reader: TokenReader) -> OwnStatement:
    match word:
        case "create":
            return read_create_sequence(reader)
        case "alter" if is_about_name(reader):
            return read_alter_relation(reader)
        case "alter":
            return read_alter_sequence(reader)
        case _:
            return read_drop_sequence(reader)


def _schedule(word: str, reader: TokenReader) -> OwnStatement:
    match word:
        case "create":
            return read_create_schedule(reader, _query_of)
        case "alter":
            return read_alter_schedule(reader)
        case _:
            return read_drop_schedule(reader)


def _unsupported(word: str, second: str) -> Unsupported:
    what = f"{word} {second}" if word in _NAMED_BY_TWO and second.isalpha() else word
    return Unsupported(what.upper())


def _query_of(reader: TokenReader) -> ParsedStatement:
    """The statement of a PREPARE, cursor or view, which is none of these itself: they are not read one in another."""
    if reader.word() in ("declare", "create"):
        reader.fail()
    return _rest_of(reader)


def _rest_of(reader: TokenReader) -> ParsedStatement:
    if reader.word() in ("explain", "prepare"):
        reader.fail()
    tokens = reader.rest()
    if not tokens:
        reader.fail()
    return _statement(tokens, reader.text)


def _query(tokens: Sequence[Token], reader: TokenReader) -> ParsedStatement:
    if not tokens:
        reader.fail()
    return _statement(tokens, reader.text)
