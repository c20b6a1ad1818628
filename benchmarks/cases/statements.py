"""Statements of 100,000 rows each: VALUES in one text, upserts, and changes of all rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from benchmarks.case import Case
from benchmarks.servers import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.case import Bench

ROWS = 100_000


def insert_values(count: int) -> str:
    """An INSERT of rows that stand in its text."""
    rows = ", ".join(f"({number}, {number}.25, 'it''s row {number}')" for number in range(count))
    return f"INSERT INTO many VALUES {rows}"


def upsert(count: int) -> str:
    """An INSERT of twice as many rows as there are: half of them are updated."""
    return (
        f"INSERT INTO many SELECT i, 1, 'new' FROM generate_series(0, {2 * count - 1}) AS g(i) "
        "ON CONFLICT (id) DO UPDATE SET n = many.n + excluded.n"
    )


def update(_count: int) -> str:
    """An UPDATE of all rows."""
    return "UPDATE many SET n = n + 1"


def delete(_count: int) -> str:
    """A DELETE of all rows."""
    return "DELETE FROM many"


class Statement(Case):
    """One statement about many rows, on a table of 100,000 rows; an INSERT of VALUES on an empty one."""

    unit = "s"
    tables = ("many",)
    STATEMENTS: ClassVar[dict[str, Callable[[int], str]]] = {
        "INSERT VALUES, 100,000 rows": insert_values,
        "INSERT ON CONFLICT, 200,000 rows": upsert,
        "UPDATE, 100,000 rows": update,
        "DELETE, 100,000 rows": delete,
    }

    def __init__(self, statement: str) -> None:
        super().__init__(statement, "1 ×")
        self.statement = self.STATEMENTS[statement]

    def prepare(self, bench: Bench, contestant: str) -> None:
        bench.addresses[contestant].execute("CREATE TABLE many (id int PRIMARY KEY, n numeric(12, 2), t text)")

    def measure(self, bench: Bench, contestant: str) -> float:
        address, count = bench.addresses[contestant], bench.rows(ROWS)
        address.execute("TRUNCATE many")
        if self.statement is not insert_values:
            address.execute(f"INSERT INTO many SELECT i, 0, 'row ' || i FROM generate_series(0, {count - 1}) AS g(i)")
        text = self.statement(count)
        return seconds_of(lambda: address.execute(text))
