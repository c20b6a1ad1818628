"""record: rows in results, as the text that the query makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from sql.errors import FeatureNotSupported
from sql.types.arrow import Array, pa
from sql.types.codec import Codec, Stored, unchanged

if TYPE_CHECKING:
    from storage.types import SqlType


def _no_input(_text: str) -> NoReturn:
    raise FeatureNotSupported("input of anonymous composite types is not implemented")


def _no_binary(_value: Stored) -> NoReturn:
    raise FeatureNotSupported("rows as values have no binary format")


def _as_binary(array: Array) -> Array:
    return array.cast(pa.binary())


def record_codec(sql_type: SqlType) -> Codec:
    """The codec of record."""
    return Codec(sql_type, _no_input, str.encode, _no_binary, _no_binary, unchanged, _as_binary, _no_binary)
