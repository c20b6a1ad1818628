"""What the client is told of a deadlock: who waits for what and for whom, in PostgreSQL's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql import errors
from sql.relations.oids import DATABASE_OID, PG_CONSTRAINT_OID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.advisory import LockParty
    from storage.errors import DeadlockDetected
    from storage.table_locks import LockTag, LockWait

_HINT: Final = "See server log for query details."
_WORD: Final = 0xFFFFFFFF


def in_words(deadlock: DeadlockDetected, pids: Mapping[LockParty, int]) -> errors.DeadlockDetected:
    """The error for the client. `pids` are the process ids by `LockParty`."""
    lines = [_line(wait, pids) for wait in deadlock.circle]
    return errors.DeadlockDetected(detail="\n".join(lines) or None, hint=_HINT)


def _line(wait: LockWait, pids: Mapping[LockParty, int]) -> str:
    waiter, blocker = pids.get(wait.party, 0), pids.get(wait.blocker, 0)
    return f"Process {waiter} waits for {wait.mode.title} on {_described(wait.tag)}; blocked by process {blocker}."


def _described(tag: LockTag) -> str:
    match tag:
        case ("relation", oid, _):
            return f"relation {oid} of database {DATABASE_OID}"
        case ("object", oid, _):
            return f"object {oid} of class {PG_CONSTRAINT_OID} of database {DATABASE_OID}"
        case ("advisory", key, None):
            return f"advisory lock [{DATABASE_OID},{key >> 32 & _WORD},{key & _WORD},1]"
        case ("advisory", key, int(second)):
            return f"advisory lock [{DATABASE_OID},{key & _WORD},{second & _WORD},2]"
        case _:
            return f"transaction {tag.key}"
