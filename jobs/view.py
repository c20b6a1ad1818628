"""All jobs at one moment: the active ones as they were shown then, and the history."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobs.attempts import JobAttempt
    from jobs.events import JobEvent
    from jobs.history import JobColumns, JobHistory
    from jobs.record import JobId, JobRecord
    from jobs.request import FirstJobs, JobFilter

_ID: Final = frozenset({"job_id"})


class JobView:
    """What a manager shows. Its owner takes it, in no time; any thread may read it."""

    def __init__(self, active: Iterable[JobRecord], history: JobHistory) -> None:
        self._active = {record.job_id: record for record in active}
        self._history = history

    def __len__(self) -> int:
        """How many have not ended."""
        return len(self._active)

    def find(self, wanted: JobFilter) -> Iterator[JobRecord]:
        """The jobs that the filter accepts: active ones, then ended ones, which are read as the iterator advances."""
        ended = (record for record in self._history.find(wanted) if record.job_id not in self._active)
        return itertools.chain(self._accepted(wanted), ended)

    def columns(self, wanted: JobFilter, names: frozenset[str], first: FirstJobs | None = None) -> Iterator[JobColumns]:
        """These fields of the same jobs, in batches: much faster where only few fields are asked for, or jobs.

        With `first` there may be more jobs than so many, and among them are the first ones.
        """
        names = names or _ID
        active = list(self._accepted(wanted))
        if active:
            yield {name: [getattr(record, name) for record in active] for name in names}
        if not self._active:
            yield from self._history.columns(wanted, names, first)
            return
        if first is not None:
            # Those that are left out below must not be missed.
            first = replace(first, count=first.count + len(self._active))
        for batch in self._history.columns(wanted, names | _ID, first):
            yield self._without_active(batch)

    def attempts(self, job_ids: Iterable[JobId] | None = None) -> Iterator[JobAttempt]:
        """The attempts of these jobs, or of all. The newest may not be durable yet."""
        if job_ids is None:
            return self._history.attempts()
        return itertools.chain.from_iterable(map(self._history.attempts, job_ids))

    def events(self, job_ids: Iterable[JobId] | None = None) -> Iterator[JobEvent]:
        """The events of these jobs, or of all, in their order within a job. The newest may not be durable yet."""
        if job_ids is None:
            return self._history.events()
        return itertools.chain.from_iterable(map(self._history.events, job_ids))

    def _accepted(self, wanted: JobFilter) -> Iterator[JobRecord]:
        return filter(wanted.accepts, self._active.values())

    def _without_active(self, batch: JobColumns) -> JobColumns:
        # A job whose end is written but not durable is among both, and has not ended as far as anybody was told.
        ids = batch["job_id"]
        if self._active.keys().isdisjoint(ids):
            return batch
        kept = [job_id not in self._active for job_id in ids]
        return {name: list(itertools.compress(values, kept)) for name, values in batch.items()}
