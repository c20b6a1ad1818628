"""The formats of COPY: bytes → Arrow tables, and record batches → bytes.

`options.py` checks the options of a statement. In: `reader.py` gathers what the client sends, cuts it between records
(`boundaries.py`) and parses each block: quickly with Arrow's CSV parser where that is sure to mean what PostgreSQL
means (`fast.py`, `conversion.py`), else record by record with PostgreSQL's errors (`exact.py`, on the formats' own
rules in `records.py` and `fields.py`). Out: `writer.py`. The binary format (`binary.py`) has a reader, whose columns
`binary_columns.py` makes whole, and a writer of its own. What goes out are `CopyChunk`s.
"""

from sql.copy.binary_reader import BinaryCopyReader
from sql.copy.binary_writer import BinaryCopyWriter
from sql.copy.chunk import CopyChunk
from sql.copy.options import CopyOptions
from sql.copy.reader import CopyReader
from sql.copy.writer import CopyWriter

__all__ = ["BinaryCopyReader", "BinaryCopyWriter", "CopyChunk", "CopyOptions", "CopyReader", "CopyWriter"]
