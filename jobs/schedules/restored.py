"""What becomes of the schedules of a backup when it is restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from jobs.schedules.store import decode_stored, put_of_stored, removal_of_stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jobs.schedules.store import Stored
    from storage.kv import Mutation


def restored_schedules(
    there: Iterable[bytes], backup: Iterable[bytes], roles: Mapping[int, int], tables: Mapping[int, int], now_us: int
) -> Iterator[Mutation]:
    """What puts the backup's schedules, by their records, in the place of those that are there.

    `roles` and `tables` lead from the backup's oids to those that they have here. Schedules of users are replaced, what
    is remembered of flush policies is brought; system schedules are the server's own and stay as they are. What was
    missed since the backup is not made up for, and the jobs of the last fire are not known here.
    """
    for value in there:
        stored = decode_stored(value)
        if stored.definition is not None:
            yield removal_of_stored(stored.key)
    for value in backup:
        restored = _restored(decode_stored(value), roles, tables, now_us)
        if restored is not None:
            yield put_of_stored(restored)


def _restored(stored: Stored, roles: Mapping[int, int], tables: Mapping[int, int], now_us: int) -> Stored | None:
    memory = msgspec.structs.replace(stored.memory, considered_us=now_us, last_job_ids=())
    definition = stored.definition
    if definition is not None:
        # One whose owner had been dropped has an oid that no role will have: it fires no more, as before.
        owner_oid = None if definition.owner_oid is None else roles.get(definition.owner_oid, 0)
        parameters = definition.parameters
        if "table_oid" in parameters:
            # A table that is no more has an oid that no table will have.
            parameters = {**parameters, "table_oid": tables.get(parameters["table_oid"], 0)}
        if "namespace_oid" in parameters:
            # It is the schema that has the name here.
            parameters = {**parameters, "namespace_oid": 0}
        definition = msgspec.structs.replace(definition, owner_oid=owner_oid, parameters=parameters)
        return msgspec.structs.replace(stored, memory=memory, definition=definition)
    if isinstance(stored.key, int) and stored.key in tables:
        return msgspec.structs.replace(stored, key=tables[stored.key], memory=memory)
    return None
