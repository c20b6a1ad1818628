"""CO: merges a table's small segments and drops its dead rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from jobs.body import JobBody
from jobs.outcome import Outcome, Skip
from jobs.permissions import SYSTEM
from jobs.record import JobType
from jobs.request import JobRequest
from jobs.rewriting import Rewriting, Rewritten
from jobs.tables import tables_of
from storage.compaction import plan_compaction, wants_compaction
from storage.compaction_policy import CompactionPolicy
from storage.errors import TableGone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.context import JobContext
    from storage.compaction import CompactionPlan
    from storage.engine import Storage

STORES_A_STEP: Final = 500
"""Row stores looked at before others get the loop."""


class CompactionParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Which table, and whether everything is merged (`full`) or what the policy says."""

    table_oid: int
    namespace: str
    table_name: str
    full: bool = False
    joined: int = 0
    """Requests that have joined the job: for each, it looks once more at what there is."""


class CompactionBody(JobBody[CompactionParameters]):
    """Merges what the policy says, in all row stores of the table.

    Each merge is one atomic step of storage (`storage.compaction`), so that a stop at any point keeps those that are
    done. The last one settles the job's record in its own batch.
    """

    job_type = JobType.COMPACTION

    def __init__(self, storage: Storage, policy: CompactionPolicy | None = None) -> None:
        super().__init__(CompactionParameters)
        self._storage = storage
        self._policy = policy or CompactionPolicy()

    def admit(self, parameters: CompactionParameters) -> CompactionParameters:
        """Refuse a table that is not there. Raises `TableGone`."""
        self._storage.stores(parameters.table_oid)
        return parameters

    def idempotency_key(self, parameters: CompactionParameters) -> str:
        """One compaction of a table at a time, by its id, which does not change."""
        return f"compact-{parameters.table_oid}"

    def shown_key(self, parameters: CompactionParameters) -> str:
        """By the name that the table has when the job is asked for."""
        return f"compact-{parameters.namespace}-{parameters.table_name}"

    def coalesce(self, active: CompactionParameters, asked: CompactionParameters) -> CompactionParameters | None:
        """Do the more thorough of the two, and look again: rows may have died where the job has been already."""
        if active.table_oid != asked.table_oid:
            return None
        return msgspec.structs.replace(asked, full=active.full or asked.full, joined=active.joined + 1)

    def scheduled(self, parameters: dict[str, Any]) -> Iterator[JobRequest]:
        """The tables in which the policy finds something to merge; with `full` in the parameters, anything at all."""
        full = bool(parameters.get("full"))
        policy = replace(self._policy, full=full)
        for table in tables_of(self._storage.catalog, parameters):
            stores = self._storage.stores(table.oid)
            if any(wants_compaction(self._storage, store_oid, policy) for store_oid in stores):
                yield JobRequest(
                    job_type=JobType.COMPACTION,
                    parameters=CompactionParameters(
                        table_oid=table.oid, namespace=table.namespace, table_name=table.name, full=full
                    ),
                    owner=SYSTEM.name,
                    namespace=table.namespace,
                    table_name=table.name,
                )

    def describe(self, parameters: CompactionParameters) -> str:
        """What is logged of a new job."""
        how = "full compaction" if parameters.full else "compaction"
        return f"{how} of {parameters.namespace}.{parameters.table_name}"

    async def prepare(self, context: JobContext[CompactionParameters]) -> Skip | None:
        """Skip a table that is gone or has nothing to merge."""
        parameters = context.parameters
        return None if await self._stores_to_compact(context, parameters) else self._nothing_to_do(parameters)

    async def run(self, context: JobContext[CompactionParameters]) -> Outcome | Skip:
        """Merge until the policy is content with every row store."""
        rewriting = Rewriting(self._storage, context, "merging segments")
        while stores := await self._stores_to_compact(context, parameters := context.parameters):
            for store_oid in stores:
                while (plan := self._plan(store_oid, parameters)) is not None:
                    is_last = store_oid == stores[-1] and not plan.rows_after
                    outcome = await rewriting.carry_out(plan, is_last=is_last)
                    if outcome is not None:
                        return outcome
        return rewriting.outcome or self._nothing_to_do(parameters)

    async def _stores_to_compact(
        self, context: JobContext[CompactionParameters], parameters: CompactionParameters
    ) -> list[int]:
        policy = self._policy_of(parameters)
        found: list[int] = []
        try:
            for count, store_oid in enumerate(self._storage.stores(parameters.table_oid), 1):
                if wants_compaction(self._storage, store_oid, policy):
                    found.append(store_oid)
                if count % STORES_A_STEP == 0:
                    await context.checkpoint()
        except TableGone:
            return []
        return found

    def _plan(self, store_oid: int, parameters: CompactionParameters) -> CompactionPlan | None:
        try:
            return plan_compaction(self._storage, store_oid, self._policy_of(parameters))
        except TableGone:
            return None

    def _policy_of(self, parameters: CompactionParameters) -> CompactionPolicy:
        return replace(self._policy, full=parameters.full)

    def _nothing_to_do(self, parameters: CompactionParameters) -> Skip:
        is_there = parameters.table_oid in self._storage.catalog.tables
        return Skip("nothing to compact" if is_there else "the table was dropped", Rewritten().result())
