"""A system relation: its name, its columns, and the function that computes its rows when a query reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sql.relations.context import RelationContext
    from storage.types import SqlType


@dataclass(frozen=True, slots=True)
class RelationColumn:
    """A column of a system relation."""

    name: str
    type: SqlType
    not_null: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that is computed, not stored. Its oid is below 16384 and stays the same from release to release."""

    namespace: str
    name: str
    oid: int
    columns: tuple[RelationColumn, ...]
    rows: Callable[[RelationContext], pa.Table]
    """Its rows as that session sees them: the columns in order, by name, in the Arrow types of their types."""
    kind: str = "v"
    """pg_class.relkind: `r` or `v`."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a relation holds: by column name a list with a value for each row, or one value that every row has.

    A column that is not named is NULL, or, where it may not be, the zero of its type: PostgreSQL's catalogs have many
    columns that say "no" about features that SiltDB does not have.
    """

    count: int
    values: Mapping[str, object]


EMPTY: Final = Content(0, {})


def content_of(names: str, rows: Iterable[tuple[object, ...]], **same: object) -> Content:
    """Content from rows: `names` lists the columns of the tuples, `same` has the value of every row for the others."""
    listed = list(rows)
    columns: list[list[object]] = [list(column) for column in zip(*listed, strict=True)] or [[] for _ in names.split()]
    return Content(len(listed), {**dict(zip(names.split(), columns, strict=True)), **same})


def table_of(columns: Sequence[RelationColumn], content: Content) -> pa.Table:
    """The content as an Arrow table. Raises `KeyError` for a value that no column takes."""
    unknown = content.values.keys() - {column.name for column in columns}
    if unknown:
        raise KeyError(sorted(unknown))
    arrays = [_array(column, content) for column in columns]
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


def _array(column: RelationColumn, content: Content) -> pa.Array[Any]:
    arrow: Any = column.type.arrow  # The stubs want to know which type it is.
    value = content.values.get(column.name)
    if isinstance(value, list):
        listed: pa.Array[Any] = pa.array(value, arrow)
        return listed
    if value is None and column.not_null:
        value = _zero(arrow)
    if value is None or content.count == 0:
        nulls: pa.Array[Any] = pa.nulls(content.count, arrow)
        return nulls
    same: pa.Array[Any] = pa.repeat(pa.scalar(value, arrow), content.count)
    return same


def _zero(arrow: pa.DataType) -> object:
    if pa.types.is_boolean(arrow):
        return False
    if pa.types.is_string(arrow):
        return ""
    if pa.types.is_binary(arrow):
        return b""
    return [] if pa.types.is_list(arrow) else 0
