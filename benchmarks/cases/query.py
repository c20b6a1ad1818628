"""Queries that DuckDB answers in SiltDB: a grouping of 1 M rows, and a small one that shows the cost of asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.case import Case
from benchmarks.cases.data import load, settle
from benchmarks.servers import seconds_of

if TYPE_CHECKING:
    from benchmarks.case import Bench


class GroupBy(Case):
    """Group 1 M rows by 1,000 keys."""

    unit = "ms"
    rounds = 15
    tables = ("grouped",)

    def __init__(self, *, cold: bool) -> None:
        super().__init__(f"group by, 1 M rows {'cold' if cold else 'hot'}", "4 ×")
        self.cold = cold

    def prepare(self, bench: Bench, contestant: str) -> None:
        load(bench, contestant, "grouped", bench.rows(1_000_000))
        if self.cold or contestant == "postgres":
            settle(bench, contestant, "grouped")
        self.measure(bench, contestant)

    def measure(self, bench: Bench, contestant: str) -> float:
        with bench.addresses[contestant].connect() as connection:
            query = "SELECT account, count(*), sum(amount), max(created) FROM grouped GROUP BY account"
            connection.execute("SELECT 1")
            return 1000 * seconds_of(lambda: connection.execute(query).fetchall())


class SmallQuery(Case):
    """A small SELECT that is not a key look-up, prepared; the figure of a round is the median of 200."""

    unit = "ms"
    tables = ("small",)

    def __init__(self) -> None:
        super().__init__("small SELECT, not by key, 1,000 rows", "1 ms")

    def prepare(self, bench: Bench, contestant: str) -> None:
        load(bench, contestant, "small", 1_000)

    def measure(self, bench: Bench, contestant: str) -> float:
        with bench.addresses[contestant].connect() as connection:
            query = "SELECT count(*), sum(amount) FROM small WHERE account < %s"
            times = [seconds_of(lambda: connection.execute(query, (500,), prepare=True).fetchall()) for _ in range(200)]
        return 1000 * sorted(times)[len(times) // 2]
