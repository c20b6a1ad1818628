"""What the names in a query were found to mean, noted while it is bound: where in its text, and what to write there.

A view keeps its query as text that must mean the same whatever is added to tables and schemas later. So the names of
relations are qualified by their schemas, those of columns by their relations, and stars are spelled out
(`sql.view_text`). Places are offsets in the text that the client sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from sqlglot import exp

from sql.errors import FeatureNotSupported
from sql.relations.identifiers import qualified, quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sql.binding.scope import Scope, Source
    from sql.binding.values import Bound
    from storage.object_constants import ObjectType


class Edit(Struct, frozen=True):
    """What is to be written in the place of all that stands from `start` to before `end`: of a star each column."""

    start: int
    end: int
    texts: tuple[str, ...]
    is_star: bool = False


class References(Struct):
    """What one query refers to."""

    edits: dict[int, Edit] = field(default_factory=dict)
    """By where they begin."""
    constants: dict[int, str] = field(default_factory=dict)
    """By where they stand: string constants that depend on the session's time zone or clock, in words that do not."""
    objects: dict[int, tuple[int, ObjectType]] = field(default_factory=dict)
    """By where they stand: string constants that name a relation or a schema of a user, as its oid."""
    views: set[int] = field(default_factory=set)
    """The oids of the views that it names."""
    scans: set[str] = field(default_factory=set)
    """The aliases of the scans of tables that it names itself, and not through a view."""

    def relation(self, tree: exp.Table, namespace: str, name: str) -> None:
        """A relation is named."""
        self._write([tree.args.get("catalog"), tree.args.get("db"), tree.this], [qualified(namespace, name)])

    def column(self, scope: Scope, node: exp.Expr, name: str) -> None:
        """A column is named without its relation; `node` is its name."""
        level: Scope | None = scope
        while level is not None and name not in level.merged:
            for source in level.sources:
                if source.find(name):
                    self._write([node], [_written(level, source, name)])
                    return
            level = level.parent

    def item(self, node: exp.Expr, number: int) -> None:
        """A name means an item of the select list, from 1, since no column that there is has it."""
        if node._meta:
            self.edits[int(node.meta["start"])] = Edit(
                int(node.meta["start"]), int(node.meta["end"]) + 1, (str(number),)
            )

    def star(self, tree: exp.Expr, scope: Scope, columns: Iterable[tuple[str, Bound]]) -> None:
        """A star, with its qualifier, stands for these columns of a scope."""
        parts = [tree] if isinstance(tree, exp.Star) else [*tree.find_all(exp.Identifier, exp.Star)]
        self._write(parts, [_column_of_star(scope, name, bound) for name, bound in columns], is_star=True)

    def _write(self, parts: Iterable[exp.Expr | None], texts: Iterable[str], *, is_star: bool = False) -> None:
        places = [(int(part.meta["start"]), int(part.meta["end"])) for part in parts if part is not None and part._meta]
        if places:
            start, end = min(first for first, _ in places), max(last for _, last in places)
            self.edits[start] = Edit(start, end + 1, tuple(texts), is_star)


def _column_of_star(scope: Scope, name: str, bound: Bound) -> str:
    if scope.merged.get(name) is bound:
        return quote_identifier(name)
    source = next((each for each in scope.sources if any(own is bound for _, own in each.columns)), None)
    if source is None or len(source.find(name)) > 1:
        raise FeatureNotSupported(f'* in a view that stands for column "{name}" more than once is not supported')
    return _written(scope, source, name)


def _written(scope: Scope, source: Source, name: str) -> str:
    is_shared = sum(each.name == source.name for each in scope.sources) > 1
    if is_shared and source.namespace is not None:
        return f"{qualified(source.namespace, source.name)}.{quote_identifier(name)}"
    return f"{quote_identifier(source.name)}.{quote_identifier(name)}"
