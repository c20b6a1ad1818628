"""Expressions inside our own statements: handed to sqlglot as the select list of a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.errors import ParseError
from sqlglot.tokenizer_core import Token, TokenType

from sql.errors import FeatureNotSupported
from sql.lexemes import with_operators
from sql.nesting import require_shallow
from sql.token_rewrites import for_parser
from sql.tokens import DIALECT, syntax_error_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.errors import SqlSyntaxError


def parse_tree(tokens: Sequence[Token], text: str) -> exp.Expr:
    """The tree of one statement that sqlglot parses. Raises `SqlSyntaxError` with PostgreSQL's words."""
    require_shallow(tokens, text)
    rewritten = for_parser(with_operators(tokens, text), text)
    try:
        trees = DIALECT.parser().parse(rewritten, text)
    except ParseError as error:
        refuse_current_of(tokens)
        raise _syntax_error(error, tokens, text) from None
    except (TypeError, AttributeError, ValueError):
        # The compiled parser builds some nodes from what does not fit them and then says so in Python's terms.
        raise syntax_error_at(None, text) from None
    tree = trees[0] if trees else None
    if tree is None:
        raise syntax_error_at(tokens[0], text)
    return tree


def parse_expressions(tokens: Sequence[Token], text: str) -> tuple[exp.Expr, ...]:
    """Expressions with commas between."""
    if not tokens:
        return ()
    first = tokens[0]
    select = Token(TokenType.SELECT, "SELECT", first.line, first.col, first.start, first.start)
    tree = parse_tree([select, *tokens], text)
    only_list = isinstance(tree, exp.Select) and not any(
        value for key, value in tree.args.items() if key not in ("expressions", "kind", "hint")
    )
    if not only_list:
        raise syntax_error_at(first, text)
    return tuple(tree.expressions)


def refuse_current_of(tokens: Sequence[Token]) -> None:
    """Raise `FeatureNotSupported` for WHERE CURRENT OF, which the parser does not know."""
    for index, token in enumerate(tokens[:-2]):
        if [each.text.lower() for each in tokens[index : index + 3]] == ["where", "current", "of"]:
            raise FeatureNotSupported(
                "WHERE CURRENT OF is not supported",
                hint="Change the row by its key, which the cursor can read.",
                position=token.start + 1,
            )


def _syntax_error(error: ParseError, tokens: Sequence[Token], text: str) -> SqlSyntaxError:
    details = error.errors[0] if error.errors else {}
    line, column = details.get("line"), details.get("col")
    for index, token in enumerate(tokens):
        if token.line == line and token.col == column:
            # A parser that misses something names the token it has read last.
            misses = str(details.get("description")).startswith(("Required keyword", "Expecting", "Expected"))
            if not misses:
                return syntax_error_at(token, text)
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            return syntax_error_at(following, text)
    return syntax_error_at(None, text)
