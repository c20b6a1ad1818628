"""What statements that control many jobs rely on: some at a time, none kept waiting by others, all stopped together."""

from __future__ import annotations

import asyncio

import pytest

from sql.job_statements.waiting import for_each


def test_results_come_in_order_and_few_run_at_a_time() -> None:
    """Each item is worked on once; what one sync of the disk makes durable is not hundreds of jobs."""
    inside = most_inside = 0

    async def work(item: str) -> str:
        nonlocal inside, most_inside
        inside += 1
        most_inside = max(most_inside, inside)
        for _ in range(int(item) % 3):
            await asyncio.sleep(0)
        inside -= 1
        return item

    items = [str(number) for number in range(1_000)]
    assert asyncio.run(for_each(items, work)) == items
    assert most_inside <= 32


def test_those_that_take_long_do_not_keep_others_from_being_begun() -> None:
    """Jobs whose work does not stop hold up no others: all are told before the first of them has stopped."""
    items = [str(number) for number in range(40)]
    begun: list[str] = []

    async def run() -> None:
        all_begun = asyncio.Event()

        async def work(item: str) -> None:
            begun.append(item)
            if len(begun) == len(items):
                all_begun.set()
            await all_begun.wait()

        await asyncio.wait_for(for_each(items, work), 60)

    asyncio.run(run())
    assert begun == items


def test_a_failure_stops_the_others() -> None:
    """What one raises is raised once the others have been stopped."""
    stopped: list[str] = []

    async def work(item: str) -> None:
        if item == "fails":
            await asyncio.sleep(0)
            raise ValueError(item)
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(item)

    with pytest.raises(ValueError, match="fails"):
        asyncio.run(for_each(["a", "b", "fails", "c"], work))
    assert sorted(stopped) == ["a", "b", "c"]
