"""Random statements about tables that refer to each other, with values so small that they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

    from tests.references.schemas import Schema

FILLED: Final = 6
"""How many rows a table has at first: keys from 1."""
LARGEST: Final = 9
REFERRING: Final = ("a", "b", "c")


class Statements:
    """Makes statements. They name rows by their keys, so that the order of rows tells nothing."""

    def __init__(self, random: Random, schema: Schema) -> None:
        self._random = random
        self._schema = schema
        self._kinds = (
            (8, self._insert),
            (3, self._insert_many),
            (2, self._insert_selected),
            (3, self._upsert),
            (6, self._refer),
            (2, self._refer_many),
            (4, self._move_key),
            (1, self._move_keys),
            (6, self._delete),
            (3, self._delete_many),
            (3, self._merge),
            (2, self._with),
        )

    def fill(self, table: str) -> str:
        """Rows that refer to nothing yet."""
        rows = (f"({number}, {number}, {self._number()}, NULL, NULL, NULL)" for number in range(1, FILLED + 1))
        return f"INSERT INTO {table} VALUES {', '.join(rows)}"

    def refer_all(self) -> str:
        """Each row that a table has refers to some row."""
        reference = self._random.choice(self._schema.references)
        picked = f"SELECT {{}} FROM {reference.to} p WHERE p.id = 1 + (c.id * {self._number()}) % {FILLED}"
        changes = (
            f"{column} = ({picked.format(key)})"
            for column, key in zip(reference.columns, reference.keys, strict=True)
            if column in REFERRING
        )
        return f"UPDATE {reference.table} c SET {', '.join(changes) or 'g = g'}"

    def write(self) -> str:
        """One statement that writes."""
        weights = [weight for weight, _ in self._kinds]
        ((_, make),) = self._random.choices(self._kinds, weights)
        return make()

    def copy(self) -> tuple[str, str]:
        """A table, and rows as COPY has them."""
        rows = self._rows().replace("NULL", r"\N").replace(", ", "\t")
        return self._table(), rows.strip("()").replace(")\t(", "\n") + "\n"

    def constraints(self) -> str:
        """A SET CONSTRAINTS."""
        return f"SET CONSTRAINTS ALL {self._random.choice(('DEFERRED', 'IMMEDIATE'))}"

    def truncate(self) -> str:
        """A TRUNCATE, of which some are refused."""
        return f"TRUNCATE {self._table()}{self._random.choice(('', ' CASCADE'))}"

    def _table(self) -> str:
        return self._random.choice(self._schema.tables)

    def _number(self) -> int:
        return self._random.randint(1, LARGEST)

    def _value(self) -> str:
        return "NULL" if self._random.random() < 0.3 else str(self._number())

    def _row(self, number: int | None = None) -> str:
        k = self._random.choice(("NULL", str(self._random.randint(1, 5 * LARGEST))))
        values = (self._value() for _ in range(4))
        return f"({self._number() if number is None else number}, {k}, {', '.join(values)})"

    def _rows(self) -> str:
        numbers = self._random.sample(range(1, LARGEST + 1), self._random.randint(2, 4))
        return ", ".join(self._row(number) for number in numbers)

    def _where(self) -> str:
        """Of one row, or of several."""
        numbers = self._random.sample(range(1, LARGEST + 1), 3)
        return self._random.choice(
            (f"id IN ({', '.join(map(str, numbers))})", f"id > {numbers[0]}", f"a = {numbers[0]}", "true")
        )

    def _insert(self) -> str:
        return f"INSERT INTO {self._table()} VALUES {self._row()}"

    def _insert_many(self) -> str:
        return f"INSERT INTO {self._table()} VALUES {self._rows()}"

    def _insert_selected(self) -> str:
        offset = self._random.choice((0, LARGEST))
        return (
            f"INSERT INTO {self._table()} (id, a, b, c) SELECT id + {offset}, {', '.join(self._selected())} "
            f"FROM {self._table()} WHERE {self._where()}"
        )

    def _selected(self) -> list[str]:
        return [self._random.choice((*REFERRING, "id", "g", "NULL::int")) for _ in REFERRING]

    def _upsert(self) -> str:
        column = self._random.choice(("k", "g", *REFERRING))
        action = self._random.choice(("NOTHING", f"UPDATE SET {column} = excluded.{column}"))
        rows = self._random.choice((self._row, self._rows))()
        return f"INSERT INTO {self._table()} VALUES {rows} ON CONFLICT (id) DO {action}"

    def _refer(self) -> str:
        return (
            f"UPDATE {self._table()} SET {self._random.choice(REFERRING)} = {self._value()} WHERE id = {self._number()}"
        )

    def _refer_many(self) -> str:
        column, other = self._random.sample(REFERRING, 2)
        value = self._random.choice((self._value(), other, "id", "g"))
        return f"UPDATE {self._table()} SET {column} = {value} WHERE {self._where()}"

    def _move_key(self) -> str:
        column = self._random.choice(("id", "id", "k", "g"))
        value = str(self._number()) if column == "id" else self._value()
        return f"UPDATE {self._table()} SET {column} = {value} WHERE id = {self._number()}"

    def _move_keys(self) -> str:
        column = self._random.choice(("id", "k", "g"))
        sign = self._random.choice("+-")
        return f"UPDATE {self._table()} SET {column} = {column} {sign} {2 * LARGEST} WHERE {self._where()}"

    def _delete(self) -> str:
        return f"DELETE FROM {self._table()} WHERE {self._random.choice(('id', 'id', 'a', 'k'))} = {self._number()}"

    def _delete_many(self) -> str:
        return f"DELETE FROM {self._table()} WHERE {self._where()}"

    def _merge(self) -> str:
        column = self._random.choice(("g", *REFERRING))
        matched = self._random.choice(("DELETE", f"UPDATE SET {column} = s.v"))
        numbers = self._random.sample(range(1, LARGEST + 1), 2)
        source = ", ".join(f"({number}, {self._number()})" for number in numbers)
        return (
            f"MERGE INTO {self._table()} t USING (VALUES {source}) s (id, v) ON t.id = s.id "
            f"WHEN MATCHED THEN {matched} WHEN NOT MATCHED THEN INSERT (id, {column}) VALUES (s.id, s.v)"
        )

    def _with(self) -> str:
        """Two that write different tables: of one table the order would tell."""
        first, second = self._random.sample(self._schema.tables, 2)
        parts = [
            self._random.choice(
                (f"DELETE FROM {table} WHERE id = {self._number()}", f"INSERT INTO {table} VALUES {self._row()}")
            )
            for table in (first, second)
        ]
        return f"WITH x AS ({parts[0]}) {parts[1]}"
