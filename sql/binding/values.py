"""What binding makes of an expression."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from storage.types import SqlType

UNNAMED: Final = "?column?"


def decades_of(value: float) -> int | None:
    """By how many powers of ten a number is larger or smaller than one at most, if it is not zero."""
    if not math.isfinite(value):
        return None
    return math.ceil(abs(math.log10(abs(value)))) if value else 0


class UncheckedFloat(Struct, frozen=True):
    """Arithmetic of floats without the test of its range (`float_arithmetic`)."""

    sql: str
    operands: tuple[str, ...]
    """What it begins with."""
    guards: tuple[str, ...] = ()
    """Parts that hide, as they divide, that they are not finite."""
    factors: tuple[str, ...] = ()
    """Of a product or quotient: conditions under all of which it is not zero."""


class Bound(Struct, frozen=True):
    """An expression in DuckDB's text, with its type.

    An expression of type UNKNOWN is a string constant (`constant`), a parameter of which nothing is known yet
    (`parameter`), or NULL. It gets a type from where it is used: `coercion.coerce`.
    """

    sql: str
    type: SqlType
    name: str = UNNAMED
    """What a result column of it is called, by the rules of PostgreSQL's FigureColname."""
    names_strongly: bool = False
    """The name is its own, and not the name of a type or keyword: a cast keeps it."""
    constant: str | None = None
    parameter: int | None = None
    table_oid: int = 0
    column_number: int = 0
    scan: str = ""
    """The alias of the table scan that it comes from unchanged."""
    relation: str = ""
    """The alias of the system relation's scan that it comes from unchanged."""
    scale: int | None = None
    """Of a numeric, or an array of them: the digits after the point, where they are known while binding."""
    position: int | None = None
    fields: tuple[tuple[str, Bound], ...] = ()
    """Of a record: its fields."""
    decades: int | None = None
    """Of a float: by how many powers of ten it is larger or smaller than one at most, where that is known."""
    unchecked: UncheckedFloat | None = None
    """Of arithmetic of floats: the same without a test, for what is computed with it."""

    @property
    def is_unknown(self) -> bool:
        """Whether it takes its type from its use."""
        return self.type.oid == t.UNKNOWN.oid

    @property
    def digits(self) -> int | None:
        """Digits after the point: of integers none, of a numeric as far as they are known."""
        if self.scale is not None:
            return self.scale
        number = element_of(self.type) or self.type
        if number.oid == t.NUMERIC.oid:
            return number.precision_and_scale[1] if number.modifier >= 4 or self.column_number else None
        return 0 if number.oid in (t.SMALLINT.oid, t.INTEGER.oid, t.BIGINT.oid) else None

    @property
    def reach(self) -> int | None:
        """`decades` of any number."""
        return _REACH.get(self.type.oid) if self.decades is None else self.decades

    def called(self, name: str, *, strongly: bool = True) -> Bound:
        """The same under another name."""
        return replace(self, name=name, names_strongly=strongly)

    def computed(self, sql: str, sql_type: SqlType) -> Bound:
        """Something computed from it that keeps its name."""
        return Bound(sql, sql_type, self.name, self.names_strongly, position=self.position)


_REACH: Final = {t.SMALLINT.oid: 5, t.INTEGER.oid: 10, t.BIGINT.oid: 19, t.NUMERIC.oid: 38}

NULL: Final = Bound("NULL", t.UNKNOWN)
