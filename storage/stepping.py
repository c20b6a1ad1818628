"""Walks over many small things that can be stopped on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

EVERY: Final = 1_000
"""Keys of RocksDB that are read, and looked at, within some milliseconds."""


def stepping(items: Iterable[T], step: Callable[[], None]) -> Iterator[T]:
    """The same items. `step`, which may raise to stop, is called before every thousandth, from the first on."""
    for number, item in enumerate(items):
        if number % EVERY == 0:
            step()
        yield item
