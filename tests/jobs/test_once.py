"""What a thread has called it lets go of before anybody hears of the result."""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from jobs.once import Once


class Snapshot:
    """Something that keeps files alive."""

    def read(self) -> int:
        """What is in it."""
        return 7


def test_nothing_of_a_call_is_left_when_its_result_is_there() -> None:
    """Callbacks of the future run in the thread, in the moment in which the result is set."""
    snapshot = Snapshot()
    seen = weakref.ref(snapshot)
    alive: list[bool] = []
    with ThreadPoolExecutor(1) as workers:
        # Another call keeps the thread busy until the callback is there.
        go_on = threading.Event()
        workers.submit(go_on.wait)
        call = Once(partial(Snapshot.read, snapshot))
        del snapshot
        future = workers.submit(call)
        future.add_done_callback(lambda _: alive.append(seen() is not None))
        go_on.set()
        assert future.result() == 7
    assert alive == [False]
