"""Runs statements about jobs: one `match`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sql import job_syntax as syntax
from sql.errors import FeatureNotSupported
from sql.job_statements.control import control_jobs
from sql.job_statements.flush import flush_all_tables, flush_table
from sql.job_statements.wait import wait_jobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import JobCommand
    from sql.result import Result
    from sql.session_state import SessionState


async def run_job_command(plan: JobCommand, session: SessionState, parameters: Sequence[object]) -> Result:
    """Run a statement about jobs. Raises `ActiveTransaction` inside a transaction block, but for EXPLAIN."""
    statement = plan.statement
    session.block.refuse_inside(command_of(statement))
    match statement:
        case syntax.FlushTable():
            return await flush_table(statement, session, parameters)
        case syntax.FlushAllTables():
            return await flush_all_tables(statement, session, parameters)
        case syntax.ControlJobs():
            return await control_jobs(plan, session, parameters)
        case syntax.WaitJobs():
            return await wait_jobs(plan, session, parameters)
        case _:
            raise FeatureNotSupported(f"{command_of(statement)} is not supported")


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
