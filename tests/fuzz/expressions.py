"""Random expressions of a wanted type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.fuzz.catalog import WRITTEN
from tests.fuzz.node import Node, clause, listed, node
from tests.fuzz.syntaxes import SPELT
from tests.fuzz.values import BARE, ELEMENTS, NUMBERS, POOLS, SMALL, SPECIAL, TEXTS, TYPES, UNORDERED, pool

if TYPE_CHECKING:
    from random import Random

    from tests.fuzz.catalog import Callable, Catalog

COMPARISONS: Final = ("=", "<>", "<", "<=", ">", ">=")
BARE_CONSTANTS: Final = 0.08
"""How often a constant has no type of its own."""

SAFE_OPERATORS: Final = frozenset({"=", "<>", "<", "<=", ">", ">=", "||", "@>", "<@", "&&"})


@dataclass
class Expressions:
    """Makes expressions over columns in scope, each the text by which it is named and its type.

    Where `is_safe`, there is nothing that could fail for some value: which of several errors a query raises, and
    whether it meets it at all, is for each server to decide.
    """

    random: Random
    catalog: Catalog
    columns: list[tuple[str, str]] = field(default_factory=list)
    is_safe: bool = False

    def make(self, type_: str, depth: int) -> Node:
        """An expression of that type."""
        if depth <= 0 or self.random.random() < 0.15:
            return self.leaf(type_)
        if type_ == "boolean" and self.random.random() < 0.6:
            return self.condition(depth)
        if self.random.random() < 0.25:
            return self._syntax(type_, depth)
        return self._call(type_, depth) or self.leaf(type_)

    def leaf(self, type_: str) -> Node:
        """A column, a constant or NULL."""
        columns = [name for name, column_type in self.columns if column_type == type_]
        if columns and self.random.random() < 0.65:
            return Node(type_, self.random.choice(columns))
        if self.random.random() < 0.08:
            return Node(type_, f"null::{type_}")
        if self.random.random() < BARE_CONSTANTS:
            return Node(type_, self.random.choice(BARE[type_]))
        return Node(type_, self.random.choice(POOLS[type_]))

    def any_type(self, *, ordered: bool = False) -> str:
        """A type, those of columns above all."""
        types = [type_ for _, type_ in self.columns] or list(TYPES)
        chosen = self.random.choice(types if self.random.random() < 0.8 else TYPES)
        return "text" if ordered and chosen in UNORDERED else chosen

    def column(self, *types: str) -> Node | None:
        """A column of one of these types; of any type that has an order, if none is named."""
        found = [(name, type_) for name, type_ in self.columns if (type_ in types if types else type_ not in UNORDERED)]
        if not found:
            return None
        name, type_ = self.random.choice(found)
        return Node(type_, name)

    def condition(self, depth: int) -> Node:
        """A predicate."""
        make = self.random.choice((
            self._compared, self._compared, self._connected, self._connected, self._null_test, self._in_list,
            self._between, self._quantified, self._like, self._distinct, self._rows, self._truth,
        ))  # fmt: skip
        return make(depth)

    def _compared(self, depth: int) -> Node:
        type_ = self.any_type(ordered=True)
        other = type_
        if type_ in NUMBERS and self.random.random() < 0.3:
            other = self.random.choice(NUMBERS)
        if type_ in TEXTS:
            other = self.random.choice(TEXTS)
        symbol = self.random.choice(COMPARISONS)
        return node("boolean", f"(¤ {symbol} ¤)", self.make(type_, depth - 1), self.make(other, depth - 1))

    def _connected(self, depth: int) -> Node:
        one, other = self.make("boolean", depth - 1), self.make("boolean", depth - 1)
        return self.random.choice((
            node("boolean", "(¤ and ¤)", one, other), node("boolean", "(¤ or ¤)", one, other),
            node("boolean", "(not ¤)", one),
        ))  # fmt: skip

    def _null_test(self, depth: int) -> Node:
        word = self.random.choice(("is null", "is not null"))
        return node("boolean", f"(¤ {word})", self.make(self.any_type(), depth - 1))

    def _truth(self, depth: int) -> Node:
        word = self.random.choice(
            ("is true", "is not true", "is false", "is not false", "is unknown", "is not unknown")
        )
        return node("boolean", f"(¤ {word})", self.make("boolean", depth - 1))

    def _in_list(self, depth: int) -> Node:
        type_ = self.any_type(ordered=True)
        items = [self.make(type_, depth - 2) for _ in range(self.random.randint(1, 3))]
        word = self.random.choice(("in", "not in"))
        return node("boolean", f"(¤ {word} (¤))", self.make(type_, depth - 1), listed(items))

    def _between(self, depth: int) -> Node:
        type_ = self.any_type(ordered=True)
        word = self.random.choice(("between", "not between", "between symmetric"))
        return node("boolean", f"(¤ {word} ¤ and ¤)", *(self.make(type_, depth - 1) for _ in range(3)))

    def _quantified(self, depth: int) -> Node:
        element = self.random.choice(tuple(ELEMENTS))
        symbol, word = self.random.choice(COMPARISONS), self.random.choice(("any", "all"))
        array = self.make(ELEMENTS[element], depth - 1)
        return node("boolean", f"(¤ {symbol} {word} (¤))", self.make(element, depth - 1), array)

    def _like(self, depth: int) -> Node:
        text = self.make(self.random.choice(TEXTS), depth - 1)
        word = self.random.choice(
            ("like", "not like", "ilike", "not ilike", "~", "!~", "~*", "similar to", "not similar to")
        )
        kind = "similar" if "similar" in word else "like" if "like" in word else "pattern"
        patterns = [each for each in pool(kind) if not self.is_safe or each not in ("'('", "'\\'", "'%\\'")]
        return node("boolean", f"(¤ {word} ¤)", text, Node("constant", self.random.choice(patterns)))

    def _distinct(self, depth: int) -> Node:
        type_ = self.any_type(ordered=True)
        word = self.random.choice(("is distinct from", "is not distinct from"))
        return node("boolean", f"(¤ {word} ¤)", self.make(type_, depth - 1), self.make(type_, depth - 1))

    def _rows(self, depth: int) -> Node:
        types = [self.any_type(ordered=True), self.any_type(ordered=True)]
        one, other = (listed([self.make(type_, depth - 2) for type_ in types]) for _ in range(2))
        return node("boolean", f"((¤) {self.random.choice(COMPARISONS)} (¤))", one, other)

    def _syntax(self, type_: str, depth: int) -> Node:
        """CASE and its like, which take any type."""
        choice = self.random.randrange(7)
        if choice == 0:
            parts = [node("clause", " when ¤ then ¤", self.make("boolean", depth - 1), self.make(type_, depth - 1))]
            parts += [clause(" when ¤ then ¤", self.make("boolean", depth - 1), self.make(type_, depth - 1))]
            otherwise = clause(" else ¤", self.make(type_, depth - 1))
            return node(type_, "(case¤¤ end)", listed(parts, ""), otherwise)
        if choice == 1:
            return node(type_, "coalesce(¤)", listed([self.make(type_, depth - 1) for _ in range(2)]))
        if choice == 2 and type_ not in UNORDERED:
            return node(type_, "nullif(¤, ¤)", self.make(type_, depth - 1), self.make(type_, depth - 1))
        if choice == 3 and type_ not in (*UNORDERED, "jsonb"):
            word = self.random.choice(("greatest", "least"))
            return node(type_, f"{word}(¤)", listed([self.make(type_, depth - 1) for _ in range(2)]))
        if choice == 4 and type_ in ELEMENTS:
            return node(
                type_, "(¤)[¤]", self.make(ELEMENTS[type_], depth - 1), Node("integer", str(self.random.randint(0, 3)))
            )
        if choice == 5 and type_ in ELEMENTS.values():
            items = [self.make(type_[:-2], depth - 1) for _ in range(self.random.randint(1, 3))]
            return node(type_, f"array[¤]::{type_}", listed(items))
        if choice == 6 and type_ in SPELT and not self.is_safe:
            return self._spelt(type_, depth)
        return self._call(type_, depth) or self.leaf(type_)

    def _spelt(self, type_: str, depth: int) -> Node:
        """A call with a syntax of its own."""
        text, *arguments = self.random.choice(SPELT[type_])
        return node(type_, text, *(self._argument("", 0, each, depth) for each in arguments))

    def _call(self, type_: str, depth: int) -> Node | None:
        by_name = self.catalog.scalars.get(type_, {})
        names = [name for name in by_name if not self.is_safe or name in SAFE_OPERATORS]
        if not names:
            return None
        chosen = self.random.choice(by_name[self.random.choice(names)])
        return self.called(chosen, type_, depth)

    def called(self, chosen: Callable, type_: str, depth: int) -> Node | None:
        """A call, an operator or a cast with arguments for it."""
        parts = self.arguments(chosen, type_, depth)
        if parts is None:
            return None
        if chosen.kind == "o":
            return node(type_, f"(¤ {chosen.name} ¤)", *parts)
        if chosen.kind == "p":
            return node(type_, f"({chosen.name} ¤)", *parts)
        if chosen.kind == "c":
            return node(type_, f"(¤)::{type_}", *parts)
        return node(type_, f"{chosen.name}({', '.join('¤' * len(parts))})", *parts)

    def arguments(self, chosen: Callable, type_: str, depth: int) -> list[Node] | None:
        """Arguments for a call that is to give `type_`; nothing where no such can be."""
        settled = self._element(chosen, type_)
        count = self.random.randint(chosen.required, len(chosen.arguments))
        parts = []
        for position, declared in enumerate(chosen.arguments[:count]):
            wanted = self._wanted(declared, settled)
            if wanted is None:
                return None
            parts.append(self._argument(chosen.name, position, wanted, depth))
        return parts

    def _element(self, chosen: Callable, type_: str) -> str:
        """The type that stands for `anyelement`."""
        if chosen.returns in ("anyarray", "anycompatiblearray"):
            return type_.removesuffix("[]")
        if chosen.returns in ("anyelement", "anycompatible"):
            return type_
        if any(each.endswith("array") for each in chosen.arguments):
            return self.random.choice([each for each in ELEMENTS if each not in WRITTEN])
        return self._shown()

    def _wanted(self, declared: str, element: str) -> str | None:
        if declared in ("anyelement", "anycompatible"):
            return element
        if declared in ("anyarray", "anycompatiblearray"):
            return ELEMENTS.get(element)
        return self._shown() if declared == '"any"' else declared

    def _shown(self) -> str:
        """A type for arguments that are written as text."""
        type_ = self.any_type()
        return "integer" if type_ in WRITTEN else type_

    def _argument(self, function: str, position: int, type_: str, depth: int) -> Node:
        special = SPECIAL.get(function, {}).get(position) or (type_ if type_ not in POOLS else None)
        if special is not None:
            if function == "to_char" and self.random.random() < 0.5:
                special = "number"
            return Node("constant", self.random.choice(pool(special)))
        if function in SMALL and type_ in NUMBERS:
            return Node(type_, f"({self.random.choice((-3, -1, 0, 1, 2, 3, 5, 12, 30))})::{type_}")
        return self.make(type_, depth - 1)
