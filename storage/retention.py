"""Retention of deleted rows: what was deleted leaves the disk within a bounded time.

A dead row stays in its file until that is compacted, which may be never. `expired_segments` (worker) finds the segments
with rows that died before some time, and `plan_rewrite` (loop) makes the plan of a compaction of one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.compaction import candidate_of, plan_merge
from storage.dead import between

if TYPE_CHECKING:
    from collections.abc import Collection

    from storage.compaction import CompactionPlan
    from storage.engine import Storage
    from storage.segment import Segment
    from storage.snapshot import TableSnapshot


def expired_segments(snapshot: TableSnapshot, died_before_us: int) -> tuple[Segment, ...]:
    """The segments with rows that died before that time. In a worker."""
    expired = snapshot.cold_rows_that_died_before(died_before_us)
    return tuple(segment for segment in snapshot.segments if len(between(expired, segment.min_seq, segment.max_seq)))


def plan_rewrite(storage: Storage, store_oid: int, segments: Collection[Segment]) -> CompactionPlan | None:
    """The plan that rewrites the first of these segments that is still there, without its dead rows. On the loop.

    `None` if none of them is there. Raises `TableGone`.
    """
    state = storage.visible.store(store_oid)
    left = [segment for segment in state.segments.segments if segment in segments]
    return plan_merge(storage, state, [(candidate_of(state, segment),) for segment in left]) if left else None


def has_old_deaths(storage: Storage, store_oid: int, died_before_us: int) -> bool:
    """Whether files of a row store may hold rows that died before that time. On the loop. Raises `TableGone`."""
    return storage.visible.store(store_oid).cold_dead.oldest_us < died_before_us


def has_old_hot_deaths(storage: Storage, store_oid: int, died_before_us: int) -> bool:
    """Whether hot rows died before that time: a flush forgets them. On the loop. Raises `TableGone`."""
    return storage.visible.store(store_oid).hot_dead.oldest_us < died_before_us
