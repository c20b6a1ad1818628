"""One definition of a table, as far as its rows go: how they are encoded, and how those of other layouts are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.conversion import Conversion
from storage.hot_value import RowFormat, layout_of
from storage.layout import layout_columns
from storage.rows import rows_from_table

if TYPE_CHECKING:
    import pyarrow as pa

    from storage.catalog_entries import LayoutColumn, Table
    from storage.rows import Row


class TableFormats:
    """How a table's rows are written now, and what makes rows of its other layouts such rows. Any thread.

    Immutable, but for what it remembers. `known` is a later definition of the table that has the layouts since.
    """

    __slots__ = ("_conversions", "_formats", "_known", "current", "table")

    def __init__(self, table: Table, known: Table | None = None) -> None:
        self.table = table
        self.current = RowFormat(table.columns, table.layout)
        """The format of rows that are written now."""
        self._known = table if known is None or known.layout < table.layout else known
        self._formats = {table.layout: self.current}
        self._conversions: dict[int, Conversion] = {}

    def under(self, table: Table) -> TableFormats:
        """Those of another definition of the same table, an earlier one or a later one."""
        if table.layout != self.table.layout:
            return TableFormats(table, self._known)
        formats = TableFormats.__new__(TableFormats)
        formats.table = table
        # Other defaults, names of the table, keys …: what was made of its rows is still what it was.
        formats.current, formats._known = self.current, self._known
        formats._formats, formats._conversions = self._formats, self._conversions
        return formats

    def of_layout(self, layout: int) -> RowFormat:
        """The format of a layout."""
        found = self._formats.get(layout)
        if found is None:
            found = self._formats[layout] = RowFormat(self.layout_columns(layout), layout)
        return found

    def layout_columns(self, layout: int) -> tuple[LayoutColumn, ...]:
        """The columns of a layout, in their order."""
        return layout_columns(self._known, layout)

    def conversion(self, layout: int) -> Conversion:
        """What makes rows of a layout rows of this definition."""
        found = self._conversions.get(layout)
        if found is None:
            found = self._conversions[layout] = Conversion(self.of_layout(layout), self.table.columns, self.current)
        return found

    def decode(self, value: bytes) -> tuple[RowFormat, list[Row] | pa.Table]:
        """The rows of a hot value, as they were written, and their format."""
        row_format = self.of_layout(layout_of(value))
        return row_format, row_format.decode(value)

    def decoded_rows(self, value: bytes) -> list[Row]:
        """The rows of a hot value as this definition has them."""
        row_format, rows = self.decode(value)
        if not isinstance(rows, list):
            return rows_from_table(self.rows(row_format, rows))
        return (
            rows if row_format.layout == self.table.layout else list(map(self.conversion(row_format.layout).row, rows))
        )

    def rows(self, row_format: RowFormat, table: pa.Table) -> pa.Table:
        """Rows of a format, with or without their seqs, as rows of this definition. In a worker."""
        return table if row_format.layout == self.table.layout else self.conversion(row_format.layout).table(table)
