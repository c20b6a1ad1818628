"""Statements that nest deeply are refused: the compiled parser would take the whole stack, and end the server."""

from __future__ import annotations

import threading

import pytest

from sql.dialect import parse_script
from sql.errors import SqlSyntaxError
from sql.nesting import MAX_DEPTH, MAX_LINKS

N = 10_000
DEEP = {
    "parentheses": "select " + "(" * N + "1" + ")" * N,
    "tables": "select * from " + "(" * N + "t" + ")" * N,
    "queries in FROM": "select * from " + "(select * from " * N + "t" + ") x" * N,
    "lateral": "select * from " + "t, lateral (select * from " * N + "t" + ") x" * N,
    "joins in parentheses": "select * from " + "(t join " * N + "t" + " on true)" * N,
    "joins with their conditions behind": "select * from t" + " join t" * N + " on true" * N,
    "set operations": "select 1 union (" * N + "select 1" + ")" * N,
    "open parentheses": "select * from " + "(" * N,
    "subscripts": "select a" + "[1]" * N,
    "subscripts in each other": "select a" + "[a" * N + "]" * N,
    "dots": "select " + ".".join("a" * N),
    "types": "select cast(1 as " + "array<" * N + "int" + ">" * N + ")",
    "types of structs": "select cast(1 as " + "struct<a " * N + "int" + ">" * N + ")",
    "braces": "select " + "{'a':" * N + "1" + "}" * N,
    "EXECUTE AS": "execute as user 'a' (" * N + "select 1" + ")" * N,
    "a check": "create table t (a int check (" + "(" * N + "a > 0" + ")" * N + "))",
    "rows": "insert into t values (" + "(" * N + "1" + ")" * N + ")",
    "MERGE": "merge into t using (" + "(" * N + "select 1" + ")" * N + ") x on true when matched then do nothing",
}


def _parse_in_thread(text: str) -> BaseException | None:
    """What parsing raises in a thread with the stack of a worker's on a system that gives little."""
    raised: list[BaseException] = []

    def parse() -> None:
        try:
            parse_script(text)
        except (RecursionError, SqlSyntaxError) as error:
            raised.append(error)

    before = threading.stack_size(2 * 1024 * 1024)
    try:
        thread = threading.Thread(target=parse)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    return raised[0] if raised else None


@pytest.mark.parametrize("form", DEEP)
def test_deep_nesting_is_refused(form: str) -> None:
    """Whatever nests 10,000 levels raises `RecursionError`, which is 54001, and at once."""
    assert isinstance(_parse_in_thread(DEEP[form]), RecursionError)


def test_queries_that_begin_with_from_are_errors() -> None:
    """FROM behind FROM, on which the parser recurses, is the syntax error that it is in PostgreSQL."""
    error = _parse_in_thread("select * " + "from " * N + "t")
    assert isinstance(error, SqlSyntaxError)
    assert (error.message, error.position) == ('syntax error at or near "from"', 15)


def test_what_is_long_is_not_deep() -> None:
    """Many parentheses, joins, subscripts, comparisons and names beside each other are none in each other."""
    n = 2 * MAX_DEPTH
    parse_script("select " + ", ".join(["(a[1])[2].b"] * n))
    parse_script("select * from t" + " join t using (a)" * n)
    parse_script("select * from t" + " cross join t natural join t" * n)
    parse_script("select 1 where " + " and ".join(["(a < b.c and array[1] < array[2])"] * MAX_LINKS))
    assert _parse_in_thread("select * from " + "(" * (MAX_DEPTH - 1) + "t" + ")" * (MAX_DEPTH - 1)) is None


@pytest.mark.parametrize(
    ("opening", "word"),
    [
        ("explain ", "explain"),
        ("prepare p as ", "prepare"),
        ("declare c cursor for ", "declare"),
        ("create view v as ", "create"),
        ("create table t as ", "create"),
        ("create schedule s cron '* * * * *' as ", "create"),
    ],
)
def test_statements_in_statements_are_errors_at_once(opening: str, word: str) -> None:
    """Statements about others do not stand in each other: thousands of levels, each of which reads all the rest."""
    error = _parse_in_thread(opening * 3000 + "select 1")
    assert isinstance(error, SqlSyntaxError)
    assert (error.message, error.position) == (f'syntax error at or near "{word}"', len(opening) + 1)
