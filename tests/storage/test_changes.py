"""What a transaction has done to a row store since a mark: its new rows, and those that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from storage import types
from storage.catalog_entries import Column
from storage.engine import prepare_deletion, prepare_load
from storage.errors import TableGone
from storage.rows import rows_from_table, table_from_rows
from storage.snapshot import PROVISIONAL_SEQ
from tests.storage.harness import KEY_AND_TEXT, compact, create_table, define, delete_prepared, flush, insert
from tests.storage.layouts import adding, alter, alter_in, dropping, renaming, retyping
from tests.storage.test_bulk_load import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.catalog_entries import Table
    from storage.changes import ChangesMark
    from storage.engine import Storage
    from storage.rows import Row
    from storage.transaction import Transaction

COUNT = 600
"""Rows of a load."""

Changes = tuple[list[Any], list[Any]]


def changes(transaction: Transaction, table: Table, mark: ChangesMark, columns: Sequence[int] = (1, 2)) -> Changes:
    """The rows that are new since a mark, and those that are gone, without their seqs."""
    new = transaction.references.rows_since(table.oid, mark, columns)
    gone = transaction.references.rows_deleted_since(table.oid, mark, columns)
    return sorted(rows_from_table(new()), key=repr), sorted([row[1:] for row in rows_from_table(gone())], key=repr)


def seqs_of(storage: Storage, transaction: Transaction, table: Table, *keys: int) -> list[int]:
    """Where the rows with these keys are."""
    found = [transaction.find(table.oid, storage.key_of(table, (each,)), ()) for each in keys]
    return [each[1] for each in found if each is not None]


def start(storage: Storage, table: Table) -> tuple[Transaction, ChangesMark]:
    """A transaction, and a mark in it."""
    transaction = storage.begin()
    transaction.begin_statement()
    return transaction, transaction.references.changes_mark(table.oid)


def test_nothing_has_changed(storage: Storage) -> None:
    """Of a table that is not touched there is nothing, in the types of its columns; of one that is gone it is told."""
    table = create_table(storage)
    transaction, mark = start(storage, table)
    rows = transaction.references.rows_since(table.oid, mark, (2, 1))()
    assert rows.schema.names == ["v", "id"]
    assert rows.schema.types == [types.TEXT.arrow, types.BIGINT.arrow]
    gone = transaction.references.rows_deleted_since(table.oid, mark, (2,))()
    assert gone.schema.names == ["_seq", "v"]
    assert (rows.num_rows, gone.num_rows) == (0, 0)
    transaction.insert(table.oid, [(1, "a")])
    now = transaction.references.changes_mark(table.oid)
    assert transaction.references.rows_since(table.oid, now, (1,))().schema == rows.select(["id"]).schema
    assert transaction.references.rows_deleted_since(table.oid, now, (2,))().schema == gone.schema
    for ask in (transaction.references.rows_since, transaction.references.rows_deleted_since):
        with pytest.raises(TableGone):
            ask(table.oid + 1, mark, (1,))


def test_rows_of_each_way_of_writing(storage: Storage) -> None:
    """Tuples, prepared loads and loads into segments, before and after a mark; and the columns that are asked for."""
    table = create_table(storage)
    transaction, first = start(storage, table)
    transaction.insert(table.oid, [(1, "a"), (2, None)])
    second = transaction.references.changes_mark(table.oid)
    transaction.insert(table.oid, [(3, "c")])
    data = table_from_rows([(number, "p") for number in range(1_000, 1_000 + COUNT)], table.columns)
    transaction.insert(table.oid, prepare_load(storage, table, data))
    third = transaction.references.changes_mark(table.oid)
    load(storage, transaction, table, range(5_000, 5_010))
    fourth = transaction.references.changes_mark(table.oid)
    loaded = [(number, "loaded") for number in range(5_000, 5_010)]
    prepared = [(number, "p") for number in range(1_000, 1_000 + COUNT)]
    assert changes(transaction, table, fourth) == ([], [])
    assert changes(transaction, table, third) == (loaded, [])
    assert changes(transaction, table, second) == (sorted([(3, "c"), *prepared, *loaded], key=repr), [])
    assert changes(transaction, table, first)[0] == sorted(
        [(1, "a"), (2, None), (3, "c"), *prepared, *loaded], key=repr
    )
    assert changes(transaction, table, third, (2, 1))[0] == [row[::-1] for row in loaded]
    transaction.insert(table.oid, [(4, "d")])
    load(storage, transaction, table, range(6_000, 6_001))
    assert changes(transaction, table, fourth)[0] == [(4, "d"), (6_000, "loaded")]


@pytest.mark.parametrize("few_rows", [0, 1_000])
def test_rows_that_are_gone(storage: Storage, monkeypatch: pytest.MonkeyPatch, few_rows: int) -> None:
    """Cold, hot in Arrow, hot as tuples, and its own of before the mark, tuples and of a load: by their seqs."""
    monkeypatch.setattr("storage.changes.FEW_ROWS", few_rows)
    table = create_table(storage)
    insert(storage, table, *[(number, "cold") for number in range(10)])
    flush(storage, table)
    arrow = storage.begin()
    data = table_from_rows([(number, "arrow") for number in range(1_000, 1_000 + COUNT)], table.columns)
    arrow.insert(table.oid, prepare_load(storage, table, data))
    storage.commit(arrow).result()
    insert(storage, table, (2_000, "hot"), (2_001, "hot"), (2_002, "hot"))
    transaction, _ = start(storage, table)
    transaction.insert(table.oid, [(3_000, "own"), (3_001, "own")])
    data = table_from_rows([(number, "load") for number in range(4_000, 4_000 + COUNT)], table.columns)
    transaction.insert(table.oid, prepare_load(storage, table, data))
    earlier = seqs_of(storage, transaction, table, 2_002, 3_001, 4_007)
    transaction.delete(table.oid, earlier)
    mark = transaction.references.changes_mark(table.oid)
    transaction.insert(table.oid, [(5_000, "new"), (5_001, "new")])
    seqs = seqs_of(storage, transaction, table, 3, 1_005, 2_000, 3_000, 4_000, 4_009, 5_000)
    transaction.delete(table.oid, seqs)
    expected = [(3, "cold"), (1_005, "arrow"), (2_000, "hot"), (3_000, "own"), (4_000, "load"), (4_009, "load")]
    gone = transaction.references.rows_deleted_since(table.oid, mark, (1, 2))
    read = rows_from_table(gone())
    assert sorted(read) == [(seq, *row) for seq, row in zip(seqs[:-1], expected, strict=True)]
    assert changes(transaction, table, mark) == ([(5_001, "new")], sorted(expected, key=repr))
    deletion = prepare_deletion(
        transaction.snapshot(table.oid), table.oid, np.array(seqs_of(storage, transaction, table, 7, 8))
    )
    transaction.delete_locked(deletion, transaction.lock_deletion(deletion)())
    assert changes(transaction, table, mark)[1] == sorted([*expected, (7, "cold"), (8, "cold")], key=repr)
    flush(storage, table)
    compact(storage, table)
    assert changes(transaction, table, mark)[1] == sorted([*expected, (7, "cold"), (8, "cold")], key=repr)


def test_a_row_that_the_statement_did_not_see_when_it_began_can_be_gone(storage: Storage) -> None:
    """ON CONFLICT deletes the newest row, which another one has committed since."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    transaction, mark = start(storage, table)
    transaction.snapshot(table.oid)
    insert(storage, table, (2, "b"))
    found = transaction.lock_key(table.oid, storage.key_of(table, (2,)))
    assert found is not None
    transaction.delete(table.oid, [found[1]], [found[0]])
    assert changes(transaction, table, mark) == ([], [(2, "b")])


def test_rows_are_as_the_table_is_now(storage: Storage) -> None:
    """Of layouts before a change of the columns, by others or by the transaction: cast, with what they miss."""
    narrow = (Column(1, "id", types.INTEGER, not_null=True), KEY_AND_TEXT[1])
    table = create_table(storage, narrow)
    insert(storage, table, (1, "cold"), (2, "cold"))
    flush(storage, table)
    insert(storage, table, (3, "hot"))
    alter(storage, table.oid, adding(Column(0, "w", types.INTEGER), 7))
    transaction, _ = start(storage, table)
    transaction.insert(table.oid, [(4, "own", 1)])
    data = table_from_rows([(n, "load", 2) for n in (5, 6)], transaction.catalog.tables[table.oid].columns)
    transaction.insert(table.oid, prepare_load(storage, transaction.catalog.tables[table.oid], data))
    alter_in(
        transaction, table.oid, retyping(3, types.BIGINT), renaming(2, "text"), adding(Column(0, "x", types.TEXT), "?")
    )
    mark = transaction.references.changes_mark(table.oid)
    transaction.insert(table.oid, [(9, "later", 2**40, "!")])
    for number in (1, 3, 4, 5):
        key = storage.key_of(table, (number,))
        found = transaction.find(table.oid, key, ())
        assert found is not None
        transaction.delete(table.oid, [found[1]])
    gone = transaction.references.rows_deleted_since(table.oid, mark, (4, 3, 2))()
    assert gone.schema.names == ["_seq", "x", "w", "text"]
    assert gone.schema.field("w").type == types.BIGINT.arrow
    assert sorted([row[1:] for row in rows_from_table(gone)]) == [
        ("?", 1, "own"),
        ("?", 2, "load"),
        ("?", 7, "cold"),
        ("?", 7, "hot"),
    ]
    everything = transaction.references.rows_since(table.oid, replace(mark, rows=0), (1, 4, 3))()
    assert sorted(rows_from_table(everything)) == [(6, "?", 2), (9, "!", 2**40)]
    alter_in(transaction, table.oid, dropping(2))
    assert rows_from_table(transaction.references.rows_since(table.oid, mark, (3, 1))()) == [(2**40, 9)]


def test_segments_of_before_a_change_of_the_columns(storage: Storage) -> None:
    """Rows that were loaded into a segment by the transaction that has altered the table since."""
    table = create_table(storage)
    transaction, mark = start(storage, table)
    load(storage, transaction, table, range(3))
    alter_in(transaction, table.oid, adding(Column(0, "w", types.INTEGER), 7), renaming(1, "key"))
    rows = transaction.references.rows_since(table.oid, mark, (3, 1))()
    assert rows.schema.names == ["w", "key"]
    assert rows_from_table(rows) == [(7, 0), (7, 1), (7, 2)]


def test_all_types_come_as_they_are_stored(storage: Storage) -> None:
    """Also those that Arrow extends: from tuples, loads, segments, and rows that are gone."""
    columns = (
        Column(1, "a.b", types.UUID),
        Column(2, "a", types.array_of(types.UUID)),
        Column(3, "t", types.TIMESTAMPTZ),
        Column(4, "i", types.INTERVAL),
        Column(5, "d", types.DATE),
    )
    table = create_table(storage, columns, key=())
    row = (bytes(range(16)), [bytes(16), None], 5, (1, 2, 3), -1)
    insert(storage, table, row)
    flush(storage, table)
    insert(storage, table, row)
    transaction, mark = start(storage, table)
    transaction.delete(table.oid, [1, 2], [row, row])
    transaction.insert(table.oid, [row])
    transaction.insert(table.oid, prepare_load(storage, table, table_from_rows([row], columns)))
    wanted = (2, 1, 3, 4, 5)
    expected = (row[1], row[0], *row[2:])
    new = transaction.references.rows_since(table.oid, mark, wanted)()
    gone = transaction.references.rows_deleted_since(table.oid, mark, wanted)()
    assert rows_from_table(new) == [expected, expected]
    assert rows_from_table(gone) == [(1, *expected), (2, *expected)]
    assert new.schema == gone.drop_columns(["_seq"]).schema


def test_a_store_of_its_own(storage: Storage) -> None:
    """Of a table that the transaction creates, all rows are new; what it deletes of them again was never there."""
    transaction = storage.begin()
    transaction.begin_statement()
    table = define(transaction.new_oid())
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    mark = transaction.references.changes_mark(table.oid)
    seqs = transaction.insert(table.oid, [(1, "a"), (2, "b")])
    later = transaction.references.changes_mark(table.oid)
    transaction.delete(table.oid, [seqs[0]])
    assert changes(transaction, table, mark) == ([(2, "b")], [])
    assert changes(transaction, table, later) == ([], [(1, "a")])


class Place(NamedTuple):
    """A mark, and what the model had there."""

    undo: int
    mark: ChangesMark
    live: dict[int, Row]
    dead: frozenset[int]


ACTIONS = ("insert", "load", "segment", "delete", "delete", "delete many", "mark", "mark", "undo", "settle")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 1 << 16)), max_size=25))
def test_marks_and_undo_agree_with_a_model(storage: Storage, steps: list[tuple[str, int]]) -> None:
    """Whatever is done between, and taken back: each mark that is not undone tells what has changed since."""
    table = create_table(storage, KEY_AND_TEXT, (), f"t{storage.visible.next_oid}")
    insert(storage, table, *[(number, "cold") for number in range(6)])
    flush(storage, table)
    insert(storage, table, *[(number, "hot") for number in range(6, 12)])
    transaction, mark = start(storage, table)
    live: dict[int, Row] = {seq: (seq - 1, "cold" if seq <= 6 else "hot") for seq in range(1, 13)}
    dead: frozenset[int] = frozenset()
    places = [Place(transaction.mark(), mark, dict(live), dead)]
    number = 100
    for action, chosen in steps:
        count = chosen % 4 + 1
        fixed = {seq for seq in live if 12 < seq < PROVISIONAL_SEQ}
        free = [seq for seq in live if seq not in fixed]
        some = sorted(dict.fromkeys(free[(chosen + each * 7) % len(free)] for each in range(count))) if free else []
        rows = [(each, action) for each in range(number, number + count)]
        match action:
            case "insert":
                live |= zip(transaction.insert(table.oid, rows), rows, strict=True)
            case "load":
                prepared = prepare_load(storage, table, table_from_rows(rows, table.columns))
                live |= zip(transaction.insert(table.oid, prepared), rows, strict=True)
            case "segment":
                written = load(storage, transaction, table, [row[0] for row in rows])
                rows = [(row[0], "loaded") for row in rows]
                live |= zip(range(written.first_seq, written.last_seq + 1), rows, strict=True)
            case "delete" | "delete many":
                if action == "delete":
                    transaction.delete(table.oid, some)
                else:
                    delete_prepared(transaction, table.oid, some)
                dead |= frozenset(some)
                for seq in some:
                    del live[seq]
            case "mark":
                mark = transaction.references.changes_mark(table.oid)
                places.append(Place(transaction.mark(), mark, dict(live), dead))
            case "undo":
                place = places[chosen % len(places)]
                transaction.undo_to(place.undo)
                del places[chosen % len(places) + 1 :]
                live, dead = dict(place.live), place.dead
            case _:
                insert(storage, table, (number, "other"))
                flush(storage, table)
                delete_last = storage.begin()
                delete_last.delete(table.oid, [storage.last_seq(table.oid)])
                storage.commit(delete_last).result()
        number += count
        for place in places:
            new = [row for seq, row in live.items() if seq not in place.live]
            gone = [row for seq, row in place.live.items() if seq not in live]
            expected = sorted(new, key=repr), sorted(gone, key=repr)
            assert changes(transaction, table, place.mark) == expected
    storage.rollback(transaction)
