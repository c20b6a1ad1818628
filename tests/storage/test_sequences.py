"""Sequences in storage: numbers in order, none twice, a block lost at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from storage import types as t
from storage.catalog_entries import SequenceGenerator
from storage.engine import Storage, StorageOptions
from storage.errors import NumbersNotReserved, SequenceExhausted
from storage.sequences import BLOCK, SequenceValue, numbers_left, value_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEQUENCE = SequenceGenerator(20000, "public", "s", "admin", t.BIGINT, 1, 1, 1, 2**63 - 1)


def with_sequence(folder: Path) -> Storage:
    """A storage that has the sequence."""
    storage = Storage.open(folder, StorageOptions())
    if SEQUENCE.oid not in storage.catalog.sequences:
        transaction = storage.begin()
        transaction.change_catalog(lambda catalog: catalog.with_relation(SEQUENCE))
        storage.commit(transaction)
    return storage


def test_numbers_come_in_order(tmp_path: Path) -> None:
    """One after the other, singly and many at once, over the ends of blocks."""
    storage = with_sequence(tmp_path)
    numbers = [storage.sequences.next(SEQUENCE) for _ in range(BLOCK * 3)]
    numbers += storage.sequences.take(SEQUENCE, 1000).tolist()
    numbers.append(storage.sequences.next(SEQUENCE))
    assert numbers == list(range(1, len(numbers) + 1))
    storage.close()


def test_a_crash_gives_no_number_twice(tmp_path: Path) -> None:
    """What was given is never given again, and no more than a block and what was asked for is lost."""
    storage = with_sequence(tmp_path)
    for _ in range(50):
        last = storage.sequences.next(SEQUENCE)
    # A process that is killed writes nothing any more: its record stands ahead of what was given.
    record = storage.get(b"g" + SEQUENCE.oid.to_bytes(8, "big") + bytes(8))
    storage.close()
    again = with_sequence(tmp_path)
    assert record is not None
    again.sequences.set(SEQUENCE, SequenceValue(int.from_bytes(record[:8], "big"), is_called=True))
    assert last < again.sequences.next(SEQUENCE) <= last + BLOCK + 1
    again.close()


def test_a_clean_end_loses_nothing(tmp_path: Path) -> None:
    """After a close the next number is the one behind the last."""
    storage = with_sequence(tmp_path)
    last = storage.sequences.take(SEQUENCE, 5)[-1]
    storage.close()
    storage = with_sequence(tmp_path)
    assert storage.sequences.next(SEQUENCE) == last + 1
    storage.close()


def test_a_number_is_given_once_its_block_is_durable(tmp_path: Path) -> None:
    """Until the sync has ended who asks is told what to wait for."""
    calls: list[Callable[[], None]] = []
    storage = Storage.open(tmp_path, StorageOptions(), calls.append)
    with pytest.raises(NumbersNotReserved) as unreserved:
        storage.sequences.next(SEQUENCE)
    storage.visible.syncer.close()
    assert not unreserved.value.reservation.done
    for call in calls:
        call()
    assert unreserved.value.reservation.done
    assert storage.sequences.next(SEQUENCE) == 1
    storage._kv.close()


def test_a_record_without_a_sequence_is_swept(tmp_path: Path) -> None:
    """Numbers of a CREATE SEQUENCE that was never committed leave nothing to one that gets its oid later."""
    storage = with_sequence(tmp_path)
    uncommitted = replace(SEQUENCE, oid=SEQUENCE.oid + 1, name="u")
    storage.sequences.take(uncommitted, 100)
    storage.close()
    storage = with_sequence(tmp_path)
    assert storage.sequences.next(uncommitted) == 1
    storage.close()


def test_a_dropped_sequence_leaves_nothing(tmp_path: Path) -> None:
    """Its record goes with it, and so does what memory has of it."""
    storage = with_sequence(tmp_path)
    storage.sequences.take(SEQUENCE, 100)
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.without_relation(SEQUENCE))
    storage.commit(transaction)
    assert list(storage.scan(b"g")) == []
    assert storage.sequences.value(SEQUENCE) == SequenceValue(1, is_called=False)
    storage.close()


@given(
    low=st.integers(-20, 5),
    size=st.integers(1, 20),
    increment=st.integers(-7, 7).filter(bool),
    start=st.integers(0, 19),
    count=st.integers(1, 50),
)
def test_numbers_are_those_of_a_model(low: int, size: int, increment: int, start: int, count: int) -> None:
    """Any rules: what `value_after` computes is what stepping one by one gives, and so is `numbers_left`."""
    first = low + start % size
    sequence = replace(SEQUENCE, minimum=low, maximum=low + size - 1, start=first, increment=increment, cycle=True)
    begin = sequence.minimum if increment > 0 else sequence.maximum
    model = [first]
    while len(model) < count:
        following = model[-1] + increment
        model.append(following if low <= following < low + size else begin)
    value = SequenceValue(first, is_called=False)
    assert [value_after(sequence, value, number) for number in range(1, count + 1)] == model
    left = numbers_left(sequence, value)
    assert value_after(sequence, value, left) == first + increment * (left - 1)
    assert not low <= first + increment * left < low + size


def test_the_end_is_an_error(tmp_path: Path) -> None:
    """A sequence that does not cycle ends with PostgreSQL's words."""
    storage = with_sequence(tmp_path)
    short = replace(SEQUENCE, maximum=3)
    assert storage.sequences.take(short, 3).tolist() == [1, 2, 3]
    with pytest.raises(SequenceExhausted, match=r'^nextval: reached maximum value of sequence "s" \(3\)$'):
        storage.sequences.next(short)
    storage.close()
