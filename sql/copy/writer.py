"""COPY TO: record batches → lines of text or csv, without a loop over rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sql.copy.chunk import CopyChunk
from sql.types.arrow import Array, RecordBatch, pa, pc
from sql.types.buffers import as_binary
from storage import types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.copy.columns import CopyColumn
    from sql.copy.options import CopyOptions
    from sql.types import Codecs

_TEXT_ESCAPES: Final = {b"\b": b"\\b", b"\f": b"\\f", b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t", b"\v": b"\\v"}
_UNESCAPED_TYPES: Final = frozenset(
    {types.BOOLEAN.oid, types.SMALLINT.oid, types.INTEGER.oid, types.BIGINT.oid, types.REAL.oid, types.DOUBLE.oid}
    | {types.NUMERIC.oid, types.DATE.oid, types.TIME.oid, types.TIMESTAMP.oid, types.TIMESTAMPTZ.oid, types.UUID.oid}
    | {types.OID.oid}
)
_HARMLESS: Final = "\t,;|^~\"'"
"""Delimiters and quotes that no number or date contains."""
_HARMLESS_NULLS: Final = ("", "\\N")
_MAX_BYTES: Final = (1 << 31) - 1
_GROWTH: Final = 8
"""Bytes of text for a byte of Arrow data, at most: four, and each escaped; but for …"""
_EXTRA: Final = 40
"""… so many more for a small value."""


class CopyWriter:
    """Writes the data of one COPY TO. May be used in any thread."""

    def __init__(self, columns: Sequence[CopyColumn], options: CopyOptions, codecs: Codecs) -> None:
        self._columns = columns
        self._options = options
        self._codecs = [codecs.of(column.type) for column in columns]
        self._delimiter, self._null = options.delimiter.encode(), options.null.encode()
        self._quote, self._escape = options.quote.encode(), options.escape.encode()
        harmless = options.delimiter in _HARMLESS and options.quote in _HARMLESS and options.null in _HARMLESS_NULLS
        forced = [options.forces(options.force_quote, column.name) for column in columns]
        self._plain = [
            harmless and column.type.oid in _UNESCAPED_TYPES and not force
            for column, force in zip(columns, forced, strict=True)
        ]
        self._forced = forced

    def header(self) -> bytes:
        """The line of column names, if the options ask for it; else nothing."""
        if not self._options.header:
            return b""
        names = [pa.array([column.name.encode()], pa.binary()) for column in self._columns]
        return self._lines([self._escaped(name, forced=False) for name in names], 1)

    def encode(self, batch: RecordBatch) -> list[CopyChunk]:
        """The lines of a batch's rows."""
        return [CopyChunk(self._encode(batch), batch.num_rows)]

    def _encode(self, batch: RecordBatch) -> bytes:
        rows = batch.num_rows
        if rows > 1 and batch.nbytes * _GROWTH + rows * batch.num_columns * _EXTRA > _MAX_BYTES:
            return self._encode(batch.slice(0, rows // 2)) + self._encode(batch.slice(rows // 2))
        written: list[Array] = []
        for array, codec, plain, forced in zip(batch.columns, self._codecs, self._plain, self._forced, strict=True):
            text = as_binary(codec.format_array(array))
            written.append(text if plain else self._escaped(text, forced=forced))
        return self._lines(written, rows)

    def _escaped(self, text: Array, *, forced: bool) -> Array:
        return self._csv_field(text, forced=forced) if self._options.format == "csv" else self._text_field(text)

    def _text_field(self, text: Array) -> Array:
        data = _data(text)
        if b"\\" in data:
            text = pc.replace_substring(text, b"\\", b"\\\\")
        for character, escape in _TEXT_ESCAPES.items():
            if character in data:
                text = pc.replace_substring(text, character, escape)
        if self._delimiter != b"\t" and self._delimiter in data:
            text = pc.replace_substring(text, self._delimiter, b"\\" + self._delimiter)
        return text

    def _csv_field(self, text: Array, *, forced: bool) -> Array:
        data = _data(text)
        specials = [special for special in (self._delimiter, self._quote, b"\n", b"\r") if special in data]
        quoted = pc.fill_null(pc.equal(text, pa.scalar(self._null)), False)
        for special in specials:
            quoted = pc.or_(quoted, pc.fill_null(pc.match_substring(text, special), False))
        if len(self._columns) == 1:
            # Alone on its line it would end the data.
            quoted = pc.or_(quoted, pc.fill_null(pc.equal(text, pa.scalar(b"\\.")), False))
        if forced:
            quoted = pc.is_valid(text)
        if not pc.any(quoted).as_py():
            return text
        inner = text.filter(quoted)
        if self._escape != self._quote and self._escape in data:
            inner = pc.replace_substring(inner, self._escape, self._escape * 2)
        if self._quote in data:
            inner = pc.replace_substring(inner, self._quote, self._escape + self._quote)
        around = pa.scalar(self._quote)
        whole = pc.binary_join_element_wise(around, inner, around, pa.scalar(b""))
        return pc.replace_with_mask(text, quoted, whole)

    def _lines(self, written: Sequence[Array], rows: int) -> bytes:
        if rows == 0:
            return b""
        if not written:
            return b"\n" * rows
        options = pc.JoinOptions(null_handling="replace", null_replacement=self._options.null)
        lines = pc.binary_join_element_wise(*written, pa.scalar(self._delimiter), options=options)
        one_list = pa.ListArray.from_arrays(pa.array([0, rows], pa.int32()), lines)
        _, offsets, data = pc.binary_join(one_list, b"\n").buffers()
        return b"".join((memoryview(data)[: np.frombuffer(offsets, np.int32)[1]], b"\n"))


def _data(text: Array) -> bytes:
    """All the values' bytes (and perhaps a neighbour's), to look for characters in."""
    data = text.buffers()[2]
    return b"" if data is None else data.to_pybytes()
