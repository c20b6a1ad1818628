"""pg_locks and pg_cursors: what sessions hold, wait for and read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.relations.oids import DATABASE_OID, PG_CONSTRAINT_OID
from sql.relations.relation import content_of

if TYPE_CHECKING:
    from sql.relations.context import LockInfo, RelationContext
    from sql.relations.relation import Content

_LOW: Final = (1 << 32) - 1


def pg_locks(context: RelationContext) -> Content:
    """Locks of tables, foreign keys and advisory ones, and who waits for a row or key: for who has locked it."""
    names = "locktype relation classid objid objsubid pid mode granted"
    return content_of(names, [_lock(each) for each in context.locks()], database=DATABASE_OID, fastpath=False)


def _lock(each: LockInfo) -> tuple[object, ...]:
    relation = class_id = object_id = sub_id = None
    if each.kind == "relation":
        relation = each.key
    elif each.kind == "advisory" and each.second_key is None:
        # PostgreSQL shows the halves of a bigint.
        class_id, object_id, sub_id = each.key >> 32 & _LOW, each.key & _LOW, 1
    elif each.kind == "object":
        # A foreign key. PostgreSQL locks the rows that are referred to in its place.
        class_id, object_id, sub_id = PG_CONSTRAINT_OID, each.key, 0
    elif isinstance(each.second_key, int):
        class_id, object_id, sub_id = each.key & _LOW, each.second_key & _LOW, 2
    return (each.kind, relation, class_id, object_id, sub_id, each.pid, each.mode, each.is_granted)


def pg_cursors(context: RelationContext) -> Content:
    """The open cursors of the session itself."""
    rows = [
        (each.name, each.statement, each.is_holdable, each.is_binary, each.is_scrollable, each.created_at)
        for each in context.cursors()
    ]
    return content_of("name statement is_holdable is_binary is_scrollable creation_time", rows)
