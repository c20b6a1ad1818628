"""Several clients at once write tables that refer to each other: whatever they come to, no row refers to nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from random import Random
from typing import TYPE_CHECKING, Final

from tests.references.pair import WRONG_ROWS, answer_of
from tests.references.schemas import random_schema
from tests.references.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.references.pair import Connection

CLIENTS: Final = 3
LOOK_AGAIN_S: Final = 0.02
REFUSALS: Final = (None, "0A000", "40001", "40P01", *WRONG_ROWS)
"""Why a statement may be refused: it is wrong, or met another client."""


class Crowd:
    """Clients of one server. The seed decides what each asks for, but not when."""

    def __init__(self, connect: Callable[[], Connection], seed: int) -> None:
        self._connect = connect
        self._random = Random(seed)
        self._schema = random_schema(self._random)
        self._seeds = [self._random.randrange(1 << 30) for _ in range(CLIENTS)]

    def run(self, steps: int) -> None:
        """Make the tables, let each client take so many steps, drop the tables. Raises `AssertionError`."""
        fills = Statements(self._random, self._schema)
        with self._connect() as monitor, ThreadPoolExecutor(CLIENTS) as threads:
            for statement in (*self._schema.definitions, *map(fills.fill, self._schema.tables), fills.refer_all()):
                answer_of(monitor, statement)
            lives = [threads.submit(self._live, Random(seed), steps) for seed in self._seeds]
            while wait(lives, LOOK_AGAIN_S).not_done:
                self._look(monitor)
                monitor.execute(f"FLUSH TABLE {self._random.choice(self._schema.tables)} WITH (wait)".encode())
            for life in lives:
                life.result()
            self._look(monitor)
            monitor.execute(self._schema.drop.encode())

    def _look(self, monitor: Connection) -> None:
        """What is committed refers to what is committed."""
        assert monitor.execute(self._schema.orphans.encode()).fetchall() == [], self._schema.definitions

    def _live(self, random: Random, steps: int) -> None:
        statements = Statements(random, self._schema)
        with self._connect() as connection:
            is_in_block = False
            for _ in range(steps):
                chance = random.random()
                if not is_in_block and chance < 0.3:
                    statement = random.choice(("BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ"))
                elif is_in_block and chance < 0.3:
                    statement = random.choice(("COMMIT", "COMMIT", "ROLLBACK"))
                else:
                    statement = statements.write()
                answer = answer_of(connection, statement)
                assert answer.sqlstate in REFUSALS, f"{statement}: {answer}"
                if answer.sqlstate is None and statement.startswith("BEGIN"):
                    is_in_block = True
                elif is_in_block and (answer.sqlstate is not None or statement in ("COMMIT", "ROLLBACK")):
                    answer_of(connection, "ROLLBACK")
                    is_in_block = False
            answer_of(connection, "ROLLBACK")
