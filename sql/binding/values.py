"""What binding makes of an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from storage import types as t

if TYPE_CHECKING:
    from storage.types import SqlType

UNNAMED: Final = "?column?"


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
    """Of a numeric: its digits after the point, where they are known while binding."""
    position: int | None = None
    fields: tuple[tuple[str, Bound], ...] = ()
    """Of a record: its fields."""

    @property
    def is_unknown(self) -> bool:
        """Whether it takes its type from its use."""
        return self.type.oid == t.UNKNOWN.oid

    @property
    def digits(self) -> int | None:
        """Digits after the point: of integers none, of a numeric as far as they are known."""
        if self.scale is not None:
            return self.scale
        if self.type.oid == t.NUMERIC.oid:
            return self.type.precision_and_scale[1] if self.type.modifier >= 4 or self.column_number else None
        return 0 if self.type.oid in (t.SMALLINT.oid, t.INTEGER.oid, t.BIGINT.oid) else None

    def called(self, name: str, *, strongly: bool = True) -> Bound:
        """The same under another name."""
        return replace(self, name=name, names_strongly=strongly)

    def computed(self, sql: str, sql_type: SqlType) -> Bound:
        """Something computed from it that keeps its name."""
        return Bound(sql, sql_type, self.name, self.names_strongly, position=self.position)


NULL: Final = Bound("NULL", t.UNKNOWN)
