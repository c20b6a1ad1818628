"""Group commit: in order, only once durable, and never again after a failure."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from storage.errors import NotVisible, WriteFailed
from storage.syncer import Commit, Syncer

if TYPE_CHECKING:
    from tests.storage.harness import ManualLoop


def test_commits_settle_in_order_and_only_after_a_sync(loop: ManualLoop) -> None:
    """No commit is done before the sync that covers it, and they are done in the order of submission."""
    may_sync = threading.Event()
    syncing = threading.Event()

    def sync() -> None:
        syncing.set()
        may_sync.wait()

    syncer = Syncer(sync, loop.call_soon)
    order: list[int] = []
    commits = [Commit(lambda error, n=n: order.append(n)) for n in range(20)]  # type: ignore[misc]
    for commit in commits:
        syncer.submit(commit)
    syncing.wait()
    assert not any(commit.done for commit in commits)
    assert order == []
    may_sync.set()
    loop.finish(commits[-1])
    assert order == list(range(20))
    assert all(commit.done and commit.error is None for commit in commits)
    syncer.close()


def test_one_sync_covers_all_that_was_submitted_before_it(loop: ManualLoop) -> None:
    """While a sync runs, commits gather, and the next one takes them all."""
    syncs = 0
    first = threading.Event()
    may_end = threading.Event()

    def sync() -> None:
        nonlocal syncs
        syncs += 1
        if syncs == 1:
            first.set()
            may_end.wait()

    syncer = Syncer(sync, loop.call_soon)
    syncer.submit(Commit())
    first.wait()
    rest = [Commit() for _ in range(100)]
    for commit in rest:
        syncer.submit(commit)
    may_end.set()
    loop.finish(rest[-1])
    assert syncs == 2
    syncer.close()


@pytest.mark.parametrize("inline", [True, False])
def test_after_a_failed_sync_nothing_is_acknowledged(loop: ManualLoop, *, inline: bool) -> None:
    """The failing commit and every later one fail with the first error, though later syncs would succeed."""
    results = iter([None, WriteFailed("no space left"), None, None])

    def sync() -> None:
        error = next(results)
        if error is not None:
            raise error

    told: list[WriteFailed] = []
    syncer = Syncer(sync, None if inline else loop.call_soon, told.append)
    commits = []
    for _ in range(4):
        commit = Commit()
        syncer.submit(commit)
        commits.append(commit if inline else loop.finish(commit))
    assert commits[0].error is None
    assert all(isinstance(commit.error, WriteFailed) for commit in commits[1:])
    with pytest.raises(WriteFailed, match="no space left"):
        commits[3].result()
    assert [str(error) for error in told] == ["no space left"]
    syncer.close()


def test_a_callback_that_raises_does_not_hold_other_commits_up(loop: ManualLoop) -> None:
    """Its error reaches the loop; the commits after it settle all the same."""
    may_sync = threading.Event()
    syncer = Syncer(may_sync.wait, loop.call_soon)  # type: ignore[arg-type]
    broken, after = Commit(), Commit()
    broken.on_done(lambda commit: 1 // 0)  # type: ignore[func-returns-value]
    syncer.submit(broken)
    syncer.submit(after)
    may_sync.set()
    with pytest.raises(ZeroDivisionError):
        loop.turn_once()
    loop.finish(after)
    syncer.close()


@pytest.mark.parametrize("inline", [True, False])
def test_what_is_durable_and_cannot_be_made_visible_ends_all_writing(loop: ManualLoop, *, inline: bool) -> None:
    """Who waits for it is told; a start will read what is durable. Commits on their way are settled all the same."""

    def out_of_memory(error: Exception | None) -> None:
        raise MemoryError

    told: list[WriteFailed] = []
    syncer = Syncer(lambda: None, None if inline else loop.call_soon, told.append)
    broken, after = Commit(out_of_memory), Commit()
    for commit in (broken, after):
        syncer.submit(commit)
        if not inline:
            loop.finish(commit)
    with pytest.raises(NotVisible, match="MemoryError"):
        broken.result()
    assert syncer.failure is broken.error
    assert told == [broken.error]
    syncer.close()


def test_on_done_calls_back_at_once_when_done() -> None:
    """Whoever comes late is told, too."""
    commit = Commit()
    seen: list[Commit] = []
    commit.on_done(seen.append)
    assert seen == []
    commit.settle(None)
    commit.on_done(seen.append)
    assert seen == [commit, commit]
