"""COPY data parsed by Arrow's CSV parser: for blocks where it is sure to read what PostgreSQL reads.

Arrow differs in corners: quotes inside of a value, escapes, hexadecimal integers, numbers too small for a double, …
Each block is searched for what could lead into one. A column that Arrow cannot convert is read as text and given to the
type's input function value by value. Whatever else is in doubt, and every error, is left to the exact parser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.csv as arrow_csv

from sql.copy.conversion import direct_type
from sql.copy.doubts import Block
from sql.copy.escapes import unescaped
from sql.copy.lines import FALSE, TRUE
from sql.copy.text_columns import TextColumn
from sql.types.arrow import Array, Table, pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.copy.columns import CopyColumn
    from sql.copy.options import CopyOptions
    from sql.types import Codecs

_COLUMN: Final = re.compile(r"In CSV column #(\d+)")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class FastParser:
    """Parses blocks of whole records. Remembers which columns Arrow could not convert, to read them as text at once."""

    def __init__(self, columns: Sequence[CopyColumn], options: CopyOptions, codecs: Codecs) -> None:
        self._columns = columns
        self._options = options
        self._texts = [TextColumn(column.type, codecs) for column in columns]
        self._direct = [direct_type(column.type) for column in columns]
        self._names = [str(index) for index in range(len(columns))]
        # What is forced on columns, and escapes of their own, are rare: the exact parser does them.
        plain_quotes = options.quote == options.escape and not (options.force_null or options.force_not_null)
        self._usable = bool(columns) and (options.format == "text" or plain_quotes)

    def parse(self, block: bytes, line_end: bytes | None) -> Table | None:
        """The rows of a block; `None` if the exact parser must look at it. `line_end` is that of all of the data."""
        if not self._usable or not self._is_plain(block, line_end):
            return None
        if not block.endswith(b"\n"):
            # Where the data just ends, Arrow takes an empty last field after a quoted one for quoted too.
            block += b"\n"
        read = self._read(block)
        if read is None:
            return None
        arrays = [
            self._stored(text, column, block) if pa.types.is_string(column.type) else column
            for text, column in zip(self._texts, read, strict=True)
        ]
        if any(array is None for array in arrays):
            return None
        return pa.table(arrays, names=[column.name for column in self._columns])

    def _is_plain(self, block: bytes, line_end: bytes | None) -> bool:
        """No line ends, quotes, escapes or markers that Arrow reads in another way."""
        if b"\0" in block or block.startswith(_BYTE_ORDER_MARK):
            return False
        if line_end == b"\r\n":
            if not block.count(b"\r") == block.count(b"\r\n") == block.count(b"\n"):
                return False
        elif b"\r" in block:
            return False
        if block.startswith((b"\r", b"\n")):
            return False
        if b"\\" in block and b"\\." in block:
            return False
        if self._options.format == "csv":
            return _quotes_enclose_fields(block, self._options)
        # A backslash before a delimiter or line end makes it part of the value.
        delimiter = self._options.delimiter.encode()
        if block.endswith(b"\\"):
            return False
        return b"\\" not in block or not any(b"\\" + stop in block for stop in (delimiter, b"\n", b"\r"))

    def _read(self, block: bytes) -> list[Array] | None:
        """The columns, each in the type that it is stored in or as text; `None` where Arrow finds a record bad."""
        doubts = Block(block, self._options.delimiter, self._options.quote)
        hexadecimal = any(map(_is_integer, self._direct)) and doubts.has_hexadecimal()
        direct = [None if hexadecimal and _is_integer(kind) else kind for kind in self._direct]
        while True:
            try:
                columns = [column.combine_chunks() for column in self._read_csv(block, direct).columns]
            except pa.ArrowInvalid as error:
                match = _COLUMN.match(str(error))
                index = int(match[1]) if match else -1
                if index < 0 or direct[index] is None:
                    return None
                direct[index] = self._direct[index] = None
                continue
            if len(columns) > 1 and not _is_complete(block, len(columns[0]), self._options):
                return None
            doubtful = [n for n, kind in enumerate(direct) if kind is not None and doubts.is_doubtful(columns[n])]
            if not doubtful:
                return columns
            for index in doubtful:
                direct[index] = self._direct[index] = None

    def _read_csv(self, block: bytes, direct: Sequence[pa.DataType | None]) -> Table:
        options, csv = self._options, self._options.format == "csv"
        types = {name: pa.string() if kind is None else kind for name, kind in zip(self._names, direct, strict=True)}
        return arrow_csv.read_csv(
            pa.BufferReader(block),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=self._names),
            arrow_csv.ParseOptions(
                delimiter=options.delimiter,
                quote_char=options.quote if csv else False,
                double_quote=True,
                escape_char=False,
                newlines_in_values=csv and options.quote.encode() in block,
                ignore_empty_lines=len(self._columns) > 1,
            ),
            arrow_csv.ConvertOptions(
                column_types=types,
                null_values=[options.null],
                true_values=TRUE,
                false_values=FALSE,
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )

    def _stored(self, column: TextColumn, array: Array, block: bytes) -> Array | None:
        """A column of text as stored values; `None` if one is bad."""
        if self._options.format == "text" and b"\\" in block:
            array = unescaped(array)
        return None if array is None else column.stored(array)


def _is_complete(block: bytes, rows: int, options: CopyOptions) -> bool:
    """Whether each line is a row. Arrow leaves out empty ones, which are an error where there are several columns."""
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    if rows == lines:
        return True
    # Lines inside of quotes are no rows of their own: then look for empty lines anywhere.
    quoted = options.format == "csv" and options.quote.encode() in block
    return quoted and b"\n\n" not in block and b"\n\r\n" not in block


def _is_integer(kind: pa.DataType | None) -> bool:
    return kind is not None and bool(pa.types.is_integer(kind))


def _quotes_enclose_fields(block: bytes, options: CopyOptions) -> bool:
    """Whether each quote opens a field at its start, closes it at its end, or is one of a pair inside.

    Anywhere else PostgreSQL gives it a meaning and Arrow does not. Counting from the start, every other quote opens.
    """
    quote = options.quote.encode()
    if quote not in block:
        return True
    data = np.frombuffer(block, np.uint8)
    positions = np.flatnonzero(data == ord(quote))
    if len(positions) % 2:
        return False
    opening, closing = positions[0::2], positions[1::2]
    before = data[np.maximum(opening - 1, 0)]
    after = data[np.minimum(closing + 1, len(data) - 1)]
    stops = np.zeros(256, np.bool_)
    stops[[ord(options.delimiter), ord("\n"), ord(quote)]] = True
    opens = stops[before] | (opening == 0)
    # A quote before an opening one must be the one that just closed: then the two are a pair.
    pairs = before == ord(quote)
    opens &= ~pairs | np.concatenate([[opening[0] == 0], closing[:-1] == opening[1:] - 1])
    stops[ord("\r")] = True
    closes = stops[after] | (closing == len(data) - 1)
    return bool(opens.all() and closes.all())
