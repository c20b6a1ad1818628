"""Scripts become statements: our own as values, the others as trees that keep PostgreSQL's meaning."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from sql import statements as s
from sql.dialect import call_of, parse_expression, parse_script, type_of
from sql.errors import FeatureNotSupported, InvalidParameterValue, SqlError, SqlSyntaxError, UndefinedObject
from sql.names import QualifiedName
from storage import types as t


def _one(text: str) -> object:
    (statement,) = parse_script(text)
    return statement.tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("create namespace if not exists n", s.CreateNamespace("n", True)),
        ("create schema n", s.CreateNamespace("n")),
        ("drop namespace if exists a, b cascade", s.DropNamespace(("a", "b"), True, True)),
        ("drop schema a restrict", s.DropNamespace(("a",))),
        ("drop table if exists t", s.DropTable((QualifiedName(None, "t", 22),), True)),
        ("begin", s.Begin(s.TransactionModes(), "BEGIN")),
        ("begin work isolation level read uncommitted", s.Begin(s.TransactionModes("read committed"), "BEGIN")),
        (
            "start transaction isolation level serializable, read only, not deferrable",
            s.Begin(s.TransactionModes("serializable", True, False), "START TRANSACTION"),
        ),
        ("end", s.Commit()),
        ("commit and chain", s.Commit(True)),
        ("abort", s.Rollback()),
        ("rollback transaction", s.Rollback()),
        ("savepoint s", s.Savepoint("s")),
        ("rollback to savepoint s", s.RollbackTo("s")),
        ("rollback to s", s.RollbackTo("s")),
        ("release savepoint s", s.Release("s")),
        ("set transaction read only", s.SetTransaction(s.TransactionModes(read_only=True))),
        (
            "set session characteristics as transaction isolation level repeatable read",
            s.SetTransaction(s.TransactionModes("repeatable read"), True),
        ),
        ("set search_path = a, \"B\", 'c d'", s.SetParameter("search_path", ("a", "B", "c d"))),
        ("set local x.y to -1.5", s.SetParameter("x.y", ("-1.5",), True)),
        ("set session datestyle to default", s.SetParameter("datestyle", None)),
        ("set time zone 'UTC'", s.SetParameter("timezone", ("UTC",))),
        ("set time zone local", s.SetParameter("timezone", None)),
        ("set names 'utf8'", s.SetParameter("client_encoding", ("utf8",))),
        ("set client_min_messages = on", s.SetParameter("client_min_messages", ("on",))),
        ("show transaction isolation level", s.ShowParameter("transaction_isolation")),
        ("show all", s.ShowAll()),
        ("show a.b", s.ShowParameter("a.b")),
        ("reset all", s.ResetParameter(None)),
        ("reset timezone", s.ResetParameter("timezone")),
        ("discard temporary", s.Discard("temp")),
        ("deallocate prepare x", s.Deallocate("x")),
        ("deallocate all", s.Deallocate(None)),
        ("fetch c", s.Fetch("c")),
        ("fetch next from c", s.Fetch("c")),
        ("fetch forward 5 from c", s.Fetch("c", "forward", 5)),
        ("fetch -3 in c", s.Fetch("c", "forward", -3)),
        ("fetch all c", s.Fetch("c", "forward", None)),
        ("fetch backward all from c", s.Fetch("c", "backward", None)),
        ("fetch absolute 2 from c", s.Fetch("c", "absolute", 2)),
        ("move last in c", s.Fetch("c", "absolute", -1, True)),
        ("close all", s.CloseCursor(None)),
        ("listen x", s.Listen("x")),
        ("notify x, 'p'", s.Notify("x", "p")),
        ("unlisten *", s.Unlisten(None)),
        ("truncate t", s.TruncateTable((QualifiedName(None, "t", 10),))),
    ],
)
def test_our_own_statements_become_values(text: str, expected: object) -> None:
    """Each form of each statement, with folded names and positions from 1."""
    assert _one(text) == expected
    assert _one(f"  /* before */ {text} -- behind\n;") is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("copy t from stdin", (None, (), ())),
        ('copy t (a, "B") to stdout', (None, ("a", "B"), ())),
        (
            "copy t from stdin with (format csv, header, delimiter ',', null '', force_null (a, b), freeze)",
            (
                None,
                (),
                (
                    ("format", "csv"),
                    ("header", None),
                    ("delimiter", ","),
                    ("null", ""),
                    ("force_null", ("a", "b")),
                    ("freeze", None),
                ),
            ),
        ),
        ("copy t to stdout (format binary)", (None, (), (("format", "binary"),))),
        ("copy binary t to stdout", (None, (), (("format", "binary"),))),
        (
            "copy t to stdout with csv header quote as '\"' force quote *",
            (None, (), (("format", "csv"), ("header", None), ("quote", '"'), ("force_quote", "*"))),
        ),
        ("copy t from stdin delimiter as E'\\t'", (None, (), (("delimiter", "\t"),))),
        ("copy t from '/x'", ("/x", (), ())),
    ],
)
def test_copy_in_both_its_syntaxes(text: str, expected: tuple[object, ...]) -> None:
    """Options come out alike, whichever way they were written."""
    tree = _one(text)
    assert isinstance(tree, s.CopyStatement)
    assert (tree.file, tree.columns, tree.options) == expected


def test_copy_of_a_query() -> None:
    """The query is a statement of its own, whatever its constants hold."""
    tree = _one("copy (select ';)' from t) to stdout")
    assert isinstance(tree, s.CopyStatement)
    assert tree.query is not None
    assert (tree.query.text, tree.query.offset) == ("select ';)' from t", 6)


def test_create_table() -> None:
    """Columns, constraints and options, with defaults as trees and as text."""
    tree = _one(
        "create table if not exists a.b (id bigint primary key, v varchar(10) not null default 'x' || ';', "
        '"N" numeric(10,2)[] null, t timestamp(3) with time zone default now(), '
        "constraint u unique (v, \"N\")) with (type = 'shared', fillfactor = 70)"
    )
    assert isinstance(tree, s.CreateTable)
    assert (tree.table.namespace, tree.table.name, tree.if_not_exists) == ("a", "b", True)
    key, text, numbers, moment = tree.columns
    assert (key.name, key.type, key.primary_key, key.not_null) == ("id", t.BIGINT, True, False)
    assert (text.type, text.not_null, text.default_text) == (t.varchar(10), True, "'x' || ';'")
    assert isinstance(text.default, exp.DPipe)
    assert (numbers.name, numbers.type, numbers.not_null) == ("N", t.array_of(t.numeric(10, 2)), False)
    assert moment.type == t.SqlType(t.TIMESTAMPTZ.oid, 3)
    assert isinstance(moment.default, exp.CurrentTimestamp)
    assert [(c.kind, c.name, c.columns) for c in tree.constraints] == [("unique", "u", ("v", "N"))]
    assert tree.options == (("type", "shared"), ("fillfactor", "70"))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("create table t (a nosuch)", UndefinedObject, 'type "nosuch" does not exist'),
        ("create table t (a varchar(0))", InvalidParameterValue, "length for type varchar must be at least 1"),
        (
            "create table t (a int references u) inherits (v)",
            FeatureNotSupported,
            "CREATE TABLE … INHERITS is not supported",
        ),
        ("create temp table t (a int)", FeatureNotSupported, "temporary tables are not supported"),
        (
            "create table t (a int null not null)",
            SqlSyntaxError,
            'conflicting NULL/NOT NULL declarations for column "a"',
        ),
        ("create table t (a)", SqlSyntaxError, 'syntax error at or near ")"'),
        ("create table t (a int", SqlSyntaxError, "syntax error at end of input"),
        ("create table select (a int)", SqlSyntaxError, 'syntax error at or near "select"'),
        ("begin nonsense", SqlSyntaxError, 'syntax error at or near "nonsense"'),
        ("drop table t t", SqlSyntaxError, 'syntax error at or near "t"'),
        ("selec 1", SqlSyntaxError, 'syntax error at or near "selec"'),
        ("select 'a' 'b'", SqlSyntaxError, "syntax error at or near \"'b'\""),
        ("select a, from t", SqlSyntaxError, 'syntax error at or near "from"'),
        ("prepare transaction 'x'", FeatureNotSupported, "PREPARE TRANSACTION is not supported"),
    ],
)
def test_what_cannot_be_read_is_refused_in_postgresqls_words(text: str, error: type[SqlError], message: str) -> None:
    """Never accepted and ignored."""
    with pytest.raises(error) as caught:
        parse_script(text)
    assert caught.value.message == message
    assert caught.value.position is not None


def test_a_script_is_cut_at_its_semicolons() -> None:
    """Not at those in constants, names and comments; each statement keeps its text and offset."""
    script = "select ';' ; ; show all;/* ; */ execute x(';', 1); set a = ';' -- ;\n; select \";\" from t"
    parsed = parse_script(script)
    assert [script[p.offset : p.offset + len(p.text)] for p in parsed] == [p.text for p in parsed]
    assert [p.text for p in parsed] == [
        "select ';'",
        "show all",
        "execute x(';', 1)",
        "set a = ';'",
        'select ";" from t',
    ]


def test_an_empty_script_has_no_statements() -> None:
    """White space, comments and semicolons are nothing."""
    assert parse_script(" ; -- x\n /* y */ ;;") == []


def test_every_call_is_read_alike() -> None:
    """Names that sqlglot has nodes for, quoted names and qualified ones come out as they were written."""
    tree = _one("select count(*), pg_catalog.lower(a), \"Max\"(b), left(c, 1), date_trunc('day', d) from f(1) as g(x)")
    assert isinstance(tree, exp.Select)
    calls = [call_of(call) for call in tree.find_all(exp.Anonymous, bfs=False)]
    assert sorted(calls, key=str) == sorted(
        [(None, "count"), ("pg_catalog", "lower"), (None, "Max"), (None, "left"), (None, "date_trunc"), (None, "f")],
        key=str,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x::int4", t.INTEGER),
        ("cast(x as pg_catalog.int8)", t.BIGINT),
        ("x::double precision", t.DOUBLE),
        ("x::float(10)", t.REAL),
        ("x::character varying(3)", t.varchar(3)),
        ("x::char", t.char(1)),
        ("x::bpchar", t.CHAR),
        ('x::"char"', t.INTERNAL_CHAR),
        ("x::numeric(5)", t.numeric(5)),
        ("x::decimal(5, 2)[]", t.array_of(t.numeric(5, 2))),
        ("x::int[3][4]", t.array_of(t.INTEGER)),
        ("x::text array", t.array_of(t.TEXT)),
        ("x::timestamp(3) without time zone", t.SqlType(t.TIMESTAMP.oid, 3)),
        ("x::time without time zone", t.TIME),
        ("x::interval day to second", t.INTERVAL),
        ("x::regclass", t.REGCLASS),
        ("date '2020-01-01'", t.DATE),
        ("timestamp with time zone '2020-01-01'", t.TIMESTAMPTZ),
        ("interval '1' year", t.INTERVAL),
        ("numeric(10, 2) '1'", t.numeric(10, 2)),
    ],
)
def test_type_names(text: str, expected: t.SqlType) -> None:
    """All spellings of a type are that type, with its modifier."""
    tree = parse_expression(text)
    assert isinstance(tree, exp.Cast)
    assert type_of(tree) == expected


@pytest.mark.parametrize(
    "text", ["x::interval(2)", "x::interval year", "x::interval day to hour", "x::interval second(3)"]
)
def test_intervals_that_would_be_cut_are_refused(text: str) -> None:
    """What is not done to a value is not taken without a word."""
    with pytest.raises(FeatureNotSupported):
        parse_expression(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'it''s'", "it's"),
        (r"E'a\'b\n\t\\\x41\101\u00e9\U0001F600'", "a'b\n\t\\AAé😀"),
        (r"'a\nb'", r"a\nb"),
        (r"U&'d\0061t\+000061'", "data"),
        ("$$it's$$", "it's"),
        ("$tag$a$$b$tag$", "a$$b"),
        ("'a'\n  'b'", "ab"),
        ("'é😀;'", "é😀;"),
    ],
)
def test_string_constants(text: str, value: str) -> None:
    """Every way to write a constant, by PostgreSQL's rules."""
    tree = parse_expression(text)
    assert isinstance(tree, exp.Literal)
    assert tree.this == value


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))
def test_any_text_can_be_a_constant_or_a_name(text: str) -> None:
    """Quoted, it comes back as it was, and its neighbours keep their places."""
    quoted = text.replace("'", "''")
    (statement,) = parse_script(f"select '{quoted}', x")
    assert isinstance(statement.tree, exp.Select)
    constant, column = statement.tree.expressions
    assert constant.this == text
    assert column.this.meta["start"] == len(quoted) + 11
    if text:
        name = text.replace('"', '""')
        (statement,) = parse_script(f'drop table "{name}"')
        assert isinstance(statement.tree, s.DropTable)
        assert statement.tree.tables[0].name == text


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Whatever is sent, the answer is statements or an SQL error."""
    with contextlib.suppress(SqlError):
        parse_script(text)


def test_show_jobs_is_a_query() -> None:
    """SHOW JOBS and SHOW JOB read system.jobs."""
    for text in ("show jobs", "show jobs where status = 'running'", "show job 'FL-1'"):
        tree = _one(text)
        assert isinstance(tree, exp.Select)
        table = tree.args["from_"].this
        assert (table.args["db"].this, table.this.this) == ("system", "jobs")


def test_statements_inside_statements_keep_their_offsets() -> None:
    """PREPARE, DECLARE and EXPLAIN hold a parsed statement with its own text."""
    script = "select 1; prepare p (int, text) as select $1, $2"
    prepared = parse_script(script)[1].tree
    assert isinstance(prepared, s.Prepare)
    assert prepared.types == (t.INTEGER, t.TEXT)
    assert script[prepared.statement.offset :] == prepared.statement.text == "select $1, $2"
    explained = _one("explain (analyze, costs off) select 1")
    assert isinstance(explained, s.ExplainStatement)
    assert (explained.analyze, explained.options) == (True, (("analyze", None), ("costs", "off")))
    declared = _one("declare c binary no scroll cursor with hold for select 1")
    assert isinstance(declared, s.DeclareCursor)
    assert (declared.binary, declared.scroll, declared.hold) == (True, False, True)


def test_what_stands_beside_long_constants_is_looked_at() -> None:
    """They are passed over in the search for numbers and operators that PostgreSQL reads otherwise; nothing else is."""
    long = "'" + "1a ?*? " * 5_000 + "'"
    for pattern in ("SELECT {long}, {it}", "SELECT {long}, {it}, {long}", "SELECT 1, {it}, {long}"):
        (statement,) = parse_script(pattern.format(long=long, it="1 ?*? 2"))
        assert "?*?" in repr(statement.tree).replace(long[1:-1], "")
        with pytest.raises(SqlSyntaxError, match="trailing junk after numeric literal"):
            parse_script(pattern.format(long=long, it="1a"))
