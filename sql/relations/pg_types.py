"""pg_type: the types that SiltDB has, their arrays, and the pseudo-types of functions, with PostgreSQL's own oids."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import astuple

from sql.relations.oids import BOOTSTRAP_ROLE_OID, PG_CATALOG_OID
from sql.relations.pg_type_data import BASE_TYPES
from sql.relations.relation import Content, content_of
from storage.types import SqlType

if TYPE_CHECKING:
    from collections.abc import Iterator

ARRAY_INPUT: Final = (750, 751, 2400, 2401)
"""array_in, array_out, array_recv, array_send."""
ARRAY_ANALYZE: Final = 3816
ARRAY_SUBSCRIPT: Final = 6179


class PgType(Struct, frozen=True):
    """A row of pg_type; the fields are its columns without the prefix `typ`."""

    oid: int
    name: str
    len: int
    byval: bool
    type: str
    category: str
    ispreferred: bool
    align: str
    storage: str
    collation: int
    elem: int
    array: int
    subscript: int
    input: int
    output: int
    receive: int
    send: int
    modin: int
    modout: int
    analyze: int = 0

    @property
    def array_type(self) -> PgType:
        """The row of the type of its arrays."""
        pseudo = self.name == "record"
        return PgType(
            self.array,
            f"_{self.name}",
            -1,
            False,
            "p" if pseudo else "b",
            "P" if pseudo else "A",
            False,
            "d" if self.align == "d" else "i",
            "x",
            self.collation,
            self.oid,
            0,
            ARRAY_SUBSCRIPT,
            *ARRAY_INPUT,
            self.modin,
            self.modout,
            ARRAY_ANALYZE,
        )


def _parse(line: str) -> PgType:
    oid, name, length, byval, kind, category, preferred, align, storage, *numbers = line.split()
    return PgType(
        int(oid), name, int(length), byval == "t", kind, category, preferred == "t", align, storage, *map(int, numbers)
    )


def _types() -> Iterator[PgType]:
    for line in BASE_TYPES.strip().splitlines():
        base = _parse(line)
        yield base
        if base.array:
            yield base.array_type


TYPES: Final[tuple[PgType, ...]] = tuple(_types())
BY_OID: Final = {each.oid: each for each in TYPES}
BY_NAME: Final = {each.name: each for each in TYPES}


@lru_cache(maxsize=1024)
def formatted_name(oid: int) -> str:
    """The name that format_type() gives to a type without modifier; PostgreSQL's `???` for one that is not there."""
    known = BY_OID.get(oid)
    if known is None:
        return "???"
    if known.subscript == ARRAY_SUBSCRIPT and known.name.startswith("_"):
        return f"{formatted_name(known.elem)}[]"
    if known.type == "p":
        return '"any"' if known.name == "any" else known.name
    return str(SqlType(oid))


def pg_type() -> Content:
    """The rows of pg_type."""
    names = " ".join(f"typ{field}" for field in PgType.__struct_fields__).replace("typoid", "oid")
    return content_of(
        names,
        map(astuple, TYPES),
        typnamespace=PG_CATALOG_OID,
        typowner=BOOTSTRAP_ROLE_OID,
        typisdefined=True,
        typdelim=",",
        typtypmod=-1,
    )
