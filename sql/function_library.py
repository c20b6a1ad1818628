"""The functions that queries call beside DuckDB's own, each defined in the database when a query first calls it.

All of them together would take a quarter of a second of each start, and most servers never call most of them.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sql.duckdb_connection import Cursor

_NAME: Final = re.compile(r"\bsilt_\w+")
"""What all these functions, and the relations that they read, are called."""

_STATEMENT: Final = re.compile(r"CREATE (MACRO|TABLE) (silt_\w+)")


class Native(Protocol):
    """A function in Python."""

    @property
    def name(self) -> str:
        """What queries call it."""

    def register(self, connection: Cursor) -> None:
        """Make it callable in the database."""


class FunctionLibrary:
    """Defines functions on a connection of its own, for all connections of the database. Any thread may ask.

    `statements` make macros, each of which uses only natives and those before it. They also make the tables, empty,
    that macros read: a macro is bound when it is made, and so they have to be there then. What a query registers under
    their names takes their place, and so none of them stays.
    """

    def __init__(self, connection: Cursor, natives: Iterable[Native], statements: Iterable[str]) -> None:
        self._connection = connection
        self._natives = {native.name: native for native in natives}
        self._tables: dict[str, str] = {}
        self._macros: dict[str, str] = {}
        for statement in statements:
            found = _STATEMENT.match(statement)
            if found is not None:
                (self._tables if found[1] == "TABLE" else self._macros)[found[2]] = statement
        self._missing = {*self._natives, *self._macros}
        self._lock = threading.Lock()

    def define_for(self, sql: str) -> None:
        """Define what a text calls and is not there yet, which takes about a millisecond for each."""
        if self._missing.isdisjoint(_NAME.findall(sql)):
            return
        with self._lock:
            self._define(set(_NAME.findall(sql)))

    def _define(self, used: set[str]) -> None:
        for name, statement in reversed(self._macros.items()):
            if name in used:
                used.update(_NAME.findall(statement))
        wanted = used & self._missing
        for name, native in self._natives.items():
            if name in wanted:
                native.register(self._connection)
                self._missing.remove(name)
        macros = [name for name in self._macros if name in wanted]
        tables = [name for name in self._tables if name in used]
        self._in_transaction(
            [
                *(self._tables[name] for name in tables),
                *(self._macros[name] for name in macros),
                *(f"DROP TABLE {name}" for name in tables),
            ]
        )
        self._missing.difference_update(macros)

    def _in_transaction(self, statements: Sequence[str]) -> None:
        self._connection.execute("BEGIN")
        try:
            for statement in statements:
                self._connection.execute(statement)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
