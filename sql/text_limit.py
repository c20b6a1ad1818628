"""How long a text may be that a function makes of shorter ones."""

from __future__ import annotations

from typing import Final

from sql.errors import ProgramLimitExceeded

TEXT_MAX: Final = 256 << 20
"""Characters, or bytes. PostgreSQL's is 1 GB; `repeat` and its like have this one, too (`sql.binding.macros`)."""


def require_text_fits(length: int) -> None:
    """Raise `ProgramLimitExceeded` of a text that would be longer."""
    if length > TEXT_MAX:
        raise ProgramLimitExceeded("requested length too large")
