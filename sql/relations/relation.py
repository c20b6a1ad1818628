"""A system relation: its name, its columns, and the function that computes its rows when a query reads it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sql.relations.context import Part, RelationContext
    from storage.types import SqlType


YIELD_S: Final = 0.000_02
"""How long a computation in batches rests between two of them."""


class RelationColumn(Struct, frozen=True):
    """A column of a system relation."""

    name: str
    type: SqlType
    not_null: bool = False


def _never_stops() -> None:
    return None


class Condition(Struct, frozen=True):
    """`column op` one of `values`, which are as they are stored, none of them NULL. Without values it never holds.

    `op` is one of = < <= > >=; only = comes with more than one value.
    """

    column: str
    op: str
    values: tuple[Any, ...]


class First(Struct, frozen=True):
    """Of the rows for which all conditions hold, only so many matter: the first by `column`, or, if `None`, any."""

    count: int
    column: str | None = None
    descending: bool = False


class Wanted(Struct, frozen=True):
    """What a query needs of a relation, which may give more than that and never less."""

    columns: frozenset[str] | None = None
    """`None`: all."""
    conditions: tuple[Condition, ...] = ()
    """Over columns in `Relation.filtered`: all of them hold for every row that matters."""
    first: First | None = None
    checkpoint: Callable[[], None] = _never_stops
    """To be called now and then by what takes long: raises when nobody wants the rows any more."""

    def shown(self, columns: Sequence[RelationColumn]) -> tuple[RelationColumn, ...]:
        """Those of the relation's columns that are needed, in order; one at least, for a table has to have rows."""
        wanted = self.columns
        return tuple(column for column in columns if wanted is None or column.name in wanted) or (columns[0],)


ALL: Final = Wanted()


class Relation(Struct, frozen=True):
    """A relation that is computed, not stored. Its oid is below 16384 and stays the same from release to release."""

    namespace: str
    name: str
    oid: int
    columns: tuple[RelationColumn, ...]
    compute: Callable[[RelationContext, Wanted], pa.Table]
    kind: str = "v"
    """pg_class.relkind: `r` or `v`."""
    filtered: frozenset[str] = frozenset()
    """The columns whose conditions it is computed with."""
    shows: frozenset[Part] = frozenset()
    """What of the server, beside the catalog, its rows are computed from."""
    measured: frozenset[str] | None = None
    """The columns that are computed from that, if the others are not."""

    def needs(self, columns: Iterable[str] | None) -> frozenset[Part]:
        """What of the server these columns (`None`: all) are computed from."""
        if self.measured is None or columns is None or not self.measured.isdisjoint(columns):
            return self.shows
        return frozenset()

    def rows(self, context: RelationContext, wanted: Wanted = ALL) -> pa.Table:
        """Its rows as a session sees them, in a worker: columns in order, by name, in the Arrow types of their types.

        The context must have the parts that the relation `shows`.
        """
        return self.compute(context, wanted)


class Content(Struct, frozen=True):
    """What a relation holds: by column name a list with a value for each row, or one value that every row has.

    A column that is not named is NULL, or, where it may not be, the zero of its type: PostgreSQL's catalogs have many
    columns that say "no" about features that SiltDB does not have.
    """

    count: int
    values: Mapping[str, object]


def selecting(compute: Callable[[RelationContext], pa.Table]) -> Callable[[RelationContext, Wanted], pa.Table]:
    """What computes all columns, as what gives only those that are wanted."""

    def rows(context: RelationContext, wanted: Wanted) -> pa.Table:
        table = compute(context)
        return table if not wanted.columns else table.select([n for n in table.column_names if n in wanted.columns])

    return rows


EMPTY: Final = Content(0, {})


def content_of(names: str, rows: Iterable[tuple[object, ...]], **same: object) -> Content:
    """Content from rows: `names` lists the columns of the tuples, `same` has the value of every row for the others."""
    listed = list(rows)
    columns: list[list[object]] = [list(column) for column in zip(*listed, strict=True)] or [[] for _ in names.split()]
    return Content(len(listed), {**dict(zip(names.split(), columns, strict=True)), **same})


def table_of(columns: Sequence[RelationColumn], content: Content, wanted: Wanted = ALL) -> pa.Table:
    """The wanted columns of the content as an Arrow table. Raises `KeyError` for a value that no column takes."""
    unknown = content.values.keys() - {column.name for column in columns}
    if unknown:
        raise KeyError(sorted(unknown))
    shown = wanted.shown(columns)
    arrays = [_array(column, content) for column in shown]
    return pa.Table.from_arrays(arrays, names=[column.name for column in shown])


def table_of_batches(
    columns: Sequence[RelationColumn], batches: Iterable[Mapping[str, Sequence[object]]], wanted: Wanted
) -> pa.Table:
    """The wanted columns of batches of values as an Arrow table, as the batches come."""
    schema = pa.schema([pa.field(column.name, column.type.arrow) for column in wanted.shown(columns)])
    made: list[pa.RecordBatch] = []
    for batch in batches:
        wanted.checkpoint()
        made.append(
            pa.RecordBatch.from_arrays([pa.array(batch[each.name], each.type) for each in schema], schema=schema)
        )
        # The loop, and whoever else waits for the interpreter, goes first.
        time.sleep(YIELD_S)
    return pa.Table.from_batches(made, schema)


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
