"""How far a job is: kept in memory, because it changes with every row group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from jobs.record import JobStatus

if TYPE_CHECKING:
    from jobs.clock import Clock
    from jobs.record import JobRecord


class Report(Struct, frozen=True):
    """What was last told, and where the phase began, from which its speed is measured."""

    done: int
    total: int
    unit: str | None
    phase: str | None
    phase_began_at_us: int
    phase_began_done: int
    fraction: float | None
    """From 0 to 1; `None` while nobody knows how much there is to do. It never falls: when more work turns up, it
    stands still until that is made up for."""

    def eta_us(self, now_us: int) -> int | None:
        """When it will be done if the rest of it goes as fast as this phase has so far; `None` while nothing has."""
        gone = self.done - self.phase_began_done
        if gone <= 0:
            return None
        # Somebody may have set the clock back.
        took_us = max(now_us - self.phase_began_at_us, 0)
        return now_us + took_us * max(self.total - self.done, 0) // gone


class Progress:
    """The progress of one attempt. Any thread may set it; the owner of the job reads it.

    Each report replaces one value, so a reader never sees half of it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_at_us = clock.now_us()
        self._report: Report | None = None
        self._has_changed = False

    def report(self, done: int, total: int, unit: str | None = None, phase: str | None = None) -> None:
        """`done` of `total` units of work are done. A `unit` or `phase` stays until another one is given."""
        last = self._report or Report(0, 0, unit, phase, self._began_at_us, 0, None)
        unit, phase = unit or last.unit, phase or last.phase
        began = (last.phase_began_at_us, last.phase_began_done)
        if phase != last.phase or unit != last.unit or done < last.phase_began_done:
            began = (self._clock.now_us(), done)
        fraction = last.fraction
        if total > 0:
            fraction = max(fraction or 0.0, min(done / total, 1.0))
        self._report = Report(done, total, unit, phase, *began, fraction)
        self._has_changed = True

    def has_changed(self) -> bool:
        """Whether something was reported since this was last asked."""
        changed, self._has_changed = self._has_changed, False
        return changed

    def shown_in(self, record: JobRecord, now_us: int) -> JobRecord:
        """The record with this progress in it. Work that is being stopped has no ETA."""
        report = self._report
        if report is None:
            return record
        return msgspec.structs.replace(
            record,
            phase=report.phase,
            fraction_completed=report.fraction,
            units_done=report.done,
            units_total=report.total,
            unit=report.unit,
            eta=report.eta_us(now_us) if record.status is JobStatus.RUNNING else None,
            updated_at=max(now_us, record.updated_at),
        )
