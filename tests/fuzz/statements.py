"""Random statements of every kind."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tests.fuzz.data import ROWS, TABLES
from tests.fuzz.expressions import Expressions
from tests.fuzz.forms import form
from tests.fuzz.node import Node, clause, listed, node
from tests.fuzz.selects import Select, Selects
from tests.fuzz.values import NUMBERS, TYPES
from tests.fuzz.writes import Writes

if TYPE_CHECKING:
    from random import Random

    from tests.fuzz.catalog import Catalog

PARAMETERS: Final = 0.3
"""How often the constants of a statement are parameters."""

_SET_OPERATIONS: Final = ("union", "union all", "intersect", "except", "intersect all", "except all")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement; `table` is the one that it may change.

    Where it `takes_parameters`, its constants are sent apart from it.
    """

    tree: Node
    is_ordered: bool = False
    table: str = ""
    takes_parameters: bool = False


class Statements:
    """Makes statements from a source of chance: the same ones for the same seed."""

    def __init__(self, random: Random, catalog: Catalog) -> None:
        self._random = random
        self._catalog = catalog

    def make(self, kinds: tuple[str, ...] = ()) -> Statement:
        """The next statement, of one of these kinds."""
        makers = {
            "calls": self._calls, "scalars": self._scalars, "selects": self._select, "sets": self._set_operation,
            "with": self._with, "writes": self._write, "forms": self._form,
        }  # fmt: skip
        weights = {"calls": 4, "scalars": 4, "selects": 4, "sets": 1, "with": 1, "writes": 2, "forms": 3}
        chosen = kinds or tuple(makers)
        kind = self._random.choices(chosen, [weights[each] for each in chosen])[0]
        made = makers[kind]()
        return replace(made, takes_parameters=self._random.random() < PARAMETERS)

    def _calls(self) -> Statement:
        """One call with constants: nearly every error is the same one on both servers."""
        make = Expressions(self._random, self._catalog)
        type_ = self._random.choice(TYPES)
        depth = self._random.choice((1, 1, 1, 2))
        tree = make._call(type_, depth) or make.leaf(type_)
        if self._random.random() < 0.3:
            tree = make.make(type_, 2)
        return Statement(node("query", "select ¤", tree))

    def _scalars(self) -> Statement:
        """Expressions over the columns of one row, or of all."""
        columns = list(TABLES["t"].items())
        make = Expressions(self._random, self._catalog, columns)
        types = [make.any_type() for _ in range(self._random.randint(1, 2))]
        items = [make.make(type_, self._random.randint(1, 3)) for type_ in types]
        if self._random.random() < 0.5:
            where = clause(f" where id = {self._random.randint(1, ROWS)}")
        elif self._random.random() < 0.4:
            make.is_safe = True
            where = clause(" where ¤", make.condition(3))
        else:
            where = clause(f" where id % {self._random.randint(1, 4)} = 0")
        return Statement(node("query", "select ¤ from t¤ order by id", listed(items), where), is_ordered=True)

    def _form(self) -> Statement:
        tree = form(self._selects().relations, self._random)
        return Statement(tree, is_ordered=re.search(r"order by [^()]*$", tree.text) is not None)

    def _selects(self) -> Selects:
        return Selects(self._random, self._catalog)

    def _select(self) -> Statement:
        made = self._selects().make()
        return Statement(made.tree, made.is_ordered)

    def _set_operation(self) -> Statement:
        """Set operations, of types that have to be resolved here and there."""
        make = self._selects()
        types = tuple(self._random.choice(("integer", "text", "date", "numeric", "double precision")) for _ in range(2))
        others = tuple(
            self._random.choice(NUMBERS) if type_ in NUMBERS and self._random.random() < 0.4 else type_
            for type_ in types
        )
        word, second = self._random.choice(_SET_OPERATIONS), self._random.choice(_SET_OPERATIONS)
        one, other, third = make.of_types(types), make.of_types(others), make.of_types(types)
        if self._random.random() < 0.5:
            return Statement(node("query", f"¤ {word} ¤ order by 1, 2", one, other), is_ordered=True)
        return Statement(node("query", f"¤ {word} ¤ {second} ¤", one, other, third))

    def _with(self) -> Statement:
        make = self._selects()
        if self._random.random() < 0.3:
            return Statement(self._recursive())
        types = tuple(self._random.choice(("integer", "text", "date", "boolean")) for _ in range(2))
        materialized = self._random.choice(("", "materialized ", "not materialized "))
        inner = make.of_types(types)
        body = self._random.choice((
            "select * from q", "select count(*), min(a) from q", "select q.*, p.b from q left join q p on q.a = p.a",
            "select a from q union select a from q", "select * from q where a in (select a from q where b is not null)",
            "select a, count(*) over (partition by b) from q",
        ))  # fmt: skip
        return Statement(node("query", f"with q(a, b) as {materialized}(¤) {body}", inner))

    def _recursive(self) -> Node:
        make = Expressions(
            self._random, self._catalog, [("w.g", "integer"), ("w.id", "integer"), ("w.x", "text")], is_safe=True
        )
        word = self._random.choice(("union", "union all"))
        text = (
            f"with recursive r(n, x) as (select id, x from w where ¤ {word} "
            "select w.id, w.x from r join w on w.tid = r.n where r.n < w.id and ¤) select * from r"
        )
        return node("query", text, make.condition(2), make.condition(1))

    def _write(self) -> Statement:
        tree, table = Writes(self._selects(), self._random).make()
        return Statement(tree, table=table)


__all__ = ["Select", "Statement", "Statements"]
