"""ALTER TABLE, and what ALTER of other relations and of schemas has in common with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from sql import alter_syntax as syntax
from sql.errors import SqlSyntaxError
from sql.grammar.definition import (
    read_cascade,
    read_column,
    read_default,
    read_storage_options,
    read_table_constraint,
)
from sql.grammar.expressions import parse_expressions
from sql.grammar.foreign_keys import read_changed_timing
from sql.grammar.roles import read_role_name
from sql.grammar.sequences import read_identity, read_identity_kind, read_sequence_options, starts_option
from sql.sequence_syntax import SequenceOptions
from sql.statements import Unsupported
from sql.type_names import read_type
from sql.words import words

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.tokenizer_core import Token

    from sql.sequence_syntax import IdentityKind
    from sql.tokens import TokenReader

_CONSTRAINTS: Final = ("constraint", "primary key", "unique", "check", "foreign key", "exclude")
_REFUSED: Final = words("attach detach inherit no of not enable disable force")
"""First words of actions that would change what the table means."""


def read_alter_table(reader: TokenReader) -> syntax.AlterTable:
    """ALTER TABLE. Raises `FeatureNotSupported` for what PostgreSQL has and this server has not."""
    reader.expect("alter", "table")
    if reader.word() == "all":
        reader.refuse("ALTER TABLE ALL IN TABLESPACE")
    if_exists = reader.accept("if", "exists")
    reader.accept("only")
    table = reader.qualified_name()
    reader.accept("*")
    lone = _lone_action(reader)
    if lone is not None:
        return syntax.AlterTable(table, (lone,), if_exists)
    actions = [_action(reader)]
    while reader.accept(","):
        actions.append(_action(reader))
    return syntax.AlterTable(table, tuple(actions), if_exists)


def read_alter_relation(reader: TokenReader) -> syntax.AlterRelation | Unsupported:
    """ALTER VIEW | SEQUENCE | INDEX: RENAME, SET SCHEMA, OWNER TO."""
    reader.expect("alter")
    kind = cast("syntax.RelationWord", reader.word())
    reader.index += 1
    if_exists = reader.accept("if", "exists")
    name = reader.qualified_name()
    action: object = _lone_action(reader)
    if action is None and reader.word() == "owner":
        action = _owner(reader)
    if kind == "index" and isinstance(action, syntax.SetSchema | syntax.SetOwner):
        reader.refuse(f"ALTER INDEX … {'SET SCHEMA' if isinstance(action, syntax.SetSchema) else 'OWNER TO'}")
    if not isinstance(action, syntax.RenameColumn | syntax.RenameRelation | syntax.SetSchema | syntax.SetOwner):
        reader.rest()
        return Unsupported(f"ALTER {kind.upper()}")
    return syntax.AlterRelation(kind, name, action, if_exists)


def read_alter_namespace(reader: TokenReader) -> syntax.AlterNamespace:
    """ALTER SCHEMA | NAMESPACE name RENAME TO new_name | OWNER TO role."""
    reader.index += 2
    name = reader.name()
    if reader.accept("rename"):
        reader.expect("to")
        return syntax.AlterNamespace(name, syntax.RenameRelation(reader.name()))
    return syntax.AlterNamespace(name, _owner(reader))


def _lone_action(reader: TokenReader) -> syntax.LoneAction | None:
    if reader.accept("set", "schema"):
        return syntax.SetSchema(reader.name())
    if not reader.accept("rename"):
        return None
    if reader.accept("to"):
        return syntax.RenameRelation(reader.name())
    if reader.accept("constraint"):
        return syntax.RenameConstraint(*_renaming(reader))
    reader.accept("column")
    return syntax.RenameColumn(*_renaming(reader))


def _renaming(reader: TokenReader) -> tuple[str, str]:
    name = reader.name()
    reader.expect("to")
    return name, reader.name()


def _action(reader: TokenReader) -> syntax.TableAction:
    word = reader.word()
    if reader.accept("add"):
        return _add(reader)
    if reader.accept("drop"):
        return _drop(reader)
    if word == "alter":
        return _alter_column(reader)
    if reader.accept("validate"):
        reader.expect("constraint")
        return syntax.ValidateConstraint(reader.name())
    if word == "owner":
        return _owner(reader)
    if word == "set" and reader.word(1) == "(":
        reader.index += 1
        return syntax.SetOptions(read_storage_options(reader))
    if reader.accept("reset"):
        reader.expect("(")
        names = reader.names()
        reader.expect(")")
        return syntax.SetOptions(tuple((name, None) for name in names))
    return _without_effect(reader)


def _add(reader: TokenReader) -> syntax.AddColumn | syntax.AddConstraint:
    if reader.word() in _CONSTRAINTS:
        return syntax.AddConstraint(read_table_constraint(reader))
    reader.accept("column")
    if_not_exists = reader.accept("if", "not", "exists")
    return syntax.AddColumn(read_column(reader), if_not_exists)


def _drop(reader: TokenReader) -> syntax.DropColumn | syntax.DropConstraint:
    is_constraint = reader.accept("constraint")
    if not is_constraint:
        reader.accept("column")
    if_exists = reader.accept("if", "exists")
    kind = syntax.DropConstraint if is_constraint else syntax.DropColumn
    return kind(reader.name(), if_exists, read_cascade(reader))


def _owner(reader: TokenReader) -> syntax.SetOwner:
    reader.expect("owner", "to")
    return syntax.SetOwner(read_role_name(reader))


def _alter_column(reader: TokenReader) -> syntax.TableAction:
    reader.expect("alter")
    if reader.accept("constraint"):
        name = reader.name()
        return syntax.AlterConstraint(name, *read_changed_timing(reader))
    reader.accept("column")
    column = reader.name()
    if reader.accept("type") or reader.accept("set", "data", "type"):
        return _set_type(reader, column)
    for words_of, not_null in ((("set", "not", "null"), True), (("drop", "not", "null"), False)):
        if reader.accept(*words_of):
            return syntax.SetNotNull(column, not_null)
    if reader.accept("drop", "default"):
        return syntax.SetDefault(column, None, None, reader.position)
    if reader.accept("set", "default"):
        position = reader.position
        default, text = read_default(reader)
        return syntax.SetDefault(column, default, text, position)
    if reader.accept("set", "statistics"):
        reader.integer()
        return syntax.WithoutEffect("SET STATISTICS", column)
    if reader.accept("set", "storage") or reader.accept("set", "compression"):
        reader.index += 1
        return syntax.WithoutEffect("SET STORAGE", column)
    if reader.word() in ("set", "reset") and reader.word(1) == "(":
        reader.index += 1
        reader.parenthesis()
        return syntax.WithoutEffect("SET of attribute options", column)
    if reader.accept("drop", "identity"):
        return syntax.DropIdentity(column, reader.accept("if", "exists"))
    if reader.accept("drop", "expression"):
        return syntax.DropExpression(column, reader.accept("if", "exists"))
    if reader.accept("add", "generated"):
        return syntax.AddIdentity(column, read_identity(reader))
    if reader.word() == "restart" or (reader.word() == "set" and starts_option(reader.word(1))):
        return _set_identity(reader, column)
    if reader.word() in ("add", "set", "drop", "restart"):
        reader.refuse(f"{reader.word().upper()} {reader.word(1).upper()} of a column".rstrip())
    return reader.fail()


def _set_identity(reader: TokenReader, column: str) -> syntax.SetIdentity:
    """SET GENERATED …, SET option and RESTART, one behind the other."""
    kind: IdentityKind | None = None
    options = SequenceOptions()
    while reader.word() in ("set", "restart"):
        if reader.accept("set", "generated"):
            kind = read_identity_kind(reader)
            continue
        reader.accept("set")
        options = read_sequence_options(reader, options, only_one=True)
    return syntax.SetIdentity(column, kind, options)


def _set_type(reader: TokenReader, column: str) -> syntax.SetType:
    wanted = read_type(reader)
    if reader.word() == "collate":
        reader.refuse("COLLATE of a column")
    if not reader.accept("using"):
        return syntax.SetType(column, wanted)
    position = reader.position
    return syntax.SetType(column, wanted, _expression(reader), position)


def _expression(reader: TokenReader) -> exp.Expr:
    """The expression up to the next action."""
    tokens: list[Token] = []
    depth = 0
    while reader.token is not None and (depth or reader.word() != ","):
        depth += reader.word() in ("(", "[")
        depth -= reader.word() in (")", "]")
        tokens.append(reader.token)
        reader.index += 1
    if not tokens:
        reader.fail()
    trees = parse_expressions(tokens, reader.text)
    if len(trees) != 1:
        raise SqlSyntaxError("syntax error in USING", position=tokens[0].start + 1)
    return trees[0]


def _without_effect(reader: TokenReader) -> syntax.WithoutEffect:
    """What is about where and how rows are kept changes nothing here; what is about their meaning is refused."""
    if reader.accept("cluster", "on"):
        return syntax.WithoutEffect("CLUSTER ON", index=reader.name())
    if reader.accept("set", "without", "cluster"):
        return syntax.WithoutEffect("SET WITHOUT CLUSTER")
    if reader.accept("set", "without", "oids"):
        return syntax.WithoutEffect("SET WITHOUT OIDS")
    if reader.accept("set", "logged"):
        return syntax.WithoutEffect("SET LOGGED")
    for what in (("set", "access", "method"), ("set", "tablespace")):
        if reader.accept(*what):
            reader.name()
            return syntax.WithoutEffect(" ".join(what).upper())
    if reader.accept("replica", "identity"):
        if reader.accept("using", "index"):
            return syntax.WithoutEffect("REPLICA IDENTITY", index=reader.name())
        reader.index += 1
        return syntax.WithoutEffect("REPLICA IDENTITY")
    if reader.accept("set", "unlogged"):
        reader.index -= 2
        reader.refuse("ALTER TABLE … SET UNLOGGED")
    if reader.word() in _REFUSED:
        reader.refuse(f"ALTER TABLE … {reader.word().upper()} {reader.word(1).upper()}".rstrip())
    reader.accept("set")
    return reader.fail()
