"""UC: removes the rows that dropped roles have left in user tables, once nobody may want them back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from jobs.body import JobBody
from jobs.outcome import Outcome, Skip
from jobs.permissions import SYSTEM
from jobs.record import JobType
from jobs.request import JobRequest
from storage.units import about_size, counted
from storage.users import RemovedStore, forget_roles, overdue, remove_files, remove_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.context import JobContext
    from storage.catalog_entries import Partition
    from storage.engine import Commit, Mutation, Storage


class UserCleanupParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Roles dropped before when, in microseconds since the epoch; 0 stands for the server's retention, counted now."""

    dropped_before_us: int = 0


class UserCleanupBody(JobBody[UserCleanupParameters]):
    """Removes one row store after the other, each in one step, and at last the memory of the roles.

    It can stop anywhere and be repeated: what is gone is gone, and the rest is still overdue.
    """

    job_type = JobType.USER_CLEANUP

    def __init__(self, storage: Storage, retention_s: float) -> None:
        super().__init__(UserCleanupParameters)
        self._storage = storage
        self._retention_us = round(retention_s * 1e6)

    def admit(self, parameters: UserCleanupParameters) -> UserCleanupParameters:
        """Fix the time."""
        return UserCleanupParameters(dropped_before_us=parameters.dropped_before_us or self._dropped_before_us())

    def idempotency_key(self, parameters: UserCleanupParameters) -> str:
        """One at a time."""
        return "user-cleanup"

    def coalesce(self, active: UserCleanupParameters, asked: UserCleanupParameters) -> UserCleanupParameters:
        """Do what reaches further."""
        return max(active, asked, key=lambda parameters: parameters.dropped_before_us)

    def scheduled(self, parameters: dict[str, Any]) -> Iterator[JobRequest]:
        """A job, if anything is overdue."""
        asked = self.admit(self.parse(parameters))
        found = overdue(self._storage, asked.dropped_before_us)
        if found.partitions or found.roles:
            yield JobRequest(job_type=JobType.USER_CLEANUP, parameters=asked, owner=SYSTEM.name)

    def describe(self, parameters: UserCleanupParameters) -> str:
        """What is logged of a new job."""
        return "cleanup of the rows of dropped users"

    async def run(self, context: JobContext[UserCleanupParameters]) -> Outcome | Skip:
        """Remove what is overdue."""
        found = overdue(self._storage, context.parameters.dropped_before_us)
        if not found.partitions and not found.roles:
            return Skip("no rows of dropped users are to be removed", _Removed().result())
        removed = _Removed()
        for done, partition in enumerate(found.partitions):
            context.progress(done, len(found.partitions), "row stores", "removing")
            await context.checkpoint()
            store = await self._remove(context, partition)
            if store is not None:
                removed.add(store)
        removed.roles = len(found.roles)
        outcome = Outcome(removed.message(), removed.result())
        forgotten = forget_roles(found.roles)
        await context.commit_point(outcome, lambda mutations: self._storage.write((*forgotten, *mutations)))
        return outcome

    async def _remove(self, context: JobContext[UserCleanupParameters], partition: Partition) -> RemovedStore | None:
        stores: list[RemovedStore] = []

        def write(mutations: tuple[Mutation, ...]) -> Commit:
            done = remove_store(self._storage, partition, mutations)
            if done is None:
                return self._storage.write(mutations)
            commit, store = done
            stores.append(store)
            return commit

        def remove() -> None:
            for store in stores:
                remove_files(self._storage, store)

        try:
            await context.commit_part(write)
        except asyncio.CancelledError:
            # The store is gone all the same, if it was there, and nobody else knows of its files.
            await context.finish_in_worker(remove)
            raise
        await context.finish_in_worker(remove)
        return stores[0] if stores else None

    def _dropped_before_us(self) -> int:
        return self._storage.options.now_us() - self._retention_us


class _Removed:
    """What a job has removed so far."""

    def __init__(self) -> None:
        self.roles = self.stores = self.rows = self.files = self.bytes = 0

    def add(self, store: RemovedStore) -> None:
        self.stores += 1
        self.rows += store.rows
        self.files += len(store.paths)
        self.bytes += store.bytes

    def result(self) -> dict[str, int]:
        return {"roles": self.roles, "rows": self.rows, "files": self.files, "bytes": self.bytes}

    def message(self) -> str:
        rows, roles = counted(self.rows, "row"), counted(self.roles, "dropped user")
        return f"removed {rows} of {roles} ({counted(self.files, 'file')}, {about_size(self.bytes)})"
