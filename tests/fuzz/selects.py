"""Random SELECTs: plain, grouped, with windows, with subqueries in every place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.fuzz.aggregates import aggregate, window_call
from tests.fuzz.node import NOTHING, Node, clause, listed, node
from tests.fuzz.relations import Relations, Scope

if TYPE_CHECKING:
    from random import Random

    from tests.fuzz.catalog import Catalog

NO_SCOPE: Final = Scope()
SAFE: Final = 0.6
"""How often the list of a SELECT has nothing that can fail."""

_SUBQUERIES: Final = 0.35
"""How often a WHERE clause has a subquery."""


@dataclass(frozen=True, slots=True)
class Select:
    """A query, the types of its columns, and whether the order of its rows is settled."""

    tree: Node
    types: tuple[str, ...]
    is_ordered: bool = False


class Selects:
    """Makes SELECT statements."""

    def __init__(self, random: Random, catalog: Catalog) -> None:
        self.random = random
        self.catalog = catalog
        self.relations = Relations(random, catalog)

    def make(self) -> Select:
        """A SELECT of some kind."""
        kind = self.random.choice(
            (self._plain, self._plain, self.grouped, self.grouped, self._windowed, self._distinct_on)
        )
        return kind()

    def of_types(self, types: tuple[str, ...], depth: int = 2) -> Node:
        """A plain SELECT with columns of these types, for set operations and the like."""
        tree, scope = self.relations.table(self.random.choice(("w", "k", "t")))
        make = self.relations.expressions(scope.columns)
        items = [node("item", "¤", make.make(type_, depth)) for type_ in types]
        return node(
            "query", "select ¤ from ¤¤", node("items", "¤" + ", ¤" * (len(items) - 1), *items), tree, self._where(scope)
        )

    def _from(self) -> tuple[Node, Scope]:
        return self.relations.make(NO_SCOPE, self.random.choice((0, 0, 1, 1, 2)))

    def _where(self, scope: Scope) -> Node:
        if self.random.random() < 0.35:
            return NOTHING
        if self.random.random() < _SUBQUERIES:
            tests = [self.subquery_test(scope), self.relations.expressions(scope.columns).condition(1)]
            return clause(" where ¤", listed(tests, " and "))
        return clause(" where ¤", self.relations.expressions(scope.columns).condition(2))

    def subquery_test(self, scope: Scope) -> Node:
        """EXISTS, IN, ANY, ALL or a comparison with a scalar subquery, correlated or not."""
        inner, inside = self.relations.table(self.random.choice(("w", "k")))
        outer_make = self.relations.expressions(scope.columns)
        make = self.relations.expressions(inside.columns + scope.columns * self.random.randint(0, 1))
        where = clause(" where ¤", make.condition(2))
        negation = self.random.choice(("", "not "))
        if self.random.random() < 0.3:
            return node("boolean", f"{negation}exists (select 1 from ¤¤)", inner, where)
        wanted = self.random.choice([(name, type_) for name, type_ in inside.columns])
        one = outer_make.make(wanted[1], 1)
        if self.random.random() < 0.25:
            symbol, function = self.random.choice(("=", "<", ">=", "<>")), self.random.choice(("max", "min"))
            wanted = self.relations.expressions(inside.columns).column("integer", "text", "date", "numeric")
            assert wanted is not None
            one = outer_make.make(wanted.type, 1)
            return node("boolean", f"(¤ {symbol} (select {function}(¤) from ¤¤))", one, wanted, inner, where)
        word = self.random.choice(("in", "not in", "= any", "<> all", "< any", ">= all"))
        return node("boolean", f"(¤ {word} (select {wanted[0]} from ¤¤))", one, inner, where)

    def _plain(self) -> Select:
        tree, scope = self._from()
        make = self.relations.expressions(scope.columns, is_safe=self.random.random() < SAFE)
        types = [make.any_type() for _ in range(self.random.randint(1, 3))]
        items = [node("item", "¤", make.make(type_, self.random.randint(0, 3))) for type_ in types]
        if self.random.random() < 0.2:
            items.append(self._scalar_subquery(scope))
        word = "distinct " if self.random.random() < 0.2 and not {"json", "jsonb"} & set(types) else ""
        return self._ordered(f"select {word}¤ from ¤¤", items, tuple(types), tree, self._where(scope))

    def _scalar_subquery(self, scope: Scope) -> Node:
        inner, inside = self.relations.table("w")
        make = self.relations.expressions(inside.columns + scope.columns)
        value = aggregate(self.relations, inside, self.random)
        return node("item", "(select ¤ from ¤¤)", value, inner, clause(" where ¤", make.condition(2)))

    def _ordered(self, text: str, items: list[Node], types: tuple[str, ...], *rest: Node) -> Select:
        """With ORDER BY all columns and LIMIT, or neither."""
        select = node("query", text, listed(items), *rest)
        sortable = not {"json", "jsonb"} & set(types) and len(types) == len(items)
        if not sortable or self.random.random() < 0.5:
            return Select(select, types)
        numbers = list(range(1, len(items) + 1))
        self.random.shuffle(numbers)
        keys = ", ".join(f"{number}{self._direction()}" for number in numbers)
        fixed = node("query", text, node("items", "¤" + ", ¤" * (len(items) - 1), *items), *rest)
        limit = clause(f" limit {self.random.randint(0, 6)}") if self.random.random() < 0.5 else NOTHING
        offset = clause(f" offset {self.random.randint(0, 4)}") if self.random.random() < 0.3 else NOTHING
        return Select(node("query", f"¤ order by {keys}¤¤", fixed, limit, offset), types, is_ordered=True)

    def _direction(self) -> str:
        return self.random.choice(("", "", " desc", " asc nulls first", " desc nulls last"))

    def grouped(self) -> Select:
        """GROUP BY, with grouping sets and HAVING."""
        tree, scope = self._from()
        make = self.relations.expressions(scope.columns)
        columns = [make.column("integer", "text", "date", "boolean", "numeric", "character") for _ in range(2)]
        keys = list(dict.fromkeys(each for each in columns if each is not None))
        aggregates = [aggregate(self.relations, scope, self.random) for _ in range(self.random.randint(1, 3))]
        shown = [*keys, *aggregates]
        how = self.random.choice(
            ("group by ¤", "group by ¤", "group by rollup(¤)", "group by cube(¤)", "group by grouping sets ((¤), ())")
        )
        if keys and "(" in how and self.random.random() < 0.5:
            shown.append(node("item", f"grouping({keys[0].text})"))
        group = node("clause", f" {how}", listed(keys)) if keys else NOTHING
        having = clause(" having ¤", self._having(keys, aggregates)) if self.random.random() < 0.4 else NOTHING
        return self._ordered(
            "select ¤ from ¤¤¤¤", shown, tuple(each.type for each in shown), tree, self._where(scope), group, having
        )

    def _having(self, keys: list[Node], aggregates: list[Node]) -> Node:
        chosen = self.random.choice([*keys, *aggregates])
        if self.random.random() < 0.4 or chosen.type not in ("integer", "bigint", "numeric"):
            return node("boolean", f"(¤ is {self.random.choice(('', 'not '))}null)", chosen)
        return node("boolean", f"(¤ {self.random.choice(('>', '<=', '<>'))} 2)", chosen)

    def _windowed(self) -> Select:
        tree, scope = self._from()
        items = [Node("item", key) for key in scope.keys]
        items += [window_call(self.relations, scope, self.random) for _ in range(self.random.randint(1, 2))]
        return Select(node("query", "select ¤ from ¤¤", listed(items), tree, self._where(scope)), ())

    def _distinct_on(self) -> Select:
        tree, scope = self._from()
        make = self.relations.expressions(scope.columns)
        on = make.column("integer", "text", "date", "boolean") or Node("integer", scope.keys[0])
        order = [node("item", f"¤{self._direction()}", on)]
        order += [Node("item", f"{key}{self._direction()}") for key in scope.keys]
        items = listed([on, *(Node("item", key) for key in scope.keys)])
        text = "select distinct on (¤) ¤ from ¤¤ order by " + ", ".join("¤" * len(order))
        return Select(node("query", text, on, items, tree, self._where(scope), *order), (), is_ordered=False)
