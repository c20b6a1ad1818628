"""What statements about jobs give back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sql import job_syntax as syntax
from sql.result import ResultColumn
from sql.types.jsonb import normalise
from storage import types as t

if TYPE_CHECKING:
    from jobs.record import JobRecord
    from sql.relations import Relations

START_COLUMNS: Final = (
    ResultColumn("job_id", t.TEXT),
    ResultColumn("table_name", t.TEXT),
    ResultColumn("status", t.TEXT),
    ResultColumn("deduplicated", t.BOOLEAN),
    ResultColumn("message", t.TEXT),
)
CONTROL_COLUMNS: Final = tuple(ResultColumn(name, t.TEXT) for name in ("job_id", "previous_status", "status", "detail"))
EXPLAIN_FLUSH_COLUMNS: Final = (
    ResultColumn("table_name", t.TEXT),
    ResultColumn("rows", t.BIGINT),
    ResultColumn("bytes", t.BIGINT),
    ResultColumn("files", t.BIGINT),
    ResultColumn("joins_job", t.TEXT),
)


def result_columns(statement: syntax.JobStatement, relations: Relations) -> tuple[ResultColumn, ...] | None:
    """The columns of a statement's result; `None` where it gives no rows."""
    match statement:
        case syntax.ExplainFlush():
            return EXPLAIN_FLUSH_COLUMNS
        case syntax.ControlJobs():
            return CONTROL_COLUMNS
        case syntax.WaitJobs():
            return record_columns(relations)
        case syntax.Vacuum(gives_rows=False):
            return None
        case syntax.UndropTable() | syntax.CreateSchedule() | syntax.AlterSchedule() | syntax.DropSchedule():
            return None
        case _:
            return START_COLUMNS


def record_columns(relations: Relations) -> tuple[ResultColumn, ...]:
    """Those of system.jobs."""
    jobs = relations.find("system", "jobs")
    assert jobs is not None, "system.jobs is always there"
    return tuple(ResultColumn(column.name, column.type) for column in jobs.columns)


def record_row(record: JobRecord, columns: tuple[ResultColumn, ...]) -> tuple[object, ...]:
    """A job as a row of system.jobs."""
    return tuple(_stored(getattr(record, column.name)) for column in columns)


def _stored(value: object) -> object:
    if isinstance(value, str):
        return str(value)  # An enum's member is a str of a class of its own.
    return normalise(msgspec.json.encode(value).decode()) if isinstance(value, dict) else value
