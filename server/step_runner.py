"""Runs `Steps`: waits for what they yield and goes on with what came of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from server.errors import log_unexpected
from server.steps import NEXT_MESSAGE, Uninterruptible, UntilDurable
from sql.errors import AdminShutdown

if TYPE_CHECKING:
    from collections.abc import Callable

    from server.steps import Steps, Wait
    from storage.engine import Commit


def _no_steps() -> Steps:
    yield from ()


class StepRunner:
    """Runs the steps of one connection, one piece of work at a time.

    `on_failure` gets an exception that steps let through. `on_progress` is called when steps went on because what they
    waited for came by itself, as a result, a commit or an interruption does.
    """

    def __init__(self, on_failure: Callable[[Exception], None], on_progress: Callable[[], None]) -> None:
        self.steps: Steps | None = None
        """What is being done, and waits for something: a task, a commit, or the client's next message."""
        self.awaits_message = False
        self.was_stopped = False
        """Steps have been ended early by `stop`."""
        self._waiting = _no_steps()
        """What is being done while a commit is waited for: nobody goes on with it."""
        self._on_failure = on_failure
        self._on_progress = on_progress
        self._task: asyncio.Future[Any] | None = None
        self._interruptible = False
        self._interruption: Exception | None = None
        self._stopping: Exception | None = None

    def run(self, steps: Steps) -> None:
        """Begin something, when nothing else is being done."""
        self.steps = steps
        self._advance()

    def run_until_durable(self, commit: Commit, then: Callable[[Commit], None]) -> None:
        """Do nothing else before a commit is durable or has failed, and then go on with `then`."""
        self.steps = self._waiting

        def done(commit: Commit) -> None:
            self.steps = None
            then(commit)

        commit.on_done(done)

    def give(self, message: object) -> None:
        """Hand over the message that the steps wait for."""
        self._advance(message)

    def throw(self, error: Exception) -> None:
        """Hand over an error in the place of the message that the steps wait for."""
        self._advance(error=error)

    def interrupt(self, reason: Exception) -> None:
        """Stop the statement that runs, if one does: it fails with `reason`."""
        if self.awaits_message:
            self._advance(error=reason)
            self._on_progress()
        elif self._task is not None and self._interruptible and self._interruption is None:
            # Its task is cancelled once, as it may need a while to stop its thread.
            self._interruption = reason
            # Not before it has begun: a task that is cancelled before its first step never gets to clean up.
            asyncio.get_running_loop().call_soon(self._cancel, self._task)

    def stop(self, reason: Exception) -> None:
        """Interrupt what is being done, and whatever else it will want to wait for."""
        self._stopping = reason
        self.interrupt(reason)

    def _advance(self, value: object = None, error: BaseException | None = None) -> None:
        """Go on up to the next thing to wait for."""
        steps = self.steps
        assert steps is not None
        self.awaits_message = False
        if error is not None and self._stopping is not None:
            self.was_stopped = True
        try:
            waiting = steps.send(value) if error is None else steps.throw(error)
        except StopIteration:
            self.steps = None
        except Exception as failure:  # noqa: BLE001 - it ends the connection, and both client and log are told.
            self.steps = None
            if self._stopping is None:
                self._on_failure(failure)
            else:
                log_unexpected(failure)
        else:
            self._wait_for(waiting)

    def _wait_for(self, waiting: Wait) -> None:
        if waiting is NEXT_MESSAGE:
            self.awaits_message = True
            if self._stopping is not None:
                self._advance(error=self._stopping)
        elif isinstance(waiting, UntilDurable):
            waiting.commit.on_done(self._commit_done)
        else:
            self._interruptible = not isinstance(waiting, Uninterruptible)
            awaitable = waiting.awaitable if isinstance(waiting, Uninterruptible) else waiting
            self._task = asyncio.ensure_future(awaitable)
            self._task.add_done_callback(self._task_done)
            if self._stopping is not None:
                self.interrupt(self._stopping)

    def _task_done(self, task: asyncio.Future[Any]) -> None:
        interruption, self._interruption = self._interruption, None
        self._task = None
        if task.cancelled():
            self._advance(error=interruption or AdminShutdown())
        elif (error := task.exception()) is not None:
            self._advance(error=error)
        else:
            self._advance(task.result())
        self._on_progress()

    def _commit_done(self, _commit: object) -> None:
        self._advance()
        self._on_progress()

    def _cancel(self, task: asyncio.Future[Any]) -> None:
        if task is self._task:
            task.cancel()
