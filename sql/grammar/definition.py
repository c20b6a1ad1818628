"""CREATE and DROP of tables and namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from sqlglot.tokenizer_core import Token, TokenType

from sql.errors import FeatureNotSupported, InvalidParameterValue, InvalidTableDefinition, SqlSyntaxError
from sql.grammar.expressions import parse_expressions
from sql.grammar.foreign_keys import read_foreign_key, read_references, refuse_misplaced_timing
from sql.grammar.roles import read_role_name
from sql.grammar.sequences import read_identity
from sql.statements import (
    CreateNamespace,
    CreateTable,
    DropNamespace,
    DropTable,
)
from sql.table_syntax import (
    CheckDefinition,
    ColumnDefinition,
    ForeignKeyDefinition,
    GeneratedDefinition,
    LikeClause,
    TableConstraint,
)
from sql.tokens import STRINGS
from sql.type_names import read_type
from sql.words import words
from storage import types as t

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.sequence_syntax import Identity
    from sql.statements import OwnStatement
    from sql.tokens import TokenReader
    from storage.types import SqlType

_CONSTRAINT_WORDS: Final = words(
    "constraint not null default primary primary_key unique check references collate generated deferrable initially"
)


SERIAL_TYPES: Final[dict[str, SqlType]] = {
    "smallserial": t.SMALLINT,
    "serial2": t.SMALLINT,
    "serial": t.INTEGER,
    "serial4": t.INTEGER,
    "bigserial": t.BIGINT,
    "serial8": t.BIGINT,
}
"""What is no type, but a column of one with a sequence of its own."""


def read_create_namespace(reader: TokenReader) -> CreateNamespace:
    """CREATE NAMESPACE | SCHEMA [IF NOT EXISTS] [n] [AUTHORIZATION role]."""
    reader.index += 2
    if_not_exists = reader.accept("if", "not", "exists")
    name = None if reader.word() == "authorization" else reader.name()
    owner = read_role_name(reader) if reader.accept("authorization") else None
    if reader.token is not None:
        reader.refuse("CREATE SCHEMA with elements")
    return CreateNamespace(name, if_not_exists, owner)


def read_drop(reader: TokenReader) -> OwnStatement:
    """DROP TABLE, DROP NAMESPACE | SCHEMA."""
    reader.expect("drop")
    what = reader.accept_one_of("table", "namespace", "schema")
    if_exists = reader.accept("if", "exists")
    if what == "table":
        tables = reader.qualified_names()
        return DropTable(tables, if_exists, read_cascade(reader))
    names = reader.names()
    return DropNamespace(names, if_exists, read_cascade(reader))


def read_cascade(reader: TokenReader) -> bool:
    """[CASCADE | RESTRICT]: whether the former."""
    return reader.accept_one_of("cascade", "restrict") == "cascade"


def read_create_table(reader: TokenReader) -> CreateTable:
    """CREATE TABLE. Raises `FeatureNotSupported` for the clauses that are not kept."""
    reader.expect("create")
    refuse_kind_of_table(reader)
    reader.expect("table")
    if_not_exists = reader.accept("if", "not", "exists")
    table = reader.qualified_name()
    if reader.word() in ("of", "partition"):
        reader.refuse(f"CREATE TABLE … {reader.word().upper()}")
    columns: list[ColumnDefinition] = []
    constraints: list[TableConstraint] = []
    likes: list[LikeClause] = []
    reader.expect("(")
    if not reader.accept(")"):
        while True:
            _element(reader, columns, constraints, likes)
            if not reader.accept(","):
                break
        reader.expect(")")
    options: tuple[tuple[str, str], ...] = ()
    while reader.token is not None:
        if reader.accept("with"):
            options = read_storage_options(reader)
        elif reader.accept("without", "oids"):
            continue
        elif reader.word() in ("inherits", "partition by", "partition", "using", "on", "tablespace"):
            reader.refuse(f"CREATE TABLE … {reader.word().upper()}")
        else:
            break
    return CreateTable(table, tuple(columns), tuple(constraints), options, if_not_exists, tuple(likes))


def refuse_kind_of_table(reader: TokenReader) -> None:
    """Raise `FeatureNotSupported` for CREATE TEMPORARY | UNLOGGED TABLE."""
    kind = reader.word()
    if kind in ("temp", "temporary", "local", "global"):
        raise FeatureNotSupported(
            "temporary tables are not supported",
            hint="Create an ordinary table, and drop it when it is no longer needed.",
            position=reader.position,
        )
    if kind == "unlogged":
        reader.refuse("CREATE UNLOGGED TABLE")


def read_storage_options(reader: TokenReader) -> tuple[tuple[str, str], ...]:
    """WITH (name [= value], …): values as text."""
    reader.expect("(")
    options: dict[str, str] = {}
    while True:
        name = reader.name()
        while reader.accept("."):
            name += "." + reader.name()
        if name in options:
            raise InvalidParameterValue(f'parameter "{name}" specified more than once')
        options[name] = _option_value(reader) if reader.accept("=") else "true"
        if not reader.accept(","):
            break
    reader.expect(")")
    return tuple(options.items())


def _option_value(reader: TokenReader) -> str:
    text = reader.accept_string()
    if text is not None:
        return text
    sign = "-" if reader.accept("-") else ""
    token = reader.token
    if token is None or token.token_type in (TokenType.COMMA, TokenType.R_PAREN):
        reader.fail()
    reader.index += 1
    return sign + token.text


_LIKE_PARTS: Final = words("comments compression constraints defaults generated identity indexes statistics storage")


def _like(reader: TokenReader, index: int) -> LikeClause:
    """LIKE table [INCLUDING | EXCLUDING what …]."""
    reader.expect("like")
    table = reader.qualified_name()
    including: frozenset[str] = frozenset()
    while (word := reader.accept_one_of("including", "excluding")) is not None:
        part = reader.word()
        parts = _LIKE_PARTS if part == "all" else frozenset({part})
        if not parts <= _LIKE_PARTS:
            reader.fail()
        reader.index += 1
        including = including | parts if word == "including" else including - parts
    return LikeClause(table, including, index)


def _element(
    reader: TokenReader,
    columns: list[ColumnDefinition],
    constraints: list[TableConstraint],
    likes: list[LikeClause],
) -> None:
    if reader.word() == "like":
        likes.append(_like(reader, len(columns)))
    elif reader.word() in ("constraint", "primary key", "unique", "check", "foreign key", "exclude"):
        constraints.append(read_table_constraint(reader))
    else:
        columns.append(read_column(reader))


def read_table_constraint(reader: TokenReader) -> TableConstraint:
    """[CONSTRAINT name] and what it is."""
    position = reader.position
    name = reader.name() if reader.accept("constraint") else None
    kind = reader.word()
    if kind == "check":
        return TableConstraint("check", (), name, position, _check(reader, name))
    if kind == "foreign key":
        foreign_key = read_foreign_key(reader, name)
        return TableConstraint("foreign key", foreign_key.columns, name, position, foreign_key=foreign_key)
    if kind not in ("primary key", "unique"):
        if kind == "exclude":
            reader.refuse("EXCLUDE constraint")
        reader.fail()
    reader.index += 1
    if reader.accept("nulls"):
        reader.refuse("UNIQUE NULLS [NOT] DISTINCT")
    if reader.word() == "using":
        reader.refuse("USING INDEX of a constraint")
    reader.expect("(")
    columns = reader.names()
    reader.expect(")")
    _constraint_tail(reader)
    return TableConstraint("unique" if kind == "unique" else "primary key", columns, name, position)


def _constraint_tail(reader: TokenReader) -> None:
    """What may follow a key: its index has no parameters here, and it is never deferred."""
    reader.accept("not", "deferrable")
    if reader.word() in ("deferrable", "initially", "using", "include", "with"):
        reader.refuse(f"{reader.word().upper()} of a constraint")


def _check(reader: TokenReader, name: str | None) -> CheckDefinition:
    """CHECK (expression)."""
    position = reader.position
    reader.expect("check")
    tokens = reader.parenthesis()
    trees = parse_expressions(tokens, reader.text)
    if len(trees) != 1:
        reader.fail()
    if reader.accept("no"):
        reader.expect("inherit")
    if reader.accept("not", "valid"):
        reader.index -= 2
        reader.refuse("NOT VALID of a constraint")
    _constraint_tail(reader)
    return CheckDefinition(trees[0], reader.text[tokens[0].start : tokens[-1].end + 1], name, position)


class _ColumnParts(Struct):
    not_null: bool | None = None
    default: exp.Expr | None = None
    default_text: str | None = None
    primary_key: bool = False
    primary_key_name: str | None = None
    unique: bool = False
    unique_name: str | None = None
    identity: Identity | None = None
    checks: list[CheckDefinition] = field(default_factory=list)
    generated: GeneratedDefinition | None = None
    foreign_keys: list[ForeignKeyDefinition] = field(default_factory=list)


def read_column(reader: TokenReader) -> ColumnDefinition:
    """A column with its type and constraints."""
    position = reader.position
    name = reader.name()
    if reader.token is None or reader.word() in (",", ")"):
        reader.fail()
    serial = SERIAL_TYPES.get(reader.word())
    if serial is not None:
        reader.index += 1
    sql_type = read_type(reader) if serial is None else serial
    parts = _ColumnParts()
    while _column_constraint(reader, parts, name):
        pass
    return ColumnDefinition(
        name,
        sql_type,
        bool(parts.not_null),
        parts.default,
        parts.default_text,
        parts.primary_key,
        position,
        parts.primary_key_name,
        parts.unique,
        parts.unique_name,
        serial is not None,
        parts.identity,
        tuple(parts.checks),
        parts.generated,
        tuple(parts.foreign_keys),
    )


def _column_constraint(reader: TokenReader, parts: _ColumnParts, column: str) -> bool:
    """Read one constraint of a column; `False` if there is none."""
    position = reader.position
    name = reader.name() if reader.accept("constraint") else None
    wanted = reader.accept("not", "null")
    if wanted or reader.accept("null"):
        if parts.not_null is not None and parts.not_null != wanted:
            raise SqlSyntaxError(f'conflicting NULL/NOT NULL declarations for column "{column}"', position=position)
        parts.not_null = wanted
        return True
    if reader.accept("default"):
        if parts.default is not None:
            raise SqlSyntaxError(f'multiple default values specified for column "{column}"', position=position)
        parts.default, parts.default_text = read_default(reader)
        return True
    if reader.accept("primary key"):
        if parts.primary_key:
            raise InvalidTableDefinition("multiple primary keys are not allowed", position=position)
        parts.primary_key, parts.primary_key_name = True, name
        _constraint_tail(reader)
        return True
    if reader.accept("unique"):
        parts.unique, parts.unique_name = True, name
        _constraint_tail(reader)
        return True
    if reader.word() == "check":
        parts.checks.append(_check(reader, name))
        return True
    if reader.accept("generated"):
        _generated(reader, parts, column, position)
        return True
    if reader.word() == "references":
        parts.foreign_keys.append(read_references(reader, column, name))
        return True
    if reader.word() in ("collate", "storage", "compression"):
        reader.refuse(f"{reader.word().upper()} of a column")
    refuse_misplaced_timing(reader)
    if name is not None:
        reader.fail()
    return False


def _generated(reader: TokenReader, parts: _ColumnParts, column: str, position: int) -> None:
    """What follows GENERATED."""
    if (reader.word(0), reader.word(1), reader.word(2)) == ("always", "as", "("):
        if parts.generated is not None:
            raise SqlSyntaxError(f'multiple generation clauses specified for column "{column}"', position=position)
        reader.expect("always", "as")
        parts.generated = _generation(reader, position)
        return
    identity = read_identity(reader)
    if parts.identity is not None:
        raise SqlSyntaxError(f'multiple identity specifications for column "{column}"', position=position)
    parts.identity = identity


def _generation(reader: TokenReader, position: int) -> GeneratedDefinition:
    """(expression) STORED."""
    tokens = reader.parenthesis()
    trees = parse_expressions(tokens, reader.text)
    if len(trees) != 1:
        reader.fail()
    reader.expect("stored")
    return GeneratedDefinition(trees[0], reader.text[tokens[0].start : tokens[-1].end + 1], position)


def read_default(reader: TokenReader) -> tuple[exp.Expr, str]:
    """The expression up to the next constraint or column."""
    tokens: list[Token] = []
    depth = 0
    while (token := reader.token) is not None:
        kind = token.token_type
        if depth == 0 and tokens and (kind in (TokenType.COMMA, TokenType.R_PAREN) or _begins_constraint(reader)):
            break
        depth += kind in (TokenType.L_PAREN, TokenType.L_BRACKET)
        depth -= kind in (TokenType.R_PAREN, TokenType.R_BRACKET)
        tokens.append(token)
        reader.index += 1
    if not tokens:
        reader.fail()
    trees = parse_expressions(tokens, reader.text)
    if len(trees) != 1:
        reader.fail()
    return trees[0], reader.text[tokens[0].start : tokens[-1].end + 1]


def _begins_constraint(reader: TokenReader) -> bool:
    token = reader.token
    if token is None or token.token_type in STRINGS or token.token_type is TokenType.IDENTIFIER:
        return False
    word = reader.word()
    if word in ("not", "null"):
        return word == "null" or reader.word(1) == "null"
    return word.replace(" ", "_") in _CONSTRAINT_WORDS
