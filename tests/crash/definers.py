"""A writer that changes how its table is defined, and its rows with it: columns, indexes, views, sequences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.crash.writers import Statements, Step, Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from tests.crash.clients import Statement
    from tests.crash.history import Change, Row, State

Values = tuple[str | None, ...]

TABLE = "shape"
VIEW = "shape_view"
INDEX = "shape_index"
DEFINITION = (TABLE, "definition")
ROWS_MAX = 15
COLUMNS_MAX = 5

WIDER = {"smallint": "integer", "integer": "bigint", "bigint": "text"}
"""What the type of a column becomes: the last of these rewrites all rows."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the table is defined. `n` is the number of a row, `id` is from a sequence, `columns` are names and types."""

    columns: tuple[tuple[str, str], ...]
    has_view: bool = False
    has_index: bool = False


class Definer(Writer):
    """The value of a row of `shape` is those of its columns, as text; its number is `n`."""

    def next_step(self) -> Step:
        """See `Writer`."""
        shape = self._shape()
        if shape is None:
            return self._create()
        steps: list[Callable[[Shape], Step]] = [
            self._insert,
            self._insert,
            self._update,
            self._add_column,
            self._drop_column,
            self._rename_column,
            self._widen_column,
            self._change_index,
            self._change_view,
            self._truncate,
            self._define_and_write,
            self._drop,
        ]
        return self.random.choice(steps)(shape)

    def _shape(self) -> Shape | None:
        return self.history.state.get(DEFINITION)  # type: ignore[return-value]

    def _rows(self) -> dict[Row, Values]:
        return {row: value for row, value in self.history.state.items() if row != DEFINITION}  # type: ignore[misc]

    def _create(self) -> Step:
        text = f"CREATE TABLE {TABLE} (n int UNIQUE, id serial PRIMARY KEY, c1 smallint)"
        change = ((DEFINITION, Shape((("c1", "smallint"),))),)
        first, insert = self._new_row(Shape((("c1", "smallint"),)))
        return Statements((*change, first), (text, ()), insert)

    def _drop(self, shape: Shape) -> Step:
        gone: Change = tuple((row, None) for row in (DEFINITION, *self._rows()))
        return Statements(gone, (f"DROP TABLE {TABLE} CASCADE", ()))

    def _new_row(self, shape: Shape) -> tuple[tuple[Row, object], Statement]:
        number = self.new_number()
        value = str(number % 1000)
        names = "".join(f", {name}" for name, _ in shape.columns)
        # Literals, so that the statement means the same whatever the types have become.
        values = f", '{value}'" * len(shape.columns)
        change = ((TABLE, number), (value,) * len(shape.columns))
        return change, (f"INSERT INTO {TABLE} (n{names}) VALUES ({number}{values})", ())

    def _insert(self, shape: Shape) -> Step:
        if len(self._rows()) > ROWS_MAX:
            return self._truncate(shape)
        change, statement = self._new_row(shape)
        return Statements((change,), statement)

    def _update(self, shape: Shape) -> Step:
        if not shape.columns:
            return self._insert(shape)
        at = self.random.randrange(len(shape.columns))
        value = str(self.new_number() % 1000)
        change = tuple((row, (*old[:at], value, *old[at + 1 :])) for row, old in self._rows().items())
        return Statements(change, (f"UPDATE {TABLE} SET {shape.columns[at][0]} = '{value}'", ()))

    def _redefined(self, shape: Shape, change_row: Callable[[Values], Values]) -> Change:
        return ((DEFINITION, shape), *((row, change_row(old)) for row, old in self._rows().items()))

    def _add_column(self, shape: Shape) -> Step:
        if len(shape.columns) >= COLUMNS_MAX or shape.has_view:
            return self._insert(shape)
        name = f"c{self.new_number()}"
        default = self.random.choice((None, str(self._last % 1000)))
        said = "" if default is None else f" DEFAULT {default}"
        after = replace(shape, columns=(*shape.columns, (name, "smallint")))
        change = self._redefined(after, lambda old: (*old, default))
        return Statements(change, (f"ALTER TABLE {TABLE} ADD COLUMN {name} smallint{said}", ()))

    def _drop_column(self, shape: Shape) -> Step:
        if not shape.columns or shape.has_view:
            return self._insert(shape)
        at = self.random.randrange(len(shape.columns))
        after = replace(shape, columns=(*shape.columns[:at], *shape.columns[at + 1 :]))
        change = self._redefined(after, lambda old: (*old[:at], *old[at + 1 :]))
        return Statements(change, (f"ALTER TABLE {TABLE} DROP COLUMN {shape.columns[at][0]}", ()))

    def _rename_column(self, shape: Shape) -> Step:
        if not shape.columns:
            return self._insert(shape)
        at = self.random.randrange(len(shape.columns))
        (old, column_type), new = shape.columns[at], f"c{self.new_number()}"
        after = replace(shape, columns=(*shape.columns[:at], (new, column_type), *shape.columns[at + 1 :]))
        return Statements(((DEFINITION, after),), (f"ALTER TABLE {TABLE} RENAME COLUMN {old} TO {new}", ()))

    def _widen_column(self, shape: Shape) -> Step:
        wider = [at for at, (_, column_type) in enumerate(shape.columns) if column_type in WIDER]
        if not wider or shape.has_view:
            return self._insert(shape)
        at = self.random.choice(wider)
        name, column_type = shape.columns[at]
        after = replace(shape, columns=(*shape.columns[:at], (name, WIDER[column_type]), *shape.columns[at + 1 :]))
        text = f"ALTER TABLE {TABLE} ALTER COLUMN {name} TYPE {WIDER[column_type]}"
        # A default is cast with its column, or cannot be: without one nothing stands in the way.
        drop_default = f"ALTER TABLE {TABLE} ALTER COLUMN {name} DROP DEFAULT"
        return Statements(((DEFINITION, after),), (drop_default, ()), (text, ()))

    def _change_index(self, shape: Shape) -> Step:
        create, drop = f"CREATE UNIQUE INDEX {INDEX} ON {TABLE} (id, n)", f"DROP INDEX {INDEX}"
        after = replace(shape, has_index=not shape.has_index)
        return Statements(((DEFINITION, after),), (drop if shape.has_index else create, ()))

    def _change_view(self, shape: Shape) -> Step:
        create, drop = f"CREATE VIEW {VIEW} AS SELECT * FROM {TABLE}", f"DROP VIEW {VIEW}"
        after = replace(shape, has_view=not shape.has_view)
        return Statements(((DEFINITION, after),), (drop if shape.has_view else create, ()))

    def _truncate(self, shape: Shape) -> Step:
        gone: Change = tuple((row, None) for row in self._rows())
        how = self.random.choice(("", " RESTART IDENTITY"))
        return Statements(gone, (f"TRUNCATE {TABLE}{how}", ()))

    def _define_and_write(self, shape: Shape) -> Step:
        """A column, and what is written into it, in one transaction."""
        if len(shape.columns) >= COLUMNS_MAX or shape.has_view:
            return self._update(shape)
        name, value = f"c{self.new_number()}", str(self._last % 1000)
        after = replace(shape, columns=(*shape.columns, (name, "integer")))
        row, insert = self._new_row(after)
        change = (*self._redefined(after, lambda old: (*old, value)), row)
        add = (f"ALTER TABLE {TABLE} ADD COLUMN {name} integer", ())
        return Statements(change, add, (f"UPDATE {TABLE} SET {name} = {value}", ()), insert)


def shape_found(connection: psycopg.Connection[tuple[Any, ...]]) -> State:
    """What there is of the table, as a `Definer` knows it."""
    if connection.execute(f"SELECT to_regclass('{TABLE}') IS NULL").fetchall() == [(True,)]:
        return {}
    columns = connection.execute(
        f"SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '{TABLE}' "
        "AND column_name NOT IN ('n', 'id') ORDER BY ordinal_position"
    ).fetchall()
    has_view, has_index = connection.execute(
        f"SELECT to_regclass('{VIEW}') IS NOT NULL, to_regclass('{INDEX}') IS NOT NULL"
    ).fetchall()[0]
    rows = connection.execute(f"SELECT * FROM {TABLE} ORDER BY n").fetchall()
    if has_view:
        assert connection.execute(f"SELECT * FROM {VIEW} ORDER BY n").fetchall() == rows
    assert len({row[1] for row in rows}) == len(rows), "a number of the sequence was given twice"
    for number, row_id, *_ in rows:
        by_key = connection.execute(f"SELECT n FROM {TABLE} WHERE id = %s", (row_id,)).fetchall()
        assert by_key == connection.execute(f"SELECT n FROM {TABLE} WHERE n = %s", (number,)).fetchall() == [(number,)]
    found: State = {DEFINITION: Shape(tuple(columns), has_view, has_index)}
    for number, _, *values in rows:
        found[TABLE, number] = tuple([None if value is None else str(value) for value in values])
    return found
