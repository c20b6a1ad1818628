"""How threads share the interpreter's lock: a worker that has it gives way to the loop soon."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SWITCH_INTERVAL_S: Final = 0.0005
"""How long a worker keeps the interpreter's lock from the loop, once that wants it. An answer may give the lock away
and want it back ten times, at each call of Arrow: with Python's own 5 ms that would be 50."""


def share_interpreter() -> None:
    """Have threads give way to each other, those in compiled code, too.

    Only between two steps of Python does a thread look at whether others want the lock. sqlglot's compiled parser has
    no such steps, but it makes objects, and so now and then the collector runs in it: a callback of that, in Python, is
    where it gives way. It would keep the lock for a whole text otherwise: a second for a megabyte.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    if _give_way not in gc.callbacks:
        gc.callbacks.append(_give_way)


def _give_way(_phase: str, _info: Mapping[str, int]) -> None:
    """Being called is what it is for."""
