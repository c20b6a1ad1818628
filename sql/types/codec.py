"""A codec: how the values of one SQL type are read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from sql.errors import InvalidBinaryRepresentation, ProtocolViolation

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.errors import SqlError
    from sql.types.arrow import Array
    from storage.types import SqlType

MALFORMED: Final = "incorrect binary data format"

Stored = Any
"""A stored value as `storage.types` describes it for the type; never `None`."""


class Codec(Struct, frozen=True):
    """The input and output functions of one SQL type, as plain callables.

    They are fields and not methods, so that the hot ones can be C functions themselves (`struct.Struct.pack`,
    `str.encode`). NULL never reaches the functions of single values; in arrays null stays null. Input functions raise
    the `SqlError` that PostgreSQL raises and apply the type's modifier.
    """

    type: SqlType
    parse: Callable[[str], Stored]
    """PostgreSQL's input function: text → stored value."""
    format: Callable[[Stored], bytes]
    """PostgreSQL's output function: stored value → text in UTF-8."""
    receive: Callable[[bytes], Stored]
    """Binary input. Raises 08P01 where bytes are missing, 22P03 where some are left."""
    send: Callable[[Stored], bytes]
    """Binary output."""
    coerce: Callable[[Stored], Stored]
    """Applies the modifier to a stored value of the same base type, as an assignment does."""
    format_array: Callable[[Array], Array]
    """Text output of every value: `binary`, or `fixed_size_binary` where all have one length. No Python for each."""
    send_array: Callable[[Array], Array]
    """Binary output of every value, in the same types."""


def wrong_size(length: int, size: int) -> SqlError:
    """The error for binary data that ends too soon, or too late, for its type."""
    return ProtocolViolation("insufficient data left in message") if length < size else malformed()


def malformed() -> InvalidBinaryRepresentation:
    """The error for bytes behind a value. Who knows which parameter it was says so."""
    return InvalidBinaryRepresentation(MALFORMED)


def unchanged(value: Stored) -> Stored:
    """Coercion to a type without a modifier."""
    return value
