"""A codec: how the values of one SQL type are read and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.types.arrow import Array
    from storage.types import SqlType

Stored = Any
"""A stored value as `storage.types` describes it for the type; never `None`."""


@dataclass(frozen=True, slots=True)
class Codec:
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
    """Binary input. Raises 22P03 for a wrong length."""
    send: Callable[[Stored], bytes]
    """Binary output."""
    coerce: Callable[[Stored], Stored]
    """Applies the modifier to a stored value of the same base type, as an assignment does."""
    format_array: Callable[[Array], Array]
    """Text output of every value: `binary`, or `fixed_size_binary` where all have one length. No Python for each."""
    send_array: Callable[[Array], Array]
    """Binary output of every value, in the same types."""


def unchanged(value: Stored) -> Stored:
    """Coercion to a type without a modifier."""
    return value
