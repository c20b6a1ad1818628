"""The binary format of COPY (PostgreSQL manual, "COPY", "Binary Format"): a header, rows, a trailer."""

from __future__ import annotations

import struct
from typing import Final

SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0"
HEADER: Final = SIGNATURE + bytes(8)
"""With no flags, and no extension."""
TRAILER: Final = b"\xff\xff"
"""A row of -1 values."""

COUNT: Final = struct.Struct("!h")
LENGTH: Final = struct.Struct("!i")
FLAGS: Final = struct.Struct("!I")
