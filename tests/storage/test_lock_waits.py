"""Who wants a row or a key that somebody holds: woken in order, one at a time, and never forgotten."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import types
from storage.catalog_entries import Column
from storage.errors import Blocked, DeadlockDetected, RowChanged, UniqueViolation
from storage.point_write import NotAtOnce
from tests.storage.harness import ManualLoop, create_table, define, find, insert, open_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from storage.catalog_entries import Table
    from storage.engine import Commit, Storage
    from storage.transaction import Transaction

COUNTED = (Column(1, "id", types.BIGINT, not_null=True), Column(2, "n", types.BIGINT))


class Client:
    """One that updates a row again and again until it succeeds, as a session does."""

    def __init__(self, storage: Storage, table: Table) -> None:
        self.storage, self.table = storage, table
        self.transaction = storage.begin(party=storage.lock_party())
        self.is_woken = False

    def update(self, key: int, value: str) -> bool:
        """Whether it was done, or there was nothing to do; otherwise it waits."""
        storage, transaction = self.storage, self.transaction
        self.is_woken = False
        storage.wait_ends(transaction)
        mark = transaction.begin_statement()
        try:
            found = transaction.find(self.table.oid, storage.key_of(self.table, (key,)))
            if found is not None:
                transaction.delete(self.table.oid, [found[1]], [found[0]])
                transaction.insert(self.table.oid, [(key, value)])
        except Blocked as blocked:
            transaction.undo_to(mark)
            storage.wait_begins(transaction, blocked, self.wake)
            return False
        transaction.held.has_tried()
        return True

    def wake(self) -> None:
        """It should try again."""
        self.is_woken = True

    def gives_up(self) -> None:
        """It waits no longer, and tries no more."""
        self.storage.wait_ends(self.transaction)
        self.transaction.held.has_tried()

    def commit(self) -> None:
        """Commit, at once durable."""
        self.storage.commit(self.transaction).result()


@pytest.fixture
def table(storage: Storage) -> Table:
    """A table of two rows."""
    created = create_table(storage)
    insert(storage, created, (1, "a"), (2, "b"))
    return created


@pytest.fixture
def clients(storage: Storage, table: Table) -> list[Client]:
    """Four, of whom the first has updated row 1, and the others wait for it in their order."""
    clients = [Client(storage, table) for _ in range(4)]
    assert [client.update(1, str(place)) for place, client in enumerate(clients)] == [True, False, False, False]
    return clients


def woken(clients: list[Client]) -> list[int]:
    """The places of those who should try again."""
    return [place for place, client in enumerate(clients) if client.is_woken]


def test_one_after_the_other_gets_the_row(storage: Storage, table: Table, clients: list[Client]) -> None:
    """Only the first is woken, and nobody while it holds the row that it has updated."""
    for place in range(3):
        clients[place].commit()
        assert woken(clients) == [place + 1]
        assert clients[place + 1].update(1, str(place + 1))
        assert woken(clients) == []
    clients[3].commit()
    assert find(storage, table, 1) == (1, "3")


def test_a_rollback_wakes_the_first_too(storage: Storage, table: Table, clients: list[Client]) -> None:
    """The row is what it was, and the others wait for whoever has it next."""
    storage.rollback(clients[0].transaction)
    assert woken(clients) == [1]
    assert clients[1].update(1, "1")
    storage.rollback(clients[1].transaction)
    assert woken(clients) == [2]
    assert clients[2].update(1, "2")
    clients[2].commit()
    assert woken(clients) == [3]


def test_who_gives_up_lets_the_next_one_try(clients: list[Client]) -> None:
    """Before it is its turn nothing happens; when it is, the next one is woken."""
    clients[2].gives_up()
    assert woken(clients) == []
    clients[0].commit()
    clients[1].gives_up()
    assert woken(clients) == [1, 3]


def test_who_finds_nothing_to_do_lets_the_next_one_try(clients: list[Client]) -> None:
    """It does not keep the others waiting until its transaction ends."""
    clients[0].commit()
    assert clients[1].update(7, "there is none")
    assert woken(clients) == [2]


def test_one_who_comes_between_is_waited_for(clients: list[Client], storage: Storage, table: Table) -> None:
    """The woken one finds the row taken again: the others stay asleep, and are woken in their order later."""
    clients[0].commit()
    other = Client(storage, table)
    assert other.update(1, "other")
    assert not clients[1].update(1, "1")
    assert woken(clients) == []
    other.commit()
    (first,) = woken(clients)
    assert clients[first].update(1, "x")
    clients[first].commit()
    (second,) = woken(clients[:first] + clients[first + 1 :])
    assert second < 3


def test_a_row_that_is_gone_is_waited_for_by_nobody(storage: Storage, table: Table) -> None:
    """Each of them finds that out for itself, beside the others."""
    clients = [Client(storage, table) for _ in range(3)]
    deleter = clients[0].transaction
    found = deleter.find(table.oid, storage.key_of(table, (1,)))
    assert found is not None
    deleter.delete(table.oid, [found[1]])
    assert not any(client.update(1, "late") for client in clients[1:])
    clients[0].commit()
    assert woken(clients) == [1, 2]


def test_without_a_key_nobody_knows_where_the_row_went(storage: Storage) -> None:
    """All who wait for a row of a table without keys are woken when it was updated."""
    table = create_table(storage, key=(), name="keyless")
    insert(storage, table, (1, "a"))
    holder, *others = (storage.begin() for _ in range(3))
    holder.delete(table.oid, [1])
    holder.insert(table.oid, [(1, "b")])
    called: list[Transaction] = []
    for other in others:
        with pytest.raises(Blocked) as blocked:
            other.delete(table.oid, [1])
        storage.wait_begins(other, blocked.value, lambda other=other: called.append(other))  # type: ignore[misc]  # a default binds it
    storage.commit(holder).result()
    assert called == others


def test_what_is_let_go_wakes_who_wants_that(storage: Storage, table: Table) -> None:
    """A ROLLBACK TO lets go of one row: who waits for the other one sleeps on."""
    holder, first, second = (Client(storage, table) for _ in range(3))
    assert holder.update(1, "mine")
    mark = holder.transaction.mark()
    assert holder.update(2, "mine, too")
    assert not first.update(1, "x")
    assert not second.update(2, "x")
    holder.transaction.undo_to(mark)
    assert (first.is_woken, second.is_woken) == (False, True)
    holder.commit()
    assert first.is_woken


def test_a_circle_through_one_who_was_sent_on_is_found(storage: Storage, table: Table) -> None:
    """It has not met its new holder itself: it is woken to do so, and is told if the circle is a real one."""
    holder, first, second = clients = [Client(storage, table) for _ in range(3)]
    assert second.update(2, "mine")
    assert [client.update(1, "x") for client in clients] == [True, False, False]
    holder.commit()
    assert first.update(1, "first")
    assert not first.update(2, "closes the circle, perhaps")
    assert woken(clients) == [2]
    with pytest.raises(DeadlockDetected):
        second.update(1, "second")
    storage.rollback(second.transaction)
    assert first.is_woken
    assert first.update(2, "first")


def test_a_point_write_hands_over_the_row_that_it_has_updated(looped: Storage, loop: ManualLoop) -> None:
    """Who waits while it is being committed is woken one after the other."""
    creator = looped.begin()
    table = define(creator.new_oid())
    creator.change_catalog(lambda catalog: catalog.with_table(table))
    loop.finish(looped.commit(creator)).result()
    loop.finish(insert(looped, table, (1, "a"))).result()
    writer = looped.begin_point(looped.lock_party())
    found = writer.find(table.oid, looped.key_of(table, (1,)))
    assert found is not None
    writer.delete(table.oid, (found[1],), (found[0],))
    writer.insert(table.oid, ((1, "b"),))
    commit = writer.commit()
    assert commit is not None
    clients = [Client(looped, table) for _ in range(3)]
    assert not any(client.update(1, "late") for client in clients)
    loop.finish(commit)
    assert woken(clients) == [0]
    assert clients[0].update(1, "c")
    loop.finish(looped.commit(clients[0].transaction))
    assert woken(clients) == [1]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["update", "lock"]), st.integers(0, 1)),
        st.tuples(st.sampled_from(["insert", "delete"]), st.integers(2, 3)),
        st.tuples(st.sampled_from(["savepoint", "rollback to"]), st.just(0)),
    ),
    min_size=1,
    max_size=5,
)
ENDS = st.sampled_from(["commit", "commit", "commit", "rollback", "give up"])


class Worker:
    """A client that runs a whole transaction, one piece at a time; `added` is what its commit has added to each row."""

    def __init__(self, storage: Storage, table: Table, steps: Sequence[tuple[str, int]], end: str) -> None:
        self.added = {0: 0, 1: 0}
        self.is_over = False
        self.sleeps = False
        self._storage, self._table, self._steps, self._end = storage, table, steps, end
        self._run = self._pieces()

    def go_on(self) -> None:
        """Run the next piece."""
        self.is_over = next(self._run, None) is None

    def _pieces(self) -> Iterator[str]:
        storage = self._storage
        if len(self._steps) == 1 and self._steps[0][0] == "update" and self._at_once(self._steps[0][1]):
            return
        transaction = storage.begin(party=storage.lock_party())
        added, marks = {0: 0, 1: 0}, [(transaction.mark(), {0: 0, 1: 0})]
        for step, key in self._steps:
            if step == "savepoint":
                marks.append((transaction.mark(), dict(added)))
            elif step == "rollback to":
                mark, added = marks[-1][0], dict(marks[-1][1])
                transaction.undo_to(mark)
                marks[-1] = (transaction.mark(), dict(added))
            else:
                while not self._try(transaction, step, key):
                    yield "waits"
                    storage.wait_ends(transaction)
                    if self._end == "give up":
                        break
                transaction.held.has_tried()
                if not transaction.is_open:
                    return
                added[key] = added.get(key, 0) + (step == "update")
            yield "goes on"
        if self._end != "commit":
            storage.rollback(transaction)
            return
        commit = storage.commit(transaction)
        commit.on_done(self._committed(added))

    def _committed(self, added: dict[int, int]) -> Callable[[Commit], None]:
        def note(_commit: Commit) -> None:
            self.added = added

        return note

    def _try(self, transaction: Transaction, step: str, key: int) -> bool:
        """Whether it is over with this step, well or not."""
        storage = self._storage
        while True:
            mark = transaction.begin_statement()
            try:
                self._do(transaction, step, key)
            except RowChanged:
                transaction.undo_to(mark)
                continue
            except UniqueViolation:
                storage.rollback(transaction)
            except Blocked as blocked:
                transaction.undo_to(mark)
                self.sleeps = True
                try:
                    storage.wait_begins(transaction, blocked, self._wake)
                except DeadlockDetected:
                    self.sleeps = False
                    storage.rollback(transaction)
                    return True
                return False
            return True

    def _do(self, transaction: Transaction, step: str, key: int) -> None:
        oid = self._table.oid
        found = transaction.find(oid, self._storage.key_of(self._table, (key,)))
        if step == "insert":
            transaction.insert(oid, [(key, 0)])
        elif found is not None and step == "lock":
            transaction.lock_row(oid, found[1])
        elif found is not None:
            transaction.delete(oid, [found[1]], [found[0]])
            if step == "update":
                transaction.insert(oid, [(key, found[0][1] + 1)])

    def _at_once(self, key: int) -> bool:
        writer = self._storage.begin_point(self._storage.lock_party())
        try:
            found = writer.find(self._table.oid, self._storage.key_of(self._table, (key,)))
            assert found is not None
            writer.delete(self._table.oid, (found[1],), (found[0],))
            writer.insert(self._table.oid, ((key, found[0][1] + 1),))
            commit = writer.commit()
        except NotAtOnce:
            return False
        assert commit is not None
        commit.on_done(self._committed({0: 0, 1: 0, key: 1}))
        return True

    def _wake(self) -> None:
        self.sleeps = False


@settings(max_examples=40, deadline=None)
@given(data=st.data(), plans=st.lists(st.tuples(STEPS, ENDS), min_size=2, max_size=6))
def test_everybody_comes_to_an_end(data: st.DataObject, plans: list[tuple[list[tuple[str, int]], str]]) -> None:
    """In whatever order they run, nobody is left waiting, no update is lost, and no lock is left behind."""
    loop = ManualLoop()
    with tempfile.TemporaryDirectory() as folder:
        looped = open_storage(Path(folder), loop.call_soon)
        try:
            _run_to_the_end(looped, loop, data, plans)
        finally:
            looped.close()


def _run_to_the_end(
    looped: Storage, loop: ManualLoop, data: st.DataObject, plans: list[tuple[list[tuple[str, int]], str]]
) -> None:
    creator = looped.begin()
    oid = creator.new_oid()
    table = define(oid, COUNTED)
    creator.change_catalog(lambda catalog: catalog.with_table(table))
    loop.finish(looped.commit(creator)).result()
    loop.finish(insert(looped, table, (0, 0), (1, 0))).result()
    workers = [Worker(looped, table, steps, end) for steps, end in plans]
    while any(not worker.is_over for worker in workers):
        ready = [worker for worker in workers if not worker.is_over and not worker.sleeps]
        if not ready or data.draw(st.integers(0, 3)) == 0:
            pending = looped.visible.last_written != looped.visible.last_visible
            assert ready or pending, "all who are left wait, and nothing will wake them"
            if pending:
                loop.turn_once()
                continue
        data.draw(st.sampled_from(ready)).go_on()
    while looped.visible.last_written != looped.visible.last_visible:
        loop.turn_once()
    for key in (0, 1):
        found = find(looped, table, key)
        assert found is not None
        assert found[1] == sum(worker.added[key] for worker in workers)
    locks = looped.visible.locks
    assert not locks.waits.by_party
    assert not locks.waits.holders
    assert not locks.rows[oid]
    assert not locks.keys[oid]
