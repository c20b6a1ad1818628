"""Which segments are worth merging: a size-tiered policy over neighbours, as a function of their sizes alone.

A run of neighbouring segments is merged when the result has at least `min_segments` times the rows of the largest of
them, and at most `target_rows`. So

- a row that is rewritten moves into a segment at least `min_segments` times as large as the one it was in: from flushes
  of f rows to the target it is rewritten at most log(target_rows / f, base min_segments) times, however long the table
  is written to. Steady flushes make the digits of a counter to the base `min_segments`;
- where nothing can be merged there are fewer than `min_segments` segments of a like size beside each other, so that a
  store which is flushed steadily has a logarithmic number of small ones behind its large ones. One that has more than
  `target_rows / min_segments` rows is never merged again.

A segment with many dead rows is rewritten without them, alone if need be: `dead_fraction` of its rows died for each
time, which bounds that work by the deletes. A segment whose rows are all dead just goes.

Sizes are live rows. Only neighbours are merged, for the ranges of seqs of segments must not overlap: what lies between
them (hot rows that were committed late, loads under way, a damaged segment) keeps them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from storage.segment import Segment

TARGET_ROWS: Final = 1_000_000
"""As many as a flush puts into one segment."""


class CompactionPolicy(Struct, frozen=True):
    """When segments are merged."""

    min_segments: int = 4
    """How many times as large as its largest part a merged segment is at least."""
    dead_fraction: float = 0.2
    """A segment of whose rows this share is dead is rewritten without them."""
    target_rows: int = TARGET_ROWS
    """Rows of the largest segments that are made."""
    full: bool = False
    """Merge whatever fits into one segment, and drop every dead row, whatever that costs."""


class Candidate(Struct, frozen=True):
    """A segment that may be merged."""

    segment: Segment
    dead_rows: int
    is_apart: bool = False
    """Whether it must not be merged with the one before."""

    @property
    def live_rows(self) -> int:
        """What a merge keeps of it."""
        return self.segment.rows - self.dead_rows


Merge = tuple[Candidate, ...]
"""Neighbours, ascending, that become one segment; or any that are all dead and become none."""


def choose_merges(candidates: Sequence[Candidate], policy: CompactionPolicy) -> list[Merge]:
    """What the policy would merge. Nothing is left to do once that is done: the merged segments fulfil it."""
    merges: list[Merge] = []
    gone: list[Candidate] = []
    pack = _packed if policy.full else _tiered
    for stretch in _stretches(candidates):
        for run in pack(stretch, policy):
            live = [candidate for candidate in run if candidate.live_rows]
            if len(live) > 1 or (live and _has_many_dead(live[0], policy)):
                merges.append(tuple(run))
            else:
                gone += [candidate for candidate in run if not candidate.live_rows]
    # First what costs nothing and gives space back.
    return [tuple(gone), *merges] if gone else merges


def _has_many_dead(candidate: Candidate, policy: CompactionPolicy) -> bool:
    wanted = 0.0 if policy.full else policy.dead_fraction * candidate.segment.rows
    return candidate.dead_rows > 0 and candidate.dead_rows >= wanted


def _stretches(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    """Those between which nothing stands."""
    stretch: list[Candidate] = []
    for candidate in candidates:
        if candidate.is_apart and stretch:
            yield stretch
            stretch = []
        stretch.append(candidate)
    if stretch:
        yield stretch


def _packed(stretch: Iterable[Candidate], policy: CompactionPolicy) -> Iterator[list[Candidate]]:
    """As many in a row as fit into one segment, from the left. What results has no two neighbours that would fit."""
    run: list[Candidate] = []
    rows = 0
    for candidate in stretch:
        if run and rows + candidate.live_rows > policy.target_rows:
            yield run
            run, rows = [], 0
        run.append(candidate)
        rows += candidate.live_rows
    if run:
        yield run


class _Run(Struct):
    """Neighbours that are merged, so far."""

    members: list[Candidate]
    rows: int
    largest: int
    """Live rows of the largest member."""


def _tiered(stretch: Iterable[Candidate], policy: CompactionPolicy) -> Iterator[list[Candidate]]:
    """Runs that grow enough by being merged; a run of one stays as it is."""
    stack: list[_Run] = []
    for candidate in stretch:
        rows = candidate.live_rows
        if not rows and stack:
            # Goes without saying, and must not keep its neighbours apart.
            stack[-1].members.append(candidate)
            continue
        stack.append(_Run([candidate], rows, rows))
        count = _runs_to_merge(stack, policy)
        if count > 1:
            merged = stack[-count:]
            del stack[-count:]
            members = [member for run in merged for member in run.members]
            stack.append(_Run(members, sum(run.rows for run in merged), max(run.largest for run in merged)))
    for run in stack:
        yield run.members


def _runs_to_merge(stack: Sequence[_Run], policy: CompactionPolicy) -> int:
    """How many of the last runs grow enough together: as many as possible."""
    found, rows, largest = 1, 0, 0
    for count, run in enumerate(reversed(stack), 1):
        rows += run.rows
        largest = max(largest, run.largest)
        if rows > policy.target_rows:
            break
        if rows >= policy.min_segments * largest:
            found = count
    return found
