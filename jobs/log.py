"""The lines that tell a job's story. An event bound to a `job_id` goes to `jobs.log` too, and starts with the id."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jobs.record import JobStatus

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from jobs.events import JobEvent
    from jobs.record import JobRecord


def log_change(log: FilteringBoundLogger, after: JobRecord, event: JobEvent) -> None:
    """Log what happened to a job, and with its end the whole of it."""
    has_failed = after.status is JobStatus.FAILED
    if not log.is_enabled_for(logging.ERROR if has_failed else logging.INFO):
        return
    text = event.kind if event.message is None else f"{event.kind}: {event.message}"
    fields: dict[str, object] = {"job_id": after.job_id}
    if after.table is not None:
        fields["table"] = after.table
    if after.status.is_terminal:
        fields["started_at"] = _iso(after.started_at)
        fields["finished_at"] = _iso(after.finished_at)
        if after.result is not None:
            fields["result"] = after.result
    if has_failed:
        log.error(text, sqlstate=after.error_sqlstate, **fields)
    else:
        log.info(text, **fields)


def _iso(at_us: int | None) -> str | None:
    return None if at_us is None else datetime.fromtimestamp(at_us / 1e6, UTC).isoformat()
