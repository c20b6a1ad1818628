"""How far a job is: kept in memory, because it changes with every row group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from jobs.record import JobRecord


class Progress:
    """The progress of one attempt. Any thread may set it; the loop reads it.

    Each report replaces one tuple, so a reader never sees half of it.
    """

    def __init__(self, started_at_us: int) -> None:
        self._started_at_us = started_at_us
        self._phase: str | None = None
        self._unit: str | None = None
        self._done_and_total: tuple[int, int] | None = None
        self.changed = False
        """Whether something was reported since this was last set to false, by who writes it to disk."""

    def report(self, done: int, total: int, unit: str | None = None, phase: str | None = None) -> None:
        """`done` of `total` units of work are done. A `unit` or `phase` stays until another one is given."""
        self._done_and_total = (done, total)
        if unit is not None:
            self._unit = unit
        if phase is not None:
            self._phase = phase
        self.changed = True

    def shown_in(self, record: JobRecord, now_us: int) -> JobRecord:
        """The record with this progress in it. The ETA supposes that the rest goes as fast as what is done."""
        if self._done_and_total is None:
            return record
        done, total = self._done_and_total
        fraction = min(done / total, 1.0) if total > 0 else 1.0
        remaining_us = (now_us - self._started_at_us) * (1 - fraction) / fraction if fraction > 0 else None
        return msgspec.structs.replace(
            record,
            phase=self._phase,
            fraction_completed=fraction,
            units_done=done,
            units_total=total,
            unit=self._unit,
            eta=None if remaining_us is None else now_us + int(remaining_us),
            updated_at=max(now_us, record.updated_at),
        )
