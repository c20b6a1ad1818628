"""The schedules of a backup, restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.record import JobType
from jobs.schedules.entry import Memory
from jobs.schedules.restored import restored_schedules
from jobs.schedules.schedule import OverlapPolicy
from jobs.schedules.store import Definition, Stored, decode_stored, put_of_stored, removal_of_stored

if TYPE_CHECKING:
    from storage.kv import Delete, Put

NOW_US = 5_000_000
MEMORY = Memory(1_000_000, paused=True, last_run_at=900_000, last_job_ids=("FL-0123456789ab",))
KEPT = Memory(NOW_US, paused=True, last_run_at=900_000)
"""What is left of it."""


def of_user(name: str, owner_oid: int | None) -> Stored:
    """A user's schedule."""
    definition = Definition(
        cron="0 2 * * *",
        timezone="UTC",
        statement="FLUSH ALL TABLES",
        job_type=JobType.FLUSH,
        parameters={},
        on_overlap=OverlapPolicy.SKIP,
        owner="amy",
        owner_oid=owner_oid,
        created_at=1,
    )
    return Stored(name, MEMORY, definition)


def restored(there: list[Stored], backup: list[Stored]) -> list[Put | Delete]:
    """What restoring them writes, where role 7 is 70 here and table 8 is 80."""
    values = [[put_of_stored(stored).value for stored in each] for each in (there, backup)]
    return list(restored_schedules(values[0], values[1], {7: 70}, {8: 80}, NOW_US))


def test_users_schedules_take_the_place_of_those_that_are_there() -> None:
    """They have the oid that their owner has here; what was missed since the backup is not made up for."""
    removal, put = restored([of_user("old", 3)], [of_user("nightly", 7)])
    assert removal == removal_of_stored("old")
    stored = decode_stored(put.value)
    assert (stored.key, stored.memory) == ("nightly", KEPT)
    assert stored.definition.owner_oid == 70


def test_the_schedule_of_a_role_that_is_gone_fires_no_more() -> None:
    """Its owner has an oid that no role will have; a schedule without an oid stays without one."""
    gone, nobodys = (decode_stored(put.value) for put in restored([], [of_user("a", 9), of_user("b", None)]))
    assert gone.definition.owner_oid == 0
    assert nobodys.definition.owner_oid is None


def test_what_is_remembered_of_a_flush_policy_goes_with_its_table() -> None:
    """Under the table's new oid; that of a dropped table is left behind."""
    (put,) = restored([Stored(8, MEMORY)], [Stored(8, MEMORY), Stored(9, MEMORY)])
    assert decode_stored(put.value) == Stored(80, KEPT)


def test_system_schedules_stay_as_they_are() -> None:
    """They are the server's own: neither the backup's nor those that are there are touched."""
    assert restored([Stored("compaction", MEMORY)], [Stored("compaction", MEMORY)]) == []
