"""What a path says: heads, each with the steps that lead on from what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from decimal import Decimal

LAST_LEVEL: Final = 0xFFFF_FFFF
"""`last` in `.**{…}`."""


class Root(Struct, frozen=True):
    """`$`."""


class Current(Struct, frozen=True):
    """`@`."""


class Last(Struct, frozen=True):
    """`last`, in a subscript."""


class Constant(Struct, frozen=True):
    """A number, a string, true, false or null."""

    value: Decimal | str | bool | None


class Variable(Struct, frozen=True):
    """`$name`."""

    name: str


class Arithmetic(Struct, frozen=True):
    """`left operator right` of numbers."""

    operator: str
    left: Path
    right: Path


class Sign(Struct, frozen=True):
    """`-path` and `+path`."""

    operator: str
    operand: Path


class Connective(Struct, frozen=True):
    """`left && right` and `left || right`."""

    operator: str
    left: Path
    right: Path


class Comparison(Struct, frozen=True):
    """`left operator right`, which is true or not."""

    operator: str
    left: Path
    right: Path


class StartsWith(Struct, frozen=True):
    """`whole starts with initial`."""

    whole: Path
    initial: Path


class LikeRegex(Struct, frozen=True):
    """`operand like_regex "pattern" flag "flags"`."""

    operand: Path
    pattern: str
    flags: str


class Negation(Struct, frozen=True):
    """`!(condition)`."""

    condition: Path


class IsUnknown(Struct, frozen=True):
    """`(condition) is unknown`."""

    condition: Path


class Existence(Struct, frozen=True):
    """`exists (path)`."""

    path: Path


Condition = Connective | Comparison | StartsWith | LikeRegex | Negation | IsUnknown | Existence
Head = Root | Current | Last | Constant | Variable | Arithmetic | Sign | Condition


class Member(Struct, frozen=True):
    """`.key`."""

    key: str


class AnyMember(Struct, frozen=True):
    """`.*`."""


class AnyElement(Struct, frozen=True):
    """`[*]`."""


class Subscripts(Struct, frozen=True):
    """`[first, first to last, …]`."""

    ranges: tuple[tuple[Path, Path | None], ...]


class Descent(Struct, frozen=True):
    """`.**{first to last}`: what lies so many levels deep."""

    first: int
    last: int


class Filter(Struct, frozen=True):
    """`?(condition)`."""

    condition: Path


class Method(Struct, frozen=True):
    """`.name()`; of datetime() with its template."""

    name: str
    template: str | None = None


Step = Member | AnyMember | AnyElement | Subscripts | Descent | Filter | Method


class Path(Struct, frozen=True):
    """A head and its steps."""

    head: Head
    steps: tuple[Step, ...] = ()

    @property
    def is_condition(self) -> bool:
        """Whether it may stand where a condition must."""
        return isinstance(self.head, Condition) and not self.steps


class JsonPath(Struct, frozen=True):
    """A whole path. In lax mode arrays are unwrapped, scalars are arrays of one, and what is missing is no error."""

    path: Path
    lax: bool = True
