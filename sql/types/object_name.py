"""regclass, regtype, regproc, regnamespace and regrole: numbers of catalog objects, written as their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from sql.types.arrow import Array, pa
from sql.types.codec import Codec, unchanged
from sql.types.integer import integer_codec
from storage.types import REGCLASS, REGNAMESPACE, REGPROC, REGROLE, REGTYPE, element_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.types import SqlType

OBJECT_NAMES: Final = frozenset({REGCLASS.oid, REGTYPE.oid, REGPROC.oid, REGNAMESPACE.oid, REGROLE.oid})


class Names(Protocol):
    """What names mean to a session at the moment."""

    def name_of(self, oid: int, sql_type: SqlType) -> str:
        """What the output function of a type writes."""

    def oid_of(self, text: str, sql_type: SqlType) -> int:
        """What the input function of a type reads that is no number. Raises `SqlError` where nothing has the name."""


def names_objects(types: Iterable[SqlType]) -> bool:
    """Whether one of the types, or of their elements, is written as names."""
    return any((element_of(each) or each).oid in OBJECT_NAMES for each in types)


def object_name_codec(sql_type: SqlType, names: Names) -> Codec:
    """The codec of such a type; in binary its values are numbers."""
    numbers = integer_codec(sql_type)

    def parse(text: str) -> int:
        if text == "-":
            return 0
        return numbers.parse(text) if text.isdecimal() else names.oid_of(text, sql_type)

    def write(oid: int) -> bytes:
        return names.name_of(oid, sql_type).encode()

    def write_array(array: Array) -> Array:
        # There are far fewer objects than rows that name one.
        found: Any = array.dictionary_encode()
        texts = pa.array([write(oid) for oid in found.dictionary.to_pylist()], pa.binary())
        written: Array = texts.take(found.indices)
        return written

    return Codec(sql_type, parse, write, numbers.receive, numbers.send, unchanged, write_array, numbers.send_array)
