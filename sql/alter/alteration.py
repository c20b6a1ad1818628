"""A table whose definition is being changed: what it was, what it will be, and what must be seen to before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from sql import errors
from sql.dependencies import plan_drop
from sql.drops import without_dropped
from sql.foreign_keys.links import with_links

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.dependencies import ColumnOf, Drop, KeyOf
    from sql.session_state import SessionState
    from storage.catalog_entries import Check, Column, ForeignKey, SequenceGenerator, Table


class Alteration(Struct):
    """The work of one ALTER TABLE: its actions change it, one after the other."""

    session: SessionState
    before: Table
    table: Table
    """As the actions have made it so far."""
    not_null: set[int] = field(default_factory=set)
    """Columns, by number, in which no row may have a NULL."""
    checks: list[Check] = field(default_factory=list)
    """Constraints that every row must satisfy."""
    foreign_keys: list[tuple[int, ForeignKey]] = field(default_factory=list)
    """Those that every row must satisfy of the table with that oid: this one, or one that refers to it."""
    values: dict[int, exp.Expr] = field(default_factory=dict)
    """What columns, by number, get in every row: an expression over the row as it was. With any the rows are rewritten.
    """
    numbered: dict[int, SequenceGenerator] = field(default_factory=dict)
    """Of these the columns that get the next numbers of a sequence."""
    sequences: list[SequenceGenerator] = field(default_factory=list)
    """New ones, which new columns own."""
    retyped: set[int] = field(default_factory=set)
    """Columns whose type this statement has set."""
    keys: list[int] = field(default_factory=list)
    """The oids of keys that the table gets: their entries are built once all else is done."""
    drops: list[Drop] = field(default_factory=list)
    """What goes with dropped columns and constraints."""

    @property
    def rewrites(self) -> bool:
        """Whether every row is written anew."""
        return bool(self.values)

    @property
    def without_new_keys(self) -> Table:
        """The table as it will be, but for the keys that it gets, and for what of it refers to these."""
        key = self.table.primary_key
        itself = self.table.oid
        return replace(
            self.table,
            primary_key=None if key is not None and key.oid in self.keys else key,
            indexes=tuple(index for index in self.table.indexes if index.oid not in self.keys),
            foreign_keys=tuple(
                each for each in self.table.foreign_keys if not self.keys or each.referenced_table != itself
            ),
        )

    def drop(self, named: ColumnOf | KeyOf, *, cascade: bool) -> None:
        """Have what depends on a part of the table go with it. Raises `DependentObjectsStillExist`."""
        # As the actions so far have made it: what one of them has dropped, another one is not refused for.
        catalog = self.session.catalog
        for each in self.drops:
            catalog = without_dropped(catalog, each)
        catalog = with_links(catalog, self.table)
        drop = plan_drop(self.session, [named], cascade=cascade, catalog=catalog)
        self.drops.append(drop)
        gone = {each.foreign_key.oid for each in drop.foreign_keys}
        left = tuple(each for each in self.table.foreign_keys if each.oid not in gone)
        self.table = replace(self.table, foreign_keys=left)

    def column(self, name: str) -> Column:
        """The column of that name. Raises `UndefinedColumn`."""
        column = self.table.column(name)
        if column is None:
            raise errors.UndefinedColumn(f'column "{name}" of relation "{self.table.name}" does not exist')
        return column

    def put_column(self, column: Column) -> None:
        """Change what is no matter of layouts of a column: its default, NOT NULL and so on."""
        columns = tuple(column if each.number == column.number else each for each in self.table.columns)
        self.table = replace(self.table, columns=columns)

    def require_new_name(self, name: str, position: int | None = None) -> None:
        """Raise `DuplicateColumn` or `ReservedName` for a name that a new column cannot have."""
        # DuckDB does not tell names apart by case, so neither can a table.
        if any(each.name.lower() == name.lower() for each in self.table.columns):
            raise errors.DuplicateColumn(f'column "{name}" of relation "{self.table.name}" already exists')
        if name.lower() == "_seq":
            raise errors.ReservedName(f'column name "{name}" conflicts with a system column name', position=position)
