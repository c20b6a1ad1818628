"""What a job's work comes to, when it does not end in an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Skip:
    """There is nothing to do, and why."""

    reason: str
    result: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The work is done: in words, and as JSON."""

    message: str
    result: dict[str, Any] | None = None
