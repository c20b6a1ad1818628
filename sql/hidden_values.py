"""The values of rows that errors tell of: only to roles that may read them.

Who may UPDATE a table but not read it would otherwise learn of any row what is in it, by breaking a constraint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import CheckViolation, InvalidAuthorization, NotNullViolation, UniqueViolation
from sql.privileges import has_privilege

if TYPE_CHECKING:
    from sql.session_state import SessionState


def hide_values(session: SessionState, error: BaseException) -> None:
    """Take the DETAIL, which shows a row or a key, from an error about a table that the session's role may not read."""
    if isinstance(error, NotNullViolation | CheckViolation | UniqueViolation) and not _may_read(session, error):
        error.detail = None


def _may_read(session: SessionState, error: NotNullViolation | CheckViolation | UniqueViolation) -> bool:
    if error.schema is None or error.table is None:
        return True
    relation = session.catalog.relation(error.schema, error.table)
    try:
        return relation is not None and has_privilege(session.role, relation, "SELECT")
    except InvalidAuthorization:
        # The role was dropped meanwhile.
        return False
