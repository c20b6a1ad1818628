"""Threads in compiled code give way to the loop."""

from __future__ import annotations

import gc
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from sqlglot import exp

from server.interpreter_sharing import share_interpreter
from sql.tokens import DIALECT

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMES = 5
"""So often it is tried: which thread the machine lets run at the moment is a matter of luck."""


@pytest.fixture
def sharing() -> Iterator[None]:
    """Threads share the interpreter as in a server, until the test is over."""
    interval, threshold, callbacks = sys.getswitchinterval(), gc.get_threshold(), list(gc.callbacks)
    share_interpreter()
    gc.set_threshold(1_000)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*threshold)
    gc.callbacks[:] = callbacks


@pytest.mark.usefixtures("sharing")
def test_a_parser_gives_way() -> None:
    """While compiled code parses a long text, which takes tenths of a second, another thread has many turns."""
    text = f"SELECT {', '.join(f'{number} + 1' for number in range(10_000))}"
    turns = sorted(turns_while_parsing(text) for _ in range(TIMES))
    assert turns[TIMES // 2] > 10, turns


def turns_while_parsing(text: str) -> int:
    """How often another thread got the interpreter."""
    tokens = DIALECT.tokenize(text)
    parser = DIALECT.parser()
    begun, trees = threading.Event(), list[exp.Expr | None]()

    def parse() -> None:
        begun.set()
        trees.extend(parser.parse(tokens, text))

    thread = threading.Thread(target=parse)
    thread.start()
    begun.wait()
    turns = 0
    while not trees:
        turns += 1
        time.sleep(0)
    thread.join()
    assert isinstance(trees[0], exp.Select)
    return turns
