"""Which segments are merged: bounded rewriting, bounded numbers of segments, and never across what stands between."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.compaction_policy import Candidate, CompactionPolicy, choose_merges
from storage.segment import Segment

POLICY = CompactionPolicy(target_rows=10_000)
FULL = CompactionPolicy(target_rows=10_000, full=True)


def candidates(*sizes: tuple[int, int, bool] | tuple[int, int] | int) -> list[Candidate]:
    """Neighbours with these rows, dead rows among them, and whether they are apart from the one before."""
    made: list[Candidate] = []
    seq = 1
    for size in sizes:
        rows, dead, apart = (*((size,) if isinstance(size, int) else size), 0, False)[:3]
        segment = Segment(Path(f"{seq}.parquet"), rows, rows, seq, seq + rows - 1, (seq,), {}, 0)
        made.append(Candidate(segment, dead, bool(apart)))
        seq += rows
    return made


def chosen(policy: CompactionPolicy, *sizes: tuple[int, int, bool] | tuple[int, int] | int) -> list[list[int]]:
    """The positions that are merged."""
    made = candidates(*sizes)
    return [[made.index(candidate) for candidate in merge] for merge in choose_merges(made, policy)]


@pytest.mark.parametrize(
    ("sizes", "merges"),
    [
        ((), []),
        ((5, 5, 5), []),
        ((5, 5, 5, 5), [[0, 1, 2, 3]]),
        ((1000, 5, 5, 5, 5), [[1, 2, 3, 4]]),
        ((1000, 5, 5, 5, 1000), []),
        ((100, 100, 5, 100, 100), [[0, 1, 2, 3, 4]]),
        ((9000, 9000, 9000, 9000), []),
        ((4000, 4000, 4000, 4000), []),
        ((2500, 2500, 2500, 2500), [[0, 1, 2, 3]]),
        ((5, 5, (5, 0, True), 5), []),
        ((5, 5, 5, 5, (7, 0, True), 7, 7, 7), [[0, 1, 2, 3], [4, 5, 6, 7]]),
        (((10, 1),), []),
        (((10, 2),), [[0]]),
        (((10, 10),), [[0]]),
        ((5, (3, 3), 5), [[1]]),
        (((3, 3), 50, (3, 3), (9, 9)), [[0, 2, 3]]),
        (((3, 3), 5, 5, (9, 9), 5, 5), [[0, 1, 2, 3, 4, 5]]),
        ((5, (10, 5), 50), [[1]]),
    ],
)
def test_what_the_policy_merges(sizes: tuple[tuple[int, int], ...], merges: list[list[int]]) -> None:
    """Runs that grow four-fold, segments with a fifth of dead rows, and those that are all dead, in one go."""
    assert chosen(POLICY, *sizes) == merges


@pytest.mark.parametrize(
    ("sizes", "merges"),
    [
        ((10_000,), []),
        ((5, 5), [[0, 1]]),
        ((6000, 6000, 6000), []),
        ((6000, 4000, 6000, 4000, 1), [[0, 1], [2, 3]]),
        ((9000, (9000, 1), 9000), [[1]]),
        ((9000, (5, 5), 9000), [[1]]),
        ((5, (5, 0, True)), []),
    ],
)
def test_what_a_full_compaction_merges(sizes: tuple[tuple[int, int], ...], merges: list[list[int]]) -> None:
    """Whatever fits, and every segment with a dead row; a segment that is whole already stays."""
    assert chosen(FULL, *sizes) == merges


SIZES = st.lists(st.tuples(st.integers(1, 12_000), st.floats(0, 1), st.booleans()), max_size=40)


@given(SIZES, st.booleans())
def test_a_merge_takes_neighbours_once_and_leaves_nothing_to_do(
    drawn: list[tuple[int, float, bool]], full: bool
) -> None:
    """Merges are disjoint runs of neighbours that are not apart, grow as promised, and a second look finds none."""
    policy = FULL if full else POLICY
    made = candidates(*[(rows, round(rows * dead), apart and dead < 0.5) for rows, dead, apart in drawn])
    merges = choose_merges(made, policy)
    taken = [candidate for merge in merges for candidate in merge]
    assert len({id(candidate) for candidate in taken}) == len(taken)
    for merge in merges:
        rows = sum(candidate.live_rows for candidate in merge)
        if not rows:
            continue
        first = made.index(merge[0])
        assert list(merge) == made[first : first + len(merge)]
        assert not any(candidate.is_apart for candidate in merge[1:])
        live = [candidate for candidate in merge if candidate.live_rows]
        if len(live) > 1:
            assert rows <= policy.target_rows
            assert full or rows >= policy.min_segments * max(candidate.live_rows for candidate in live)
    result: list[tuple[int, int, bool]] = []
    apart = False
    for candidate in made:
        apart = apart or candidate.is_apart
        merge = next((merge for merge in merges if candidate in merge), None)
        rows = candidate.segment.rows if merge is None else sum(each.live_rows for each in merge)
        if (merge is None or merge[0] is candidate) and rows:
            result.append((rows, candidate.dead_rows if merge is None else 0, apart))
            apart = False
    assert chosen(policy, *result) == []


@pytest.mark.parametrize("flush_rows", [10, 97, 1000])
def test_steady_flushes_are_rewritten_a_logarithmic_number_of_times(flush_rows: int) -> None:
    """A thousand flushes, each followed by what the policy wants: few segments all the time, few rows rewritten."""
    policy = CompactionPolicy(target_rows=100_000)
    sizes: list[int] = []
    written = rewritten = most_small = 0
    for _ in range(1000):
        sizes.append(flush_rows)
        written += flush_rows
        made = candidates(*sizes)
        for merge in choose_merges(made, policy):
            rows = sum(candidate.live_rows for candidate in merge)
            rewritten += rows
            at = made.index(merge[0])
            sizes[at : at + len(merge)] = [rows]
        most_small = max(most_small, sum(size <= policy.target_rows / policy.min_segments for size in sizes))
    levels = math.ceil(math.log(policy.target_rows / flush_rows, policy.min_segments))
    assert rewritten / written <= levels
    assert most_small <= (policy.min_segments - 1) * levels
    assert max(sizes) <= policy.target_rows
    assert len(sizes) <= most_small + written / (policy.target_rows / policy.min_segments)


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=300))
def test_flushes_of_any_size_are_rewritten_a_logarithmic_number_of_times(flushes: list[int]) -> None:
    """Whatever is flushed: each row is rewritten at most log(target / its first segment) times."""
    segments: list[list[tuple[int, int]]] = []
    policy = POLICY
    for rows in flushes:
        segments.append([(rows, 0)])
        made = candidates(*[sum(part for part, _ in parts) for parts in segments])
        for merge in reversed(choose_merges(made, policy)):
            at = made.index(merge[0])
            parts = [part for each in segments[at : at + len(merge)] for part in each]
            segments[at : at + len(merge)] = [[(rows, times + 1) for rows, times in parts]]
    for parts in segments:
        for rows, times in parts:
            assert times <= math.log(policy.target_rows / rows, policy.min_segments) + 1e-9
