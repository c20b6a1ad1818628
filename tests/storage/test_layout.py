"""Columns change without a row being written; rows of every layout are read as they should be, and pruned safely."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from storage import types as t
from storage.catalog_entries import Column
from storage.conversion import BLOCK_ROWS
from storage.engine import prepare_load
from storage.hot_value import RowFormat, layout_of
from storage.layout import can_retype, is_widening, missing_value
from storage.rows import table_from_rows
from storage.segment import Predicate, decode_manifest_entry, encode_manifest_entry
from tests.storage.harness import (
    KEY_AND_TEXT,
    create_table,
    define,
    flush,
    insert,
)
from tests.storage.layouts import SAMPLES, WIDER, adding, alter, dropping, read, retyping, shown

if TYPE_CHECKING:
    from storage.engine import Storage
    from storage.types import SqlType

NEW = Column(0, "w", t.INTEGER)
INTEGER_AND_TEXT = (Column(1, "id", t.INTEGER, not_null=True), Column(2, "v", t.varchar(3)))


# Definitions


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (t.INTEGER, t.SMALLINT),
        (t.BIGINT, t.DOUBLE),
        (t.BIGINT, t.OID),
        (t.INTEGER, t.numeric(9)),
        (t.BIGINT, t.numeric(20, 2)),
        (t.numeric(12, 3), t.numeric(12, 4)),
        (t.numeric(12, 3), t.numeric(12, 2)),
        (t.numeric(12, 3), t.BIGINT),
        (t.DOUBLE, t.REAL),
        (t.TEXT, t.varchar(10)),
        (t.varchar(4), t.varchar(3)),
        (t.char(3), t.TEXT),
        (t.TEXT, t.BYTEA),
        (t.DATE, t.TIMESTAMP),
        (t.JSON, t.JSONB),
        (t.array_of(t.INTEGER), t.array_of(t.BIGINT)),
    ],
    ids=str,
)
def test_what_is_no_widening(old: SqlType, new: SqlType) -> None:
    """A value could be lost, or become another one, or an error: rows must be rewritten."""
    assert not is_widening(old, new)


def test_a_key_may_change_its_type_where_the_bytes_of_the_index_stay() -> None:
    """An integer key may become a bigint one, and not a numeric one."""
    table = define(1, INTEGER_AND_TEXT)
    assert can_retype(table, 1, t.BIGINT)
    assert not can_retype(table, 1, t.NUMERIC)
    assert can_retype(define(1, INTEGER_AND_TEXT, key=()), 1, t.NUMERIC)
    numerics = define(1, (Column(1, "id", t.numeric(5, 2)),))
    assert can_retype(numerics, 1, t.numeric(9, 2))
    assert not can_retype(numerics, 1, t.numeric(9, 3))
    assert not can_retype(define(1, (Column(1, "id", t.REAL),)), 1, t.DOUBLE)


def test_a_number_is_never_used_again() -> None:
    """The next column after the last one was dropped has another number, and earlier layouts are all kept."""
    table = define(1)
    for layout in range(2, 8, 2):
        table = adding(NEW)(table)
        assert (table.layout, table.version) == (layout, layout)
        table = dropping(table.columns[-1].number)(table)
    assert adding(NEW)(table).columns[-1].number == 6
    assert sorted(table.layouts) == list(range(1, 7))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(table), type=type(table)) == table


def test_a_missing_value_is_widened_with_its_column() -> None:
    """What earlier rows have in an added column goes through the widening, too."""
    table = retyping(3, t.numeric(8, 2))(adding(Column(0, "n", t.SMALLINT), 5)(define(1)))
    assert repr(missing_value(table.columns[2])) == "Decimal('5.00')"


# Hot values and the manifest


def test_the_first_layout_is_written_as_ever() -> None:
    """Values of tables that were never changed have the tags of before, and are read by them."""
    row_format = RowFormat(KEY_AND_TEXT)
    assert row_format.encode_rows([(1, "a")]) == b"\1" + msgspec.msgpack.encode([(1, "a")])
    assert row_format.encode_table(row_format.table([(1, "a")]))[:1] == b"\2"


@given(st.integers(1, 1 << 40), st.sampled_from([1, 3, 600]))
def test_a_value_says_its_layout(layout: int, count: int) -> None:
    """Whatever the number, and however its rows are encoded."""
    row_format = RowFormat(KEY_AND_TEXT, layout)
    rows = [(number, "v") for number in range(count)]
    for value in (row_format.encode_rows(rows), row_format.encode_table(row_format.table(rows))):
        assert layout_of(value) == layout
        decoded = row_format.decode(value)
        assert len(decoded) == count


def test_a_manifest_entry_of_an_older_server_is_of_the_first_layout(storage: Storage) -> None:
    """It has neither the layout nor the checksum."""
    table = create_table(storage, (Column(1, "id", t.numeric(5, 1)),))
    insert(storage, table, (Decimal("1.5"),))
    (segment,) = flush(storage, table)
    fields = msgspec.msgpack.decode(encode_manifest_entry(segment, storage.cold_folder))
    older = decode_manifest_entry(msgspec.msgpack.encode(fields[:8]), storage.cold_folder, table, None)
    assert older.layout == 1
    assert repr(older) == repr(replace(segment, checksum=None, integrity=older.integrity))
    later = alter(storage, table.oid, retyping(1, t.numeric(6, 1)), adding(NEW))
    decoded = decode_manifest_entry(msgspec.msgpack.encode(fields[:8]), storage.cold_folder, later, None)
    assert repr(decoded) == repr(replace(older, integrity=decoded.integrity))


# Reading


@pytest.mark.parametrize("sql_type", SAMPLES, ids=str)
def test_rows_that_lack_a_column_read_as_having_its_value(storage: Storage, sql_type: SqlType) -> None:
    """Of every type, hot and cold, in every way of reading; or NULL."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    flush(storage, table)
    insert(storage, table, (2, "b"))
    for value in (None, *SAMPLES[sql_type]):
        table = alter(storage, table.oid, adding(Column(0, f"c{table.layout}", sql_type), value))
    expected = (None, *SAMPLES[sql_type])
    assert shown(read(storage.snapshot(table.oid))) == shown([(1, "a", *expected), (2, "b", *expected)])


@pytest.mark.parametrize(("old", "new"), [(old, new) for old in WIDER for new in WIDER[old]], ids=str)
def test_a_widened_value_is_the_same_one(storage: Storage, old: SqlType, new: SqlType) -> None:
    """Hot rows, hot rows in Arrow, and cold ones: all read as rows that were inserted under the new type."""
    assert is_widening(old, new)
    values = [*SAMPLES[old], None]
    table = create_table(storage, (Column(1, "id", t.INTEGER), Column(2, "v", old)))
    insert(storage, table, *enumerate(values))
    flush(storage, table)
    insert(storage, table, *enumerate(values, 10))
    transaction = storage.begin()
    transaction.insert(table.oid, table_from_rows(list(enumerate(values * 200, 20)), table.columns))
    storage.commit(transaction).result()
    rows = [row[1] for row in read(storage.snapshot(table.oid))]
    table = alter(storage, table.oid, retyping(2, new))
    found = [row[1] for row in read(storage.snapshot(table.oid))]
    assert found == rows or old == t.REAL
    assert {type(each) for each in found} <= {Decimal if new.oid == t.NUMERIC.oid else type(values[0]), type(None)}
    if new.oid == t.NUMERIC.oid:
        assert {-each.as_tuple().exponent for each in found if each is not None} == {new.precision_and_scale[1]}


def test_a_long_missing_value_takes_no_more_memory_for_many_rows(storage: Storage) -> None:
    """The same memory stands for all of them."""
    table = create_table(storage)
    data = table_from_rows([(n, "v") for n in range(2 * BLOCK_ROWS + 5)], table.columns)
    transaction = storage.begin()
    transaction.insert(table.oid, prepare_load(storage, table, data))
    storage.commit(transaction).result()
    table = alter(storage, table.oid, adding(Column(0, "long", t.TEXT), "x" * 2_000))
    (found,) = storage.snapshot(table.oid).hot_tables()
    assert found.num_rows == data.num_rows
    assert len({chunk.buffers()[2].address for chunk in found.column("long").chunks}) == 1
    assert found.column("long").get_total_buffer_size() < 50_000_000


OPERATORS = ("=", "<", "<=", ">", ">=", "is_null")


@pytest.mark.parametrize("missing", [None, 5])
def test_segments_without_a_column_are_pruned_by_what_it_reads_as(storage: Storage, missing: int | None) -> None:
    """They are left out if and only if no row can match, whatever is asked."""
    table = create_table(storage)
    insert(storage, table, (1, "a"), (2, "b"))
    flush(storage, table)
    table = alter(storage, table.oid, adding(NEW, missing))
    compare: dict[str, Any] = {
        "=": int.__eq__,
        "<": int.__lt__,
        "<=": int.__le__,
        ">": int.__gt__,
        ">=": int.__ge__,
    }
    snapshot = storage.snapshot(table.oid)
    for op in OPERATORS:
        for value in (4, 5, 6):
            expected = missing is None if op == "is_null" else missing is not None and compare[op](missing, value)
            predicate = Predicate(3, op, None if op == "is_null" else value)  # type: ignore[arg-type]  # it is one
            assert bool(snapshot.scan([predicate]).clean) == expected, predicate
    assert snapshot.scan([Predicate(1, "=", 9), Predicate(3, "is_null")]).clean == ()


@pytest.mark.parametrize(("old", "new"), [(old, new) for old in WIDER for new in WIDER[old]], ids=str)
def test_pruning_by_bounds_of_before_a_widening_loses_no_row(storage: Storage, old: SqlType, new: SqlType) -> None:
    """A segment whose bounds are of the old type is kept for each of its values, and goes for what is out of them."""
    values = [value for value in SAMPLES[old] if value == value]
    table = create_table(storage, (Column(1, "id", t.INTEGER), Column(2, "v", old)))
    for number, value in enumerate(values):
        insert(storage, table, (number, value))
        flush(storage, table)
    table = alter(storage, table.oid, retyping(2, new))
    snapshot = storage.snapshot(table.oid)
    for row in read(snapshot):
        kept = snapshot.scan([Predicate(2, "=", row[1])]).clean
        assert len(kept) == 1
        assert row in read(snapshot, [Predicate(2, "=", row[1])])
