"""CREATE INDEX and DROP INDEX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from sql.grammar.expressions import parse_expressions
from sql.index_syntax import CreateIndex, DropIndex, IndexCondition, IndexElement
from sql.names import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.tokenizer_core import Token

    from sql.tokens import TokenReader


def read_create_index(reader: TokenReader) -> CreateIndex:
    """CREATE [UNIQUE] INDEX …, as PostgreSQL has it."""
    reader.expect("create")
    unique = reader.accept("unique")
    reader.expect("index")
    concurrently = reader.accept("concurrently")
    if_not_exists = reader.accept("if", "not", "exists")
    name = None if reader.word() == "on" else reader.name()
    reader.expect("on")
    reader.accept("only")
    table = reader.qualified_name()
    method = reader.name() if reader.accept("using") else "btree"
    elements = _elements(reader)
    include: tuple[str, ...] = ()
    if reader.accept("include"):
        reader.expect("(")
        include = reader.names()
        reader.expect(")")
    nulls_not_distinct = False
    if reader.accept("nulls"):
        nulls_not_distinct = reader.accept("not")
        reader.expect("distinct")
    if reader.accept("with"):
        # Storage parameters such as fillfactor: they say nothing of what is indexed.
        reader.parenthesis()
    if reader.accept("tablespace"):
        reader.refuse("TABLESPACE of an index")
    where = _condition(reader) if reader.accept("where") else None
    return CreateIndex(
        name, table, elements, method, unique, concurrently, if_not_exists, include, where, nulls_not_distinct
    )


def read_drop_index(reader: TokenReader) -> DropIndex:
    """DROP INDEX [CONCURRENTLY] [IF EXISTS] a, b [CASCADE | RESTRICT]."""
    reader.expect("drop", "index")
    concurrently = reader.accept("concurrently")
    if_exists = reader.accept("if", "exists")
    names = reader.qualified_names()
    cascade = reader.accept_one_of("cascade", "restrict") == "cascade"
    return DropIndex(names, concurrently, if_exists, cascade)


def _elements(reader: TokenReader) -> tuple[IndexElement, ...]:
    reader.expect("(")
    elements = [_element(reader)]
    while reader.accept(","):
        elements.append(_element(reader))
    reader.expect(")")
    return tuple(elements)


def _element(reader: TokenReader) -> IndexElement:
    position = reader.position
    column, tree, text = None, None, ""
    start = reader.index
    if reader.word() == "(":
        tree = _tree(reader.parenthesis(), reader)
        if isinstance(tree, exp.Column) and tree.args.get("table") is None:
            column, tree = fold(tree.this), None
        else:
            text = _text(reader.tokens[start : reader.index], reader)
    elif reader.word(1) == "(":
        reader.index += 1
        reader.parenthesis()
        tree = _tree(reader.tokens[start : reader.index], reader)
        text = _text(reader.tokens[start : reader.index], reader)
    else:
        column = reader.name()
    suffix = _suffix(reader)
    descending = reader.accept_one_of("asc", "desc") == "desc"
    nulls_first = descending
    if reader.accept("nulls"):
        nulls_first = reader.accept("first")
        if not nulls_first:
            reader.expect("last")
    elif reader.accept("nulls first"):
        nulls_first = True
    elif reader.accept("nulls last"):
        nulls_first = False
    return IndexElement(column, tree, text, descending, nulls_first, position, suffix)


def _condition(reader: TokenReader) -> IndexCondition:
    tokens = reader.rest()
    return IndexCondition(_tree(tokens, reader), _text(tokens, reader))


def _tree(tokens: Sequence[Token], reader: TokenReader) -> exp.Expr:
    trees = parse_expressions(tokens, reader.text)
    if len(trees) != 1:
        reader.fail()
    return trees[0]


def _suffix(reader: TokenReader) -> str:
    """COLLATE c, or an operator class."""
    start = reader.index
    ends = (",", ")", "asc", "desc", "nulls", "nulls first", "nulls last")
    while reader.token is not None and reader.word() not in ends:
        if reader.token.token_type is TokenType.L_PAREN:
            reader.parenthesis()
        else:
            reader.index += 1
    return _text(reader.tokens[start : reader.index], reader)


def _text(tokens: Sequence[Token], reader: TokenReader) -> str:
    return reader.text[tokens[0].start : tokens[-1].end + 1] if tokens else ""
