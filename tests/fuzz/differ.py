"""Two servers side by side, and what they say to the same statement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg

from tests.fuzz.data import TIME_ZONE, create
from tests.fuzz.known import known
from tests.fuzz.outcome import Outcome, ask, difference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fuzz.statements import Statement

TIMEOUT_S: Final = 5
MOST_PARAMETERS: Final = 8


@dataclass(frozen=True, slots=True)
class Difference:
    """A statement about which the servers differ; `known` is the reason if that is meant."""

    statement: str
    what: str
    ours: Outcome
    theirs: Outcome
    known: str = ""

    def __str__(self) -> str:
        return f"{self.what}\n  {self.statement}\n  ours:   {self.ours}\n  theirs: {self.theirs}"


class Differ:
    """A connection to each server, with the tables of `data`."""

    def __init__(self, ours: Mapping[str, object], theirs: str) -> None:
        self.ours: psycopg.Connection[object] = psycopg.connect(**ours, autocommit=True)  # type: ignore[arg-type]
        self.theirs: psycopg.Connection[object] = psycopg.connect(theirs, autocommit=True)

    def close(self) -> None:
        """Let go of both."""
        self.ours.close()
        self.theirs.close()

    def create(self) -> None:
        """Make the tables on both."""
        create(self.theirs, settles=False)
        create(self.ours, settles=True)

    def begin(self) -> None:
        """Settings of the sessions."""
        for connection in (self.ours, self.theirs):
            connection.execute(f"set statement_timeout to '{TIMEOUT_S}s'")
            connection.execute(f"set timezone to '{TIME_ZONE}'")

    def compare(self, sql: str, statement: Statement) -> Difference | None:
        """Run a statement on both; one that changes a table is undone, and the table is compared too."""
        text, values = _with_parameters(sql) if statement.takes_parameters else (sql, None)
        one, other = (_said(each, text, values, statement.table) for each in (self.ours, self.theirs))
        for ours, theirs in zip(one, other, strict=True):
            what = difference(ours, theirs, ordered=statement.is_ordered)
            if what:
                return Difference(sql, what, ours, theirs, known(sql, ours, theirs, what))
        return None


_CONSTANT: Final = re.compile(r"'((?:[^']|'')*)'::(?=[a-z])")


def _with_parameters(sql: str) -> tuple[str, list[str]]:
    """A statement with the first of its typed constants as parameters, and their values."""
    values: list[str] = []

    def parameter(match: re.Match[str]) -> str:
        if len(values) >= MOST_PARAMETERS:
            return match[0]
        values.append(match[1].replace("''", "'"))
        return f"${len(values)}::"

    return _CONSTANT.sub(parameter, sql), values


def _said(
    connection: psycopg.Connection[object], sql: str, values: list[str] | None, table: str
) -> tuple[Outcome, ...]:
    if not table:
        return (ask(connection, sql, values),)
    ask(connection, "begin")
    try:
        said = ask(connection, sql, values)
        return said, Outcome() if said.sqlstate else ask(connection, f"select * from {table}")
    finally:
        ask(connection, "rollback")
