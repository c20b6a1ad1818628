"""How many connections there may be, and whom a cancel request reaches."""

from __future__ import annotations

import pytest

from server.errors import TooManyConnections
from server.registry import ConnectionRegistry


class Recorder:
    """A connection that notes what it is asked."""

    def __init__(self) -> None:
        self.cancelled = 0

    def cancel_running(self) -> None:
        """Note it."""
        self.cancelled += 1

    async def terminate(self, error: Exception, *, interrupt: bool = False) -> None:
        """Never asked here."""
        raise NotImplementedError


def test_a_cancel_request_reaches_one_connection_by_its_secret() -> None:
    """Neither another's secret nor a prefix of the right one will do."""
    registry = ConnectionRegistry(10)
    first, second = Recorder(), Recorder()
    pid, secret = registry.enrol(first)
    other_pid, other_secret = registry.enrol(second)
    assert pid != other_pid
    for wrong in (other_secret, secret[:-1], b"", secret + b"\0"):
        registry.cancel(pid, wrong)
    registry.cancel(999, secret)
    assert (first.cancelled, second.cancelled) == (0, 0)
    registry.cancel(pid, secret)
    assert (first.cancelled, second.cancelled) == (1, 0)


def test_who_is_gone_cannot_be_cancelled() -> None:
    """A key does not outlive its connection, and its number is not given to the next one."""
    registry = ConnectionRegistry(10)
    gone = Recorder()
    pid, secret = registry.enrol(gone)
    registry.remove(gone, pid)
    registry.cancel(pid, secret)
    assert gone.cancelled == 0
    assert registry.find(pid) is None
    assert registry.enrol(Recorder())[0] != pid


def test_some_connections_are_kept_for_superusers() -> None:
    """The last ones are refused to others, and all of them are refused to all once they are taken."""
    registry = ConnectionRegistry(3, reserved_connections=1)
    registry.enrol(Recorder())
    registry.enrol(Recorder())
    registry.check_reserved()
    registry.enrol(Recorder())
    with pytest.raises(TooManyConnections, match="reserved for superusers"):
        registry.check_reserved()
    with pytest.raises(TooManyConnections, match="too many clients"):
        registry.enrol(Recorder())


def test_those_who_only_knock_are_bounded_too() -> None:
    """Connections that never authenticate cannot pile up."""
    registry = ConnectionRegistry(2)
    for _ in range(4):
        registry.add(Recorder())
        registry.check_room()
    registry.add(Recorder())
    with pytest.raises(TooManyConnections):
        registry.check_room()


def test_connections_that_say_nothing_are_limited() -> None:
    """Some more than twice those allowed, for the sake of an answer; then none, until one leaves."""
    registry = ConnectionRegistry(1)
    open_ones = []
    while not registry.is_crowded:
        open_ones.append(Recorder())
        registry.add(open_ones[-1])
    assert 2 < len(open_ones) < 100
    registry.remove(open_ones[0], None)
    assert not registry.is_crowded
