"""Steps run to their end, whatever they wait for and whoever interrupts them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from server.step_runner import StepRunner
from server.steps import NEXT_MESSAGE, Uninterruptible, UntilDurable
from sql.errors import AdminShutdown, DivisionByZero, QueryCanceled
from storage.syncer import Commit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from server.steps import Steps, Wait


class Recorder:
    """A runner, what its steps saw, and an event for each time that they went on by themselves."""

    def __init__(self) -> None:
        self.seen: list[object] = []
        self.failures: list[Exception] = []
        self.progress = asyncio.Event()
        self.runner = StepRunner(self.failures.append, self.progress.set)

    def steps(self, *waits: Wait) -> Steps:
        """Steps that wait for one thing after the other, and note what came of each."""
        for wait in waits:
            try:
                self.seen.append((yield wait))
            except Exception as error:  # noqa: BLE001 - noting it is the point.
                self.seen.append(type(error))


def scenario(run: Callable[[Recorder], Awaitable[None]]) -> Recorder:
    """Run a scenario on a loop of its own."""

    async def main() -> Recorder:
        recorder = Recorder()
        await run(recorder)
        return recorder

    return asyncio.run(asyncio.wait_for(main(), 60))


async def value(given: object) -> object:
    """Give a value a little later."""
    await asyncio.sleep(0)
    return given


async def failure() -> None:
    """Fail a little later."""
    await asyncio.sleep(0)
    raise DivisionByZero


def test_steps_get_what_they_wait_for() -> None:
    """Results and errors of awaitables, and the client's messages."""

    async def run(recorder: Recorder) -> None:
        recorder.runner.run(recorder.steps(value(1), failure(), NEXT_MESSAGE, Uninterruptible(value(2))))
        while not recorder.runner.awaits_message:
            await recorder.progress.wait()
            recorder.progress.clear()
        recorder.runner.give("message")
        await recorder.progress.wait()
        assert recorder.runner.steps is None

    assert scenario(run).seen == [1, DivisionByZero, "message", 2]


def test_a_commit_is_waited_for_without_a_task() -> None:
    """Steps go on in the very call that settles it."""

    async def run(recorder: Recorder) -> None:
        commit = Commit()
        tasks = asyncio.all_tasks()
        recorder.runner.run(recorder.steps(UntilDurable(commit)))
        assert asyncio.all_tasks() == tasks
        assert recorder.seen == []
        commit.settle(None)
        assert recorder.runner.steps is None
        assert recorder.progress.is_set()

    assert scenario(run).seen == [None]


def test_an_interrupted_statement_fails_with_the_reason_after_it_cleaned_up() -> None:
    """Even when it had not begun yet, and however often it is interrupted."""

    async def run(recorder: Recorder) -> None:
        async def statement() -> None:
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                recorder.seen.append("cleaned up")
                raise

        recorder.runner.run(recorder.steps(statement(), value("next")))
        recorder.runner.interrupt(QueryCanceled())
        recorder.runner.interrupt(AdminShutdown())
        while recorder.runner.steps is not None:
            await recorder.progress.wait()
            recorder.progress.clear()

    assert scenario(run).seen == ["cleaned up", QueryCanceled, "next"]


def test_what_must_not_be_interrupted_is_not() -> None:
    """A cancel request that arrives while a transaction ends does nothing, then or later."""

    async def run(recorder: Recorder) -> None:
        recorder.runner.run(recorder.steps(Uninterruptible(value("committed")), value("next")))
        recorder.runner.interrupt(QueryCanceled())
        while recorder.runner.steps is not None:
            await recorder.progress.wait()
            recorder.progress.clear()

    assert scenario(run).seen == ["committed", "next"]


def test_waiting_for_a_message_can_be_interrupted() -> None:
    """A COPY whose client sends nothing."""

    async def run(recorder: Recorder) -> None:
        recorder.runner.run(recorder.steps(NEXT_MESSAGE))
        recorder.runner.interrupt(QueryCanceled())
        assert recorder.progress.is_set()

    assert scenario(run).seen == [QueryCanceled]


def test_stopping_interrupts_all_that_is_to_come() -> None:
    """But clean-up that must not be interrupted is waited for."""

    async def run(recorder: Recorder) -> None:
        forever = asyncio.get_running_loop().create_future()
        recorder.runner.run(recorder.steps(value("cut"), Uninterruptible(value("cleaned up")), NEXT_MESSAGE, forever))
        recorder.runner.stop(AdminShutdown())
        while recorder.runner.steps is not None:
            await recorder.progress.wait()
            recorder.progress.clear()
        assert recorder.runner.was_stopped

    assert scenario(run).seen == [AdminShutdown, "cleaned up", AdminShutdown, AdminShutdown]


def test_what_steps_let_through_is_told() -> None:
    """To whoever owns the runner, once, and the runner is free again."""

    async def run(recorder: Recorder) -> None:
        def steps() -> Steps:
            yield value(1)
            raise DivisionByZero

        recorder.runner.run(steps())
        await recorder.progress.wait()
        assert recorder.runner.steps is None

    assert [type(error) for error in scenario(run).failures] == [DivisionByZero]
