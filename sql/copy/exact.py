"""COPY data parsed record by record: slow, and exactly as PostgreSQL does it, errors included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sql.copy.fields import splitter
from sql.copy.records import END_MARKER, RecordCutter
from sql.errors import BadCopyFormat, SqlError
from sql.types.arrow import Table, pa
from sql.types.text import decode_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sql.copy.columns import CopyColumn
    from sql.copy.fields import Field
    from sql.copy.options import CopyOptions
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
        arrays = [pa.array(column, field.type.arrow) for column, field in zip(values, self._columns, strict=True)]
        return pa.table(arrays, names=[column.name for column in self._columns])

    def read_header(self, block: bytes) -> int:
        """Check a header line where it must match, and return where the records after it start."""
        record = next(self._cutter.records(block))
        self._line += record.lines
        if self._options.header == "match":
            self._check_header(self._fields(record.data))
        return record.end

    def _records(self, block: bytes) -> Iterator[bytes]:
        records = self._cutter.records(block)
        while True:
            try:
                record = next(records, None)
            except SqlError as error:
                self._line += 1
                error.context = self._place()
                raise
            if record is None:
                return
            self._line += record.lines
            if record.data.startswith(END_MARKER) and (self._options.format == "text" or record.data == END_MARKER):
                if record.data != END_MARKER:
                    raise BadCopyFormat("end-of-copy marker corrupt", context=self._place())
                self.ended = True
                return
            yield record.data

    def _fields(self, data: bytes) -> list[Field]:
        try:
            return self._split(data)
        except BadCopyFormat as error:
            error.context = self._place(data)
            raise

    def _row(self, fields: list[Field], data: bytes) -> list[Any]:
        if len(fields) > len(self._columns) and (self._columns or data):
            raise BadCopyFormat("extra data after last expected column", context=self._place(data))
        row: list[Any] = []
        for index, column in enumerate(self._columns):
            if index >= len(fields):
                raise BadCopyFormat(f'missing data for column "{column.name}"', context=self._place(data))
            field = fields[index]
            row.append(None if field is None else self._value(index, field))
        return row

    def _value(self, index: int, field: bytes) -> Stored:
        try:
            return self._parsers[index](decode_text(field))
        except SqlError as error:
            name = self._columns[index].name
            error.context = f"COPY {self._relation}, line {self._line}, column {name}: {_shown(field)}"
            raise

    def _place(self, data: bytes | None = None) -> str:
        place = f"COPY {self._relation}, line {self._line}"
        return place if data is None else f"{place}: {_shown(data)}"

    def _check_header(self, fields: list[Field]) -> None:
        if len(fields) != len(self._columns):
            raise BadCopyFormat(
                f"wrong number of fields in header line: field count is {len(fields)}, expected {len(self._columns)}",
                context=self._place(),
            )
        for number, (field, column) in enumerate(zip(fields, self._columns, strict=True), 1):
            got = f'null value ("{self._options.null}")' if field is None else f'"{decode_text(field)}"'
            if field is None or decode_text(field) != column.name:
                raise BadCopyFormat(
                    f'column name mismatch in header line field {number}: got {got}, expected "{column.name}"',
                    context=self._place(),
                )


def _shown(data: bytes) -> str:
    text = data[:_SHOWN_BYTES].decode(errors="replace")
    return f'"{text}..."' if len(data) > _SHOWN_BYTES else f'"{text}"'
