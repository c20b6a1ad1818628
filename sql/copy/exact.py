"""COPY data parsed record by record: slow, and exactly as PostgreSQL does it, errors included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sql.copy.fields import splitter
from sql.copy.records import END_MARKER, RecordCutter, before_end_marker
from sql.errors import BadCopyFormat, SqlError
from sql.types.arrow import Table, pa
from sql.types.text import decode_text
from storage.rows import stored_array

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sql.copy.columns import CopyColumn
    from sql.copy.options import CopyOptions
    from sql.copy.records import Record
    from sql.types import Codecs
    from sql.types.codec import Stored

_SHOWN_BYTES: Final = 100
"""Of a line or value in the context of an error, as PostgreSQL's MAX_COPY_DATA_DISPLAY."""


class ExactParser:
    """Parses blocks that start at a record. Counts lines for the context of errors; knows when the data has ended."""

    def __init__(self, columns: Sequence[CopyColumn], options: CopyOptions, codecs: Codecs, relation: str) -> None:
        self._columns = columns
        self._options = options
        self._relation = relation
        self._parsers = [codecs.of(column.type).parse for column in columns]
        self._cutter = RecordCutter(options)
        self._split = splitter(options, [column.name for column in columns])
        self._line = 0
        self.ended = False
        """The end marker `\\.` has been seen: whatever follows is not read."""

    def begin(self, data: bytes) -> None:
        """Look at the first record: its line end is the one of the data."""
        record = next(self._cutter.records(data))
        if self._options.format == "csv":
            # PostgreSQL does not count lines inside of the first record's quotes: it does not know yet how they end.
            self._line = record.lines - 1 - record.data.count(b"\r" if self.line_end != b"\n" else b"\n")

    @property
    def line_end(self) -> bytes | None:
        """The line end of the data, once it is known."""
        return self._cutter.line_end

    def skip_lines(self, count: int) -> None:
        """Count lines that were parsed elsewhere."""
        self._line += count

    def parse(self, block: bytes) -> Table:
        """The rows of a block. Raises what is wrong with its first bad record, with the place as context."""
        values: list[list[Any]] = [[] for _ in self._columns]
        for data in self._records(block):
            fields = self._fields(data)
            for index, value in enumerate(self._row(fields, data)):
                values[index].append(value)
        arrays = [stored_array(column, field.type.arrow) for column, field in zip(values, self._columns, strict=True)]
        return pa.table(arrays, names=[column.name for column in self._columns])

    def read_header(self, block: bytes) -> int:
        """Check a header line where it must match, and return where the records after it start."""
        record = next(self._cutter.records(block))
        self._line += record.lines
        if self._options.header == "match":
            self._check_header(self._fields(record.data), record.data)
        return record.end

    def _records(self, block: bytes) -> Iterator[bytes]:
        records = self._cutter.records(block)
        while True:
            try:
                record = next(records, None)
            except SqlError as error:
                self._line += self._cutter.current_lines
                error.context = self._place()
                raise
            if record is None:
                return
            self._line += record.lines
            data = record.data
            if END_MARKER in data:
                data = self._before_end_marker(record)
            if data or not self.ended:
                yield data
            if self.ended:
                return

    def _before_end_marker(self, record: Record) -> bytes:
        """In csv the marker ends the data alone on its line; in text wherever it is not escaped, at the end of one."""
        if self._options.format == "csv":
            self.ended = record.data == END_MARKER and record.has_line_end
            return b"" if self.ended else record.data
        before = before_end_marker(record.data)
        if before is None:
            return record.data
        if len(before) + len(END_MARKER) < len(record.data) or not record.has_line_end:
            raise BadCopyFormat("end-of-copy marker corrupt", context=self._place())
        self.ended = True
        return before

    def _fields(self, data: bytes) -> list[str | None]:
        try:
            decode_text(data)
        except SqlError as error:
            error.context = self._place()
            raise
        try:
            return [None if field is None else decode_text(field) for field in self._split(data)]
        except SqlError as error:
            error.context = self._place(data)
            raise

    def _row(self, fields: list[str | None], data: bytes) -> list[Any]:
        if len(fields) > len(self._columns) and (self._columns or data):
            raise BadCopyFormat("extra data after last expected column", context=self._place(data))
        row: list[Any] = []
        for index, column in enumerate(self._columns):
            if index >= len(fields):
                raise BadCopyFormat(f'missing data for column "{column.name}"', context=self._place(data))
            field = fields[index]
            row.append(None if field is None else self._value(index, field))
        return row

    def _value(self, index: int, field: str) -> Stored:
        try:
            return self._parsers[index](field)
        except SqlError as error:
            name = self._columns[index].name
            error.context = f"COPY {self._relation}, line {self._line}, column {name}: {_shown(field.encode())}"
            raise

    def _place(self, data: bytes | None = None) -> str:
        place = f"COPY {self._relation}, line {self._line}"
        return place if data is None else f"{place}: {_shown(data)}"

    def _check_header(self, fields: list[str | None], data: bytes) -> None:
        if len(fields) != len(self._columns):
            raise BadCopyFormat(
                f"wrong number of fields in header line: got {len(fields)}, expected {len(self._columns)}",
                context=self._place(data),
            )
        for number, (field, column) in enumerate(zip(fields, self._columns, strict=True), 1):
            got = f'null value ("{self._options.null}")' if field is None else f'"{field}"'
            if field != column.name:
                raise BadCopyFormat(
                    f'column name mismatch in header line field {number}: got {got}, expected "{column.name}"',
                    context=self._place(data),
                )


def _shown(data: bytes) -> str:
    text = data[:_SHOWN_BYTES].decode(errors="replace")
    return f'"{text}..."' if len(data) > _SHOWN_BYTES else f'"{text}"'
