"""What a row must satisfy before it is written, and the words when it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import NotNullViolation, UniqueViolation
from storage.rows import row_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from sql.types import Codecs
    from storage import errors as storage_errors
    from storage.catalog_entries import Table


def not_null_positions(table: Table) -> tuple[int, ...]:
    """Positions in a row of the columns that may not be NULL."""
    return tuple(position for position, column in enumerate(table.columns) if column.not_null)


def check_rows(table: Table, positions: Sequence[int], rows: Iterable[tuple[object, ...]], codecs: Codecs) -> None:
    """Raise `NotNullViolation` for the first row that has a NULL where none may be."""
    for row in rows:
        for position in positions:
            if row[position] is None:
                raise _not_null(table, position, row, codecs)


def check_arrow(table: Table, rows: pa.Table, codecs: Codecs) -> None:
    """`check_rows` for rows in Arrow, whose columns are the table's in order."""
    for position in not_null_positions(table):
        column = rows.column(position)
        if column.null_count:
            index = column.is_null().index(True).as_py()
            raise _not_null(table, position, row_at(rows, index), codecs)


def _not_null(table: Table, position: int, row: tuple[object, ...], codecs: Codecs) -> NotNullViolation:
    column = table.columns[position]
    return NotNullViolation(
        f'null value in column "{column.name}" of relation "{table.name}" violates not-null constraint',
        detail=f"Failing row contains ({shown_row(table, row, codecs)}).",
        schema=table.namespace,
        table=table.name,
        column=column.name,
    )


def shown_row(table: Table, row: tuple[object, ...], codecs: Codecs) -> str:
    """A row for people, as PostgreSQL shows a failing one."""
    texts = []
    for column, value in zip(table.columns, row, strict=True):
        text = "null" if value is None else codecs.of(column.type).format(value).decode()
        # PostgreSQL cuts a long value in this message likewise.
        texts.append(text if len(text) <= 64 else f"{text[:64]}...")
    return ", ".join(texts)


def unique_violation(error: storage_errors.UniqueViolation, table: Table, codecs: Codecs) -> UniqueViolation:
    """Storage's finding in PostgreSQL's words."""
    by_number = {column.number: column for column in table.columns}
    columns = [by_number[number] for number in error.columns]
    names = ", ".join(column.name for column in columns)
    values = ", ".join(
        codecs.of(column.type).format(value).decode() for column, value in zip(columns, error.key, strict=True)
    )
    return UniqueViolation(
        str(error),
        detail=f"Key ({names})=({values}) already exists.",
        schema=table.namespace,
        table=table.name,
        constraint=error.constraint,
    )
