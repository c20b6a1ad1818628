"""Runs statements about jobs: one `match`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sql import job_syntax as syntax
from sql.errors import ReadOnlyTransaction
from sql.job_statements.backups import backup_database, restore_database
from sql.job_statements.compaction import compact_table, vacuum
from sql.job_statements.control import control_jobs
from sql.job_statements.explain_flush import explain_flush
from sql.job_statements.flush import flush_all_tables, flush_table
from sql.job_statements.schedules import alter_schedule, create_schedule, drop_schedules, run_schedule
from sql.job_statements.undrop import undrop_table
from sql.job_statements.wait import wait_jobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import JobCommand
    from sql.result import Result
    from sql.session_state import SessionState


_CHANGING: Final = (
    syntax.UndropTable,
    syntax.RestoreDatabase,
    syntax.CreateSchedule,
    syntax.AlterSchedule,
    syntax.DropSchedule,
)
"""What changes more than where rows are kept, and so is not for a session that only reads."""


async def run_job_command(plan: JobCommand, session: SessionState, parameters: Sequence[object]) -> Result:
    """Run a statement about jobs. Raises `ActiveTransaction` inside a transaction block, but for EXPLAIN."""
    statement = plan.statement
    if isinstance(statement, syntax.ExplainFlush):
        return await explain_flush(statement, session)
    command = command_of(statement)
    session.block.refuse_inside(command)
    if isinstance(statement, _CHANGING) and session.default_characteristics().read_only:
        raise ReadOnlyTransaction(f"cannot execute {command} in a read-only transaction")
    match statement:
        case syntax.FlushTable():
            return await flush_table(statement, session, parameters)
        case syntax.FlushAllTables():
            return await flush_all_tables(statement, session, parameters)
        case syntax.CompactTable():
            return await compact_table(statement, session, parameters)
        case syntax.Vacuum():
            return await vacuum(statement, session, parameters)
        case syntax.ControlJobs():
            return await control_jobs(plan, session, parameters)
        case syntax.WaitJobs():
            return await wait_jobs(plan, session, parameters)
        case syntax.UndropTable():
            return await undrop_table(statement, session)
        case syntax.BackupDatabase():
            return await backup_database(statement, session, parameters)
        case syntax.RestoreDatabase():
            return await restore_database(statement, session, parameters)
        case syntax.CreateSchedule():
            return await create_schedule(statement, session)
        case syntax.AlterSchedule():
            return await alter_schedule(statement, session)
        case syntax.DropSchedule():
            return await drop_schedules(statement, session)
        case syntax.RunSchedule():
            return await run_schedule(statement, session, parameters)


def command_of(statement: syntax.JobStatement) -> str:
    """What a statement is called: `FLUSH TABLE`."""
    if isinstance(statement, syntax.ControlJobs):
        return f"{statement.action.upper()} {_noun(statement.target)}"
    if isinstance(statement, syntax.WaitJobs):
        return f"WAIT {_noun(statement.target)}"
    words = re.findall("[A-Z][a-z]+", type(statement).__name__)
    return " ".join(words).upper()


def _noun(target: syntax.JobTarget) -> str:
    return "JOB" if isinstance(target, syntax.OneJob) else "JOBS"
