"""RENAME COLUMN: what names the column in text, is rewritten with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlglot import exp

from sql import errors
from sql.defaults import default_tree
from sql.names import fold
from sql.relations.identifiers import quote_identifier
from storage.layout import rename_column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.alter.alteration import Alteration
    from sql.alter_syntax import RenameColumn
    from storage.catalog_entries import Column, Table


def rename(alteration: Alteration, action: RenameColumn) -> None:
    """Give the column another name. Raises `UndefinedColumn`, `DuplicateColumn`."""
    table = alteration.table
    column = table.column(action.name)
    if column is None:
        raise errors.UndefinedColumn(f'column "{action.name}" does not exist')
    if action.new_name.lower() != action.name.lower() or action.new_name == action.name:
        alteration.require_new_name(action.new_name)
    checks = tuple(
        replace(check, expression=renamed_in(check.expression, column.name, action.new_name))
        if column.number in check.columns
        else check
        for check in table.checks
    )
    renamed = rename_column(table, column.number, action.new_name)
    columns = [
        _generated(each, partial(renamed_in, name=column.name, new_name=action.new_name)) for each in renamed.columns
    ]
    alteration.table = replace(renamed, checks=checks, columns=tuple(columns))


def _generated(column: Column, change: Callable[[str], str]) -> Column:
    return column if column.generated is None else replace(column, generated=change(column.generated))


def renamed_in(text: str, name: str, new_name: str) -> str:
    """An expression's text with another name for a column."""
    columns = default_tree(text).find_all(exp.Column)
    return _replaced(text, [column.this for column in columns if fold(column.this) == name], new_name)


def of_renamed(table: Table, new_name: str) -> Table:
    """A table that is to get another name, with the checks and generated columns that call their columns by it."""
    change = partial(_requalified, name=table.name, new_name=new_name)
    checks = tuple(replace(check, expression=change(check.expression)) for check in table.checks)
    return replace(table, checks=checks, columns=tuple(_generated(each, change) for each in table.columns))


def _requalified(text: str, name: str, new_name: str) -> str:
    qualifiers = [column.args.get("table") for column in default_tree(text).find_all(exp.Column)]
    return _replaced(text, [each for each in qualifiers if each is not None and fold(each) == name], new_name)


def _replaced(text: str, identifiers: Sequence[exp.Expr], new_name: str) -> str:
    places = [(int(each.meta["start"]), int(each.meta["end"]) + 1) for each in identifiers]
    for start, end in sorted(places, reverse=True):
        text = text[:start] + quote_identifier(new_name) + text[end:]
    return text
