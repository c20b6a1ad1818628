"""Two servers that are asked the same, one after the other: SiltDB and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg
from msgspec import Struct

if TYPE_CHECKING:
    from tests.references.schemas import Schema

Connection = psycopg.Connection[Any]

WRONG_ROWS: Final = ("23502", "23503", "23505")


class Answer(Struct, frozen=True):
    """What a statement gave: its tag, or why it was refused."""

    tag: str = ""
    sqlstate: str | None = None
    constraint: str | None = None
    detail: str | None = None


class OrderTells(Exception):
    """the outcome of a statement depends on the order in which it comes to its rows"""


class Pair:
    """Both servers, and what was asked of them."""

    def __init__(self, ours: Connection, theirs: Connection, schema: Schema) -> None:
        self._ours = ours
        self._theirs = theirs
        self._schema = schema
        self._log: list[str] = []

    def ask(self, statement: str, parameters: tuple[int, ...] | None = None) -> Answer:
        """Ask both. Raises `AssertionError` if they differ, `OrderTells` if they do and may."""
        ours, theirs = (answer_of(server, statement, parameters) for server in (self._ours, self._theirs))
        return self._judged(f"{statement};{parameters or ''}", ours, theirs)

    def copy(self, table: str, rows: str) -> Answer:
        """COPY rows into a table of both. Raises as `ask` does."""
        statement = f"COPY {table} FROM STDIN"
        ours, theirs = (answer_of(server, statement, copied=rows) for server in (self._ours, self._theirs))
        return self._judged(f"{statement}; -- {rows!r}", ours, theirs)

    def _judged(self, asked: str, ours: Answer, theirs: Answer) -> Answer:
        self._log.append(f"{asked}  -- {theirs.sqlstate or theirs.tag}")
        if ours == theirs:
            return theirs
        differ = f"{ours} here, {theirs} in PostgreSQL"
        if ours.sqlstate in WRONG_ROWS and theirs.sqlstate in WRONG_ROWS:
            # Of several things that are wrong either may be told.
            return theirs
        refused = theirs if ours.sqlstate is None else ours
        # A DELETE refers to something anew where an action sets a default: another action may have it NULL then.
        by_an_action = "still referenced" in (refused.detail or "") or asked.startswith("DELETE")
        may_differ = refused.sqlstate == "23503" and by_an_action and self._schema.has_two_ways
        if None in (ours.sqlstate, theirs.sqlstate) and may_differ:
            raise OrderTells(self.story(differ))
        raise AssertionError(self.story(differ))

    def compare(self, query: str) -> None:
        """The rows of a query are the same."""
        ours, theirs = (set(server.execute(query.encode()).fetchall()) for server in (self._ours, self._theirs))
        assert ours == theirs, self.story(f"only here {ours - theirs}, only in PostgreSQL {theirs - ours}")

    def end(self, *statements: str) -> None:
        """Ask both for what neither may refuse, and nobody compares."""
        for server in (self._ours, self._theirs):
            for statement in statements:
                server.execute(statement.encode())

    def flush(self, table: str) -> None:
        """Make the rows of a table cold."""
        self._log.append(f"FLUSH TABLE {table} WITH (wait);")
        if self._ours.info.parameter_status("server_version") != self._theirs.info.parameter_status("server_version"):
            self._ours.execute(f"FLUSH TABLE {table} WITH (wait)".encode())

    def story(self, end: str) -> str:
        """All that was asked for, and what came of it."""
        return "\n".join((*self._log, f"-- {end}"))


def answer_of(
    server: Connection, statement: str, parameters: tuple[int, ...] | None = None, *, copied: str | None = None
) -> Answer:
    """Ask one of them."""
    try:
        if copied is None:
            return Answer(server.execute(statement.encode(), parameters).statusmessage or "")
        with server.cursor() as cursor:
            with cursor.copy(statement.encode()) as copy:
                copy.write(copied)
            return Answer(cursor.statusmessage or "")
    except psycopg.Error as error:
        return Answer("", error.sqlstate or str(error), error.diag.constraint_name, error.diag.message_detail)
