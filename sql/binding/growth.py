"""How much longer binding makes a statement than it was.

A template may name an operand twice, and a star makes columns of relations that are made of stars: in each other, a
few of them would make gigabytes of a line. What is added to the texts of operands is counted, and so are the queries
that are bound, since views and positions in GROUP BY have them bound again.
"""

from __future__ import annotations

from typing import Final

from sql.errors import StatementTooComplex

ADDED_MAX: Final = 1 << 20
"""Characters that one statement may get beyond what each of its nodes may add."""
ADDED_PER_NODE: Final = 256
"""Characters around an operand: casts, names of functions."""
ADDED_PER_CHARACTER: Final = 32
"""Characters that each one of a constant may become: an array is written out as its elements."""
QUERIES_MAX: Final = 4_000
ENTRIES_MAX: Final = 1_664
"""Columns of a query, and fields of a row: as in PostgreSQL."""
FIELDS_MAX: Final = 5_000
"""Fields of a row with those of the rows in it."""

Around = tuple[int, int]
"""Characters and number of the nodes that stand beside one."""


class Growth:
    """What one statement has become so far."""

    def __init__(self) -> None:
        self._left = ADDED_MAX
        self._queries_left = QUERIES_MAX
        self._characters = 0
        self._nodes = 0
        self._sent = 0
        """What a node may be for what the statement has of columns and constants."""

    def begin(self) -> Around:
        """A node is being bound: what is bound until its `end` is in it."""
        around = self._characters, self._nodes
        self._characters = self._nodes = 0
        return around

    def end(self, around: Around, characters: int, constant: int = 0) -> None:
        """It became a text of so many characters, `constant` of them of a constant. Raises `StatementTooComplex`."""
        self._sent += ADDED_PER_NODE + ADDED_PER_CHARACTER * constant
        self._left += ADDED_PER_CHARACTER * constant
        if characters + constant > ADDED_MAX + self._sent:
            # What is bound once may be written twice: a subquery of which GROUP BY knows the text.
            raise _too_complex()
        characters += constant
        if self._nodes:
            self._take(characters - self._characters - ADDED_PER_NODE * self._nodes)
        self._characters, self._nodes = around[0] + characters, around[1] + 1

    def add_view(self, characters: int) -> None:
        """The text of a view was put in the place of its name. Raises `StatementTooComplex`."""
        self._take(characters)

    def add_query(self) -> None:
        """A query is bound. Raises `StatementTooComplex`."""
        self._queries_left -= 1
        if self._queries_left < 0:
            raise _too_complex()

    def _take(self, added: int) -> None:
        if added > 0:
            self._left -= added
            if self._left < 0:
                raise _too_complex()


def _too_complex() -> StatementTooComplex:
    return StatementTooComplex("the statement is too complex", hint="It repeats parts of itself too often.")
