"""A built-in function: one way to call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from storage.types import SqlType

Kind = Literal["scalar", "aggregate", "window", "set", "ordered set"]


class Signature(Struct, frozen=True):
    """One way to call a function."""

    name: str
    kind: Kind
    arguments: tuple[SqlType, ...]
    required: int
    """How many of the arguments must be given."""
    variadic: bool
    """The last argument may be given any number of times."""
    returns: SqlType
    template: str
    gives: str
    """The DuckDB type to which the result is cast where it is not that of `returns`."""

    def argument(self, index: int) -> SqlType:
        """The declared type of an argument."""
        return self.arguments[min(index, len(self.arguments) - 1)]

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return self.required <= count and (self.variadic or count <= len(self.arguments))
