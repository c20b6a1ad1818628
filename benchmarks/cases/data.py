"""The rows that cases load: five columns, 80 bytes a row as csv."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.case import Bench
    from benchmarks.servers import Address

COLUMNS: Final = "(id bigint, account integer, amount double precision, note text, created timestamp)"
KEYED_COLUMNS: Final = COLUMNS.replace("id bigint", "id bigint PRIMARY KEY")

_ROWS: Final = """
    SELECT i AS id,
           (i * 7919) % 1000 AS account,
           round((i * 104729 % 1000003) / 97.0, 2) AS amount,
           'note ' || md5(i::text) AS note,
           timestamp '2024-01-01' + to_seconds(i) AS created
    FROM range({rows}) AS r(i)
"""


def csv_file(bench: Bench, rows: int) -> Path:
    """A csv file of so many rows, without a header; made once."""
    path = bench.folder / f"rows-{rows}.csv"
    if not path.exists():
        duckdb.execute(f"COPY ({_ROWS.format(rows=rows)}) TO '{path}' (HEADER false)")
    return path


def copy_in(address: Address, table: str, path: Path) -> None:
    """COPY a csv file into a table through psql."""
    with path.open("rb") as file:
        address.psql(f"COPY {table} FROM STDIN (FORMAT csv)", stdin=file)


def load(bench: Bench, contestant: str, table: str, rows: int, columns: str = COLUMNS) -> None:
    """Make a table and fill it by COPY."""
    address = bench.addresses[contestant]
    address.execute(f"DROP TABLE IF EXISTS {table}", f"CREATE TABLE {table} {columns}")
    copy_in(address, table, csv_file(bench, rows))


def settle(bench: Bench, contestant: str, table: str) -> None:
    """Bring a table to rest: flush it, or VACUUM ANALYZE it in PostgreSQL."""
    if contestant == "siltdb":
        bench.addresses[contestant].execute(f"FLUSH TABLE {table} WITH (wait = true, timeout = '600s')")
    else:
        bench.addresses[contestant].execute(f"VACUUM ANALYZE {table}")
