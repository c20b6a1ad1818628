"""Fields of the text format without their backslashes, for a whole column at once."""

from __future__ import annotations

from typing import Final

import numpy as np

from sql.copy.fields import unescape
from sql.errors import SqlError
from sql.types.arrow import Array, pa, pc
from sql.types.buffers import offsets_of, validity_of
from sql.types.escapes import escaping_backslashes
from sql.types.text import decode_text

_CODES: Final = np.arange(256, dtype=np.uint8)
_CODES[list(b"bfnrtv")] = list(b"\b\f\n\r\t\v")
_CODES.flags.writeable = False
_NUMERIC: Final = np.zeros(256, np.bool_)
_NUMERIC[list(b"01234567x")] = True
_NUMERIC.flags.writeable = False


def unescaped(texts: Array) -> Array | None:
    """A `string` array without backslashes; `None` where an escape makes what is not UTF-8.

    No value ends in a backslash that escapes nothing.
    """
    buffer = texts.buffers()[2]
    if buffer is None:
        return texts
    offsets = offsets_of(texts).astype(np.int64)
    data = np.frombuffer(buffer, np.uint8)[offsets[0] : offsets[-1]]
    offsets -= offsets[0]
    escaping = escaping_backslashes(data)
    if len(escaping) == 0:
        return texts
    escaped = data[escaping + 1]
    if _NUMERIC[escaped].any():
        return _one_by_one(texts)
    plain = data.copy()
    plain[escaping + 1] = _CODES[escaped]
    kept = np.ones(len(plain), np.bool_)
    kept[escaping] = False
    moved = (offsets - np.searchsorted(escaping, offsets)).astype(np.int32)
    buffers = [validity_of(texts), pa.py_buffer(moved), pa.py_buffer(plain[kept])]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)


def _one_by_one(texts: Array) -> Array | None:
    escaped = pc.fill_null(pc.match_substring(texts, "\\"), False)
    try:
        written = [decode_text(unescape(text.encode())) for text in texts.filter(escaped).to_pylist()]
    except SqlError:
        return None
    return pc.replace_with_mask(texts, escaped, pa.array(written, pa.string()))
