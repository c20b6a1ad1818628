"""The formats of COPY: bytes → Arrow tables, and record batches → bytes.

`options.py` checks the options of a statement. In: `reader.py` gathers what the client sends, cuts it between records
(`boundaries.py`) and parses each block: quickly with Arrow's CSV parser where that is sure to mean what PostgreSQL
means (`fast.py`, `conversion.py`), else record by record with PostgreSQL's errors (`exact.py`, on the formats' own
rules in `records.py` and `fields.py`). Out: `writer.py`. The binary format will be a reader and a writer beside these.
"""

from sql.copy.options import CopyOptions
from sql.copy.reader import CopyReader
from sql.copy.writer import CopyWriter

__all__ = ["CopyOptions", "CopyReader", "CopyWriter"]
