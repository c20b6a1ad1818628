"""SQL as a tree, so that a statement that differs can be made smaller piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOLE: Final = "¤"


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of SQL: `text` has a hole for each of its parts.

    `type` is the SQL type of an expression, or what else it is: `query`, `clause`, `list`. An optional piece may be
    left out; a list is its parts with `text` between them.
    """

    type: str
    text: str
    parts: tuple[Node, ...] = ()
    optional: bool = False

    @property
    def sql(self) -> str:
        """The text of the whole."""
        if self.type == "list":
            return self.text.join(part.sql for part in self.parts)
        if not self.parts:
            return self.text
        pieces = self.text.split(HOLE)
        assert len(pieces) == len(self.parts) + 1, self.text
        return pieces[0] + "".join(part.sql + piece for part, piece in zip(self.parts, pieces[1:], strict=True))

    def with_part(self, index: int, part: Node) -> Node:
        """The same with another part."""
        return replace(self, parts=(*self.parts[:index], part, *self.parts[index + 1 :]))

    def below(self) -> Iterator[Node]:
        """The parts, theirs, and so on."""
        for part in self.parts:
            yield part
            yield from part.below()


def node(type_: str, text: str, *parts: Node) -> Node:
    """A piece with its parts."""
    return Node(type_, text, parts)


def clause(text: str, *parts: Node) -> Node:
    """A piece that may be left out."""
    return Node("clause", text, parts, optional=True)


def listed(parts: Sequence[Node], between: str = ", ") -> Node:
    """Pieces one after the other, of which any but the last one may be left out."""
    return Node("list", between, tuple(parts))


NOTHING: Final = Node("clause", "")
