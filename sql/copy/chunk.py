"""A piece of the data of a COPY TO."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class CopyChunk(Struct, frozen=True, eq=False):
    """Whole rows in COPY format, or what is before and behind them."""

    data: bytes | memoryview
    rows: int
    ends: NDArray[np.int64] | None = None
    """Where each row ends, if that is known; lines of text show it themselves."""
