"""COPY data cut into records, exactly: line ends, quotes, backslashes and the end marker as PostgreSQL reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sql.errors import BadCopyFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.copy.options import CopyOptions

END_MARKER: Final = b"\\."


@dataclass(frozen=True, slots=True)
class Record:
    """A record's bytes without its line end, where the next one starts, and the number of lines that it takes."""

    data: bytes
    end: int
    lines: int


class RecordCutter:
    """Cuts data into records. The first line end that it sees sets the kind that all must be, as in PostgreSQL."""

    def __init__(self, options: CopyOptions) -> None:
        self._csv = options.format == "csv"
        quote, escape = re.escape(options.quote.encode()), re.escape(options.escape.encode())
        inside = rb"[^" + quote + rb"]*"
        if quote != escape:
            inside = rb"(?:" + escape + rb"[" + quote + escape + rb"]|[^" + quote + rb"])*"
        self._quoted = re.compile(quote + inside + rb"(?:" + quote + rb"|\Z)", re.DOTALL)
        if self._csv:
            self._record = re.compile(rb"(?:[^\n" + quote + rb"]|" + self._quoted.pattern + rb")*", re.DOTALL)
        else:
            self._record = re.compile(rb"(?:[^\n\\]|\\.|\\\Z)*", re.DOTALL)
        self._crlf: bool | None = None

    def records(self, data: bytes) -> Iterator[Record]:
        """The records of data that starts at one. The last may lack its line end. Raises 22P04 for a stray line end."""
        position = 0
        while position < len(data):
            match = self._record.match(data, position)
            assert match is not None
            record, position = match[0], match.end()
            ended = position < len(data)
            position += ended
            lines = record.count(b"\n") + 1 if self._csv else 1
            yield Record(self._without_carriage_return(record, ended=ended), position, lines)

    def _without_carriage_return(self, record: bytes, *, ended: bool) -> bytes:
        has_return = record.endswith(b"\r")
        if self._crlf is None and ended:
            self._crlf = has_return
        if self._crlf and ended and not has_return:
            raise self._stray("newline", "\\n")
        if self._crlf and has_return:
            record = record[:-1]
        if b"\r" in record and b"\r" in self._unprotected(record):
            raise self._stray("carriage return", "\\r")
        return record

    def _unprotected(self, record: bytes) -> bytes:
        return self._quoted.sub(b"", record) if self._csv else re.sub(rb"\\.", b"", record, flags=re.DOTALL)

    def _stray(self, what: str, escape: str) -> BadCopyFormat:
        if self._csv:
            return BadCopyFormat(f"unquoted {what} found in data", hint=f"Use quoted CSV field to represent {what}.")
        return BadCopyFormat(f"literal {what} found in data", hint=f'Use "{escape}" to represent {what}.')
