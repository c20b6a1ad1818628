"""Regular expressions as trees."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from msgspec import Struct

ClassName = Literal[
    "alpha", "digit", "alnum", "upper", "lower", "space", "blank", "punct", "print", "graph", "cntrl", "xdigit", "word"
]
Place = Literal["text start", "text end", "line start", "line end", "word start", "word end", "edge", "no edge"]


class Node(Struct, frozen=True, dict=True):
    """A part of an expression."""

    @cached_property
    def prefers_short(self) -> bool | None:
        """Whether it matches as little as possible; `None` where it has no choice (PostgreSQL 9.7.3.5)."""
        return None

    @cached_property
    def has_groups(self) -> bool:
        """Whether there is a capturing group in it."""
        return False


class Characters(Node, frozen=True):
    """One character of these ranges and classes, or one that is in none of them."""

    ranges: tuple[tuple[str, str], ...] = ()
    classes: tuple[ClassName, ...] = ()
    excluded_classes: tuple[ClassName, ...] = ()
    """Any character outside of one of these is in the set, too."""
    negated: bool = False
    ignore_case: bool = False


class At(Node, frozen=True):
    """A place between characters."""

    place: Place


class Sequence(Node, frozen=True):
    """One after the other."""

    items: tuple[Node, ...]

    @cached_property
    def prefers_short(self) -> bool | None:
        """See `Node`."""
        return next((item.prefers_short for item in self.items if item.prefers_short is not None), None)

    @cached_property
    def has_groups(self) -> bool:
        """See `Node`."""
        return any(item.has_groups for item in self.items)


class Choice(Node, frozen=True):
    """One or the other: of them all, the longest match."""

    branches: tuple[Node, ...]

    @cached_property
    def prefers_short(self) -> bool | None:
        """See `Node`."""
        return False

    @cached_property
    def has_groups(self) -> bool:
        """See `Node`."""
        return any(branch.has_groups for branch in self.branches)


class Repeat(Node, frozen=True):
    """So many times: at least `low`, at most `high`, or without a limit."""

    item: Node
    low: int
    high: int | None
    short: bool | None = False
    """Whether it likes few; `None` of `{m}`, which prefers what its item does."""

    @cached_property
    def prefers_short(self) -> bool | None:
        """See `Node`."""
        return self.item.prefers_short if self.short is None else self.short

    @cached_property
    def has_groups(self) -> bool:
        """See `Node`."""
        return self.item.has_groups


class Group(Node, frozen=True):
    """A part whose match is remembered."""

    item: Node
    number: int

    @cached_property
    def prefers_short(self) -> bool | None:
        """See `Node`."""
        return self.item.prefers_short

    @cached_property
    def has_groups(self) -> bool:
        """See `Node`."""
        return True


class Expression(Struct, frozen=True, dict=True):
    """A whole regular expression."""

    root: Node
    groups: int
