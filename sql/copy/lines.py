"""Arrow's CSV parser over a column of values, which are lines to it: numbers, dates and times as in a block of rows."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow.csv as arrow_csv

from sql.copy.doubts import Block
from sql.types.arrow import Array, pa, pc
from sql.types.boolean import LITERALS

TRUE: Final = [word for word, value in LITERALS.items() if value]
FALSE: Final = [word for word, value in LITERALS.items() if not value]
_NULL: Final = "\\N"
_DELIMITER: Final = "\t"
_UNPLAIN: Final = (b"\n", b"\r", b"\0", _DELIMITER.encode(), b'"', b"\\")


def read_lines(texts: Array, direct: pa.DataType) -> Array | None:
    """The values of a `string` array; `None` where Arrow may read another one than PostgreSQL, or finds one bad."""
    content = texts.buffers()[2]
    if len(texts) == 0 or content is None:
        return pa.nulls(len(texts), direct)
    if any(mark in content.to_pybytes() for mark in _UNPLAIN):
        return None
    one_list = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), pc.fill_null(texts, _NULL))
    _, offsets, joined = pc.binary_join(one_list, "\n").buffers()
    block = memoryview(joined)[: np.frombuffer(offsets, np.int32)[1]].tobytes() + b"\n"
    doubts = Block(block, _DELIMITER, '"')
    if pa.types.is_integer(direct) and doubts.has_hexadecimal():
        return None
    try:
        values = _read(block, direct)
    except pa.ArrowInvalid:
        return None
    return None if len(values) != len(texts) or doubts.is_doubtful(values) else values


def _read(block: bytes, direct: pa.DataType) -> Array:
    return (
        arrow_csv.read_csv(
            pa.BufferReader(block),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=["value"]),
            arrow_csv.ParseOptions(delimiter=_DELIMITER, quote_char=False, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(
                column_types={"value": direct},
                null_values=[_NULL],
                true_values=TRUE,
                false_values=FALSE,
            ),
        )
        .column(0)
        .combine_chunks()
    )
