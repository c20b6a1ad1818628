"""The entries of one index against the rows of a row store, both ways.

Of each entry eight bytes are kept: a digest of the entry and the seq that it leads to. Each live row looks for its own
there. What no row has found is looked up again to be named.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from storage.check.shown_keys import shown_key
from storage.keys import pack_seq, unpack_seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from storage.catalog_entries import Table
    from storage.check.findings import Findings
    from storage.check.pending import Pending
    from storage.dead import Flags, Seqs
    from storage.kv import KeyValueStore
    from storage.unique_keys import RowKey

ENTRIES_A_STEP: Final = 100_000
SUSPECTS_MAX: Final = 1_000
"""So many rows without their entries are looked at once more to say what is wrong; of others it is just said."""

_ODD: Final = np.int64(-7046029254386353131)
"""Spreads seqs over 64 bits: 2**64 divided by the golden ratio."""


class EntryCheck:
    """One key of a row store. Raises `CorruptRecords` when its entries cannot be read."""

    def __init__(self, kv: KeyValueStore, table: Table, row_key: RowKey, pending: Pending) -> None:
        self.row_key = row_key
        self._kv = kv
        self._table = table
        self._pending = pending
        self._broken: list[bytes] = []
        """Entries that lead to no seq at all."""
        digests = [_digests(*some) for some in _steps(self._entries())]
        self._known = np.unique(np.concatenate([np.empty(0, np.int64), *digests]))
        self._found: Flags = np.zeros(len(self._known), np.bool_)
        self._suspects: list[tuple[int, bytes]] = []
        self._missing = 0

    def rows(self, seqs: Seqs, entries: Sequence[bytes | None], *, may_be_gone: bool = False) -> None:
        """Live rows, and the entries that they should have: `None` for a NULL in the key.

        Entries of rows that `may_be_gone` may be gone or be another row's by now.
        """
        if None in entries:
            present = [(seq, entry) for seq, entry in zip(seqs.tolist(), entries, strict=True) if entry is not None]
            seqs = np.array([seq for seq, _ in present], np.int64)
            entries = [entry for _, entry in present]
        wanted = _digests(entries, seqs)
        at = np.minimum(np.searchsorted(self._known, wanted), max(len(self._known) - 1, 0))
        is_there = self._known[at] == wanted if len(self._known) else np.zeros(len(wanted), np.bool_)
        self._found[at[is_there]] = True
        if may_be_gone:
            return
        missing = np.flatnonzero(~is_there)
        self._missing += len(missing)
        for place in missing[: SUSPECTS_MAX - len(self._suspects)].tolist():
            entry = entries[place]
            assert entry is not None, "rows without entries were left out"
            self._suspects.append((seqs.item(place), entry))

    def finish(self, where: str, findings: Findings, unread: Sequence[tuple[int, int]]) -> None:
        """Tell what does not fit. `unread` are ranges of seqs whose rows could not be read. Raises `CorruptRecords`."""
        index = f"index {self.row_key.name}"
        for entry in self._broken:
            findings.problem(where, f"{index}: the entry of {self._shown(entry)} leads to no row", f"{index}: entries")
        for seq, entry in self._suspects:
            findings.problem(where, f"{index}: {self._fault_of_row(seq, entry)}", f"{index}: rows without entries")
        findings.more(where, f"{index}: rows without entries", self._missing - len(self._suspects))
        if self._found.all():
            return
        for entry, seq in self._entries():
            if not self._is_found(entry, seq) and not any(first <= seq <= last for first, last in unread):
                leads = f"the entry of {self._shown(entry)} leads to row {seq}, which is not a live row with that key"
                findings.problem(where, f"{index}: {leads}", f"{index}: entries that lead to no such row")

    def _entries(self) -> Iterator[tuple[bytes, int]]:
        """Those that will be there after the next start."""
        covers = self._pending.loads.covers
        self._broken.clear()
        for entry, value in self._kv.scan(self.row_key.prefix):
            if len(value) != len(pack_seq(0)):
                self._broken.append(entry)
            elif not self._pending.loads.ranges or not covers(unpack_seq(value)):
                yield entry, unpack_seq(value)
        prefix = self.row_key.prefix
        yield from (each for each in self._pending.entries if each[0].startswith(prefix))

    def _fault_of_row(self, seq: int, entry: bytes) -> str:
        found = self._kv.read(entry)
        row = f"row {seq} with {self._shown(entry)}"
        if found is None or len(found) != len(pack_seq(0)):
            return f"{row} has no entry"
        other = unpack_seq(found)
        if self._is_found(entry, other):
            return f"rows {other} and {seq} both have {self._shown(entry)}"
        return f"{row} has no entry: that of its key leads to row {other}"

    def _is_found(self, entry: bytes, seq: int) -> bool:
        (digest,) = _digests([entry], np.array([seq], np.int64)).tolist()
        at = int(np.searchsorted(self._known, digest))
        return at < len(self._known) and self._known.item(at) == digest and bool(self._found[at])

    def _shown(self, entry: bytes) -> str:
        return shown_key(self._table, self.row_key, entry)


def _digests(entries: Iterable[bytes | None], seqs: Seqs) -> Seqs:
    hashes = np.fromiter(map(hash, entries), np.int64, len(seqs))
    with np.errstate(over="ignore"):
        digests: Seqs = hashes ^ (seqs * _ODD)
    return digests


def _steps(entries: Iterator[tuple[bytes, int]]) -> Iterator[tuple[list[bytes], Seqs]]:
    while some := list(islice(entries, ENTRIES_A_STEP)):
        yield [entry for entry, _ in some], np.array([seq for _, seq in some], np.int64)
