"""A session of random statements on both servers, by themselves and in blocks with savepoints."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

from tests.references.pair import Pair
from tests.references.schemas import random_schema
from tests.references.statements import Statements

if TYPE_CHECKING:
    from tests.references.pair import Connection

NUMBER = re.compile(r"\b\d+\b")


class Session:
    """The seed decides all: tables, statements, and when rows become cold."""

    def __init__(self, ours: Connection, theirs: Connection, seed: int) -> None:
        self._random = Random(seed)
        self._schema = random_schema(self._random)
        self._statements = Statements(self._random, self._schema)
        self._pair = Pair(ours, theirs, self._schema)
        self._references = set(self._schema.references)
        """Those that are there now."""
        self._is_in_block = False
        self._has_failed = False
        self._savepoints = 0

    def run(self, steps: int) -> None:
        """Make the tables, take the steps, drop the tables. Raises `AssertionError`, `OrderTells`."""
        try:
            for definition in self._schema.definitions:
                assert self._pair.ask(definition).sqlstate is None, self._pair.story("not a definition")
            self._fill()
            for _ in range(steps):
                self._step()
                self._look()
        finally:
            self._pair.end("ROLLBACK", self._schema.drop)

    def _fill(self) -> None:
        for table in self._schema.tables:
            self._pair.ask(self._statements.fill(table))
        for _ in range(4):
            self._pair.ask(self._statements.refer_all())
        for table in self._schema.tables:
            if self._random.random() < 0.5:
                self._pair.flush(table)

    def _look(self) -> None:
        """What has the rows of PostgreSQL has no orphans."""
        if not self._has_failed:
            self._pair.compare(self._schema.contents)

    def _step(self) -> None:
        chance = self._random.random()
        if not self._is_in_block:
            if chance < 0.15:
                self._begin()
            elif chance < 0.25:
                self._pair.flush(self._random.choice(self._schema.tables))
            elif chance < 0.27:
                self._pair.ask(self._statements.truncate())
            elif chance < 0.32:
                self._define()
            else:
                self._write()
        elif self._has_failed:
            self._recover()
        elif chance < 0.15:
            self._end()
        elif chance < 0.3:
            self._mark()
        elif chance < 0.38:
            self._has_failed = self._pair.ask(self._statements.constraints()).sqlstate is not None
        else:
            self._write()

    def _define(self) -> None:
        """A foreign key goes or comes back, columns or keys that it is about are changed."""
        reference = self._random.choice(self._schema.references)
        table, name = f"ALTER TABLE {reference.table}", reference.name
        if reference not in self._references:
            if self._pair.ask(f"{table} ADD {reference.constraint}").sqlstate is None:
                self._references.add(reference)
            return
        chance = self._random.random()
        if chance < 0.4:
            self._references.remove(reference)
            self._pair.ask(f"{table} DROP CONSTRAINT {name}")
        elif chance < 0.6:
            when = self._random.choice(("NOT DEFERRABLE", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"))
            if "MATCH FULL" in reference.constraint:
                # See `schemas`: the two are not told together.
                when = "NOT DEFERRABLE"
            self._pair.ask(f"{table} ALTER CONSTRAINT {name} {when}")
        elif chance < 0.8:
            self._pair.ask(f"{table} ALTER COLUMN {self._random.choice(reference.columns)} TYPE bigint")
        elif chance < 0.9:
            self._pair.ask(f"ALTER TABLE {reference.to} ALTER COLUMN {self._random.choice(reference.keys)} TYPE bigint")
        else:
            self._pair.ask(f"ALTER TABLE {reference.to} DROP CONSTRAINT {reference.to}_k_key")

    def _write(self) -> None:
        statement = self._statements.write()
        chance = self._random.random()
        if chance < 0.05:
            answer = self._pair.copy(*self._statements.copy())
        elif chance < 0.5:
            # Prepared, after a few times; and the fast ways of a server are often for parameters.
            answer = self._pair.ask(NUMBER.sub("%s", statement), tuple(map(int, NUMBER.findall(statement))))
        else:
            answer = self._pair.ask(statement)
        self._has_failed = self._is_in_block and answer.sqlstate is not None

    def _begin(self) -> None:
        self._pair.ask(self._random.choice(("BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ")))
        self._is_in_block, self._savepoints = True, 0

    def _end(self) -> None:
        self._pair.ask(self._random.choice(("COMMIT", "COMMIT", "COMMIT", "ROLLBACK")))
        self._is_in_block = self._has_failed = False

    def _recover(self) -> None:
        if not self._savepoints or self._random.random() < 0.3:
            self._end()
            return
        self._back()

    def _mark(self) -> None:
        chance = self._random.random()
        if not self._savepoints or chance < 0.6:
            self._savepoints += 1
            self._pair.ask(f"SAVEPOINT s{self._savepoints}")
        elif chance < 0.9:
            self._back()
        else:
            self._pair.ask(f"RELEASE s{self._savepoints}")
            self._savepoints -= 1

    def _back(self) -> None:
        self._savepoints = self._random.randint(1, self._savepoints)
        self._pair.ask(f"ROLLBACK TO s{self._savepoints}")
        self._has_failed = False
