"""Writes to a data folder, in a process of its own, until the fault that `SILTDB_FAULT` names kills it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from storage.drop import reclaim
from storage.engine import Storage, StorageOptions
from storage.faults import FaultPoints
from storage.staging import STAGED_FROM_ROWS
from storage.undrop import commit_undrop, prepare_undrop
from tests.storage.backups import restore
from tests.storage.harness import compact, create_owned_sequence, create_table, delete, flush, insert

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = 500


def main(arguments: Sequence[str]) -> None:
    """Write what the scenario says: the arguments are a data folder, a scenario, and what that wants to know."""
    data_dir, scenario, *rest = arguments
    options = StorageOptions(8 << 20, 8 << 20, FaultPoints.from_environment())
    storage = Storage.open(Path(data_dir), options)
    if scenario == "restore":
        restore(storage, Path(rest[0]))
        return
    table = create_table(storage)
    sequence = create_owned_sequence(storage, table)
    for _ in range(ROWS):
        storage.sequences.next(sequence)
    insert(storage, table, *[(n, f"v{n}") for n in range(ROWS)]).result()
    delete(storage, table, 0, 1).result()
    match scenario:
        case "flush":
            flush(storage, table)
        case "load":
            insert(storage, table, *[(n, "load") for n in range(ROWS, ROWS + 2 * STAGED_FROM_ROWS)])
        case "compact":
            flush(storage, table)
            insert(storage, table, (0, "again")).result()
            flush(storage, table)
            delete(storage, table, 2).result()
            compact(storage, table)
        case "drop":
            flush(storage, table)
            dropping = storage.begin()
            dropping.change_catalog(lambda catalog: catalog.without_relation(table, sequence))
            storage.commit(dropping).result()
            reclaim(storage, table.oid, lambda done, total: None)
        case "undrop":
            flush(storage, table)
            dropping = storage.begin()
            dropping.change_catalog(lambda catalog: catalog.without_relation(table, sequence))
            storage.commit(dropping).result()
            commit_undrop(storage, prepare_undrop(storage, storage.dropped()[0]))
