"""Results as DataRow messages (protocol, "Message Formats": DataRow).

A DataRow is `D`, its length, the number of columns, and for each column the length of its value (-1 for NULL) and the
value, as text or binary. `rows.py` makes one message out of a tuple, for small results and single rows; `batch.py`
makes all the messages of a record batch at once, without a loop over its rows. Both give the same bytes.
"""

from server.encoding.batch import encode_batch, stored_rows
from server.encoding.rows import encode_rows, row_encoder

__all__ = [
    "encode_batch",
    "encode_rows",
    "row_encoder",
    "stored_rows",
]
