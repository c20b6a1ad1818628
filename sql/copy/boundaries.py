"""Where a block of COPY data may be cut: after its last whole record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sql.copy.options import CopyOptions


def end_of_records(data: bytes, options: CopyOptions) -> int:
    """Bytes up to and with the newline of the last whole record; 0 when there is none. `data` starts at a record."""
    if options.format == "text":
        return _end_of_text(data)
    quote, escape = options.quote.encode(), options.escape.encode()
    if quote not in data:
        return data.rfind(b"\n") + 1
    if quote == escape:
        return _end_by_parity(data, quote)
    return _end_by_scanning(data, quote, escape)


def _end_of_text(data: bytes) -> int:
    """A newline after an odd number of backslashes belongs to a value."""
    newline = data.rfind(b"\n")
    while newline > 0 and data[newline - 1] == ord("\\"):
        before = data[:newline]
        if (newline - len(before.rstrip(b"\\"))) % 2 == 0:
            break
        newline = data.rfind(b"\n", 0, newline)
    return newline + 1


def _end_by_parity(data: bytes, quote: bytes) -> int:
    """A newline is outside of quotes after an even number of them: a doubled quote counts twice, which is as well."""
    quotes = np.flatnonzero(np.frombuffer(data, np.uint8) == ord(quote))
    newline = data.rfind(b"\n")
    while newline >= 0 and np.searchsorted(quotes, newline) % 2:
        # Inside of a quoted value: no newline since its opening quote can end a record.
        opening = quotes[np.searchsorted(quotes, newline) - 1]
        newline = data.rfind(b"\n", 0, int(opening))
    return newline + 1


def _end_by_scanning(data: bytes, quote: bytes, escape: bytes) -> int:
    q, e = re.escape(quote), re.escape(escape)
    record = re.compile(
        rb"(?:[^\n" + q + rb"]|" + q + rb"(?:[^" + q + e + rb"]|" + e + rb".)*" + q + rb")*\n", re.DOTALL
    )
    end = 0
    while (match := record.match(data, end)) is not None:
        end = match.end()
    return end
