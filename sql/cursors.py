"""Cursors: queries of a session that are read part by part, by name.

Without SCROLL a cursor goes forward only, in constant memory. One with SCROLL keeps what it has read, and one WITH HOLD
reads the rest when its transaction commits: up to `MOST_KEPT_BYTES`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sql.cursor_rows import CursorRows
from sql.errors import DuplicateCursor, UndefinedCursor, WrongState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pyarrow as pa

    from sql.query_stream import QueryStream
    from sql.result import ResultColumn
    from sql.statements import DeclareCursor, Direction


class Cursor:
    """One open cursor. It stands before the first row (0), on one, or behind the last one."""

    def __init__(
        self,
        declared: DeclareCursor,
        text: str,
        columns: tuple[ResultColumn, ...],
        batches: QueryStream,
        opened_us: int,
    ) -> None:
        self.name = declared.name
        self.text = text
        """The statement that declared it."""
        self.columns = columns
        self.is_binary = declared.binary
        self.is_holdable = declared.hold
        self.is_held = False
        """Whether the transaction that opened it has ended."""
        self.scrolls = bool(declared.scroll)
        self.opened_us = opened_us
        self._rows = CursorRows(batches)
        self._position = 0
        self._is_broken = False

    async def fetch(self, direction: Direction, count: int | None) -> AsyncIterator[pa.RecordBatch]:
        """Move, and give the rows on the way; of an absolute or relative move only the one that it ends on.

        Raises `WrongState` for a move back of a cursor that goes forward only, and what the query raises.
        """
        if self._is_broken:
            raise WrongState(f'portal "{self.name}" cannot be run')
        try:
            match direction:
                case "forward" | "backward":
                    steps = self._steps(count if direction == "forward" or count is None else -count, direction)
                case "absolute" if count is not None and count < 0:
                    self._require_scroll()
                    await self._rows.read_to(None)
                    steps = self._to_row(max(self._rows.read + 1 + count, 0))
                case "absolute":
                    steps = self._to_row(count or 0)
                case "relative":
                    steps = self._to_row(max(self._position + (count or 0), 0))
            async for part in steps:
                yield part
        except GeneratorExit:
            raise
        except BaseException:
            self._is_broken = True
            raise

    async def hold(self) -> None:
        """Its transaction commits: read all that is left. Raises `OutOfMemory`, and what the query raises."""
        await self._rows.read_to(None)
        self.is_held = True

    async def close(self) -> None:
        """Stop the query and let its rows go."""
        await self._rows.close()

    def _steps(self, count: int | None, direction: Direction) -> AsyncIterator[pa.RecordBatch]:
        if count == 0:
            return self._to_row(self._position)
        if direction == "forward" if count is None else count > 0:
            return self._forward(count)
        self._require_scroll()
        return self._backward(None if count is None else -count)

    async def _forward(self, count: int | None) -> AsyncIterator[pa.RecordBatch]:
        last = None if count is None else self._position + count
        while last is None or self._position < last:
            following = self._position + 1
            if not await self._rows.read_to(following):
                self._position = self._rows.read + 1
                return
            part = self._rows.from_row(following)
            if last is not None:
                part = part.slice(0, last - self._position)
            self._position += part.num_rows
            if not self.scrolls:
                self._rows.drop_before(self._position)
            yield part

    async def _backward(self, count: int | None) -> AsyncIterator[pa.RecordBatch]:
        before = self._position
        self._position = 0 if count is None else max(before - count, 0)
        for part in self._rows.backwards(max(self._position, 1), before - 1):
            yield part

    async def _to_row(self, number: int) -> AsyncIterator[pa.RecordBatch]:
        """Go to a row, and give it; to 0, or behind the last row, to give none."""
        if number <= self._position and not self.scrolls and self._position:
            is_behind = number == self._position and not await self._rows.read_to(number)
            if not is_behind:
                self._require_scroll()
        while not self.scrolls and number > self._rows.read + 1:
            # What is only passed over is not kept.
            self._rows.drop_before(self._rows.read)
            if not await self._rows.read_to(self._rows.read + 1):
                break
        if number and await self._rows.read_to(number):
            self._position = number
            yield self._rows.from_row(number).slice(0, 1)
        else:
            self._position = self._rows.read + 1 if number else 0

    def _require_scroll(self) -> None:
        if not self.scrolls:
            raise WrongState(
                "cursor can only scan forward", hint="Declare it with SCROLL option to enable backward scan."
            )


class SessionCursors:
    """The open cursors of one session."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[int, Cursor]] = {}
        self._opened = 0
        self._closing: set[asyncio.Task[None]] = set()

    def all(self) -> list[Cursor]:
        """Those that are open, in the order of their opening."""
        return [cursor for _, cursor in self._open.values()]

    @property
    def is_any_open(self) -> bool:
        """Whether there is one."""
        return bool(self._open)

    def get(self, name: str) -> Cursor | None:
        """The cursor of that name."""
        found = self._open.get(name)
        return None if found is None else found[1]

    def find(self, name: str) -> Cursor:
        """The cursor of that name. Raises `UndefinedCursor`."""
        cursor = self.get(name)
        if cursor is None:
            raise UndefinedCursor(f'cursor "{name}" does not exist')
        return cursor

    def require_new(self, name: str) -> None:
        """Raise `DuplicateCursor` if a cursor of that name is open."""
        if name in self._open:
            raise DuplicateCursor(f'cursor "{name}" already exists')

    def open(self, cursor: Cursor) -> None:
        """Declare a cursor."""
        self._opened += 1
        self._open[cursor.name] = (self._opened, cursor)

    def close(self, name: str) -> None:
        """Close a cursor. Raises `UndefinedCursor`."""
        self._let_go([self.find(name)])

    def close_all(self) -> None:
        """Close every cursor."""
        self._let_go(self.all())

    def mark(self) -> int:
        """What `close_since` needs to close the cursors that are opened from now on."""
        return self._opened

    def close_since(self, mark: int) -> None:
        """Close the cursors opened since a mark."""
        self._let_go([cursor for opened, cursor in self._open.values() if opened > mark])

    def to_hold(self) -> list[Cursor]:
        """Those WITH HOLD that the transaction in progress has opened."""
        return [cursor for _, cursor in self._open.values() if cursor.is_holdable and not cursor.is_held]

    def end_transaction(self) -> None:
        """Close those that do not outlive the transaction in progress."""
        if self._open:
            self._let_go([cursor for cursor in self.all() if not cursor.is_held])

    def _let_go(self, cursors: list[Cursor]) -> None:
        for cursor in cursors:
            del self._open[cursor.name]
            closing = asyncio.get_running_loop().create_task(cursor.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
