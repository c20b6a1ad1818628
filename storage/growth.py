"""How much a table has grown since its last flush: what flush policies look at on each commit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.flush_policy import FlushPolicy


class TableGrowth:
    """The rows and encoded bytes of a table that were committed since its last flush, over all its stores.

    Commits add to it on the loop. `on_reached` is called once when a limit of the policy is reached, and again only
    after `recount`; `on_first` with the first rows after a time without any. Neither may raise or wait.
    """

    __slots__ = ("_bytes_limit", "_on_first", "_on_reached", "_rows_limit", "bytes", "is_reached", "rows")

    def __init__(self, policy: FlushPolicy, on_first: Callable[[], None], on_reached: Callable[[], None]) -> None:
        self.rows = 0
        self.bytes = 0
        self.is_reached = False
        """Whether a limit has been reached since the last count."""
        self._rows_limit = sys.maxsize if policy.rows is None else policy.rows
        self._bytes_limit = sys.maxsize if policy.bytes is None else policy.bytes
        self._on_first = on_first
        self._on_reached = on_reached

    def add(self, rows: int, byte_count: int) -> None:
        """A commit of so many rows, at least one, has become visible."""
        before = self.rows
        self.rows = before + rows
        self.bytes += byte_count
        if not before:
            self._on_first()
        if not self.is_reached and (self.rows >= self._rows_limit or self.bytes >= self._bytes_limit):
            self.is_reached = True
            self._on_reached()

    def recount(self, rows: int, byte_count: int) -> None:
        """So much is hot now. Tells nobody: whoever counts looks."""
        self.rows = rows
        self.bytes = byte_count
        self.is_reached = rows >= self._rows_limit or byte_count >= self._bytes_limit
