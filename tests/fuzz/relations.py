"""Random FROM clauses: tables, subqueries, VALUES, functions, joined in every way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.fuzz.data import TABLES
from tests.fuzz.expressions import Expressions
from tests.fuzz.node import Node, clause, listed, node

if TYPE_CHECKING:
    from random import Random

    from tests.fuzz.catalog import Catalog

SMALL_TABLES: Final = ("w", "w", "w", "k", "t")
JOINS: Final = ("join", "left join", "right join", "full join", "cross join")
JOINED_BY: Final = {
    ("w", "w"): ("id", "g", "x", "tid"), ("w", "t"): ("id", "x"), ("t", "w"): ("id", "x"), ("w", "k"): ("x",),
    ("k", "w"): ("x",), ("k", "k"): ("x", "i"), ("k", "t"): ("x", "i"), ("t", "k"): ("x", "i"), ("t", "t"): ("id", "i"),
}  # fmt: skip


@dataclass
class Scope:
    """What a FROM clause gives: the columns by qualified name, with their types, and which key makes a row unique."""

    columns: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@dataclass
class Relations:
    """Makes FROM clauses."""

    random: Random
    catalog: Catalog
    named: int = 0

    def alias(self) -> str:
        """A name that nothing else has."""
        self.named += 1
        return f"a{self.named}"

    def expressions(self, columns: list[tuple[str, str]], *, is_safe: bool = True) -> Expressions:
        """What makes expressions over columns."""
        return Expressions(self.random, self.catalog, columns, is_safe)

    def make(self, outer: Scope, joins: int) -> tuple[Node, Scope]:
        """A FROM clause without the word, and what it puts in scope; lateral items see `outer` too."""
        table, tree, scope = self._item(Scope())
        for _ in range(joins):
            other_table, other, added = self._item(scope)
            is_lateral = other.text.startswith("lateral")
            word = self.random.choice(JOINS[:2] if is_lateral else JOINS)
            both = Scope(scope.columns + added.columns, scope.keys + added.keys)
            if word == "cross join":
                tree = node("from", "¤ cross join ¤", tree, other)
            else:
                tree = node("from", f"¤ {word} ¤ on ¤", tree, other, self._condition(word, scope, added, outer))
            table, scope = table or other_table, both
        return tree, scope

    def _condition(self, word: str, left: Scope, right: Scope, outer: Scope) -> Node:
        """How two are joined; FULL needs an equality of columns."""
        pairs = [
            (one, other)
            for one, type_ in left.columns
            for other, other_type in right.columns
            if type_ == other_type and type_ in ("integer", "text", "date", "double precision", "numeric")
        ]
        if word != "full join" and (not pairs or self.random.random() < 0.3):
            return self.expressions(left.columns + right.columns + outer.columns).condition(2)
        if not pairs:
            return Node("boolean", "true")
        one, other = self.random.choice(pairs)
        equal = Node("boolean", f"{one} = {other}")
        if word == "full join" or self.random.random() < 0.6:
            return equal
        more = self.expressions(left.columns + right.columns).condition(2)
        return node("boolean", "(¤ and ¤)", equal, more)

    def _item(self, before: Scope) -> tuple[str, Node, Scope]:
        choice = self.random.random()
        if choice < 0.62:
            table = self.random.choice(SMALL_TABLES)
            return table, *self.table(table)
        if choice < 0.74:
            return "", *self._values()
        if choice < 0.82:
            return "", *self._function()
        return "", *self._derived(before)

    def table(self, table: str) -> tuple[Node, Scope]:
        """A table with an alias."""
        alias = self.alias()
        columns = [(f"{alias}.{name}", type_) for name, type_ in TABLES[table].items()]
        key = f"{alias}.x" if table == "k" else f"{alias}.id"
        return Node("from", f"{table} {alias}"), Scope(columns, [key])

    def _values(self) -> tuple[Node, Scope]:
        alias = self.alias()
        types = [self.random.choice(("integer", "text", "date", "double precision")) for _ in range(2)]
        make = self.expressions([])
        rows = [
            node("row", "(¤)", listed([Node("constant", make.leaf(each).text) for each in types])) for _ in range(3)
        ]
        rows[0] = node("row", "(¤)", listed([Node("constant", f"null::{each}") for each in types]))
        names = [f"{alias}.c{number}" for number in (1, 2)]
        tree = node("from", f"(values ¤) as {alias}(c1, c2)", listed(rows))
        return tree, Scope(list(zip(names, types, strict=True)), names)

    def _function(self) -> tuple[Node, Scope]:
        alias = self.alias()
        text, type_ = self.random.choice((
            ("generate_series(-1, 3)", "integer"), ("unnest(array['a', null, 'b', ''])", "text"),
            ("generate_series(1, 7, 3)", "integer"), ("unnest('{1,2,2,NULL}'::int[])", "integer"),
            ("string_to_table('a,b,,abc', ',')", "text"), ("jsonb_object_keys('{\"a\": 1, \"b\": 2}')", "text"),
        ))  # fmt: skip
        if self.random.random() < 0.4:
            columns = [(f"{alias}.v", type_), (f"{alias}.o", "bigint")]
            return Node("from", f"{text} with ordinality as {alias}(v, o)"), Scope(columns, [f"{alias}.o"])
        return Node("from", f"{text} as {alias}(v)"), Scope([(f"{alias}.v", type_)], [f"{alias}.v"])

    def _derived(self, before: Scope) -> tuple[Node, Scope]:
        """A subquery; a lateral one refers to what stands before it."""
        alias = self.alias()
        inner, scope = self.table(self.random.choice(("w", "k")))
        is_lateral = bool(before.columns) and self.random.random() < 0.5
        make = self.expressions(scope.columns + (before.columns if is_lateral else []))
        items, columns = [], []
        for number in (1, 2):
            type_ = make.any_type(ordered=True)
            items.append(node("item", f"¤ as c{number}", make.make(type_, 2)))
            columns.append((f"{alias}.c{number}", type_))
        items.append(Node("item", f"{scope.keys[0]} as c3"))
        columns.append((f"{alias}.c3", dict(scope.columns)[scope.keys[0]]))
        where = clause(" where ¤", make.condition(2))
        word = "lateral " if is_lateral else ""
        tree = node("from", f"{word}(select ¤ from ¤¤) as {alias}", listed(items), inner, where)
        return tree, Scope(columns, [f"{alias}.c3"])
