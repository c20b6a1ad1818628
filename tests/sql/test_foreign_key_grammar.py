"""FOREIGN KEY, REFERENCES and SET CONSTRAINTS become values."""

from __future__ import annotations

import pytest

from sql import alter_syntax as a
from sql import statements as s
from sql.dialect import parse_script
from sql.names import QualifiedName
from sql.table_syntax import ForeignKeyDefinition


def _one(text: str) -> object:
    (statement,) = parse_script(text)
    return statement.tree


def _table(position: int, name: str = "p", namespace: str | None = None) -> QualifiedName:
    return QualifiedName(namespace, name, position)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("references p", ForeignKeyDefinition(("a",), _table(34))),
        (
            'constraint "F" references n.p (b) match full',
            ForeignKeyDefinition(("a",), _table(49, namespace="n"), ("b",), "F", True),
        ),
        (
            "references p on update cascade on delete set null (a)",
            ForeignKeyDefinition(("a",), _table(34), on_delete="set null", on_update="cascade", set_columns=("a",)),
        ),
        (
            "references p on delete no action on update set default",
            ForeignKeyDefinition(("a",), _table(34), on_update="set default"),
        ),
        ("references p deferrable", ForeignKeyDefinition(("a",), _table(34), deferrable=True)),
        (
            "references p initially deferred",
            ForeignKeyDefinition(("a",), _table(34), deferrable=True, deferred=True),
        ),
        ("references p not deferrable initially immediate", ForeignKeyDefinition(("a",), _table(34))),
    ],
)
def test_constraints_of_columns(text: str, expected: ForeignKeyDefinition) -> None:
    """With what stands around them in its place."""
    tree = _one(f"create table t (a int {text} not null check (a > 0), b int)")
    assert isinstance(tree, s.CreateTable)
    (column, other) = tree.columns
    assert (column.not_null, len(column.checks), other.foreign_keys) == (True, 1, ())
    (found,) = column.foreign_keys
    assert found == expected


def test_constraints_of_tables() -> None:
    """Several of a table, in their order."""
    tree = _one(
        "create table t (a int, b int, foreign key (a, b) references p (c, d) on delete cascade,"
        " constraint f foreign key (b) references t match simple on update restrict not valid initially deferred)"
    )
    assert isinstance(tree, s.CreateTable)
    first, second = tree.constraints
    assert (first.kind, first.columns, first.name) == ("foreign key", ("a", "b"), None)
    assert first.foreign_key == ForeignKeyDefinition(("a", "b"), _table(61), ("c", "d"), on_delete="cascade")
    assert second.foreign_key == ForeignKeyDefinition(
        ("b",), _table(129, "t"), (), "f", on_update="restrict", deferrable=True, deferred=True, validated=False
    )


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("alter constraint f", a.AlterConstraint("f", False, False)),
        ("alter constraint f deferrable", a.AlterConstraint("f", True, False)),
        ("alter constraint f initially deferred", a.AlterConstraint("f", True, True)),
        ("validate constraint f", a.ValidateConstraint("f")),
    ],
)
def test_actions(text: str, action: a.TableAction) -> None:
    """What is not said of a constraint is not so afterwards."""
    tree = _one(f"alter table t {text}, drop constraint if exists g cascade")
    assert tree == a.AlterTable(_table(13, "t"), (action, a.DropConstraint("g", True, True)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set constraints all deferred", s.SetConstraints(None, True)),
        ("set constraints all immediate", s.SetConstraints(None, False)),
        ('set constraints "F", n.g immediate', s.SetConstraints((_table(17, "F"), _table(22, "g", "n")), False)),
        ("set constraints = 'x'", s.SetParameter("constraints", ("x",))),
    ],
)
def test_set_constraints(text: str, expected: object) -> None:
    """All of them, or those that are named."""
    assert _one(text) == expected
