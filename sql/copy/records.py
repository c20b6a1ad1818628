"""COPY data cut into records, exactly: line ends, quotes and backslashes as in PostgreSQL's `CopyReadLineText`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.errors import BadCopyFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.copy.options import CopyOptions

END_MARKER: Final = b"\\."
_UNTIL_END_MARKER: Final = re.compile(rb"(?:[^\\]|\\[^.])*?(?=\\\.)", re.DOTALL)
_NEWLINE: Final = b"\n"
_RETURN: Final = b"\r"
_BOTH: Final = b"\r\n"


class Record(Struct, frozen=True):
    """A record's bytes without its line end, where the next one starts, and the lines that it takes."""

    data: bytes
    end: int
    lines: int
    has_line_end: bool


def before_end_marker(record: bytes) -> bytes | None:
    """What a record of the text format has before an end marker that is not escaped; `None` if it has none."""
    found = _UNTIL_END_MARKER.match(record) if END_MARKER in record else None
    return None if found is None else found[0]


class RecordCutter:
    """Cuts data into records. The first line end that it sees is the one that all must have."""

    def __init__(self, options: CopyOptions) -> None:
        self._csv = options.format == "csv"
        quote, escape = re.escape(options.quote.encode()), re.escape(options.escape.encode())
        inside = rb"[^" + quote + rb"]*"
        if quote != escape:
            inside = rb"(?:" + escape + rb"[" + quote + escape + rb"]|[^" + quote + rb"])*"
        if self._csv:
            quoted = quote + inside + rb"(?:" + quote + rb"|\Z)"
            self._record = re.compile(rb"(?:[^\r\n" + quote + rb"]+|" + quoted + rb")*", re.DOTALL)
        else:
            self._record = re.compile(rb"(?:[^\r\n\\]+|\\.|\\\Z)*", re.DOTALL)
        self.line_end: bytes | None = None
        """Of this data, once it is known."""
        self.current_lines = 0
        """Of the record that was cut last, or that is wrong."""

    def records(self, data: bytes) -> Iterator[Record]:
        """The records of data that starts at one. The last may lack its line end. Raises 22P04 for a stray line end."""
        position = 0
        while position < len(data):
            match = self._record.match(data, position)
            assert match is not None
            record = match[0]
            self.current_lines = lines = self._lines(record)
            position = self._after_line_end(data, match.end(), record)
            yield Record(record, position, lines, position > match.end())

    def _lines(self, record: bytes) -> int:
        """As PostgreSQL counts them: line ends inside of quotes, by their last character, and only once it is known."""
        if not self._csv:
            return 1
        return 1 + record.count(_NEWLINE if self.line_end == _NEWLINE else _RETURN)

    def _after_line_end(self, data: bytes, position: int, record: bytes) -> int:
        if position == len(data):
            return position
        found = data[position : position + 2]
        if found != _BOTH or self.line_end in (_NEWLINE, _RETURN):
            found = found[:1]
        if self.line_end is None:
            self.line_end = found
        if found == self.line_end:
            return position + len(found)
        no_marker = self._csv and (record != END_MARKER or self.line_end == _BOTH)
        before = None if no_marker else before_end_marker(record)
        if before is not None:
            at_end = len(before) + len(END_MARKER) == len(record)
            wrong = "does not match previous newline style" if at_end else "corrupt"
            raise BadCopyFormat(f"end-of-copy marker {wrong}")
        raise self._stray("newline", "\\n") if found == _NEWLINE else self._stray("carriage return", "\\r")

    def _stray(self, what: str, escape: str) -> BadCopyFormat:
        if self._csv:
            return BadCopyFormat(f"unquoted {what} found in data", hint=f"Use quoted CSV field to represent {what}.")
        return BadCopyFormat(f"literal {what} found in data", hint=f'Use "{escape}" to represent {what}.')
