"""What the tests of layouts share: changes of columns, sample values, and rows as every way of reading gives them."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import duckdb
import numpy as np
from msgspec.structs import replace

from sql.binding.macros import BINDER_MACROS
from sql.duckdb_types import to_stored
from sql.query_scans import TableScan
from sql.scan import scan_cte
from storage import types as t
from storage.layout import add_column, drop_column, encode_missing, rename_column, retype_column
from storage.rows import rows_from_table, values_of
from storage.snapshot import PROVISIONAL_SEQ

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from storage.catalog_entries import Column, Table
    from storage.engine import Storage
    from storage.rows import Row
    from storage.snapshot import Predicate, TableSnapshot
    from storage.transaction import Transaction
    from storage.types import SqlType

    Change = Callable[[Table], Table]

SAMPLES: Final[Mapping[SqlType, Sequence[Any]]] = {
    t.SMALLINT: (0, -(2**15), 2**15 - 1),
    t.INTEGER: (1, -(2**31), 2**31 - 1),
    t.BIGINT: (2, -(2**63), 2**63 - 1),
    t.numeric(12, 3): (Decimal("0.000"), Decimal("-999999999.999"), Decimal("1.500")),
    t.REAL: (0.5, -0.0, float("inf"), float("nan"), float(np.float32(0.1))),
    t.DOUBLE: (0.1, 1e300, float("-inf")),
    t.varchar(3): ("", "a'b", "ü\n"),
    t.TEXT: ("", "x" * 100, '"quoted"'),
    t.BOOLEAN: (True, False),
    t.BYTEA: (b"", b"\0\xff"),
    t.DATE: (0, -1, 20_000),
    t.TIMESTAMP: (0, 1_700_000_000_000_000),
    t.TIMESTAMPTZ: (0, 1_700_000_000_000_001),
    t.TIME: (0, 86_399_999_999),
    t.INTERVAL: ((0, 0, 0), (1, -2, 3)),
    t.UUID: (bytes(16), bytes(range(16))),
    t.JSONB: ("{}", '{"a": 1}'),
    t.array_of(t.INTEGER): ([], [1, None, 3]),
    t.array_of(t.TEXT): (["it's"],),
}
"""Stored values but NULL, by type."""

WIDER: Final[Mapping[SqlType, Sequence[SqlType]]] = {
    t.SMALLINT: (t.INTEGER, t.BIGINT, t.numeric(5, 0), t.numeric(9, 2), t.NUMERIC),
    t.INTEGER: (t.BIGINT, t.numeric(10), t.numeric(38, 5)),
    t.BIGINT: (t.numeric(19), t.NUMERIC),
    t.numeric(12, 3): (t.numeric(13, 3), t.numeric(14, 5), t.numeric(38, 6)),
    t.REAL: (t.DOUBLE,),
    t.varchar(3): (t.varchar(5), t.VARCHAR, t.TEXT),
    t.TEXT: (t.VARCHAR,),
}
"""Widenings, by the type that is widened."""


def adding(column: Column, value: Any = None) -> Change:
    """Add a column; rows that are there have that value. Its number is given then."""

    def change(table: Table) -> Table:
        missing = encode_missing(column.type, value)
        return add_column(table, replace(column, number=table.next_column_number, missing=missing))

    return change


def dropping(number: int) -> Change:
    """Drop a column."""
    return lambda table: drop_column(table, number)


def renaming(number: int, name: str) -> Change:
    """Rename a column."""
    return lambda table: rename_column(table, number, name)


def retyping(number: int, new_type: SqlType) -> Change:
    """Widen a column."""
    return lambda table: retype_column(table, number, new_type)


def alter_in(transaction: Transaction, table_oid: int, *changes: Change) -> Table:
    """Change the columns of a table in a transaction, and give the table as it sees it then."""
    for change in changes:
        transaction.change_catalog(lambda catalog, change=change: catalog.with_table(change(catalog.tables[table_oid])))  # type: ignore[misc]
    return transaction.catalog.tables[table_oid]


def alter(storage: Storage, table_oid: int, *changes: Change) -> Table:
    """Change the columns of a table, and commit that."""
    transaction = storage.begin()
    transaction.begin_statement()
    table = alter_in(transaction, table_oid, *changes)
    storage.commit(transaction).result()
    return table


def widened(value: Any, new_type: SqlType) -> Any:
    """What the model makes of a value whose column is widened."""
    if value is None or new_type.oid != t.NUMERIC.oid:
        return value
    return Decimal(f"{Decimal(value):.{new_type.precision_and_scale[1]}f}")


def read(snapshot: TableSnapshot, predicates: Sequence[Predicate] = ()) -> list[Row]:
    """The rows of a snapshot, as DuckDB reads them; without predicates, as `fetch` and `take` read them, too."""
    connection = _duckdb().cursor()
    names: list[str] = []

    def register(data: pa.Table) -> str:
        names.append(f"registered {len(names)}")
        connection.register(names[-1], data)
        return names[-1]

    table = snapshot.table
    numbers = tuple(column.number for column in table.columns)
    cte = scan_cte(TableScan(table.oid, "t", numbers, tuple(predicates)), [snapshot], (), register, lambda: None)
    found = connection.sql(f"WITH {cte} SELECT * FROM t ORDER BY _seq").to_arrow_table().combine_chunks()
    columns = [
        values_of(to_stored(array.combine_chunks(), column.type.arrow))
        for array, column in zip(found.columns[:-1], table.columns, strict=True)
    ]
    rows = list(zip(*columns, strict=True))
    if not predicates:
        _require_the_same(snapshot, found.column(found.num_columns - 1).to_pylist(), rows)
    return rows


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    """One for all: to open one takes as long as a hundred reads."""
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    for macro in BINDER_MACROS:
        # Those by which a scan writes the values that columns lack.
        if macro.partition("(")[0].removeprefix("CREATE MACRO ") in ("silt_time", "silt_timestamp", "silt_timestamptz"):
            connection.execute(macro)
    return connection


def _require_the_same(snapshot: TableSnapshot, seqs: list[int], rows: list[Row]) -> None:
    assert len(rows) == snapshot.row_count
    assert shown(rows) == shown([row for seq in seqs if (row := snapshot.fetch(seq)) is not None])
    hot = [row for table in snapshot.hot_tables() for row in rows_from_table(table)]
    assert shown(hot) == shown(
        [(*row, seq) for seq, row in zip(seqs, rows, strict=True) if seq in {each[-1] for each in hot}]
    )
    backwards = list(range(len(snapshot.table.columns)))[::-1]
    for seq, row in zip(seqs[:3], rows, strict=False):
        assert shown([snapshot.fetch(seq, backwards[:2])]) == shown([tuple(row[place] for place in backwards[:2])])
    committed = [seq for seq in seqs if seq < PROVISIONAL_SEQ]
    if committed:
        taken = snapshot.take(np.array(committed, np.int64), backwards)
        columns = [values_of(array) for array in taken]
        assert shown(list(zip(*columns[::-1], strict=True))) == shown(rows[: len(committed)])


def shown(rows: Sequence[Any]) -> list[str]:
    """Rows as text: NaN is equal to NaN then, and 1.5 is not 1.50."""
    return list(map(repr, rows))
