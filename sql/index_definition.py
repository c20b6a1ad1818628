"""The text of an index that says more than its columns do: kept with numbers in the place of the columns' names.

So it follows columns and tables that get other names. A number stands between two NULs, which no text of a client has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sql.relations.identifiers import quote_identifier

if TYPE_CHECKING:
    from storage.catalog_entries import Column, Index, Table

_NUMBER: Final = re.compile("\0(\\d+)\0")


def place_of(column: Column) -> str:
    """What stands for a column."""
    return f"\0{column.number}\0"


def with_names(text: str, table: Table) -> str:
    """The text with the columns' names of now."""
    by_number = {column.number: column.name for column in table.columns}
    return _NUMBER.sub(lambda found: quote_identifier(by_number[int(found[1])]), text)


def columns_of(index: Index) -> frozenset[int]:
    """The numbers of all columns that an index is about."""
    return frozenset((*index.columns, *map(int, _NUMBER.findall(index.definition or ""))))
