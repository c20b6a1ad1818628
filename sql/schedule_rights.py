"""What keeps a schedule from doing now what its owner was allowed to schedule once.

A schedule acts for its owner, so each time it fires it may do what the owner may do then: rights that were taken away
meanwhile are gone, and so is a table that was dropped and made anew by somebody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.permissions import JOB_OPERATOR
from jobs.record import JobType
from sql.acting_role import acting_role
from sql.privileges import may_maintain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sql.acting_role import ActingRole
    from storage.engine import Storage


def refused_now(storage: Storage, owner: str, job_type: JobType, parameters: Mapping[str, Any]) -> str | None:
    """Why a role may not start such a job of a schedule, in the words of the statement's own error; `None`: it may.

    `parameters` are those that the schedule keeps: a table, or all tables where none is named.
    """
    catalog = storage.catalog
    role = catalog.role(owner)
    if role is None:
        return f'role "{owner}" does not exist'
    acting = acting_role(catalog, role)
    if job_type is JobType.BACKUP:
        return None if acting.superuser else "permission denied to back the database up"
    namespace, name = parameters.get("namespace"), parameters.get("table_name")
    if namespace is None or name is None:
        return None if maintains_all(acting) else "permission denied to maintain all tables"
    table = catalog.table(namespace, name)
    # That there is no such table is for the job type to say.
    return None if table is None or may_maintain(acting, table) else f"permission denied for table {name}"


def maintains_all(role: ActingRole) -> bool:
    """Whether a role may schedule what is done to all tables, whoever owns them."""
    return role.superuser or JOB_OPERATOR in role.member_of
