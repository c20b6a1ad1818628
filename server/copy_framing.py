"""Chunks of COPY data → CopyData messages, one a row.

PostgreSQL's manual promises clients a row a message ("COPY Operations"), and psycopg's `Copy.rows()` relies on it.
psql, libpq and asyncpg take any division.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from server.protocol import backend

if TYPE_CHECKING:
    from sql.copy import CopyChunk

_NEWLINE = 0x0A
_QUOTE = 0x22


def frame_rows(piece: CopyChunk) -> bytes | memoryview:
    """Put each row of a chunk into a CopyData message, without a loop over rows.

    Rows of text or csv are lines. A csv value may hold newlines; lines then end where quotes are even. Where the rows
    cannot be found (unusual quotes) the chunk goes as it is, in one message.
    """
    chunk = piece.data
    if not chunk:
        return b""
    ends = piece.ends
    if ends is None and piece.rows > 1:
        ends = _row_ends(chunk, piece.rows)
    if ends is None:
        return backend.copy_data(bytes(chunk))
    offsets = np.zeros(len(ends) + 1, dtype=np.int32)
    offsets[1:] = ends
    headers = np.empty(len(ends), dtype=[("kind", "S1"), ("length_bytes", ">i4")])
    headers["kind"] = b"d"
    headers["length_bytes"] = np.diff(offsets) + 4
    header_offsets = np.arange(0, 5 * len(ends) + 1, 5, dtype=np.int32)
    framed: pa.Array[Any] = pc.binary_join_element_wise(
        _binary_array(header_offsets, headers.tobytes()),
        _binary_array(offsets, chunk),
        b"",  # type: ignore[call-overload]  # The stubs do not know a scalar as separator.
    )
    data = framed.buffers()[2]
    assert data is not None
    return memoryview(data)[: len(chunk) + 5 * len(ends)]


def _row_ends(chunk: bytes | memoryview, row_count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    """Where each row ends, its newline included."""
    characters = np.frombuffer(chunk, dtype=np.uint8)
    newlines = np.flatnonzero(characters == _NEWLINE)
    if len(newlines) > row_count:
        quotes_before = np.searchsorted(np.flatnonzero(characters == _QUOTE), newlines)
        newlines = newlines[quotes_before % 2 == 0]
    if len(newlines) != row_count or newlines[-1] != len(chunk) - 1:
        return None
    return newlines + 1


def _binary_array(offsets: np.ndarray[tuple[int], np.dtype[np.int32]], data: bytes | memoryview) -> pa.Array[Any]:
    buffers = [None, pa.py_buffer(offsets.data), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)
