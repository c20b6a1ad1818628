"""Sequences: the numbers that they give, outside of transactions. On the loop.

What a sequence *is* stands in the catalog (`SequenceGenerator`); what it has given is a record of its own, the last
number that may have been given. It is written, and durable, a block of numbers ahead: so a crash never lets a number be
given twice, and loses a block at most. A clean end writes what was really given.

A sequence has a record for each *store*: RESTART gives it another one, with the catalog change that a rollback undoes.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import Struct

from storage.errors import NumbersNotReserved, SequenceExhausted, WriteFailed
from storage.keys import KeyKind, key
from storage.kv import Delete, Mutation, Put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import numpy.typing as npt

    from storage.catalog import CatalogChange
    from storage.catalog_entries import SequenceGenerator
    from storage.kv import KeyValueStore
    from storage.syncer import Commit

    Write = Callable[[Iterable[Mutation]], Commit]

BLOCK: Final = 32
"""How many numbers are reserved ahead, as in PostgreSQL; of a sequence with a greater CACHE as many as that says."""

_RECORD: Final = struct.Struct(">q?")


class SequenceValue(Struct, frozen=True):
    """Where a sequence stands: `last` was given, or, if `is_called` is false, will be given next."""

    last: int
    is_called: bool

    def packed(self) -> bytes:
        """As a record."""
        return _RECORD.pack(self.last, self.is_called)


def unpack_value(record: bytes) -> SequenceValue:
    """The value that was `packed`."""
    last, is_called = _RECORD.unpack(record)
    return SequenceValue(last, is_called)


def record_key(sequence: SequenceGenerator) -> bytes:
    """Where what it has given is recorded."""
    return key(KeyKind.SEQUENCE_VALUE, sequence.oid, sequence.store)


def first_value(sequence: SequenceGenerator) -> SequenceValue:
    """Where it stands before it has given anything."""
    return SequenceValue(sequence.start if sequence.first is None else sequence.first, is_called=False)


def numbers_left(sequence: SequenceGenerator, value: SequenceValue) -> int:
    """How many numbers there are before it ends, or begins again."""
    bound = sequence.maximum if sequence.increment > 0 else sequence.minimum
    return max((bound - value.last) // sequence.increment + (not value.is_called), 0)


def value_after(sequence: SequenceGenerator, value: SequenceValue, count: int) -> int:
    """The number that is given `count` numbers later (from 1). The sequence must have as many, or begin again."""
    left = numbers_left(sequence, value)
    if count <= left:
        return value.last + sequence.increment * (count - (not value.is_called))
    begin = sequence.minimum if sequence.increment > 0 else sequence.maximum
    cycle = (sequence.maximum - sequence.minimum) // abs(sequence.increment) + 1
    return begin + sequence.increment * ((count - left - 1) % cycle)


class _Progress:
    """What one store of a sequence has given since it was first asked for here, counted."""

    __slots__ = ("durable", "given", "reservation", "rules", "value", "written")

    def __init__(self, rules: tuple[int, int, int, bool], value: SequenceValue) -> None:
        self.rules = rules
        self.value = value
        self.given = self.written = self.durable = 0
        """How many numbers were given, are written as given, and are durably so."""
        self.reservation: Commit | None = None
        """The last that was written."""


class Sequences:
    """What all sequences have given."""

    def __init__(self, kv: KeyValueStore, write: Write) -> None:
        self._kv = kv
        self._write = write
        self._progress: dict[tuple[int, int], _Progress] = {}

    def value(self, sequence: SequenceGenerator) -> SequenceValue:
        """Where it stands."""
        return self._of(sequence).value

    def require(self, sequence: SequenceGenerator, count: int) -> None:
        """See to it that the next `count` numbers can be taken at once.

        Raises `SequenceExhausted`, `WriteFailed`, and `NumbersNotReserved` with the commit to wait for: ask again then.
        """
        progress = self._of(sequence)
        block = max(BLOCK, sequence.cache)
        wanted = progress.given + count
        if progress.durable >= wanted:
            if progress.durable < wanted + block // 2 and progress.written == progress.durable:
                self._reserve(sequence, progress, count + block)
            return
        if not sequence.cycle and count > numbers_left(sequence, progress.value):
            raise SequenceExhausted(sequence)
        if progress.written < wanted:
            self._reserve(sequence, progress, count + block)
        reservation = progress.reservation
        assert reservation is not None, "what is written and not durable is under way"
        if progress.durable < wanted:
            if reservation.done:
                reservation.result()
            raise NumbersNotReserved(reservation)

    def next(self, sequence: SequenceGenerator) -> int:
        """The next number. Raises what `require` raises."""
        progress = self._of(sequence)
        if progress.durable - progress.given <= BLOCK // 2:
            self.require(sequence, 1)
        number = value_after(sequence, progress.value, 1)
        progress.given += 1
        progress.value = SequenceValue(number, is_called=True)
        return number

    def go_back(self, sequence: SequenceGenerator, value: SequenceValue) -> None:
        """The last number has not been given after all: it stood at `value`, and nobody has asked it since."""
        progress = self._of(sequence)
        progress.given -= 1
        progress.value = value

    def take(self, sequence: SequenceGenerator, count: int) -> npt.NDArray[np.int64]:
        """The next numbers, in order. Raises what `require` raises."""
        self.require(sequence, count)
        progress = self._of(sequence)
        numbers = _numbers(sequence, progress.value, count)
        if count:
            progress.given += count
            progress.value = SequenceValue(int(numbers[-1]), is_called=True)
        return numbers

    def set(self, sequence: SequenceGenerator, value: SequenceValue) -> Commit:
        """Let it go on from a value. Others see that at once; it is not undone. Raises `WriteFailed`."""
        commit = self._write((Put(record_key(sequence), value.packed()),))
        self._progress[sequence.oid, sequence.store] = _Progress(_rules(sequence), value)
        return commit

    def forget(self, change: CatalogChange) -> None:
        """What the catalog has no more needs no memory.

        Sequences that were dropped with their table have kept their records: those go on from where they really stood
        when the table is brought back.
        """
        gone = {oid for (_, oid), entry in change.entries.items() if entry is None}
        gone_stores = [at for at in self._progress if at[0] in gone] if gone else []
        if not gone_stores:
            return
        exact = [Put(record, value) for record, value in _exact(self._progress, gone_stores) if self._kv.get(record)]
        for at in gone_stores:
            del self._progress[at]
        # If it fails, nothing can be brought back before the next start, and a block of numbers is lost as by a crash.
        with suppress(WriteFailed):
            self._write(exact)

    def exact_values(self) -> Iterator[Mutation]:
        """What writes where the sequences really stand, for a clean end."""
        return (Put(record, value) for record, value in _exact(self._progress, self._progress))

    def _of(self, sequence: SequenceGenerator) -> _Progress:
        at, rules = (sequence.oid, sequence.store), _rules(sequence)
        progress = self._progress.get(at)
        if progress is None:
            record = self._kv.get(record_key(sequence))
            value = first_value(sequence) if record is None else unpack_value(record)
            progress = self._progress[at] = _Progress(rules, value)
        elif progress.rules != rules:
            # What was reserved were the numbers that would have come by the other rules.
            progress = self._progress[at] = _Progress(rules, progress.value)
        return progress

    def _reserve(self, sequence: SequenceGenerator, progress: _Progress, count: int) -> None:
        if not sequence.cycle:
            count = min(count, numbers_left(sequence, progress.value))
        through = progress.given + count
        if through <= progress.written:
            return
        last = SequenceValue(value_after(sequence, progress.value, count), is_called=True)
        commit = self._write((Put(record_key(sequence), last.packed()),))
        progress.written, progress.reservation = through, commit

        def reserved(done: Commit) -> None:
            if done.error is None:
                progress.durable = max(progress.durable, through)

        commit.on_done(reserved)


def stale_records(kv: KeyValueStore, sequences: Iterable[SequenceGenerator]) -> list[Mutation]:
    """What removes records that none of these sequences has: of CREATE and RESTART that were never committed."""
    known = {record_key(sequence) for sequence in sequences}
    return [Delete(found) for found, _ in kv.scan(KeyKind.SEQUENCE_VALUE.value) if found not in known]


def _exact(
    progress: Mapping[tuple[int, int], _Progress], stores: Iterable[tuple[int, int]]
) -> Iterator[tuple[bytes, bytes]]:
    """The records of what stores have really given, where more than that is written."""
    for oid, store in stores:
        each = progress[oid, store]
        if each.written > each.given:
            yield key(KeyKind.SEQUENCE_VALUE, oid, store), each.value.packed()


def _rules(sequence: SequenceGenerator) -> tuple[int, int, int, bool]:
    return sequence.increment, sequence.minimum, sequence.maximum, sequence.cycle


def _numbers(sequence: SequenceGenerator, value: SequenceValue, count: int) -> npt.NDArray[np.int64]:
    left = numbers_left(sequence, value)
    if count <= left:
        first = 1 - (not value.is_called)
        return value.last + sequence.increment * np.arange(first, first + count, dtype=np.int64)
    listed = [value_after(sequence, value, number) for number in range(1, count + 1)]
    return np.array(listed, np.int64)
