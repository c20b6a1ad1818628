"""BACKUP DATABASE and RESTORE DATABASE, for superusers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.backup import BackupParameters
from jobs.record import JobType
from jobs.restore import RestoreParameters
from sql.job_statements.starting import Starting, start_and_wait
from sql.job_statements.values import text_of
from sql.privileges import require_superuser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.job_syntax import BackupDatabase, RestoreDatabase
    from sql.result import Rows
    from sql.session_state import SessionState


async def backup_database(statement: BackupDatabase, session: SessionState, parameters: Sequence[object]) -> Rows:
    """Run BACKUP DATABASE."""
    require_superuser(session.role, "back the database up")
    starting = Starting.of(statement.options, session, parameters)
    backup = BackupParameters(name=text_of(statement.name, parameters))
    request = starting.request(JobType.BACKUP, backup, session)
    return await start_and_wait([request], starting, session, "BACKUP DATABASE")


async def restore_database(statement: RestoreDatabase, session: SessionState, parameters: Sequence[object]) -> Rows:
    """Run RESTORE DATABASE."""
    require_superuser(session.role, "restore the database")
    starting = Starting.of(statement.options, session, parameters)
    restore = RestoreParameters(name=text_of(statement.name, parameters))
    request = starting.request(JobType.RESTORE, restore, session)
    return await start_and_wait([request], starting, session, "RESTORE DATABASE")
