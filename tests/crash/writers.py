"""Threads that write until the server is gone, each into rows of its own, and keep their history."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Protocol

from tests.crash.clients import PsycopgClient, Refused, ServerGone, Statement
from tests.crash.history import Change, History, Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.clients import Client
    from tests.crash.gate import Gate
    from tests.server_process import ServerProcess

LOAD_ROWS = 20_000
DOOMED_ROWS = 50

UNIQUE_VIOLATION = "23505"


class Step(Protocol):
    """Something to ask of the server."""

    @property
    def change(self) -> Change:
        """What is changed by it."""

    def ask(self, client: Client) -> None:
        """Ask."""


class Statements:
    """One statement, or a transaction of several."""

    def __init__(self, change: Change, *statements: Statement) -> None:
        self.change = change
        self._statements = statements

    def ask(self, client: Client) -> None:
        """See `Step`."""
        client.run(self._statements)


class Forbidden(Statements):
    """Something that must be refused, with all that is before it in the transaction."""

    def __init__(self, sqlstate: str, *statements: Statement) -> None:
        super().__init__((), *statements)
        self._sqlstate = sqlstate

    def ask(self, client: Client) -> None:
        """See `Step`."""
        try:
            super().ask(client)
        except Refused as refused:
            refused.must_be(self._sqlstate)
            return
        raise AssertionError(f"not refused: {self._statements}")


class Load:
    """COPY of many rows."""

    def __init__(self, change: Change, table: str, rows: list[tuple[object, ...]]) -> None:
        self.change = change
        self._table = table
        self._rows = rows

    def ask(self, client: Client) -> None:
        """See `Step`."""
        client.copy(self._table, self._rows)


class Writer:
    """A writer that lives through crashes. `number` is in its rows; `run` is one life of it, in a thread."""

    def __init__(self, number: int, seed: int, user: str = "admin", client: type[Client] = PsycopgClient) -> None:
        self.number = number
        self.user = user
        self.history = History()
        self.random = random.Random(seed)
        self._client = client
        self._last = number * 1_000_000

    def run(self, server: ServerProcess, gate: Gate) -> None:
        """Do one thing after the other until the server is gone."""
        try:
            client = self._client(server, self.user)  # type: ignore[call-arg]  # a protocol says nothing of it
        except ServerGone:
            return
        try:
            while True:
                with gate.passing():
                    step = self.next_step()
                    self.history.sent(step.change)
                    step.ask(client)
                    self.history.acknowledged()
        except ServerGone:
            return
        finally:
            client.close()

    def next_step(self) -> Step:
        """What to do next."""
        raise NotImplementedError

    def restored(self) -> None:
        """What is there is that of a backup now."""

    def new_number(self) -> int:
        """One that this writer has never used."""
        self._last += 1
        return self._last

    def some_row(self, table: str) -> int | None:
        """The id of a row that it has there."""
        found = [row_id for name, row_id in self.history.state if name == table]
        return self.random.choice(found) if found else None  # type: ignore[return-value]


class RowWriter(Writer):
    """Inserts, updates and deletes, by themselves and in transactions over two tables."""

    ROWS_MAX = 60

    def __init__(self, number: int, seed: int, tables: tuple[str, str], **how: object) -> None:
        super().__init__(number, seed, **how)  # type: ignore[arg-type]
        self._keyed, self._plain = tables
        self._is_shared = tables[0] == "keyed"

    def next_step(self) -> Step:
        """See `Writer`."""
        steps: list[Callable[[], Step | None]] = [
            self._insert_keyed,
            self._insert_plain,
            self._insert_many,
            self._update,
            self._update,
            self._own_changes,
            self._move,
            self._two_tables,
            self._duplicate,
            self._rolled_back,
        ]
        if self._is_shared:
            steps += [self._event, self._count]
        if len(self.history.state) > self.ROWS_MAX:
            steps = [self._delete, self._delete, self._move, self._update, self._delete_many]
        return self.random.choice(steps)() or self._insert_keyed()

    def _insert(self, table: str, row_id: int, value: str) -> tuple[tuple[Row, object], Statement]:
        return ((table, row_id), value), (f"INSERT INTO {table} VALUES (%s, %s, %s)", (self.number, row_id, value))

    def _insert_keyed(self) -> Step:
        change, statement = self._insert(self._keyed, self.new_number(), f"i{self._last}")
        return Statements((change,), statement)

    def _insert_plain(self) -> Step:
        change, statement = self._insert(self._plain, self.new_number(), f"i{self._last}")
        return Statements((change,), statement)

    def _event(self) -> Step:
        change, statement = self._insert("events", self.new_number(), f"e{self._last}")
        return Statements((change,), statement)

    def _insert_many(self) -> Step:
        rows = [self._insert(self._keyed, self.new_number(), f"m{self._last}") for _ in range(20)]
        values: tuple[object, ...] = tuple(value for _, (_, parameters) in rows for value in parameters)
        places = ", ".join(["(%s, %s, %s)"] * len(rows))
        return Statements(tuple(change for change, _ in rows), (f"INSERT INTO {self._keyed} VALUES {places}", values))

    def _update(self) -> Step | None:
        table = self.random.choice((self._keyed, self._plain))
        row_id = self.some_row(table)
        if row_id is None:
            return None
        value = f"u{self.new_number()}"
        return Statements((((table, row_id), value),), (f"UPDATE {table} SET v = %s WHERE id = %s", (value, row_id)))

    def _own_changes(self) -> Step:
        """A transaction that changes what it has written itself."""
        row_id = self.new_number()
        _, insert = self._insert(self._keyed, row_id, "first")
        delete = (f"DELETE FROM {self._keyed} WHERE id = %s", (row_id,))
        change, insert_again = self._insert(self._keyed, row_id, "second")
        value = f"a{row_id}"
        update = (f"UPDATE {self._keyed} SET v = %s WHERE id = %s", (value, row_id))
        return Statements(((change[0], value),), insert, delete, insert_again, update)

    def _delete(self) -> Step | None:
        table = self.random.choice((self._keyed, self._plain))
        row_id = self.some_row(table)
        if row_id is None:
            return None
        return Statements((((table, row_id), None),), (f"DELETE FROM {table} WHERE id = %s", (row_id,)))

    def _delete_many(self) -> Step:
        rows = [row for row in self.history.state if row[0] == self._keyed]
        return Statements(
            tuple((row, None) for row in rows), (f"DELETE FROM {self._keyed} WHERE writer = %s", (self.number,))
        )

    def _move(self) -> Step | None:
        row_id = self.some_row(self._keyed)
        if row_id is None:
            return None
        change, statement = self._insert(self._plain, row_id, f"x{self.new_number()}")
        if change[0] in self.history.state:
            return None
        gone = ((self._keyed, row_id), None)
        return Statements((gone, change), (f"DELETE FROM {self._keyed} WHERE id = %s", (row_id,)), statement)

    def _two_tables(self) -> Step:
        number = self.new_number()
        keyed, insert_keyed = self._insert(self._keyed, number, f"t{number}")
        plain, insert_plain = self._insert(self._plain, number, f"t{number}")
        return Statements((keyed, plain), insert_keyed, insert_plain)

    def _count(self) -> Step:
        """Writers wait for each other here."""
        counted: int = self.history.state.get(("counters", "n"), 0)  # type: ignore[assignment]
        change, statement = self._insert(self._keyed, self.new_number(), f"c{self._last}")
        increment = ("UPDATE counters SET n = n + 1 WHERE id = %s", (1,))
        return Statements((change, (("counters", "n"), counted + 1)), statement, increment)

    def _duplicate(self) -> Step | None:
        row_id = self.some_row(self._keyed)
        if row_id is None:
            return None
        _, first = self._insert(self._plain, self.new_number(), "never")
        _, second = self._insert(self._keyed, row_id, "never")
        return Forbidden(UNIQUE_VIOLATION, first, second)

    def _rolled_back(self) -> Step:
        _, statement = self._insert(self._keyed, self.new_number(), "never")
        return Forbidden("22012", statement, ("SELECT 1 / 0", ()))


class Loader(Writer):
    """COPY of many rows at once, and deletions of many."""

    BATCHES_MAX = 3

    def next_step(self) -> Step:
        """See `Writer`. The value of a batch is the number of its rows and their sum."""
        batches = [(row[1], value) for row, value in self.history.state.items()]
        if len(batches) >= self.BATCHES_MAX:
            batch, value = self.random.choice(batches)
            if value != _evens():
                odd = ("DELETE FROM loads WHERE batch = %s AND n %% 2 = 1", (batch,))
                return Statements(((("loads", batch), _evens()),), odd)
            return Statements(((("loads", batch), None),), ("DELETE FROM loads WHERE batch = %s", (batch,)))
        batch = self.new_number()
        rows: list[tuple[object, ...]] = [(self.number, batch, n) for n in range(LOAD_ROWS)]
        return Load(((("loads", batch), (LOAD_ROWS, sum(range(LOAD_ROWS)))),), "loads", rows)


def _evens() -> tuple[int, int]:
    return LOAD_ROWS // 2, sum(range(0, LOAD_ROWS, 2))


class Dropper(Writer):
    """Creates, drops and brings back tables: `lasting`, which can be brought back for an hour, and `brief`."""

    RETENTION = (("lasting", "1h"), ("brief", "0s"))

    def __init__(self, number: int, seed: int) -> None:
        super().__init__(number, seed)
        self._can_come_back: object = None
        """What `lasting` had when it was dropped."""

    def next_step(self) -> Step:
        """See `Writer`. The value of a table is the number of its rows and their sum."""
        name, retention = self.random.choice(self.RETENTION)
        row = (name, "all")
        there: tuple[int, int] | None = self.history.state.get(row)  # type: ignore[assignment]
        if there is None:
            if name == "lasting" and self._can_come_back is not None:
                found, self._can_come_back = self._can_come_back, None
                return Statements(((row, found),), ("UNDROP TABLE lasting", ()))
            return self._create(name, retention)
        if self.random.random() < 0.5:
            more = (f"INSERT INTO {name} VALUES (%s, %s)", (self.number, n := self.new_number()))
            return Statements(((row, (there[0] + 1, there[1] + n)),), more)
        if name == "lasting":
            self._can_come_back = there
        return Statements(((row, None),), (f"DROP TABLE {name}", ()))

    def _create(self, name: str, retention: str) -> Step:
        create = f"CREATE TABLE {name} (writer int, n int PRIMARY KEY) WITH (drop_retention = '{retention}')"
        fill = f"INSERT INTO {name} SELECT {self.number}, g FROM generate_series(1, {DOOMED_ROWS}) g"
        value = (DOOMED_ROWS, sum(range(DOOMED_ROWS + 1)))
        return Statements((((name, "all"), value),), (create, ()), (fill, ()))

    def restored(self) -> None:
        """See `Writer`. The table of that name that was dropped last is another one now."""
        self._can_come_back = None
