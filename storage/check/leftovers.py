"""What belongs to no table: records of no known kind, row stores without a table, files that nothing names."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import msgspec

from storage.keys import STORE_KINDS, KeyKind, key, prefix_end
from storage.orphans import find_orphans
from storage.record_names import name_of
from storage.segment import manifest_path
from storage.segment_writer import TEMPORARY_SUFFIX
from storage.sequences import record_key, unpack_value
from storage.stray_stores import stores_with
from storage.unique_keys import index_prefix, row_keys
from storage.units import about_size, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.check.catalog import FoundCatalog
    from storage.check.findings import Findings
    from storage.check.folder import OpenFolder
    from storage.kv import KeyValueStore


def check_stores(kv: KeyValueStore, known: Collection[int], findings: Findings) -> None:
    """Read the records of row stores that are none of the known ones: of tables that were never committed."""
    for kind in STORE_KINDS:
        for store_oid in stores_with(kv, kind):
            if store_oid not in known:
                count = sum(1 for _ in kv.scan(key(kind, store_oid)))
                what = f"{counted(count, 'record')} of kind {kind.name} of no table, to be removed by the next start"
                findings.note(f"store {store_oid}", what)


def check_indexes(kv: KeyValueStore, table: Table, store_oid: int, where: str, findings: Findings) -> None:
    """Read the entries of keys that a table does not have: of indexes whose making was cut short."""
    known = {row_key.prefix for row_key in row_keys(table, store_oid)}
    start, end = key(KeyKind.UNIQUE, store_oid), prefix_end(key(KeyKind.UNIQUE, store_oid))
    prefixes = [key(KeyKind.INDEX, store_oid)]
    while (found := next(kv.scan_range(start, end), None)) is not None:
        at = len(key(KeyKind.UNIQUE, store_oid))
        prefixes.append(index_prefix(store_oid, int.from_bytes(found[0][at : at + 8], "big")))
        start = prefix_end(prefixes[-1])
    for prefix in prefixes:
        count = 0 if prefix in known else sum(1 for _ in kv.scan(prefix))
        if count:
            entries = "1 entry" if count == 1 else f"{count} entries"
            findings.note(where, f"{entries} of an index that it does not have, to be removed by the next start")


def check_sequences(kv: KeyValueStore, catalog: FoundCatalog, findings: Findings) -> None:
    """What the sequences have given, and records that no sequence has."""
    known = {record_key(sequence): sequence for sequence in catalog.sequences}
    known |= {record_key(sequence): sequence for dropped in catalog.dropped for sequence in dropped.sequences}
    for found, value in kv.scan(KeyKind.SEQUENCE_VALUE.value):
        sequence = known.get(found)
        if sequence is None:
            findings.note("catalog", f"{name_of(found)} is of no sequence, to be removed by the next start")
            continue
        where = f"{sequence.namespace}.{sequence.name}"
        try:
            last = unpack_value(value).last
        except struct.error as error:
            findings.problem(where, f"what the sequence has given cannot be decoded: {error}")
            continue
        if not sequence.minimum <= last <= sequence.maximum:
            bounds = f"{sequence.minimum} to {sequence.maximum}"
            findings.problem(where, f"the sequence stands at {last}, which is outside of its range, {bounds}")


def check_other_records(
    kv: KeyValueStore, decode: Callable[[KeyKind, bytes, bytes], str | None], findings: Findings
) -> None:
    """Have `decode` say what is wrong with records of other packages, and look for records of no known kind."""
    own = sorted(kind.value for kind in KeyKind)
    for kind in (KeyKind.JOB, KeyKind.JOB_INDEX, KeyKind.JOB_ATTEMPT, KeyKind.JOB_EVENT, KeyKind.SCHEDULE):
        with findings.guarding("jobs"):
            for record_key_, value in kv.scan(kind.value):
                what = decode(kind, record_key_, value)
                if what is not None:
                    findings.problem("jobs", what, f"{kind.name} records")
    start = b"\0"
    for prefix in (*own, b"\xff"):
        for unknown, _ in kv.scan_range(start, prefix):
            findings.problem("records", f"{name_of(unknown)} is of no known kind", "records of no known kind")
        start = prefix_end(prefix) if prefix != b"\xff" else prefix


def check_files(folder: OpenFolder, findings: Findings) -> None:
    """Note the files of segments that nothing names."""
    try:
        named = {manifest_path(value, folder.cold_folder) for _, value in folder.kv.scan(KeyKind.MANIFEST.value)}
    except msgspec.MsgspecError:
        # Told of with its table. Which file it names is not known.
        return
    orphans = set(find_orphans(named, folder.cold_folder))
    for path in _segment_files(folder):
        if path not in named:
            size = about_size(path.stat().st_size)
            where = str(path.relative_to(folder.data_dir))
            fate = "to be removed by the next start" if path in orphans else "and none removes it"
            findings.note(where, f"no table has this file ({size}), {fate}")


def _segment_files(folder: OpenFolder) -> Iterator[Path]:
    for path in sorted(folder.cold_folder.rglob("*")):
        if path.suffix in (".parquet", TEMPORARY_SUFFIX) and path.is_file():
            yield path
