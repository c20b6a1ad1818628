"""Snapshots of a table as something DuckDB can read: hot rows, segments, and segments without their dead rows.

A shared table has one; of a user table there is one for each role whose rows a query reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa

from sql.duckdb_types import duckdb_type, identifier, literal_text
from sql.layout_columns import current_columns, earlier_columns
from sql.query_scans import ParameterPredicate
from storage.snapshot import Predicate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sql.query_scans import TableScan
    from storage.catalog_entries import Column
    from storage.formats import TableFormats
    from storage.segment import Operator
    from storage.snapshot import Scan, Segment, TableSnapshot

SEQ = "_seq"
"""The hidden column. Names of users' columns are qualified and resolved, so that none of them reaches it."""

SEGMENT = "$segment"
"""The path of a row's file, where it matters: seqs are of one row store, and two stores have the same ones."""


def scan_cte(
    scan: TableScan,
    snapshots: Sequence[TableSnapshot],
    parameters: Sequence[object],
    register: Callable[[pa.Table], str],
    step: Callable[[], None],
) -> str:
    """The common table expression that gives the rows of snapshots of one table, at least one, under the scan's alias.

    `register` makes an Arrow table readable and says under which name. The files are verified, if this is the first
    time that they are read: `step` is called meanwhile, and may raise. Call it in a worker. Raises `CorruptSegment`.
    """
    predicates = _predicates(scan, parameters)
    scans = [snapshot.scan(predicates) for snapshot in snapshots]
    for snapshot, parts in zip(snapshots, scans, strict=True):
        # DuckDB does not look at the checksums of pages.
        snapshot.require_whole((*parts.clean, *parts.dirty), step)
    columns = [column for column in snapshots[0].table.columns if column.number in scan.columns]
    select_list = _select_list(current_columns(columns))
    hot = [parts.hot for parts in scans if parts.hot is not None and parts.hot.num_rows]
    dirty = [parts for parts in scans if parts.dirty]
    selects = []
    if hot:
        name = register(hot[0] if len(hot) == 1 else pa.concat_tables(hot))
        selects.append(f"SELECT {select_list} FROM {identifier(name)}")
    files = _Files(columns, select_list, snapshots[0].formats)
    selects += files.selects([segment for parts in scans for segment in parts.clean])
    if len(dirty) == 1:
        dead = identifier(register(pa.table({SEQ: dirty[0].dead})))
        selects += files.selects(dirty[0].dirty, f" ANTI JOIN {dead} USING ({SEQ})")
    elif dirty:
        segments = [segment for parts in dirty for segment in parts.dirty]
        dead = identifier(register(_dead_by_segment(dirty)))
        join = f" ANTI JOIN {dead} USING ({identifier(SEGMENT)}, {SEQ})"
        selects += files.selects(segments, join, f", filename = {literal_text(SEGMENT)}")
    if not selects:
        nulls = [f"CAST(NULL AS {duckdb_type(c.type)}) AS {identifier(c.name)}" for c in columns]
        selects.append(f"SELECT {', '.join([*nulls, f'CAST(NULL AS BIGINT) AS {SEQ}'])} WHERE false")
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


def _select_list(items: Sequence[str]) -> str:
    return ", ".join([*items, SEQ])


class _Files:
    """Segments as what gives the columns of a scan, those of each layout apart: their files are alike."""

    def __init__(self, columns: Sequence[Column], select_list: str, formats: TableFormats) -> None:
        self._columns = columns
        self._current = select_list
        self._formats = formats

    def selects(self, segments: Sequence[Segment], join: str = "", options: str = "") -> list[str]:
        """A query for each layout; `join` leaves rows out, `options` are of the reading of Parquet."""
        layouts = dict.fromkeys([segment.layout for segment in segments])
        if len(layouts) < 2:
            return [self._select(layout, segments, join, options) for layout in layouts]
        return [
            self._select(layout, [segment for segment in segments if segment.layout == layout], join, options)
            for layout in layouts
        ]

    def _select(self, layout: int, segments: Sequence[Segment], join: str, options: str) -> str:
        select_list, formats = self._current, self._formats
        if layout != formats.table.layout:
            select_list = _select_list(earlier_columns(self._columns, formats.layout_columns(layout)))
        return f"SELECT {select_list} FROM {_files(segments, options)}{join}"


def _dead_by_segment(scans: Sequence[Scan]) -> pa.Table:
    """The dead rows of dirty segments, by file and seq."""
    paths, seqs = [], []
    for path, dead in (found for parts in scans for found in _dead_in(parts)):
        paths.append(pa.repeat(pa.scalar(path), len(dead)))
        seqs.append(dead)
    return pa.table({SEGMENT: pa.chunked_array(paths, pa.string()), SEQ: pa.chunked_array(seqs, pa.int64())})


def _dead_in(parts: Scan) -> Iterator[tuple[str, pa.Array[Any]]]:
    """The path of each dirty segment, and its dead rows: `dead` has them in the segments' order."""
    dead = parts.dead.to_numpy()
    for segment in parts.dirty:
        first, end = np.searchsorted(dead, [segment.min_seq, segment.max_seq + 1]).tolist()
        yield str(segment.path), parts.dead.slice(first, end - first)


def _files(segments: Sequence[Segment], options: str = "") -> str:
    paths = ", ".join(literal_text(str(segment.path)) for segment in segments)
    return f"read_parquet([{paths}], hive_partitioning = false{options})"
