"""Group commit: one thread syncs, and one sync acknowledges every commit that was written before it began."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from storage.errors import NotVisible, WriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    CallSoon = Callable[[Callable[[], None]], object]


class Commit:
    """A write on its way to the disk.

    `done` turns true on the loop's thread, once it is durable and visible, or has failed: then `error` says why,
    nothing of it is visible, and it may or may not be there after a restart.
    """

    __slots__ = ("_apply", "_callbacks", "done", "error")

    def __init__(self, apply: Callable[[Exception | None], None] | None = None) -> None:
        self.done = False
        self.error: Exception | None = None
        self._apply = apply
        self._callbacks: list[Callable[[Commit], None]] = []

    def on_done(self, callback: Callable[[Commit], None]) -> None:
        """Call back on the loop when done; at once when it is done already."""
        if self.done:
            callback(self)
        else:
            self._callbacks.append(callback)

    def settle(self, error: Exception | None) -> None:
        """It is durable, or it failed: make it visible or let it go, and tell those who wait. On the loop, once."""
        if self._apply is not None:
            try:
                self._apply(error)
            except Exception as failure:  # noqa: BLE001 - for want of memory, say: those who wait must be told
                error = NotVisible(f"{NotVisible.__doc__}: {failure!r}")
            self._apply = None
        self.done = True
        self.error = error
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)

    def result(self) -> None:
        """Raise the error of a commit that is done and failed."""
        assert self.done, "the commit is still under way"
        if self.error is not None:
            raise self.error


class Syncer:
    """Takes written commits in order and settles them in order, on the loop, when they are durable.

    Once a sync has failed nothing is ever acknowledged again: what reached the disk is unknown from then on (the kernel
    may have dropped the pages), so all commits fail with that first error.

    `call_soon` runs a function on the loop's thread. Without it every commit is synced inline. `on_failure` is told of
    that first error, in whatever thread finds it.
    """

    def __init__(
        self,
        sync: Callable[[], None],
        call_soon: CallSoon | None,
        on_failure: Callable[[WriteFailed], None] | None = None,
    ) -> None:
        self._sync = sync
        self._call_soon = call_soon
        self._on_failure = on_failure
        self._written: queue.SimpleQueue[Commit | None] = queue.SimpleQueue()
        self.failure: WriteFailed | None = None
        self._thread: threading.Thread | None = None
        if call_soon is not None:
            self._thread = threading.Thread(target=self._run, name="siltdb-syncer", daemon=True)
            self._thread.start()

    def submit(self, commit: Commit) -> None:
        """Settle a commit, whose batch has been written, after the next sync."""
        if self._thread is not None:
            self._written.put(commit)
        else:
            self._try_sync()
            self.settle(commit, self.failure)

    def settle(self, commit: Commit, error: Exception | None) -> None:
        """Settle a commit. When it cannot be made visible, what is visible is not what is durable: writing ends."""
        try:
            commit.settle(error)
        finally:
            if isinstance(commit.error, NotVisible):
                self.fail(commit.error)

    def fail(self, error: WriteFailed) -> None:
        """Say that a write has failed: the same as a failed sync."""
        if self.failure is None:
            self.failure = error
            if self._on_failure is not None:
                self._on_failure(error)

    def close(self) -> None:
        """Sync what was submitted and stop. Their callbacks may run after this, if the loop still turns."""
        if self._thread is not None:
            self._written.put(None)
            self._thread.join()

    def _try_sync(self) -> None:
        if self.failure is None:
            try:
                self._sync()
            except WriteFailed as error:
                self.fail(error)

    def _run(self) -> None:
        assert self._call_soon is not None
        closing = False
        while not closing:
            taken = [self._written.get()]
            while not self._written.empty():
                taken.append(self._written.get())
            closing = None in taken
            commits = [commit for commit in taken if commit is not None]
            if not commits:
                continue
            self._try_sync()
            try:
                self._call_soon(_Settle(commits, self.failure, self, self._call_soon))
            except RuntimeError:
                # The loop has been closed: nobody is left to be told, and recovery finds what is durable.
                return


class _Settle:
    """What the loop is asked to run: settle these commits in order."""

    __slots__ = ("_call_soon", "_commits", "_error", "_syncer")

    def __init__(self, commits: list[Commit], error: Exception | None, syncer: Syncer, call_soon: CallSoon) -> None:
        self._commits = commits[::-1]
        self._error = error
        self._syncer = syncer
        self._call_soon = call_soon

    def __call__(self) -> None:
        try:
            while self._commits:
                self._syncer.settle(self._commits.pop(), self._error)
        finally:
            # Only after a callback raised: that is the loop's to report, but the other commits must not wait for ever.
            if self._commits:
                self._call_soon(self)
