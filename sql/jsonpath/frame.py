"""Where in a path a walk is, and what conditions need of the walk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.json_functions import Json
    from sql.jsonpath.tree import Path
    from sql.types.zone import Zone


class Frame(Struct, frozen=True):
    """What the symbols of a path mean at one place of it."""

    current: Json
    """What `@` is."""
    size: int
    """How many elements the innermost array has that is subscripted: one more than `last`."""
    lenient: bool
    """Whether what is missing is no error."""
    base: Json
    base_number: int
    """What objects lie in, and its number: `.keyvalue()` shows them."""


class Walk(Protocol):
    """A walk of a path over a value."""

    @property
    def lax(self) -> bool:
        """Whether the path is one in lax mode."""

    @property
    def zone(self) -> Zone | None:
        """The session's time zone, if moments may be compared by it."""

    def items(self, path: Path, value: Json, frame: Frame) -> Iterator[Json]:
        """What a path inside of the path finds."""

    def exists(self, path: Path, value: Json, frame: Frame) -> bool:
        """Whether it finds anything."""

    def unwrapped(self, path: Path, value: Json, frame: Frame) -> list[Json]:
        """The same, in lax mode with the elements of arrays in their place."""
