"""A server, everything that goes on in it, and the rounds of its deaths."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

from tests.checking import assert_whole
from tests.crash import survey
from tests.crash.archivist import COMPLETED_RESTORES, RESTORE_SHARE, Archivist
from tests.crash.cast import some_of_each, start_thread
from tests.crash.families import CHILDREN, PARENTS
from tests.crash.gate import Gate
from tests.crash.unrest import CONTROL, MAINTENANCE, SCHEDULING, Unrest, listen
from tests.server_process import ServerFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.history import Branch
    from tests.server_process import ServerProcess

ROLES = ("ann", "ben", "cat", "dan", "eve")
RESTLESS = {
    "SILTDB_FLUSH__DEFAULT_POLICY": "rows:400,interval:2s",
    "SILTDB_STORAGE__DROP_RETENTION": "0s",
    "SILTDB_STREAM__EVICTION_INTERVAL": "1s",
    "SILTDB_COMPACTION__CRON": "* * * * *",
    "SILTDB_COMPACTION__MIN_SEGMENTS": "2",
    "SILTDB_RETENTION__DELETED_ROWS": "1s",
    "SILTDB_USERS__DELETED_RETENTION": "0s",
}
"""Has a server do by itself, all the time, what it does now and then otherwise."""

LOAD_SIZES = ("0", "100kB")
"""With one loads become hot, with the other they go into segments straight away."""

FLUSHED = ("keyed", "plain", "loads", "mine", "notes", "parents", "children")

DEATH_S = 120
"""How long a server that is to die at a fault point may live."""


class Arena:
    """One data folder, and a server on it that dies again and again. `seed` decides what is tried, but for the timing.

    `make_server(**environ)` makes a server on the same data folder each time, and does not start it.
    """

    def __init__(self, make_server: Callable[..., ServerProcess], seed: int) -> None:
        self._seed = seed
        self._make_server = make_server
        self._random = random.Random(seed)
        self.writers = some_of_each(seed, ROLES)
        self.archivist = Archivist(self.writers, seed, self._look)
        self._completed_flushes: list[str] = []
        self._rounds = 0
        self._server = make_server(**self._restless())
        """Each that was looked at after a death is the next to die, as a start takes its time."""
        _create(self._server.start())

    def round(self, *, fault: str | None = None) -> bool:
        """Let everything go on, until a random moment or the fault point; then look. Whether it was reached."""
        self._rounds += 1
        try:
            return self._round(fault)
        except BaseException as error:
            error.add_note(f"in round {self._rounds} of SILTDB_CRASH_SEED={self._seed}")
            raise

    def _round(self, fault: str | None) -> bool:
        is_restoring = fault is not None and fault.startswith("restore.")
        self.archivist.restore_share = 1.0 if is_restoring else RESTORE_SHARE
        if fault is not None:
            self._server.kill()
            sizes = ("100kB",) if fault.startswith("bulk.") else LOAD_SIZES
            self._server = self._make_server(**self._restless(sizes), SILTDB_FAULT=fault)
        reached = self._dies_at_start() or self._live(self._server, fault)
        assert_whole(self._server.data_dir)
        self._server = self._make_server(**self._restless()).start()
        self._survey(self._server)
        return reached

    def inspect(self) -> None:
        """Look at what the server leaves behind when it is stopped: files, records, index entries, backups."""
        server = self._server
        with server.connect() as connection:
            survey.wait_until_settled(connection)
            tables = survey.keyed_tables(connection)
        server.stop()
        assert_whole(server.data_dir)
        survey.check_files(server.data_dir)
        survey.check_index_entries(server.data_dir, tables)
        survey.check_backups(server.data_dir / "backups", [archive.name for archive in self.archivist.archives])

    def _restless(self, load_sizes: tuple[str, ...] = LOAD_SIZES) -> dict[str, str]:
        """A server's configuration, with one of these as the size of bulk loads."""
        return RESTLESS | {"SILTDB_HOT__BULK_LOAD_SIZE": self._random.choice(load_sizes)}

    def _dies_at_start(self) -> bool:
        """Start it, if it does not run. Whether that has come to the fault point: jobs begin before it listens."""
        if self._server.is_running:
            return False
        try:
            self._server.start()
        except ServerFailed as failed:
            if "exit code -9" in str(failed):
                return True
            raise
        return False

    def _live(self, server: ServerProcess, fault: str | None) -> bool:
        failures: list[BaseException] = []
        gate = Gate()
        seed = partial(self._random.randrange, 1 << 30)
        unrest = [Unrest(seed(), actions, self._rounds) for actions in (MAINTENANCE, SCHEDULING, CONTROL)]
        steps, reached = self._random.randrange(10, 150), False
        lives: list[tuple[str, Callable[[], None]]] = [
            *((f"writer {each.number}", partial(each.run, server, gate)) for each in self.writers),
            *((f"unrest {number}", partial(each.run, server)) for number, each in enumerate(unrest)),
            ("archivist", partial(self.archivist.run, server, gate)),
            ("listener", partial(listen, server)),
        ]
        threads = [start_thread(name, life, failures) for name, life in lives]
        try:
            if fault is None:
                gate.wait_for_steps(steps // 2, timeout_s=2)
                with gate.shut():
                    # Whoever waits for another one has got there: none waits for ever.
                    pass
                gate.wait_for_steps(steps - steps // 2, timeout_s=2)
            else:
                reached = server.died_within(DEATH_S)
        finally:
            server.kill()
            for thread in threads:
                thread.join(60)
        assert not failures, failures
        assert not any(thread.is_alive() for thread in threads)
        for each in unrest:
            self._completed_flushes += each.completed_flushes
        return reached

    def _survey(self, server: ServerProcess) -> None:
        with server.connect() as connection:
            survey.wait_until_settled(connection)
            ((completed_restores,),) = connection.execute(COMPLETED_RESTORES).fetchall()
            self._look(server, self.archivist.branches(completed_restores))
            survey.check_keys(server, self.writers)
            survey.check_references(connection)
            survey.check_jobs(connection, self._completed_flushes)
            survey.check_flush(connection, self._random.choice(FLUSHED))
        self.archivist.forget_old(server)

    def _look(self, server: ServerProcess, branches: dict[int, Branch]) -> None:
        """See that there is of each writer what may be there, and go on from that."""
        found = survey.states_of(server, self.writers)
        with server.connect() as connection:
            count = survey.count_of(connection)
        states = {number: branch.chosen(found[number], unseen="counters") for number, branch in branches.items()}
        counted: list[int] = [state.get(("counters", "n"), 0) for state in states.values()]  # type: ignore[misc]
        assert count == sum(counted)
        # The server may die while this looks: only now is all of it known.
        for writer in self.writers:
            writer.history.made_sure(states[writer.number])
        self.archivist.settled(branches)


def _create(server: ServerProcess) -> None:
    for role in ROLES:
        server.execute(f"CREATE ROLE {role} LOGIN")
    server.execute("CREATE TABLE keyed (writer int, id int PRIMARY KEY, v text)")
    server.execute("CREATE TABLE plain (writer int, id int, v text)")
    server.execute("CREATE TABLE events (writer int, id int, v text) WITH (type = 'stream', ttl = '1d')")
    server.execute("CREATE TABLE flash (id int PRIMARY KEY) WITH (type = 'stream', ttl = '1s')")
    server.execute("CREATE TABLE mine (writer int, id int PRIMARY KEY, v text) WITH (type = 'user')")
    server.execute("CREATE TABLE notes (writer int, id int, v text) WITH (type = 'user')")
    server.execute("CREATE TABLE accounts (writer int, id int PRIMARY KEY, code text UNIQUE, v text)")
    server.execute(
        "CREATE TABLE wallets (writer int, id int PRIMARY KEY, code text UNIQUE, v text) WITH (type = 'user')"
    )
    server.execute("CREATE TABLE loads (writer int, batch int, n int, PRIMARY KEY (batch, n))")
    server.execute(PARENTS)
    server.execute(CHILDREN)
    server.execute("CREATE TABLE counters (id int PRIMARY KEY, n int)")
    server.execute("INSERT INTO counters VALUES (1, 0)")
