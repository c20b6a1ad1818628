"""What clients are told of rows that break a foreign key, in PostgreSQL's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import ForeignKeyViolation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.types import Codecs
    from storage.catalog_entries import ForeignKey, Table


def not_present(
    table: Table, foreign_key: ForeignKey, referenced: Table, values: Sequence[object], codecs: Codecs
) -> ForeignKeyViolation:
    """The error for a row that refers to a key which is not there, or, with MATCH FULL, to a part of one.

    `values` are those of its referencing columns, as they are stored.
    """
    if None in values:
        detail = "MATCH FULL does not allow mixing of null and nonnull key values."
    else:
        detail = f'{_key(table, foreign_key.columns, values, codecs)} is not present in table "{referenced.name}".'
    return _violation(f'insert or update on table "{table.name}" violates', table, foreign_key, "", detail)


def still_referenced(
    table: Table, foreign_key: ForeignKey, referenced: Table, values: Sequence[object] | None, codecs: Codecs
) -> ForeignKeyViolation:
    """The error for a key that is taken away from those who refer to it.

    `values` are those of the key; `None` where the role may not read them.
    """
    key = "Key" if values is None else _key(referenced, foreign_key.referenced_columns, values, codecs)
    detail = f'{key} is still referenced from table "{table.name}".'
    message = f'update or delete on table "{referenced.name}" violates'
    return _violation(message, table, foreign_key, f' on table "{table.name}"', detail)


def _violation(message: str, table: Table, foreign_key: ForeignKey, where: str, detail: str) -> ForeignKeyViolation:
    return ForeignKeyViolation(
        f'{message} foreign key constraint "{foreign_key.name}"{where}',
        detail=detail,
        schema=table.namespace,
        table=table.name,
        constraint=foreign_key.name,
    )


def _key(table: Table, numbers: Sequence[int], values: Sequence[object], codecs: Codecs) -> str:
    by_number = {column.number: column for column in table.columns}
    columns = [by_number[number] for number in numbers]
    texts = (codecs.of(each.type).format(value).decode() for each, value in zip(columns, values, strict=True))
    return f"Key ({', '.join(each.name for each in columns)})=({', '.join(texts)})"
