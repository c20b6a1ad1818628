"""The whole check of a data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from storage.check.catalog import read_found_catalog
from storage.check.findings import Finding, Findings
from storage.check.folder import open_folder
from storage.check.leftovers import (
    check_files,
    check_indexes,
    check_other_records,
    check_sequences,
    check_stores,
)
from storage.check.references import check_references, label_of
from storage.check.store import StoreCheck
from storage.last_written import find_loss, manifest_of, read_last_written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from storage.catalog_entries import Partition, Table
    from storage.check.catalog import FoundCatalog
    from storage.check.folder import OpenFolder
    from storage.keys import KeyKind

    DecodeRecord = Callable[[KeyKind, bytes, bytes], str | None]


class CheckSummary(Struct, frozen=True):
    """What was looked at."""

    tables: int
    segments: int
    rows: int
    problems: int


class CheckedTable(Struct, frozen=True):
    """What was read of a table."""

    name: str
    segments: int
    rows: int


class CheckWatcher(Struct, frozen=True):
    """Who wants to know. `found` is called for each finding, `table` after each table, `step` on the way:

    `step(table, segments done, segments in all)`, of one of its row stores.
    """

    found: Callable[[Finding], None]
    table: Callable[[CheckedTable], None]
    step: Callable[[str, int, int], None]


def check_folder(data_dir: Path, watcher: CheckWatcher, decode_record: DecodeRecord, now_us: int) -> CheckSummary:
    """Check a data folder. `decode_record(kind, key, value)` says what is wrong with a record of another package.

    Raises `NoDataFolder`, `DataFolderInUse`, `DataFolderVersion`; another `StorageError` when RocksDB cannot open it.
    """
    with open_folder(data_dir) as folder:
        findings = Findings(lambda finding: watcher.found(replace(finding, what=folder.named(finding.what))))
        if folder.kv.damage is not None:
            what = f"the write-ahead log ends in damage: {folder.kv.damage}; what was written behind that is lost"
            findings.problem("hot", what)
        known = read_last_written(data_dir)
        loss = find_loss(known, folder.kv.last_sequence, manifest_of(data_dir), data_dir)
        if loss is not None:
            findings.problem("hot", loss)
        return _Check(folder, watcher, findings, now_us).run(decode_record)


class _Check:
    def __init__(self, folder: OpenFolder, watcher: CheckWatcher, findings: Findings, now_us: int) -> None:
        self._folder = folder
        self._watcher = watcher
        self._findings = findings
        self._now_us = now_us
        self._paths: dict[Path, str] = {}

    def run(self, decode_record: DecodeRecord) -> CheckSummary:
        kv, findings = self._folder.kv, self._findings
        catalog = read_found_catalog(kv, findings)
        check_references(catalog, findings)
        tables = [self._check_table(table, catalog) for table in catalog.kept_tables]
        with findings.guarding("catalog"):
            check_sequences(kv, catalog, findings)
        if catalog.is_whole:
            with findings.guarding("hot"):
                check_stores(kv, _known_stores(catalog), findings)
        with findings.guarding("hot"):
            check_other_records(kv, decode_record, findings)
        with findings.guarding("cold"):
            check_files(self._folder, findings)
        findings.finish()
        return CheckSummary(
            len(tables), sum(table.segments for table in tables), sum(table.rows for table in tables), findings.problems
        )

    def _check_table(self, table: Table, catalog: FoundCatalog) -> CheckedTable:
        kv, findings = self._folder.kv, self._findings
        is_dropped = any(each.table.oid == table.oid for each in catalog.dropped)
        name = f"{label_of(table)} (dropped)" if is_dropped else label_of(table)
        segments = rows = 0
        for partition in _stores_of(table, catalog):
            where = name if partition is None else f"{name} of {partition.owner}"
            store = StoreCheck(kv, self._folder.cold_folder, table, partition, where, findings, self._now_us)
            summary = store.run(self._paths, lambda done, total, name=where: self._watcher.step(name, done, total))  # type: ignore[misc]  # mypy infers no lambda with defaults
            with findings.guarding(where):
                store_oid = table.oid if partition is None else partition.oid
                check_indexes(kv, table, store_oid, where, findings)
            segments += summary.segments
            rows += summary.rows
        checked = CheckedTable(name, segments, rows)
        self._watcher.table(checked)
        return checked


def _stores_of(table: Table, catalog: FoundCatalog) -> Iterator[Partition | None]:
    yield None
    yield from (each for each in catalog.partitions if each.table_oid == table.oid)


def _known_stores(catalog: FoundCatalog) -> set[int]:
    tables = {table.oid for table in catalog.tables} | {each.table.oid for each in catalog.dropped}
    return tables | {each.oid for each in catalog.partitions if each.table_oid in tables}
