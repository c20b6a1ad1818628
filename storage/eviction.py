"""Eviction: removes the rows of a stream that have expired, from RocksDB and from memory.

`plan_eviction` (loop) fixes which; `key_slices` (worker) finds their primary keys; `remove_keys` (loop) removes those
index entries that still lead to them, some at a time; `commit_eviction` (loop) removes the rows, in one batch. They
have been out of sight all the while, so that a stop at any point does no harm: the next eviction finds what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from storage.errors import TableGone
from storage.keys import KeyKind, key, pack_seq
from storage.kv import add_to_batch, new_batch
from storage.rows import rows_from_table
from storage.stream import StreamState
from storage.syncer import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from storage.engine import Storage
    from storage.formats import TableFormats
    from storage.hot import Chunk
    from storage.kv import Mutation
    from storage.unique_keys import RowKey

SLICE_ROWS: Final = 2_000
"""Index entries that are looked at in one step: about two milliseconds."""

KeySlice = list[tuple[bytes, int]]
"""Index entries of rows, and their seqs."""


class EvictionPlan(Struct, frozen=True):
    """The rows that have expired, from `first_seq` up to and without `end_seq`."""

    state: StreamState
    formats: TableFormats
    keys: tuple[RowKey, ...]
    """Of the definition of then."""
    first_seq: int
    end_seq: int
    rows: int
    """Dead ones included."""
    chunks: tuple[Chunk, ...]
    """Where they are; the first one may begin before them, and the last one go on."""

    @property
    def has_keys(self) -> bool:
        """Whether the rows have index entries."""
        return bool(self.keys)


def has_expired_rows(storage: Storage, table_oid: int) -> bool:
    """Whether there is anything to evict in a stream. On the loop. Raises `TableGone`."""
    state, end_seq = _expired(storage, table_oid)
    hot = state.hot
    first_seq = hot.starts[0] if hot.chunks else hot.tail.first_seq
    return hot.row_count > 0 and max(first_seq, state.evicted_before_seq) < end_seq


def plan_eviction(storage: Storage, table_oid: int) -> EvictionPlan | None:
    """What an eviction of a stream would remove now; `None` if there is nothing. On the loop. Raises `TableGone`.

    What a transaction with one snapshot for all its statements may still see is left.
    """
    state, end_seq = _expired(storage, table_oid)
    hot, first_seq = state.hot, state.evicted_before_seq
    if hot.tail.first_seq < end_seq:
        hot.seal()
    hot.keep_boundary(end_seq - 1)
    chunks = tuple([chunk for chunk in hot.chunks if chunk.first_seq < end_seq and chunk.end_seq > first_seq])
    rows = sum(min(chunk.end_seq, end_seq) - max(chunk.first_seq, first_seq) for chunk in chunks)
    return EvictionPlan(state, state.formats, state.keys, first_seq, end_seq, rows, chunks) if rows > 0 else None


def key_slices(plan: EvictionPlan) -> Iterator[KeySlice]:
    """The index entries of the plan's rows, some at a time. Each step in a worker."""
    for chunk in (leaf for merged in plan.chunks for leaf in merged.pieces()):
        start, stop = (max(seq - chunk.first_seq, 0) for seq in (plan.first_seq, plan.end_seq))
        table = chunk.arrow().slice(start, max(stop - start, 0))
        step = max(SLICE_ROWS // len(plan.keys), 1)
        for start in range(0, table.num_rows, step):
            rows = rows_from_table(plan.formats.rows(chunk.format, table.slice(start, step)))
            entries = ((row_key.entry_of(row), row[-1]) for row in rows for row_key in plan.keys)
            yield [(entry, seq) for entry, seq in entries if entry is not None]


def remove_keys(storage: Storage, plan: EvictionPlan, keys: KeySlice, mutations: Iterable[Mutation] = ()) -> Commit:
    """Remove index entries, but those whose key another row has taken since, and write the mutations. On the loop.

    Raises `TableGone` when the table was dropped meanwhile, `WriteFailed`.
    """
    _require_there(storage, plan)
    get = storage.visible.kv.get
    batch = new_batch()
    for entry, seq in keys:
        if get(entry) == pack_seq(seq):
            batch.delete(entry)
    add_to_batch(batch, mutations)
    commit = Commit()
    storage.committer.submit(batch, commit, after_write=lambda: storage.options.faults.reach("evict.after_keys"))
    return commit


def commit_eviction(storage: Storage, plan: EvictionPlan, mutations: Iterable[Mutation] = ()) -> Commit:
    """Remove the rows, whose keys have been, and write the mutations, all or nothing. On the loop.

    Raises `TableGone` when the table was dropped meanwhile, `WriteFailed`.
    """
    _require_there(storage, plan)
    state = plan.state
    batch = new_batch()
    for prefix in (state.hot_prefix, state.dead_prefix):
        batch.delete_range(prefix, prefix + pack_seq(plan.end_seq))
    state.add_forgotten_marks(batch, plan.end_seq)
    # No seq is ever given again, even when no row is left to tell.
    batch.put(key(KeyKind.HIGH_WATER, state.store_oid), pack_seq(state.next_seq - 1))
    add_to_batch(batch, mutations)

    def apply(error: Exception | None) -> None:
        if error is None:
            state.forget_before(plan.end_seq)
            storage.visible.recount(state)

    commit = Commit(apply)
    storage.committer.submit(batch, commit, after_write=lambda: storage.options.faults.reach("evict.after_batch"))
    return commit


def evict(storage: Storage, table_oid: int, checkpoint: Callable[[int, int], None]) -> int:
    """Evict what has expired, and tell how many rows. Offline, where commits are durable when they return.

    `checkpoint(rows done, rows in all)` may raise to stop.
    """
    plan = plan_eviction(storage, table_oid)
    if plan is None:
        return 0
    done = 0
    for keys in key_slices(plan) if plan.has_keys else ():
        checkpoint(done, plan.rows)
        remove_keys(storage, plan, keys).result()
        done += len(keys)
    checkpoint(plan.rows, plan.rows)
    commit_eviction(storage, plan).result()
    return plan.rows


def _expired(storage: Storage, table_oid: int) -> tuple[StreamState, int]:
    """The state of a stream, and the seq before which all rows can be evicted."""
    visible = storage.visible
    state = visible.store(table_oid)
    assert isinstance(state, StreamState), f"{state.table.name} is no stream"
    oldest_reader_us = next(iter(visible.repeatable_since_us.values()), None)
    end_seq = state.first_live_seq(oldest_reader_us)
    # The rows of a load that is under way are nowhere to be found yet.
    return state, min([end_seq, *(first for first, _ in state.staged)])


def _require_there(storage: Storage, plan: EvictionPlan) -> None:
    visible = storage.visible
    visible.require_writable()
    table_oid = plan.state.table.oid
    if table_oid not in visible.written_catalog.tables or visible.stores.get(table_oid) is not plan.state:
        raise TableGone
