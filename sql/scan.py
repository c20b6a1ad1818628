"""A table's snapshot as something DuckDB can read: hot rows, segments, and segments without their dead rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pyarrow as pa

from sql.duckdb_types import duckdb_type, from_stored, identifier, literal_text
from sql.plan import ParameterPredicate
from storage.snapshot import Predicate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.plan import TableScan
    from storage.catalog import Column
    from storage.segment import Operator
    from storage.snapshot import Segment, TableSnapshot

SEQ = "_seq"
"""The hidden column. Names of users' columns are qualified and resolved, so that none of them reaches it."""


def scan_cte(
    scan: TableScan, snapshot: TableSnapshot, parameters: Sequence[object], register: Callable[[pa.Table], str]
) -> str:
    """The common table expression that gives a snapshot's rows under the scan's alias.

    `register` makes an Arrow table readable and says under which name. Call it in a worker. Raises `CorruptSegment`.
    """
    parts = snapshot.scan(_predicates(scan, parameters))
    columns = [column for column in snapshot.table.columns if column.number in scan.columns]
    selects = []
    if parts.hot is not None and parts.hot.num_rows:
        selects.append(f"SELECT {_select_list(columns)} FROM {identifier(register(parts.hot))}")
    if parts.clean:
        selects.append(f"SELECT {_select_list(columns)} FROM {_files(parts.clean)}")
    if parts.dirty:
        dead = identifier(register(pa.table({SEQ: parts.dead})))
        selects.append(f"SELECT {_select_list(columns)} FROM {_files(parts.dirty)} ANTI JOIN {dead} USING ({SEQ})")
    if not selects:
        nulls = ", ".join(f"CAST(NULL AS {duckdb_type(c.type)}) AS {identifier(c.name)}" for c in columns)
        selects.append(f"SELECT {nulls}{', ' if nulls else ''}CAST(NULL AS BIGINT) AS {SEQ} WHERE false")
    return f"{identifier(scan.alias)} AS NOT MATERIALIZED ({' UNION ALL '.join(selects)})"


def _predicates(scan: TableScan, parameters: Sequence[object]) -> list[Predicate]:
    """The predicates with the parameters' values; a comparison with NULL prunes nothing here."""
    predicates = []
    for predicate in scan.predicates:
        if isinstance(predicate, ParameterPredicate):
            value = parameters[predicate.parameter - 1]
            if value is not None:
                predicates.append(Predicate(predicate.column_number, cast("Operator", predicate.op), value))
        else:
            predicates.append(predicate)
    return predicates


def _select_list(columns: Sequence[Column]) -> str:
    items = [f"{from_stored(identifier(c.name), c.type)} AS {identifier(c.name)}" for c in columns]
    return ", ".join([*items, SEQ])


def _files(segments: Sequence[Segment]) -> str:
    paths = ", ".join(literal_text(str(segment.path)) for segment in segments)
    return f"read_parquet([{paths}], hive_partitioning = false)"
