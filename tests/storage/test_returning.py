"""What comes back with an undropped table: its sequences where they stood, all of it under names that are free."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from storage import types
from storage.catalog_entries import Grant, SequenceGenerator
from storage.drop import reclaim
from storage.errors import NumbersNotReserved
from storage.keys import KeyKind
from storage.undrop import commit_undrop, prepare_undrop, require_undroppable
from tests.storage.harness import ManualLoop, create_owned_sequence, create_table, open_storage, undrop
from tests.storage.segments import create_table_later, nothing

if TYPE_CHECKING:
    from pathlib import Path

    from storage.engine import Storage


@pytest.mark.parametrize("restart", [False, True])
def test_the_sequences_that_its_columns_own_come_back(tmp_path: Path, *, restart: bool) -> None:
    """With the value that they had: no number is lost or given twice. One that was dropped by itself is gone."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    owned, other = create_owned_sequence(storage, table), create_owned_sequence(storage, table, "other")
    for sequence in (owned, other):
        for _ in range(40):
            storage.sequences.next(sequence)
    dropping = storage.begin()
    dropping.change_catalog(lambda catalog: catalog.without_relation(other))
    storage.commit(dropping).result()
    dropping = storage.begin()
    dropping.change_catalog(lambda catalog: catalog.without_relation(table, owned))
    storage.commit(dropping).result()
    if restart:
        storage.close()
        storage = open_storage(tmp_path)
    assert storage.catalog.sequences == {}
    undrop(storage)
    assert storage.catalog.sequences == {owned.oid: owned}
    assert storage.sequences.next(owned) == 41
    drop_all = storage.begin()
    drop_all.change_catalog(lambda catalog: catalog.without_relation(table, owned))
    storage.commit(drop_all).result()
    reclaim(storage, table.oid, nothing)
    assert list(storage.scan(KeyKind.SEQUENCE_VALUE.value)) == []
    storage.close()


def test_a_number_taken_while_the_drop_is_written(looped: Storage, loop: ManualLoop) -> None:
    """Until the drop is visible others take numbers, which nobody gets again when the sequence is back."""
    table = create_table_later(looped, loop)
    creation = looped.begin()
    sequence = SequenceGenerator(
        creation.new_oid(), "public", "s", "admin", types.BIGINT, 1, 1, 1, 2**63 - 1, owned_by=(table.oid, 1)
    )
    creation.change_catalog(lambda catalog: catalog.with_relation(sequence))
    loop.finish(looped.commit(creation))
    with pytest.raises(NumbersNotReserved) as reserving:
        looped.sequences.next(sequence)
    loop.finish(reserving.value.reservation)
    assert looped.sequences.next(sequence) == 1
    dropping = looped.begin()
    dropping.change_catalog(lambda catalog: catalog.without_relation(table, sequence))
    commit = looped.commit(dropping)
    assert looped.sequences.next(sequence) == 2
    loop.finish(commit)
    loop.finish(commit_undrop(looped, prepare_undrop(looped, require_undroppable(looped, "public", "t"))))
    with pytest.raises(NumbersNotReserved) as reserving:
        looped.sequences.next(sequence)
    loop.finish(reserving.value.reservation)
    assert looped.sequences.next(sequence) == 3


def test_names_that_are_taken_and_roles_that_are_gone(storage: Storage) -> None:
    """Indexes and sequences get free names, each another one; grants to dropped roles are gone, and the others stay."""
    table = create_table(storage)
    sequence = create_owned_sequence(storage, table, "t_pkey1")
    grants = (Grant(10, "r", 10), Grant(0, "r", 10), Grant(99999, "r", 10))
    granting = storage.begin()
    granting.change_catalog(lambda catalog: catalog.with_table(replace(table, grants=grants)))
    granting.change_catalog(lambda catalog: catalog.with_relation(replace(sequence, grants=grants)))
    storage.commit(granting).result()
    dropping = storage.begin()
    dropping.change_catalog(lambda catalog: catalog.without_relation(table, sequence))
    storage.commit(dropping).result()
    for name in ("t_pkey", "t_pkey1"):
        create_owned_sequence(storage, table, name)
    undrop(storage)
    back = storage.catalog.tables[table.oid]
    assert back.index_names == (("public", "t_pkey2"),)
    assert storage.catalog.sequences[sequence.oid].name == "t_pkey11"
    assert back.grants == storage.catalog.sequences[sequence.oid].grants == grants[:2]
