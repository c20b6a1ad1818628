"""Row stores that no table has: what a commit that made its table, too, had written ahead when the server was killed.

Such a table never was, and its oid is given to another one, which must not find anything of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from storage.catalog_entries import Partition
from storage.keys import STORE_KINDS, KeyKind, key, prefix_end, unpack_seq
from storage.kv import DeleteRange, add_to_batch, new_batch
from storage.records import read_dropped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage.kv import KeyValueStore


def known_stores(kv: KeyValueStore, table_oids: Iterable[int]) -> set[int]:
    """The ids of the row stores of these tables, and of dropped ones that are not reclaimed yet; partitions, too."""
    tables = {*table_oids, *(each.table.oid for each in read_dropped(kv))}
    partitions = (msgspec.msgpack.decode(value, type=Partition) for _, value in kv.scan(KeyKind.PARTITION.value))
    return tables | {each.oid for each in partitions if each.table_oid in tables}


def stores_with(kv: KeyValueStore, kind: KeyKind) -> Iterator[int]:
    """The ids of the row stores that have records of a kind: a seek each."""
    start, end = kind.value, prefix_end(kind.value)
    while (found := next(kv.scan_range(start, end), None)) is not None:
        store_oid = unpack_seq(found[0][len(kind.value) :][:8])
        yield store_oid
        start = prefix_end(key(kind, store_oid))


def sweep_stray_stores(kv: KeyValueStore, table_oids: Iterable[int]) -> None:
    """At start-up: remove what there is of row stores that belong to nothing. Their files are orphans then."""
    known = known_stores(kv, table_oids)
    batch = new_batch()
    for kind in STORE_KINDS:
        strays = (store_oid for store_oid in stores_with(kv, kind) if store_oid not in known)
        ranges = (key(kind, store_oid) for store_oid in strays)
        add_to_batch(batch, [DeleteRange(prefix, prefix_end(prefix)) for prefix in ranges])
    kv.write(batch)
