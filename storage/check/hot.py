"""The hot rows of a row store: each value can be decoded, and no two have a row in common."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Struct

from storage.check.values import validate
from storage.keys import KeyKind, key, unpack_seq

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.check.findings import Findings
    from storage.check.pending import Pending
    from storage.dead import Seqs
    from storage.formats import TableFormats
    from storage.hot_value import RowFormat
    from storage.kv import KeyValueStore

ROWS_A_STEP: Final = 10_000
SEQ_MAX: Final = (1 << 63) - 1

_UNREADABLE: Final = (msgspec.MsgspecError, pa.ArrowException, LookupError, ValueError, TypeError)
"""What decoding raises: a LookupError for a layout that the table does not have."""


class _Value(Struct, frozen=True):
    """A decoded hot value."""

    first: int
    format: RowFormat
    rows: Any
    """A list of tuples, or an Arrow table."""

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


class HotValues:
    """The hot values of a row store. What is read is in `ranges`, and what could not be in `unread`."""

    def __init__(
        self, kv: KeyValueStore, store_oid: int, formats: TableFormats, pending: Pending, where: str, findings: Findings
    ) -> None:
        self._kv = kv
        self._prefix = key(KeyKind.HOT, store_oid)
        self._formats = formats
        self._loads = pending.loads
        self._where = where
        self._findings = findings
        self.ranges: list[tuple[int, int]] = []
        """First and last seqs of values."""
        self.unread: list[tuple[int, int]] = []
        """From a value that cannot be decoded up to the next one."""

    def read(self) -> Iterator[tuple[Seqs, pa.Table]]:
        """All rows as the table has them now, with their seqs, ascending. Raises `CorruptRecords`."""
        waiting: list[_Value] = []
        rows = 0
        for value in self._values():
            waiting.append(value)
            rows += value.count
            if rows >= ROWS_A_STEP:
                yield from self._tables(waiting)
                waiting, rows = [], 0
        yield from self._tables(waiting)

    def _values(self) -> Iterator[_Value]:
        unread_from: int | None = None
        for hot_key, data in self._kv.scan(self._prefix):
            first = unpack_seq(hot_key[len(self._prefix) :])
            if unread_from is not None:
                self.unread.append((unread_from, first - 1))
                unread_from = None
            if self._loads.ranges and self._loads.covers(first):
                continue
            try:
                value = _Value(first, *self._formats.decode(data))
            except _UNREADABLE as error:
                self._tell_unreadable(first, error)
                unread_from = first
                continue
            if self.ranges and first <= self.ranges[-1][1]:
                before = "{} to {}".format(*self.ranges[-1])
                self._findings.problem(self._where, f"hot rows {first} to {value.last} overlap with hot rows {before}")
            self.ranges.append((first, value.last))
            yield value
        if unread_from is not None:
            self.unread.append((unread_from, SEQ_MAX))

    def _tables(self, values: list[_Value]) -> Iterator[tuple[Seqs, pa.Table]]:
        for is_list, run in groupby(values, key=lambda value: (isinstance(value.rows, list), value.format.layout)):
            some = list(run)
            try:
                yield self._table(some, is_list=is_list[0])
            except _UNREADABLE:
                # One by one, to know which.
                for value in some:
                    try:
                        yield self._table([value], is_list=is_list[0])
                    except _UNREADABLE as error:
                        self._tell_unreadable(value.first, error)
                        self.unread.append((value.first, value.last))

    def _table(self, values: list[_Value], *, is_list: bool) -> tuple[Seqs, pa.Table]:
        row_format = values[0].format
        if is_list:
            table = row_format.table([row for value in values for row in value.rows])
        else:
            table = pa.concat_tables([value.rows for value in values])
        validate(table)
        seqs = np.concatenate([np.arange(value.first, value.last + 1) for value in values])
        return seqs, self._formats.rows(row_format, table)

    def _tell_unreadable(self, first: int, error: Exception) -> None:
        what = f"the hot rows from row {first} on cannot be decoded: {error}"
        self._findings.problem(self._where, what, "hot rows that cannot be decoded")


def first_unexpired_seq(kv: KeyValueStore, store_oid: int, ttl_us: int, now_us: int) -> int:
    """The first row of a stream that has not expired."""
    marks = [(unpack_seq(mark[-8:]), unpack_seq(time)) for mark, time in kv.scan(key(KeyKind.MARK, store_oid))]
    expired_us = max([now_us, *(time for _, time in marks)]) - ttl_us
    return next((first for first, time in marks if time > expired_us), SEQ_MAX)
