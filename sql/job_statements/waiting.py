"""Waiting for jobs: woken by the manager's events, ended by a time limit or by a client that gives up."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from jobs.errors import JobFailed, JobWasCancelled, WaitTimedOut
from sql.relations.context import JOB
from storage.units import about_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
    from typing import Any

    from jobs.record import JobRecord
    from jobs.request import ControlOutcome
    from sql.session_state import SessionState

S = TypeVar("S")
T = TypeVar("T")

_AT_A_TIME: Final = 16
"""Jobs that are looked at in a row before others get their turn on the loop."""
_PATIENCE_S: Final = 0.05
_NAMED_AT_MOST: Final = 10
"""Jobs that one message names."""
_THEN: Final = "It goes on: WAIT JOB '{id}' waits on, KILL JOB '{id}' ends it."


async def wait_for_jobs(job_ids: Sequence[str], timeout_s: float | None, session: SessionState) -> dict[str, JobRecord]:
    """The jobs' records once all have ended, or the time is over: a WARNING then tells of those that go on.

    Raises the failure (`JobFailed`, `JobWasCancelled`) that came first, once there is nothing more to wait for.
    """
    loop = asyncio.get_running_loop()
    deadline_s = None if timeout_s is None else loop.time() + timeout_s
    records: dict[str, JobRecord] = {}
    failures: list[JobFailed | JobWasCancelled] = []
    late: list[JobRecord] = []
    with goes_on(session, job_ids):
        # One after the other takes as long as all at once, since the last one decides.
        for number, job_id in enumerate(job_ids, start=1):
            left_s = None if deadline_s is None else max(deadline_s - loop.time(), 0)
            try:
                records[job_id] = await session.shared.jobs.wait_for_job(job_id, left_s)
            except (JobFailed, JobWasCancelled) as failure:
                records[job_id] = failure.record
                failures.append(failure)
            except WaitTimedOut as timed_out:
                records[job_id] = timed_out.record
                late.append(timed_out.record)
            await turn_of_others(number)
    if timeout_s is not None:
        warn_of_late(late, timeout_s, _THEN, session)
    if failures:
        raise min(failures, key=lambda failure: failure.record.finished_at or 0)
    return records


def warn_of_late(
    late: Sequence[JobRecord | ControlOutcome], timeout_s: float, then: str, session: SessionState
) -> None:
    """Tell of the jobs for which a statement has waited long enough. `then` says of one (`{id}`) how it goes on."""
    if not late:
        return
    limit = about_duration(timeout_s)
    if len(late) == 1:
        message = f'job "{late[0].job_id}" is still {late[0].status} after {limit}'
        session.notice(message, "WARNING", "01000", hint=then.format(id=late[0].job_id))
        return
    states = [f"{each.job_id} is {each.status}." for each in late[:_NAMED_AT_MOST]]
    if len(late) > _NAMED_AT_MOST:
        states.append(f"{len(late) - _NAMED_AT_MOST} more.")
    session.notice(f"{len(late)} jobs have not ended after {limit}", "WARNING", "01000", detail="\n".join(states))


@contextmanager
def goes_on(session: SessionState, job_ids: Sequence[str]) -> Iterator[None]:
    """While a statement waits here for jobs: if it is stopped, its client is told that they are not."""
    detail, hint = "", ""
    if len(job_ids) == 1:
        detail = f'Only the waiting has ended: job "{job_ids[0]}" goes on.'
        hint = f"Use KILL JOB '{job_ids[0]}' to end it."
    elif job_ids:
        named = ", ".join(job_ids[:_NAMED_AT_MOST]) + (", …" if len(job_ids) > _NAMED_AT_MOST else "")
        detail = f"Only the waiting has ended: {len(job_ids)} jobs go on ({named})."
        hint = "Use KILL JOBS WHERE … to end them."
    session.waits_for = JOB
    try:
        with leaves_behind(session, detail, hint):
            yield
    finally:
        session.waits_for = None


@contextmanager
def leaves_behind(session: SessionState, detail: str, hint: str | None = None) -> Iterator[None]:
    """While a statement waits here: if it is stopped (a cancel request, a time limit), its error says this too."""
    try:
        yield
    except asyncio.CancelledError:
        session.left_behind = (detail, hint)
        raise


async def turn_of_others(number: int) -> None:
    """Let others have the loop, every so many of many things that are counted by `number`."""
    if number % _AT_A_TIME == 0:
        await asyncio.sleep(0)


async def for_each(items: Iterable[S], work: Callable[[S], Coroutine[Any, Any, T]]) -> list[T]:
    """Do something with each item, many at the same time; the results in the order of the items.

    When one raises, or this is cancelled, the others are cancelled, too.
    """
    tasks: list[asyncio.Task[T]] = []
    pending: set[asyncio.Task[T]] = set()
    try:
        for item in items:
            task = asyncio.create_task(work(item))
            tasks.append(task)
            pending.add(task)
            if len(pending) >= _AT_A_TIME:
                # So many that one sync of the disk makes durable go on in one turn of the loop. Those that take
                # long, as jobs do whose work has to stop, do not keep the others from being begun.
                await asyncio.wait(pending, timeout=_PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
                pending = {each for each in pending if not each.done()}
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
