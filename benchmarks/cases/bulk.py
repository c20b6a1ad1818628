"""Many rows at once: COPY in and out, and whole results through psql, psycopg and asyncpg."""

from __future__ import annotations

import asyncio
import subprocess
from typing import TYPE_CHECKING, ClassVar

import asyncpg  # type: ignore[import-untyped] # It ships no types.

from benchmarks.case import Case
from benchmarks.cases.data import COLUMNS, copy_in, csv_file, load, settle
from benchmarks.servers import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.case import Bench
    from benchmarks.servers import Address

ROWS = 1_000_000


class CopyIn(Case):
    """COPY 1 M rows of csv from psql into an empty table."""

    unit = "s"
    tables = ("loaded",)

    def __init__(self) -> None:
        super().__init__("COPY in, 1 M rows csv", "1 ×")

    def prepare(self, bench: Bench, contestant: str) -> None:
        csv_file(bench, bench.rows(ROWS))

    def measure(self, bench: Bench, contestant: str) -> float:
        address = bench.addresses[contestant]
        address.execute("DROP TABLE IF EXISTS loaded", f"CREATE TABLE loaded {COLUMNS}")
        path = csv_file(bench, bench.rows(ROWS))
        return seconds_of(lambda: copy_in(address, "loaded", path))


def copy_out_text(address: Address) -> None:
    """COPY TO STDOUT in text format."""
    address.psql("COPY wide TO STDOUT", stdout=subprocess.DEVNULL)


def copy_out_csv(address: Address) -> None:
    """COPY TO STDOUT in csv format."""
    address.psql("COPY wide TO STDOUT (FORMAT csv)", stdout=subprocess.DEVNULL)


def select_by_psql(address: Address) -> None:
    """`SELECT *` in psql, unaligned."""
    address.psql("\\pset format unaligned", "SELECT * FROM wide", stdout=subprocess.DEVNULL)


def select_by_psycopg(address: Address) -> None:
    """`SELECT *` in psycopg, binary."""
    with address.connect() as connection, connection.cursor(binary=True) as cursor:
        cursor.execute("SELECT * FROM wide")
        cursor.fetchall()


def select_by_asyncpg(address: Address) -> None:
    """`SELECT *` in asyncpg."""

    async def fetch() -> None:
        connection = await asyncpg.connect(
            host=address.host, port=address.port, user=address.user, database=address.dbname, ssl=False
        )
        try:
            await connection.fetch("SELECT * FROM wide")
        finally:
            await connection.close()

    asyncio.run(fetch())


class Read(Case):
    """All of a table of 1 M rows, to a client."""

    unit = "s"
    tables = ("wide",)
    READERS: ClassVar[dict[str, Callable[[Address], None]]] = {
        "COPY out text": copy_out_text,
        "COPY out csv": copy_out_csv,
        "SELECT * psql": select_by_psql,
        "SELECT * psycopg binary": select_by_psycopg,
        "SELECT * asyncpg": select_by_asyncpg,
    }

    def __init__(self, reader: str, *, cold: bool) -> None:
        super().__init__(f"{reader}, 1 M rows {'cold' if cold else 'hot'}", "1 ×")
        self.reader = self.READERS[reader]
        self.cold = cold

    def prepare(self, bench: Bench, contestant: str) -> None:
        load(bench, contestant, "wide", bench.rows(ROWS))
        if self.cold or contestant == "postgres":
            settle(bench, contestant, "wide")

    def measure(self, bench: Bench, contestant: str) -> float:
        return seconds_of(lambda: self.reader(bench.addresses[contestant]))
