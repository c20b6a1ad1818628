"""A clock that never goes back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.steady_clock import SteadyClock

HOUR_NS = 3_600_000_000_000


class Machine:
    """Its two clocks."""

    def __init__(self) -> None:
        self.wall_ns = 1_700_000_000_000_000_000
        self.elapsed_ns = 5_000_000_000
        self.clock = SteadyClock(lambda: self.wall_ns, lambda: self.elapsed_ns)

    def go_on(self, elapsed_ns: int) -> None:
        """Let time go by."""
        self.wall_ns += elapsed_ns
        self.elapsed_ns += elapsed_ns


def test_it_follows_a_clock_that_is_set_forward_and_goes_on_beside_one_that_is_set_back():
    """Until that has caught up, after an hour at the latest here."""
    machine = Machine()
    start_us = machine.clock()
    assert start_us == machine.wall_ns // 1000
    machine.wall_ns += HOUR_NS
    assert machine.clock() == machine.wall_ns // 1000 == start_us + HOUR_NS // 1000
    machine.wall_ns -= 2 * HOUR_NS
    assert machine.clock() == start_us + HOUR_NS // 1000
    machine.go_on(HOUR_NS)
    assert machine.clock() == start_us + 2 * HOUR_NS // 1000
    machine.wall_ns += 3 * HOUR_NS
    assert machine.clock() == machine.wall_ns // 1000


@given(st.lists(st.tuples(st.integers(0, 10**13), st.integers(-(10**14), 10**14)), max_size=30))
def test_it_goes_on_at_least_as_fast_as_time(steps: list[tuple[int, int]]):
    """However the machine's clock is set."""
    machine = Machine()
    before_us = machine.clock()
    for elapsed_ns, jump_ns in steps:
        machine.go_on(elapsed_ns)
        machine.wall_ns += jump_ns
        now_us = machine.clock()
        assert now_us - before_us >= elapsed_ns // 1000 - 1
        assert now_us >= machine.wall_ns // 1000
        before_us = now_us
