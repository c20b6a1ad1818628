"""Runs statements of several clients in a given order, on SiltDB or PostgreSQL, and writes down what each one gave."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

Outcome = str | int | list[tuple[Any, ...]]
"""What a statement gave: rows, a count of rows, an SQLSTATE, or `waits`."""
GRACE_S = 60.0
"""No statement takes so long that does not hang."""
LOOK_AGAIN_S = 0.005
OURS_ONLY = ("FLUSH", "COMPACT")
"""Statements that PostgreSQL does not have, and that change nothing."""


class Clients:
    """Clients by letter. A step is `A: statement`, or `A:` for the end of the statement that A waits with."""

    def __init__(self, conninfo: str, letters: str) -> None:
        self._connections = {letter: psycopg.connect(conninfo, autocommit=True) for letter in letters}
        self._monitor = psycopg.connect(conninfo, autocommit=True)
        self._threads = ThreadPoolExecutor(len(letters))
        self._waiting: dict[str, Future[Outcome]] = {}

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pids = [connection.info.backend_pid for connection in self._connections.values()]
        for connection in self._connections.values():
            connection.close()
        # What they have locked is free once the server has seen that they are gone.
        while self._monitor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = ANY(%s)", (pids,)).fetchone():
            pass
        self._monitor.close()
        self._threads.shutdown()

    def run(self, steps: Sequence[str]) -> list[tuple[str, Outcome]]:
        """Take the steps in order. Each one ends before the next, or waits for a lock."""
        return [(step, self._step(*step.split(":", 1))) for step in steps]

    def _step(self, letter: str, statement: str) -> Outcome:
        if not statement.strip():
            return self._waiting.pop(letter).result(GRACE_S)
        running = self._threads.submit(_outcome, self._connections[letter], statement.strip())
        pid = self._connections[letter].info.backend_pid
        while not wait([running], LOOK_AGAIN_S).done:
            found = self._monitor.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", (pid,))
            if found.fetchone() == ("Lock",) and not running.done():
                self._waiting[letter] = running
                return "waits"
        return running.result()


def read_scenarios(path: Path) -> dict[str, list[str]]:
    """The steps of each scenario of a file, by its name."""
    found = {}
    for part in path.read_text(encoding="utf-8").strip().split("\n\n"):
        name, *steps = part.splitlines()
        found[name.removeprefix("# ")] = steps
    return found


def play(steps: Sequence[str], conninfo: str, *, settles: bool) -> list[tuple[str, Outcome]]:
    """Take the steps of a scenario. What each gave, rows in any order; without those of ours unless it `settles`."""
    found = []
    with Clients(conninfo, "ABC-") as clients:
        for step in steps:
            command = step.partition(":")[2].strip()
            if not command.startswith(OURS_ONLY):
                found += [(step, _in_order(outcome)) for step, outcome in clients.run([step])]
            elif settles:
                clients.run([step])
    return found


def _in_order(outcome: Outcome) -> Outcome:
    return sorted(outcome, key=repr) if isinstance(outcome, list) else outcome


def _outcome(connection: psycopg.Connection[Any], statement: str) -> Outcome:
    try:
        cursor = connection.execute(statement.encode())
    except psycopg.Error as error:
        return error.sqlstate or str(error)
    if cursor.description is not None:
        return cursor.fetchall()
    return cursor.statusmessage or ""
