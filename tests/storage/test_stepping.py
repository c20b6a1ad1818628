"""Walks that can be stopped on the way."""

from __future__ import annotations

import pytest

from storage.stepping import EVERY, stepping


@pytest.mark.parametrize(("count", "steps"), [(0, 0), (1, 1), (EVERY, 1), (EVERY + 1, 2), (5 * EVERY, 5)])
def test_all_items_come_with_a_step_every_so_many(count: int, steps: int) -> None:
    """Nothing is left out, and whoever walks is asked often enough whether to go on."""
    taken: list[None] = []
    assert list(stepping(range(count), lambda: taken.append(None))) == list(range(count))
    assert len(taken) == steps


def test_a_step_that_raises_ends_the_walk() -> None:
    """What it raises comes out, and no more items do."""
    seen: list[int] = []

    def stop() -> None:
        if seen:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        for item in stepping(range(10 * EVERY), stop):
            seen.append(item)  # noqa: PERF402 - what came before the end counts
    assert len(seen) == EVERY
