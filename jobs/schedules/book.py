"""All schedules that there are, in memory and in RocksDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from jobs.durable import wait_durable
from jobs.permissions import SYSTEM
from jobs.schedules.entry import Entry, EntryKey, Memory
from jobs.schedules.errors import InvalidSchedule
from jobs.schedules.schedule import OverlapPolicy, ScheduleSource
from jobs.schedules.store import ScheduleStore, entry_of
from jobs.schedules.table_names import followed
from jobs.schedules.timing import Cron
from storage.errors import WriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from structlog.typing import FilteringBoundLogger

    from jobs.record import JobId
    from jobs.schedules.options import SystemSchedule
    from storage.engine import Storage


class ScheduleBook:
    """Owns the entries. Everything runs on the loop; what waits, waits for a write to be durable."""

    def __init__(self, storage: Storage, log: FilteringBoundLogger) -> None:
        self._storage = storage
        self._store = ScheduleStore(storage)
        self._log = log
        self._entries: dict[EntryKey, Entry] = {}
        self._memories: dict[EntryKey, Memory] = {}
        """What was remembered of schedules that are not users', when the server started."""

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries.values()))

    def get(self, entry_key: EntryKey) -> Entry | None:
        """The schedule with that key."""
        return self._entries.get(entry_key)

    def named(self, name: str) -> Entry | None:
        """The schedule of that name."""
        entry = self._entries.get(name)
        if entry is not None:
            return entry
        return next((entry for entry in self._entries.values() if entry.name == name), None)

    def owner_is_there(self, entry: Entry) -> bool:
        """Whether the role that a user's schedule belongs to was not dropped."""
        if entry.owner_oid is None:
            return True
        role = self._storage.catalog.role(entry.owner)
        return role is not None and role.oid == entry.owner_oid

    def load(self, earliest_us: int, now_us: int) -> None:
        """Take up what is stored. Fire times before `earliest_us` are not made up for."""
        for stored in self._store.load():
            considered_us = max(stored.memory.considered_us, earliest_us)
            # The clock was set back by more than a server makes up for: what is remembered is not of this time.
            if considered_us > now_us + (now_us - earliest_us):
                considered_us = now_us
            memory = msgspec.structs.replace(stored.memory, considered_us=considered_us)
            if stored.definition is None:
                self._memories[stored.key] = memory
                continue
            try:
                entry = entry_of(stored, stored.definition)
            except InvalidSchedule as error:
                self._log.error("a schedule cannot run", schedule=stored.key, error=str(error))
                continue
            self._entries[entry.key] = replace(entry, memory=memory).reckoned_at(now_us)

    def reload(self, now_us: int) -> None:
        """Take up the users' schedules, and what is remembered of flush policies, that a restore has just written."""
        self._entries = {each.key: each for each in self if each.source is not ScheduleSource.USER}
        self.load(now_us, now_us)

    async def add_system(self, schedules: Iterable[SystemSchedule], now_us: int) -> None:
        """Have the server's own schedules. One that is new is remembered, so that it can be made up for, too."""
        for schedule in schedules:
            entry = Entry(
                key=schedule.name,
                name=schedule.name,
                timing=schedule.timing,
                statement=schedule.statement,
                job_type=schedule.job_type,
                parameters=schedule.parameters,
                source=ScheduleSource.SYSTEM,
                on_overlap=OverlapPolicy.SKIP,
                owner=SYSTEM.name,
                owner_oid=None,
                created_at=None,
                memory=self._memories.get(schedule.name, Memory(now_us)),
            ).reckoned_at(now_us)
            if schedule.name not in self._memories and isinstance(schedule.timing, Cron):
                await self.write(entry)
            else:
                self._entries[entry.key] = entry

    def follow_tables(self) -> None:
        """Have the users' schedules of tables that were renamed, or made anew, be of these."""
        for entry in self:
            changed = followed(entry, self._storage.catalog)
            if changed is None:
                continue
            self._entries[entry.key] = changed
            try:
                self._store.put(changed)
            except WriteFailed as error:
                # Nobody waits for it: it is found out again at the next start.
                self._log.warning("a new name of a table was not noted", schedule=entry.name, error=str(error))

    def put_policy(self, entry: Entry) -> None:
        """Have a flush policy, new or changed, with what is remembered of it."""
        known = self._entries.get(entry.key)
        memory = known.memory if known is not None else self._memories.get(entry.key, entry.memory)
        self._entries[entry.key] = replace(entry, memory=memory)

    def remove_policy(self, table_oid: int) -> None:
        """Forget a flush policy, once its table is gone or has none any more."""
        entry = self._entries.pop(table_oid, None)
        remembered = self._memories.pop(table_oid, None)
        if remembered is None and (entry is None or entry.memory == Memory(0)):
            return
        try:
            self._store.remove(table_oid)
        except WriteFailed as error:
            # Nobody waits for it: what is left is removed at the next start.
            self._log.warning("a flush policy was not forgotten", table_oid=table_oid, error=str(error))

    def remove_policies_without_table(self) -> None:
        """Forget the flush policies of tables that are gone."""
        for entry_key in tuple(self._memories):
            if isinstance(entry_key, int) and entry_key not in self._entries:
                self.remove_policy(entry_key)

    async def write(self, entry: Entry) -> None:
        """Have an entry, new or changed, and return when that is durable. Raises `WriteFailed`."""
        before = self._entries.get(entry.key)
        self._entries[entry.key] = entry
        try:
            commit = self._store.put(entry)
        except BaseException:
            self._restore(entry.key, before)
            raise
        await wait_durable(commit)

    def consider(self, entry: Entry, fire_us: int) -> None:
        """Take note, in memory only, that the fire times up to here are being seen to."""
        memory = msgspec.structs.replace(entry.memory, considered_us=fire_us)
        self._entries[entry.key] = replace(entry, memory=memory)

    def set_back(self, now_us: int) -> None:
        """The clock was set back: have schedules go by the time that it is now."""
        for entry in self:
            self._entries[entry.key] = entry.reckoned_at(now_us)

    async def remember_considered(self, entry_key: EntryKey) -> None:
        """Make durable what was noted so, if the schedule is still there. Raises `WriteFailed`."""
        entry = self._entries.get(entry_key)
        if entry is not None:
            await self.write(entry)

    async def remember_run(self, entry_key: EntryKey, at_us: int, job_ids: tuple[JobId, ...]) -> None:
        """Remember that it made or joined jobs, durably, if it is still there. Raises `WriteFailed`."""
        entry = self._entries.get(entry_key)
        if entry is not None:
            memory = msgspec.structs.replace(entry.memory, last_run_at=at_us, last_job_ids=job_ids)
            await self.write(replace(entry, memory=memory))

    async def remove(self, entry: Entry) -> None:
        """Forget a schedule, and return when that is durable. Raises `WriteFailed`."""
        commit = self._store.remove(entry.key)
        self._entries.pop(entry.key, None)
        await wait_durable(commit)

    def _restore(self, entry_key: EntryKey, before: Entry | None) -> None:
        if before is None:
            self._entries.pop(entry_key, None)
        else:
            self._entries[entry_key] = before
