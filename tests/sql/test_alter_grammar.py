"""ALTER and COMMENT become values."""

from __future__ import annotations

import pytest

from sql import alter_syntax as a
from sql import statements as s
from sql.comment_syntax import Comment
from sql.dialect import parse_script
from sql.errors import FeatureNotSupported, SqlSyntaxError
from sql.names import QualifiedName
from sql.role_syntax import RoleName
from sql.table_syntax import TableConstraint
from storage import types as t

TABLE = QualifiedName(None, "t", 13)


def _one(text: str) -> object:
    (statement,) = parse_script(text)
    return statement.tree


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("drop c", [a.DropColumn("c")]),
        ("drop column if exists c cascade", [a.DropColumn("c", True, True)]),
        ('drop "C" restrict, drop constraint k', [a.DropColumn("C"), a.DropConstraint("k")]),
        ("drop constraint if exists k cascade", [a.DropConstraint("k", True, True)]),
        ("alter c type bigint", [a.SetType("c", t.BIGINT)]),
        ("alter column c set data type text", [a.SetType("c", t.TEXT)]),
        ("alter c set not null, alter d drop not null", [a.SetNotNull("c", True), a.SetNotNull("d", False)]),
        ("alter c set statistics 5", [a.WithoutEffect("SET STATISTICS", "c")]),
        ("alter c set storage external", [a.WithoutEffect("SET STORAGE", "c")]),
        ("add primary key (a, b)", [a.AddConstraint(TableConstraint("primary key", ("a", "b"), None, 19))]),
        ("add constraint k unique (a)", [a.AddConstraint(TableConstraint("unique", ("a",), "k", 19))]),
        ("owner to current_user", [a.SetOwner(RoleName("current_user", "current"))]),
        ("set (ttl = '1h', x)", [a.SetOptions((("ttl", "1h"), ("x", "true")))]),
        ("reset (ttl)", [a.SetOptions((("ttl", None),))]),
        ("cluster on i", [a.WithoutEffect("CLUSTER ON", index="i")]),
        ("replica identity nothing", [a.WithoutEffect("REPLICA IDENTITY")]),
        ("rename c to d", [a.RenameColumn("c", "d")]),
        ("rename column c to d", [a.RenameColumn("c", "d")]),
        ("rename constraint c to d", [a.RenameConstraint("c", "d")]),
        ("rename to d", [a.RenameRelation("d")]),
        ("set schema n", [a.SetSchema("n")]),
    ],
)
def test_actions_become_values(text: str, actions: list[object]) -> None:
    """Each action, alone and with others."""
    assert _one(f"alter table t {text}") == a.AlterTable(TABLE, tuple(actions))  # type: ignore[arg-type]  # they are


def test_columns_and_expressions_are_read_to_their_end() -> None:
    """A comma in parentheses ends no expression; the next action begins behind the one that does."""
    tree = _one("alter table if exists only n.t add column if not exists x varchar(5) default f(1, 2) not null, drop y")
    assert isinstance(tree, a.AlterTable)
    assert (str(tree.table), tree.if_exists) == ("n.t", True)
    added, dropped = tree.actions
    assert isinstance(added, a.AddColumn)
    assert added.if_not_exists
    assert (added.column.name, added.column.default_text, added.column.not_null) == ("x", "f(1, 2)", True)
    assert dropped == a.DropColumn("y")
    tree = _one("alter table t alter a type int using coalesce(a, b) is not null, alter b set default now()")
    assert isinstance(tree, a.AlterTable)
    typed, default = tree.actions
    assert isinstance(typed, a.SetType)
    assert typed.position == 38
    assert isinstance(default, a.SetDefault)
    assert default.text == "now()"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alter view v rename to w", a.AlterRelation("view", QualifiedName(None, "v", 12), a.RenameRelation("w"))),
        (
            "alter sequence if exists n.q set schema m",
            a.AlterRelation("sequence", QualifiedName("n", "q", 26), a.SetSchema("m"), True),
        ),
        ("alter index i rename to j", a.AlterRelation("index", QualifiedName(None, "i", 13), a.RenameRelation("j"))),
        ("alter view v owner to u", a.AlterRelation("view", QualifiedName(None, "v", 12), a.SetOwner(RoleName("u")))),
        ("alter schema n rename to m", a.AlterNamespace("n", a.RenameRelation("m"))),
        ("alter namespace n owner to u", a.AlterNamespace("n", a.SetOwner(RoleName("u")))),
        ("comment on table n.t is 'x'", Comment("table", QualifiedName("n", "t", 18), "x")),
        ("comment on column n.t.c is null", Comment("column", QualifiedName("n", "t", 19), None, "c")),
        ("comment on constraint k on t is ''", Comment("constraint", QualifiedName(None, "t", 28), "", "k")),
        ("comment on function f(int) is 'x'", s.Unsupported("COMMENT ON FUNCTION")),
    ],
)
def test_other_statements_become_values(text: str, expected: object) -> None:
    """What views, sequences, indexes and schemas have in common with tables; and comments."""
    assert _one(text) == expected


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("alter table t", SqlSyntaxError, "syntax error at end of input"),
        ("alter table t rename a to b, drop c", SqlSyntaxError, 'syntax error at or near ","'),
        ("alter table t drop a, rename b to c", SqlSyntaxError, 'syntax error at or near "rename"'),
        ("alter table t set statistics 5", SqlSyntaxError, 'syntax error at or near "statistics"'),
        ("alter table t alter c type", SqlSyntaxError, "syntax error at end of input"),
        ("alter table t alter c type int using", SqlSyntaxError, "syntax error at end of input"),
        ("alter table t set unlogged", FeatureNotSupported, "ALTER TABLE … SET UNLOGGED is not supported"),
        ("alter table t add unique using index i", FeatureNotSupported, "USING INDEX of a constraint is not supported"),
        ("alter table t enable row level security", FeatureNotSupported, "ALTER TABLE … ENABLE ROW is not supported"),
        ("alter table t attach partition p default", FeatureNotSupported, "ALTER TABLE … ATTACH PARTITION is not"),
        ("alter index i set schema n", FeatureNotSupported, "ALTER INDEX … SET SCHEMA is not supported"),
        ("comment on column c is 'x'", SqlSyntaxError, "column name must be qualified"),
        ("comment on table t is 5", SqlSyntaxError, 'syntax error at or near "5"'),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, error: type[Exception], message: str) -> None:
    """In PostgreSQL's words, where it refuses it, too."""
    with pytest.raises(error, match=message.replace("(", r"\(")):
        parse_script(text)
