"""SAVEPOINT, ROLLBACK TO and RELEASE: what they do to the session besides its transaction."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sql.result import Command

if TYPE_CHECKING:
    from sql.session_state import SessionState
    from sql.settings import Values
    from sql.statements import Release, RollbackTo, Savepoint


def set_savepoint(statement: Savepoint, session: SessionState) -> Command:
    """SAVEPOINT."""
    restore = partial(
        _restore,
        session,
        session.settings.values,
        session.notifications.mark(),
        len(session.follow_ups),
        session.cursors.mark(),
    )
    session.block.set_savepoint(statement.name, restore)
    return Command("SAVEPOINT")


def rollback_to(statement: RollbackTo, session: SessionState) -> Command:
    """ROLLBACK TO."""
    session.block.rollback_to(statement.name)
    return Command("ROLLBACK")


def release(statement: Release, session: SessionState) -> Command:
    """RELEASE."""
    session.block.release(statement.name)
    return Command("RELEASE")


def _restore(
    session: SessionState, settings: Values, notifications: tuple[int, int], follow_ups: int, cursors: int
) -> None:
    session.settings.restore(settings)
    session.notifications.undo_to(notifications)
    del session.follow_ups[follow_ups:]
    session.cursors.close_since(cursors)
