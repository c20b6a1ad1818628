"""Keys that rows had, have or refer to, sorted out in Arrow: in a worker, since there may be as many as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from sql.types.arrow import pa, pc
from storage.rows import plain, row_at, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.types.arrow import Array, Table
    from storage.dead import Flags, Seqs
    from storage.rows import Row

_PLACE = "place"


class Replaced(Struct, frozen=True):
    """Rows of a table that a statement has replaced: the seqs of those that were, and what each became, in order."""

    seqs: Seqs | Array
    rows: Table


class GoneKeys(Struct, frozen=True):
    """Columns of rows that are gone: of those that were deleted, and of those that were updated, before and after."""

    deleted: Table
    before: Table
    after: Table

    def deleted_keys(self, columns: Sequence[int]) -> Table:
        """Of deleted rows these columns, by their places: each once, and none with a NULL."""
        return distinct(complete(self.deleted.select(list(columns))))

    def changed_keys(self, columns: Sequence[int]) -> tuple[Table, Table]:
        """Of updated rows the same, as they were and as they are, where these differ."""
        before, after = (rows.select(list(columns)) for rows in (self.before, self.after))
        differs = _differs(before, after)
        for column in before.columns:
            differs &= column.is_valid().to_numpy()
        places = np.flatnonzero(differs)
        return before.take(places), after.take(places)


def gone_keys(gone: Callable[[], Table], replaced: Sequence[Replaced], positions: Sequence[int]) -> GoneKeys:
    """What became of rows, whose `_seq` comes first. `positions` has in the table what their columns are."""
    rows = gone()
    seqs, keys = rows.column(0).to_numpy(), rows.drop_columns([rows.column_names[0]])
    if not replaced:
        return GoneKeys(keys, keys.slice(0, 0), keys.slice(0, 0))
    new = pa.concat_tables([each.rows.select(list(positions)).rename_columns(keys.column_names) for each in replaced])
    new_seqs = np.concatenate([_as_numpy(each.seqs) for each in replaced])
    order = np.argsort(new_seqs, kind="stable")
    at = np.minimum(np.searchsorted(new_seqs[order], seqs), max(len(order) - 1, 0))
    is_updated = new_seqs[order][at] == seqs if len(order) else np.zeros(len(seqs), np.bool_)
    updated, deleted = np.flatnonzero(is_updated), np.flatnonzero(~is_updated)
    return GoneKeys(keys.take(deleted), keys.take(updated), new.take(order[at[updated]]))


def new_references(new: Callable[[], Table], old: Callable[[], Table], *, match_full: bool) -> tuple[Table, Row | None]:
    """What new rows refer to and none of the old ones did, each once; and the first reference to a part of a key.

    The latter only where all columns have to be NULL, or none. `old` has the rows' `_seq` first.
    """
    rows = new()
    keys = complete(rows)
    part: Row | None = None
    if match_full and keys.num_rows < rows.num_rows:
        nulls = sum(column.is_null().to_numpy().astype(np.int64) for column in rows.columns)
        mixed = np.flatnonzero((nulls > 0) & (nulls < rows.num_columns))
        part = row_at(rows, int(mixed[0])) if len(mixed) else None
    if not keys.num_rows:
        return keys, part
    before = old()
    keys = distinct(keys)
    return (keys if not before.num_rows else _without(keys, before.drop_columns([before.column_names[0]]))), part


def complete(rows: Table) -> Table:
    """The rows without a NULL."""
    if not any(column.null_count for column in rows.columns):
        return rows
    valid = np.ones(rows.num_rows, np.bool_)
    for column in rows.columns:
        valid &= column.is_valid().to_numpy()
    return rows.take(np.flatnonzero(valid))


def distinct(rows: Table) -> Table:
    """Each row once, in the order in which they first come."""
    if rows.num_rows < 2:
        return rows
    keys = _by_place(rows)
    try:
        found = keys.group_by(keys.column_names[1:], use_threads=False).aggregate([(_PLACE, "min")])
    except pa.ArrowNotImplementedError:
        # Of intervals and arrays Arrow makes no groups: what is there twice is looked up twice.
        return rows
    places = np.sort(found.column(f"{_PLACE}_min").to_numpy())
    return rows if len(places) == rows.num_rows else rows.take(places)


def _without(rows: Table, others: Table) -> Table:
    """The rows that are none of the others."""
    left, right = _by_place(rows), _by_place(others)
    names = left.column_names[1:]
    try:
        kept = left.join(right.select(names), names, join_type="left anti", use_threads=False)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return rows
    return rows.take(np.sort(kept.column(_PLACE).to_numpy()))


def _by_place(rows: Table) -> Table:
    """The rows behind their places, under names of their own."""
    places = pa.chunked_array([pa.array(np.arange(rows.num_rows))])
    names = [f"k{number}" for number in range(1, rows.num_columns + 1)]
    return pa.table([places, *map(plain, rows.columns)], names=[_PLACE, *names])


def _differs(before: Table, after: Table) -> Flags:
    differs = np.zeros(before.num_rows, np.bool_)
    for one, other in zip(before.columns, after.columns, strict=True):
        try:
            differs |= pc.fill_null(pc.not_equal(plain(one), plain(other)), True).to_numpy()
        except pa.ArrowNotImplementedError:
            pairs = zip(values_of(one), values_of(other), strict=True)
            differs |= np.fromiter((old != new for old, new in pairs), np.bool_, before.num_rows)
    return differs


def _as_numpy(seqs: Seqs | Array) -> Seqs:
    return seqs if isinstance(seqs, np.ndarray) else seqs.to_numpy()
