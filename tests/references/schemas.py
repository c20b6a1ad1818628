"""Random tables that refer to each other and to themselves."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

COLUMNS: Final = ("id", "k", "g", "a", "b", "c")
"""Each table's: `id`, `k` and `(g, id)` are keys, `a`, `b` and `c` mostly refer to some."""
ACTIONS: Final = ("CASCADE", "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION", "NO ACTION")
TARGETS: Final = (("id",), ("id",), ("k",), ("g", "id"))


class Reference(Struct, frozen=True):
    """A foreign key."""

    name: str
    table: str
    columns: tuple[str, ...]
    to: str
    keys: tuple[str, ...]
    options: str

    @property
    def constraint(self) -> str:
        """As the constraint of a table."""
        return (
            f"CONSTRAINT {self.name} FOREIGN KEY ({', '.join(self.columns)}) "
            f"REFERENCES {self.to} ({', '.join(self.keys)}) {self.options}"
        )

    @property
    def orphans(self) -> str:
        """A query of the rows that refer to nothing."""
        same = " AND ".join(f"p.{key} = c.{column}" for column, key in zip(self.columns, self.keys, strict=True))
        present = " AND ".join(f"c.{column} IS NOT NULL" for column in self.columns)
        return (
            f"SELECT '{self.name}', c.id FROM {self.table} c WHERE {present} "
            f"AND NOT EXISTS (SELECT FROM {self.to} p WHERE {same})"
        )


class Schema(Struct, frozen=True):
    """Tables, and what they are defined by."""

    tables: tuple[str, ...]
    references: tuple[Reference, ...]
    definitions: tuple[str, ...]

    @property
    def contents(self) -> str:
        """A query of all rows."""
        parts = (f"SELECT '{table}', {', '.join(COLUMNS)} FROM {table}" for table in self.tables)
        return f"{' UNION ALL '.join(parts)} ORDER BY 1, 2"

    @property
    def orphans(self) -> str:
        """A query of all rows that refer to nothing."""
        return " UNION ALL ".join(reference.orphans for reference in self.references)

    @property
    def drop(self) -> str:
        """What ends them."""
        return f"DROP TABLE IF EXISTS {', '.join(self.tables)} CASCADE"

    @property
    def has_two_ways(self) -> bool:
        """Whether rows of a table may be met by what is done about others in more than one way.

        Then an outcome can depend on which of several rows PostgreSQL comes to first.
        """
        return any(count > 1 for count in Counter(reference.table for reference in self.references).values())


def random_schema(random: Random, prefix: str = "t") -> Schema:
    """Two to four tables with one to six foreign keys."""
    tables = tuple(f"{prefix}{number}" for number in range(random.randint(2, 4)))
    references = tuple(_references(random, tables))
    created = {(reference.table, reference.to) for reference in references}
    inline = {pair for pair in created if tables.index(pair[1]) <= tables.index(pair[0]) and random.random() < 0.7}
    definitions = []
    for table in tables:
        own = [reference for reference in references if reference.table == table]
        parts = [
            "id int PRIMARY KEY, k int UNIQUE, g int",
            *(f"{column} int{random.choice(('', '', ' DEFAULT 1', ' DEFAULT 9'))}" for column in ("a", "b", "c")),
            "UNIQUE (g, id)",
            *(reference.constraint for reference in own if (table, reference.to) in inline),
        ]
        definitions.append(f"CREATE TABLE {table} ({', '.join(parts)})")
    definitions += [
        f"ALTER TABLE {reference.table} ADD {reference.constraint}"
        for reference in references
        if (reference.table, reference.to) not in inline
    ]
    return Schema(tables, references, tuple(definitions))


def _references(random: Random, tables: tuple[str, ...]) -> Iterator[Reference]:
    count = random.randint(1, 2 * len(tables))
    for number in range(count):
        table = random.choice(tables)
        keys = random.choice(TARGETS)
        columns = tuple(random.sample(("a", "b", "c"), len(keys)))
        if random.random() < 0.1 and len(keys) == 1:
            columns = (random.choice(("id", "k")),)
        to = random.choice([name for name in tables if name != table] if columns == ("id",) else tables)
        yield Reference(f"f{number}_{tables[0]}", table, columns, to, keys, _options(random, len(keys)))


def _options(random: Random, columns: int) -> str:
    deferrable = random.choice(("", "", "", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"))
    # That a part of a key is NULL is told at once here, also where the constraint is deferred.
    full = "MATCH FULL " if columns > 1 and not deferrable and random.random() < 0.5 else ""
    return f"{full}ON DELETE {random.choice(ACTIONS)} ON UPDATE {random.choice(ACTIONS)}{deferrable}"
