"""The values of a VALUES list as they are written → stored values: whole columns at once where that is plain."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from itertools import compress
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from msgspec import Struct, field
from sqlglot import exp

from sql.assignment import INTEGERS, assignment, identity
from sql.copy.conversion import converted
from sql.copy.doubts import FIRST_DAY
from sql.errors import SqlError
from sql.scalar import ERRORS_OF_CONSTANTS, Constant, ScalarContext, build_assigned, convert, moves_with_time
from sql.tokens import TokenReader, escaped_value, scan
from sql.type_names import cast_to, read_type, type_of
from sql.types.arrow import Array, pa
from sql.types.buffers import values_of
from storage import types as t
from storage.rows import stored_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.grammar.written_rows import WrittenRows
    from sql.point import PointTarget
    from sql.scalar import Scalar, SequenceOf
    from sql.types import Codecs
    from storage.types import SqlType

Values = Any
"""The stored values of some rows of a column: an Arrow array, or a list where some are still to come."""

_NULLS: Final = frozenset(("null", "NULL"))
_MOVING: Final = re.compile("now|today|tomorrow|yesterday", re.IGNORECASE)
_TIMES: Final = frozenset((t.DATE.oid, t.TIME.oid, t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid))
_FLOATS: Final = frozenset((t.REAL.oid, t.DOUBLE.oid))


class BadCell(Exception):
    """a value that cannot be read; of several the first one in the text is told"""

    def __init__(self, row: int, error: SqlError) -> None:
        super().__init__(row, error)
        self.row = row
        self.error = error


class Cells(Struct):
    """One column of a part of the rows."""

    values: Values
    scalars: list[tuple[int, Scalar]] = field(default_factory=list)
    """By row of the part: what cannot be read from the text alone, such as DEFAULT."""
    trees: list[tuple[int, exp.Expr]] = field(default_factory=list)
    """What only a query can evaluate."""


class CellReader(Struct, frozen=True):
    """Reads the values of one column. For any thread."""

    type: SqlType
    default: Scalar | exp.Expr
    codecs: Codecs
    sequence_of: SequenceOf
    parameter_types: Sequence[SqlType]
    parameters: Sequence[object]

    def read(self, cells: Sequence[str], expressions: Sequence[tuple[int, exp.Expr]]) -> Cells:
        """Values as they are written, `null` where there is an expression. Raises `BadCell`."""
        if not expressions:
            whole = self._null_or_plain(cells)
            if whole is not None:
                return Cells(whole)
        return self._one_by_one(cells, dict(expressions))

    def _null_or_plain(self, cells: Sequence[str]) -> Values | None:
        present = [cell not in _NULLS for cell in cells]
        if all(present):
            return self._plain(cells)
        stored = self._plain([*compress(cells, present)]) if any(present) else stored_array((), self.type.arrow)
        if stored is None:
            return None
        mask = np.array(present)
        places = np.cumsum(mask) - 1
        return stored.take(pa.array(places, pa.int64(), mask=~mask))

    def _plain(self, cells: Sequence[str]) -> Values | None:
        """Values that are all written alike; `None` where they are not, or one may be wrong."""
        first = cells[0][0]
        if first == "'":
            return self._strings(cells)
        if first == "$":
            return self._given(cells)
        return self._numbers(cells) if first in "+-.0123456789" else None

    def _strings(self, cells: Sequence[str]) -> Values | None:
        if not all(cell[0] == "'" == cell[-1] for cell in cells):
            return None
        texts = [cell[1:-1].replace("''", "'") if "''" in cell else cell[1:-1] for cell in cells]
        oid = self.type.oid
        if oid in _TIMES and any(map(_MOVING.search, texts)):
            return None
        array = pa.array(texts, pa.string())
        stored = _dates(array) if oid == t.DATE.oid else converted(array, self.type, self.codecs.zone)
        if stored is not None:
            return stored
        parse = self.codecs.of(self.type).parse
        try:
            return stored_array([parse(text) for text in texts], self.type.arrow)
        except SqlError:
            return None

    def _numbers(self, cells: Sequence[str]) -> Values | None:
        oid = self.type.oid
        try:
            if oid in INTEGERS:
                numbers = np.array([int(cell) for cell in cells], np.int64)
                low, high = INTEGERS[oid]
                in_range = low <= numbers.min() and numbers.max() <= high
                return pa.array(numbers).cast(self.type.arrow) if in_range else None
            if oid == t.NUMERIC.oid:
                return self._decimals(cells)
            if oid in _FLOATS:
                # As PostgreSQL: a numeric constant is converted by way of its text.
                parse = self.codecs.of(self.type).parse
                return stored_array([parse(cell) for cell in cells], self.type.arrow)
        except (ValueError, OverflowError, SqlError):
            pass
        return None

    def _decimals(self, cells: Sequence[str]) -> Values | None:
        try:
            return pa.array(cells, pa.string()).cast(self.type.arrow)
        except pa.ArrowInvalid:
            pass
        coerce = self.codecs.of(self.type).coerce
        try:
            return stored_array([coerce(Decimal(cell)) for cell in cells], self.type.arrow)
        except (SqlError, ArithmeticError):
            return None

    def _given(self, cells: Sequence[str]) -> Values | None:
        """Parameters of one type."""
        try:
            indexes = [_parameter_index(cell) for cell in cells]
        except ValueError:
            return None
        source = self.parameter_types[indexes[0]]
        others = (self.parameter_types[index] for index in indexes)
        if any(other is not source and other != source for other in others):
            return None
        cast = assignment(source, self.type, self.codecs)
        if cast is None:
            return None
        given = [self.parameters[index] for index in indexes]
        if cast is not identity:
            try:
                given = [None if value is None else cast(value) for value in given]
            except SqlError:
                return None
        return stored_array(given, self.type.arrow)

    def _one_by_one(self, cells: Sequence[str], expressions: dict[int, exp.Expr]) -> Cells:
        read = Cells([None] * len(cells))
        for row, cell in enumerate(cells):
            try:
                scalar = self._expression(expressions[row]) if row in expressions else self._constant(cell)
            except SqlError as error:
                raise BadCell(row, error) from None
            if isinstance(scalar, Constant):
                read.values[row] = scalar.value
            elif isinstance(scalar, exp.Expr):
                read.trees.append((row, scalar))
            else:
                read.scalars.append((row, scalar))
        return read

    def _expression(self, tree: exp.Expr) -> Scalar | exp.Expr:
        if isinstance(tree, exp.Cast) and isinstance(tree.this, exp.Literal) and tree.this.is_string:
            return self._typed(tree.this.name, type_of(tree)) or tree
        context = ScalarContext({}, self.codecs, sequence_of=self.sequence_of)
        return build_assigned(tree, self.type, context) or tree

    def _constant(self, cell: str) -> Scalar | exp.Expr:
        """What one constant or parameter, as it is written, is in the column."""
        first = cell[0]
        if first in "'eE":
            text, type_name = _string_parts(cell)
            if type_name:
                sql_type = type_named(type_name)
                return self._typed(text, sql_type) or cast_to(exp.Literal.string(text), sql_type)
            return self._of_tree(exp.Literal.string(text))
        if first == "$":
            return self._parameter(_parameter_index(cell))
        word = cell.lower()
        if word == "default":
            return self.default
        if word == "null":
            return Constant(self.type, None)
        if word in ("true", "false"):
            return self._of_tree(exp.Boolean(this=word == "true"))
        number = exp.Literal.number(cell.lstrip("+-"))
        return self._of_tree(exp.Neg(this=number) if first == "-" else number)

    def _of_tree(self, tree: exp.Expr) -> Scalar | exp.Expr:
        return build_assigned(tree, self.type, ScalarContext({}, self.codecs)) or tree

    def _typed(self, text: str, sql_type: SqlType) -> Scalar | None:
        """A constant that is written with its type."""
        if sql_type.modifier >= 0 or moves_with_time(text, sql_type):
            return None
        value = self.codecs.of(sql_type).parse(text)
        return convert(Constant(sql_type, value), self.type, self.codecs)

    def _parameter(self, index: int) -> Scalar:
        source, value = self.parameter_types[index], self.parameters[index]
        cast = assignment(source, self.type, self.codecs)
        assert cast is not None, "the planner has seen to it"
        return Constant(self.type, None if value is None else cast(value))


def _parameter_index(cell: str) -> int:
    """Of `$2` or `$2::integer` 1. Raises `ValueError` for anything else."""
    if cell[0] != "$":
        raise ValueError(cell)
    return int(cell[1:].partition("::")[0]) - 1


def parameters_of_rows(
    rows: WrittenRows, column_types: Sequence[SqlType], target: PointTarget
) -> tuple[SqlType, ...] | None:
    """The types of the parameters in rows of constants and parameters, for columns of some types.

    `None` where one of them is converted by more than an assignment of a stored value.
    """
    known: list[SqlType | None] = list(target.declared)
    if rows.parameters:
        known += [None] * (max(rows.parameters) + 1 - len(known))
    # There are tens of thousands of parameters, but few ways in which they stand there.
    made: dict[tuple[tuple[int, str], int], SqlType] = {}
    for index, place in rows.parameters.items():
        declared = known[index]
        settled_type = made.get((place, id(declared)))
        if settled_type is None:
            column, type_name = place
            cast_to_type = type_named(type_name) if type_name else None
            settled_type = declared or cast_to_type or column_types[column]
            if cast_to_type is not None and settled_type != cast_to_type:
                return None
            if assignment(settled_type, column_types[column], target.codecs) is None:
                return None
            made[place, id(declared)] = settled_type
        known[index] = settled_type
    settled = tuple([t.TEXT if each is None else each for each in known])
    for column, index in {(column, id(settled[index])): (column, index) for column, index in rows.repeated}.values():
        if assignment(settled[index], column_types[column], target.codecs) is None:
            return None
    return settled


def tells_position(error: SqlError) -> bool:
    """Whether an error of a value says where that stands in the text."""
    return error.position is None and isinstance(error, ERRORS_OF_CONSTANTS)


def _dates(array: Array) -> Array | None:
    try:
        stored = array.cast(pa.date32())
    except pa.ArrowInvalid:
        return None
    return None if (values_of(stored, "<i4", under_null=0) < FIRST_DAY).any() else stored


def _string_parts(cell: str) -> tuple[str, str]:
    """The value of a string constant, and the type behind it, if any."""
    end = cell.rindex("'") + 1
    written = cell[:end]
    value = written[1:-1].replace("''", "'") if written[0] == "'" else escaped_value(written, None)
    return value, cell[end:].removeprefix("::")


@lru_cache(maxsize=64)
def type_named(name: str) -> SqlType:
    """The type with a name such as `sql.grammar.written_rows` knows."""
    (tokens,) = scan(name)
    return read_type(TokenReader(tokens, name))
