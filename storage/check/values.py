"""Whether the values of an Arrow table are such as Arrow, and so everybody else, can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.rows import plain

if TYPE_CHECKING:
    import pyarrow as pa


def validate(table: pa.Table) -> None:
    """Look at every offset and value of all columns. Raises ArrowInvalid."""
    for column in table.columns:
        # As they are stored: 24:00:00 is a time in SQL, and not one in Arrow.
        plain(column).validate(full=True)
