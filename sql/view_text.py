"""The text that a view keeps: its query as it was written, with what its names and stars meant put in their places.

Relations get their schemas, columns their relations, stars become columns, the items of the select list the names of
the view's columns, names in GROUP BY that mean such an item its number, moments their time zone, and constants that
name relations the oids of these. So the text means the same whatever is added to schemas and tables later, and under
whatever settings it is read; that it does is tried before it is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from sqlglot import exp

from sql import errors
from sql.binding.context import BindContext, Binding
from sql.binding.expressions import bind as bind_expression
from sql.binding.queries import bind_query
from sql.binding.references import References
from sql.edited_text import EditedText
from sql.query_scans import TableScan
from sql.relations.identifiers import quote_identifier
from sql.relations.view_definitions import named_query, naming_select, view_tree
from storage import types as t
from storage.catalog_entries import ViewColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.tokenizer_core import Token

    from sql.binding.bound_query import BoundQuery
    from sql.binding.values import Bound
    from sql.statements import ParsedStatement

_NAMING_CLAUSES: Final = ("order", "group", "distinct")


class ViewDefinition(Struct, frozen=True):
    """What CREATE VIEW makes of a query: the fields of a `View` that follow from it."""

    text: str
    columns: tuple[ViewColumn, ...]
    uses: tuple[tuple[int, int], ...]


class _Bound(Struct, frozen=True):
    query: BoundQuery
    references: References
    sql: str
    uses: tuple[tuple[int, int], ...]


def define_view(query: ParsedStatement, names: Sequence[str], context: BindContext) -> ViewDefinition:
    """The definition of a view with these names for its first columns. Raises `SqlError`, as a SELECT of it would."""
    tree = query.tree
    assert isinstance(tree, exp.Expr), "the grammar lets nothing else through"
    bound = _bind(tree, context)
    given = [name for name, _ in bound.query.columns]
    if len(names) > len(given):
        raise errors.SqlSyntaxError("CREATE VIEW specifies more column names than columns")
    named = [*names, *given[len(names) :]]
    _require_distinct(named)
    columns = tuple(_view_column(name, item) for name, (_, item) in zip(named, bound.query.columns, strict=True))
    text, is_named = _text(query, tree, bound.references, given, named)
    if not _means(text, bound.sql, context):
        raise errors.FeatureNotSupported(
            "this query cannot be kept as a view: with the names of its columns qualified it has another meaning",
            hint="Qualify the columns, and give aliases to tables and subqueries.",
        )
    return ViewDefinition(text if is_named else named_query(text, (), named), columns, bound.uses)


def _means(text: str, sql: str, context: BindContext) -> bool:
    """Whether a query's text becomes this text for the engine."""
    try:
        return _bind(view_tree(text), context).sql == sql
    except errors.SqlError:
        return False


def _bind(tree: exp.Expr, context: BindContext) -> _Bound:
    binding = Binding(context, bind_expression, bind_query)
    references = binding.references = References()
    query = bind_query(binding, None, tree)
    sql = query.announced()
    uses = {(oid, 0) for oid in references.views}
    uses.update((oid, 0) for oid, kind in references.objects.values() if kind == "regclass")
    for each in binding.scans(sql):
        if isinstance(each, TableScan) and each.alias in references.scans:
            uses.update((each.table_oid, number) for number in (0, *each.columns))
    return _Bound(query, references, sql, tuple(sorted(uses)))


def _require_distinct(names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise errors.DuplicateColumn(f'column "{name}" specified more than once')
        seen.add(name)


def _view_column(name: str, item: Bound) -> ViewColumn:
    if item.type.oid == t.RECORD.oid:
        raise errors.FeatureNotSupported("a row as one value of a view is not supported", position=item.position)
    return ViewColumn(name, t.TEXT if item.is_unknown else item.type)


def _text(
    query: ParsedStatement, tree: exp.Expr, references: References, given: Sequence[str], named: Sequence[str]
) -> tuple[str, bool]:
    """The query with its names settled, and whether its columns have those that the view gives them."""
    edited = EditedText(query.text, query.offset)
    for edit in references.edits.values():
        # The parser reads VALUES in a set operation as a SELECT, with a star that nobody wrote.
        if not edit.is_star or (edit.start >= query.offset and query.text[edit.end - 1 - query.offset] == "*"):
            edited.replace(edit.start, edit.end, ", ".join(edit.texts))
    edited.settle_strings(references.constants)
    edited.settle_objects(references.objects)
    select = naming_select(tree)
    items = edited.select_list()
    if select is not None and len(items) == len(select.expressions):
        # ORDER BY and its like may mean columns by the names that they have in the query.
        is_named = list(given) == list(named) or not any(tree.args.get(clause) for clause in _NAMING_CLAUSES)
        named = named if is_named else given
        at = 0
        for place, item in zip(items, select.expressions, strict=True):
            at += _name_item(edited, place, item, query.offset, references, list(zip(given, named, strict=True))[at:])
        return str(edited), is_named
    # VALUES and what is in parentheses have no names of their own to be changed.
    return str(edited), list(given) == list(named) and not isinstance(tree, exp.Values)


def _name_item(
    edited: EditedText,
    place: tuple[Token, Token],
    item: exp.Expr,
    offset: int,
    references: References,
    names: Sequence[tuple[str, str]],
) -> int:
    """Have an item of the select list give the columns that it stands for their names; returns how many these are."""
    first, last = place
    if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
        edit = references.edits[first.start + offset]
        texts = [
            text if old == new else f"{text} AS {quote_identifier(new)}"
            for text, (old, new) in zip(edit.texts, names, strict=False)
        ]
        edited.replace(edit.start, edit.end, ", ".join(texts))
        return len(texts)
    old, new = names[0]
    if isinstance(item, exp.Alias):
        if old != new:
            edited.replace(last.start + offset, last.end + 1 + offset, quote_identifier(new))
    elif old != new or not isinstance(item, exp.Column):
        edited.append(last.end + 1, f" AS {quote_identifier(new)}")
    return 1
