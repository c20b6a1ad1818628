"""Random INSERT, UPDATE, DELETE and MERGE, as statements whose outcome does not hang on the order of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz.data import TABLES
from tests.fuzz.node import Node, clause, listed, node

if TYPE_CHECKING:
    from random import Random

    from tests.fuzz.expressions import Expressions
    from tests.fuzz.selects import Selects


class Writes:
    """Makes statements that change `w` or `k`."""

    def __init__(self, selects: Selects, random: Random) -> None:
        self._selects = selects
        self._random = random

    def make(self) -> tuple[Node, str]:
        """A statement, and the table that it changes."""
        kind = self._random.choice(
            (self._insert, self._upsert, self._update, self._update_from, self._delete, self._using, self._merge)
        )
        return kind()

    def _over(self, *tables: str) -> Expressions:
        columns = [(f"{table}.{name}", type_) for table in tables for name, type_ in TABLES[table].items()]
        return self._selects.relations.expressions(columns)

    def _returning(self, *tables: str) -> Node:
        make = self._over(*tables)
        items = [make.make(make.any_type(), 1) for _ in range(2)]
        return clause(" returning ¤", listed([Node("item", f"{tables[0]}.*"), *items]))

    def _insert(self) -> tuple[Node, str]:
        columns = {name: type_ for name, type_ in TABLES["w"].items() if name != "id"}
        chosen = [name for name in columns if self._random.random() < 0.6] or ["x"]
        source = self._selects.of_types(tuple(columns[name] for name in chosen), 1)
        fixed = node("query", f"select row_number() over (order by ¤) + 100, q.* from (¤) q({', '.join(chosen)})",
                     Node("clause", ", ".join(chosen)), source)  # fmt: skip
        return node(
            "write",
            f"insert into w (id, {', '.join(chosen)}) ¤¤",
            fixed,
            clause(" returning id % 2 = 0 as even, 'x' || x"),
        ), "w"

    def _upsert(self) -> tuple[Node, str]:
        make = self._over("k")
        rows = [
            node("row", f"({key}, ¤, ¤)", make_leaf(make, "integer"), make_leaf(make, "bigint"))
            for key in self._random.sample(["'a'", "'new'", "''", "'zz'", "'B'"], 3)
        ]
        changed = make.make("bigint", 2)
        where = clause(" where ¤", make.condition(2))
        action = self._random.choice((
            node("clause", "nothing"), node("clause", "update set l = ¤¤", changed, where),
            node("clause", "update set i = excluded.i, l = coalesce(k.l, ¤)¤", changed, where),
        ))  # fmt: skip
        target = "(x) " if action.parts else self._random.choice(("", "(x) "))
        return node(
            "write",
            f"insert into k (x, i, l) values ¤ on conflict {target}do ¤¤",
            listed(rows),
            action,
            self._returning("k"),
        ), "k"

    def _set(self, make: Expressions, columns: dict[str, str]) -> Node:
        chosen = self._random.sample([name for name in columns if name not in ("id", "tid")], 2)
        return listed([
            node("item", f"{name} = ¤", make.make(columns[name], 2)) if self._random.random() < 0.9
            else Node("item", f"{name} = default")
            for name in chosen
        ])  # fmt: skip

    def _update(self) -> tuple[Node, str]:
        make = self._over("w")
        where = clause(" where ¤", self._random.choice((make.condition(2), make.condition(3))))
        return node("write", "update w set ¤¤¤", self._set(make, TABLES["w"]), where, self._returning("w")), "w"

    def _update_from(self) -> tuple[Node, str]:
        make = self._over("w", "t")
        where = node("clause", " where w.tid = t.id and ¤", make.condition(2))
        return node(
            "write", "update w set ¤ from t¤¤", self._set(make, TABLES["w"]), where, self._returning("w", "t")
        ), "w"

    def _delete(self) -> tuple[Node, str]:
        make = self._over("w")
        return node("write", "delete from w¤¤", clause(" where ¤", make.condition(3)), self._returning("w")), "w"

    def _using(self) -> tuple[Node, str]:
        make = self._over("w", "t")
        return node(
            "write", "delete from w using t where w.tid = t.id and ¤¤", make.condition(2), self._returning("w", "t")
        ), "w"

    def _merge(self) -> tuple[Node, str]:
        make = self._over("w", "t")
        matched = self._random.choice((
            node("clause", " when matched and ¤ then update set ¤", make.condition(2), self._set(make, TABLES["w"])),
            node("clause", " when matched and ¤ then delete", make.condition(2)),
            node("clause", " when matched then do nothing"),
        ))  # fmt: skip
        more = clause(" when matched then update set x = ¤", make.make("text", 2))
        source = self._over("t")
        fresh = clause(
            " when not matched then insert (id, x, g) values (t.id + 200, ¤, ¤)",
            source.make("text", 1),
            source.make("integer", 1),
        )
        return node("write", "merge into w using t on w.tid = t.id¤¤¤", matched, more, fresh), "w"


def make_leaf(make: Expressions, type_: str) -> Node:
    """A constant: VALUES see no columns."""
    columns, make.columns = make.columns, []
    leaf = make.leaf(type_)
    make.columns = columns
    return leaf
