"""MERGE: its clauses are told apart here, and what stands in them is read as parts of statements that sqlglot knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from sql.grammar.expressions import parse_expressions, parse_tree
from sql.merge_syntax import Merge, MergeAction
from sql.tokens import TokenReader, syntax_error_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.errors import SqlSyntaxError


def merge_behind_with(tokens: Sequence[Token]) -> int | None:
    """Where the MERGE of a WITH … MERGE stands."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if depth == 0 and token.token_type is TokenType.R_PAREN and index + 2 < len(tokens):
            words = [each.text.lower() for each in tokens[index + 1 : index + 3]]
            if words == ["merge", "into"]:
                return index + 1
    return None


def read_merge(reader: TokenReader, with_: Sequence[Token] = ()) -> Merge:
    """MERGE INTO t [[AS] a] USING source ON condition WHEN …; `with_` are the tokens of a WITH before it."""
    reader.expect("merge", "into")
    start = reader.index
    using = _find(reader, "using", start)
    source_start = using + 1
    when = _find(reader, "when", source_start)
    on = _last(reader, "on", source_start, when)
    target = _from_item(reader, start, using)
    if not isinstance(target, exp.Table):
        raise _error(reader, start)
    source = _from_item(reader, source_start, on)
    (condition,) = _expressions(reader, on + 1, when)
    reader.index = when
    actions = []
    while reader.word() == "when":
        actions.append(_action(reader))
    bound = None
    if with_:
        first = with_[0]
        one = [_made(TokenType.SELECT, "SELECT", first), _made(TokenType.NUMBER, "1", first)]
        bound = parse_tree([*with_, *one], reader.text).args["with_"]
    return Merge(target, source, condition, tuple(actions), bound)


def _action(reader: TokenReader) -> MergeAction:
    reader.expect("when")
    matched = not reader.accept("not")
    reader.expect("matched")
    condition = None
    if reader.accept("and"):
        then = _find(reader, "then", reader.index)
        (condition,) = _expressions(reader, reader.index, then)
        reader.index = then
    reader.expect("then")
    if reader.accept("do"):
        reader.expect("nothing")
        return MergeAction(matched, condition, "nothing")
    if matched and reader.accept("delete"):
        return MergeAction(matched, condition, "delete")
    end = _end_of_action(reader)
    first = reader.token
    word = reader.word()
    if first is None or word not in (("update",) if matched else ("insert",)):
        reader.fail()
    name = _made(TokenType.VAR, "t", first)
    before = [first, name] if word == "update" else [first, _made(TokenType.INTO, "INTO", first), name]
    tree = parse_tree([*before, *reader.tokens[reader.index + 1 : end]], reader.text)
    kinds: tuple[type[exp.Expr], ...] = (exp.Update,) if word == "update" else (exp.Insert,)
    if not isinstance(tree, kinds) or any(tree.args.get(key) for key in ("where", "from_", "returning", "conflict")):
        reader.fail()
    reader.index = end
    return MergeAction(matched, condition, "update" if word == "update" else "insert", tree)


def _end_of_action(reader: TokenReader) -> int:
    try:
        return _find(reader, "when", reader.index)
    except IndexError:
        return len(reader.tokens)


def _positions(reader: TokenReader, word: str, start: int, end: int) -> list[int]:
    """Where a word stands outside of parentheses and of CASE."""
    depth = cases = 0
    found = []
    for index in range(start, end):
        token = reader.tokens[index]
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        text = "" if token.token_type is TokenType.IDENTIFIER else token.text.lower()
        if token.token_type is TokenType.STRING:
            continue
        cases += (text == "case") - (text == "end" and cases > 0)
        if depth == 0 and cases == 0 and text == word:
            found.append(index)
    return found


def _find(reader: TokenReader, word: str, start: int) -> int:
    """Where a word stands next. Raises `SqlSyntaxError`; in an action, which may be the last, IndexError."""
    found = _positions(reader, word, start, len(reader.tokens))
    if not found:
        if word == "when" and start and reader.index == start:
            raise IndexError
        raise _error(reader, len(reader.tokens))
    return found[0]


def _last(reader: TokenReader, word: str, start: int, end: int) -> int:
    found = _positions(reader, word, start, end)
    if not found:
        raise _error(reader, end)
    return found[-1]


def _from_item(reader: TokenReader, start: int, end: int) -> exp.Expr:
    """The tokens as what stands behind FROM."""
    if start >= end:
        raise _error(reader, start)
    first = reader.tokens[start]
    before = [_made(TokenType.SELECT, "SELECT", first), _made(TokenType.STAR, "*", first)]
    tree = parse_tree([*before, _made(TokenType.FROM, "FROM", first), *reader.tokens[start:end]], reader.text)
    only_from = isinstance(tree, exp.Select) and not any(
        value for key, value in tree.args.items() if key not in ("expressions", "from_", "joins", "kind", "hint")
    )
    if not only_from:
        raise _error(reader, start)
    source: exp.Expr = tree.args["from_"].this
    # Some of the joins the parser hangs on the first relation itself.
    source.set("joins", [*(source.args.get("joins") or ()), *(tree.args.get("joins") or ())])
    return source


def _expressions(reader: TokenReader, start: int, end: int) -> tuple[exp.Expr, ...]:
    trees = parse_expressions(reader.tokens[start:end], reader.text)
    if len(trees) != 1:
        raise _error(reader, start)
    return trees


def _error(reader: TokenReader, index: int) -> SqlSyntaxError:
    return syntax_error_at(reader.tokens[index] if index < len(reader.tokens) else None, reader.text)


def _made(kind: TokenType, text: str, at: Token) -> Token:
    return Token(kind, text, at.line, at.col, at.start, at.start)
