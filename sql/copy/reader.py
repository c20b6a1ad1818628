"""COPY FROM: bytes as they come → Arrow tables of stored values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.copy.boundaries import end_of_records
from sql.copy.exact import ExactParser
from sql.copy.fast import FastParser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.copy.columns import CopyColumn
    from sql.copy.options import CopyOptions
    from sql.types import Codecs
    from sql.types.arrow import Table

BLOCK_BYTES: Final = 4 << 20
"""Parsed at once: some 50,000 rows of 80 bytes."""


class CopyReader:
    """Parses the data of one COPY FROM, in text or csv. May be used in any thread, by one at a time.

    `columns` are those that the data has, in its order; `relation` is the table's name for the context of errors.
    """

    def __init__(
        self,
        columns: Sequence[CopyColumn],
        options: CopyOptions,
        codecs: Codecs,
        relation: str = "",
        *,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self._options = options
        self._fast = FastParser(columns, options, codecs)
        self._exact = ExactParser(columns, options, codecs, relation)
        self._block_bytes = block_bytes
        self._wanted_bytes = block_bytes
        self._pending = bytearray()
        self._header_due = bool(options.header)

    def feed(self, data: bytes) -> list[Table]:
        """Take more data. Returns the rows that are now complete, when there are enough. Raises for a bad record."""
        if self._exact.ended:
            return []
        self._pending += data
        if len(self._pending) < self._wanted_bytes:
            return []
        gathered = bytes(self._pending)
        end = end_of_records(gathered, self._options)
        if end == 0:
            # A huge record: look again when there is twice as much, or the time would grow with its square.
            self._wanted_bytes = 2 * len(gathered)
            return []
        self._wanted_bytes = self._block_bytes
        del self._pending[:end]
        return self._parse(gathered[:end])

    def finish(self) -> list[Table]:
        """The rest of the rows; the last record may lack its line end. Raises for a bad record."""
        rest = bytes(self._pending)
        self._pending.clear()
        return [] if self._exact.ended or not rest else self._parse(rest)

    def _parse(self, block: bytes) -> list[Table]:
        if self._exact.line_end is None:
            self._exact.begin(block)
        if self._header_due:
            self._header_due = False
            block = block[self._exact.read_header(block) :]
        if not block:
            return []
        table = self._fast.parse(block, self._exact.line_end)
        if table is None:
            table = self._exact.parse(block)
        else:
            self._exact.skip_lines(block.count(b"\n"))
        return [table] if table.num_rows else []
