"""Where SiltDB answers something else on purpose, each told of in docs/compatibility.md: by statement, our answer."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "!22003 value overflows numeric format: it has more than 38 digits"
_TOGETHER: Final = "!22003 numeric field overflow"

LIMITS: Final[dict[tuple[str, tuple[bytes | None, ...]], str]] = {
    # A numeric has 38 digits: more before the point are refused, more behind it are rounded away.
    ("SELECT $1::numeric(10,2)", (b"1e400",)): _DIGITS,
    ("SELECT id FROM pk_numeric WHERE v = '1e400'", ()): _DIGITS,
    ("SELECT id FROM pk_numeric WHERE v = $1", (b"1e400",)): _DIGITS,
    ("SELECT id FROM pk_numeric WHERE v = '1e-400'", ()): "[23:-1:4] 0",
    ("SELECT id FROM pk_numeric WHERE v = $1", (b"1e-400",)): "[23:-1:4] 0",
    # So do two that are compared, together: those before the point of the one, and those behind it of the other.
    ("SELECT id FROM k_numeric_38 WHERE v <= '1e28' ORDER BY id", ()): _TOGETHER,
    ("SELECT id FROM k_numeric_38 WHERE v IN ($1, NULL) ORDER BY id", (b"1e28",)): _TOGETHER,
}
