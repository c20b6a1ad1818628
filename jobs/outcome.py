"""What a job's work comes to, when it does not end in an error."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Skip(Struct, frozen=True):
    """There is nothing to do, and why."""

    reason: str
    result: dict[str, Any] | None = None


class Outcome(Struct, frozen=True):
    """The work is done: in words, and as JSON."""

    message: str
    result: dict[str, Any] | None = None
