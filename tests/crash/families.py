"""A writer of rows that refer to each other: what it deletes or gives another key takes rows of another table along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.crash.writers import Forbidden, Statements, Step, Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.clients import Statement
    from tests.crash.history import Change, Row

PARENTS = "CREATE TABLE parents (writer int, id int PRIMARY KEY, v text)"
CHILDREN = """
CREATE TABLE children (
    writer int, id int PRIMARY KEY,
    parent int NOT NULL REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE,
    friend int REFERENCES parents ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
)
"""
ORPHANS = """
SELECT id FROM children c WHERE NOT EXISTS (SELECT FROM parents p WHERE p.id = c.parent)
OR friend IS NOT NULL AND NOT EXISTS (SELECT FROM parents p WHERE p.id = c.friend)
"""

FOREIGN_KEY_VIOLATION = "23503"
PARENTS_MAX = 12
NEW_PARENT = "INSERT INTO parents VALUES (%s, %s, %s)"
NEW_CHILD = "INSERT INTO children VALUES (%s, %s, %s, %s)"

Family = tuple[int, int | None]
"""The parent and the friend of a child."""


class FamilyWriter(Writer):
    """The value of a parent is its text, that of a child whom it refers to."""

    def next_step(self) -> Step:
        """See `Writer`."""
        parents = self._parents()
        if not parents:
            return self._whole_family(parents)
        steps: list[Callable[[list[int]], Step]] = [
            self._whole_family,
            self._child,
            self._child,
            self._many_children,
            self._befriend,
            self._move,
            self._delete,
            self._child_of_nobody,
            self._friend_of_nobody,
        ]
        if len(parents) > PARENTS_MAX:
            steps = [self._delete, self._delete_many]
        return self.random.choice(steps)(parents)

    def _parents(self) -> list[int]:
        return [row_id for table, row_id in self.history.state if table == "parents"]  # type: ignore[misc]

    def _children(self) -> dict[int, Family]:
        state = self.history.state
        return {row[1]: value for row, value in state.items() if row[0] == "children"}  # type: ignore[misc]

    def _new_child(self, parent: int, friend: int | None) -> tuple[tuple[Row, object], Statement]:
        row_id = self.new_number()
        return (("children", row_id), (parent, friend)), (NEW_CHILD, (self.number, row_id, parent, friend))

    def _whole_family(self, parents: list[int]) -> Step:
        """One transaction: a child has a friend before there is one."""
        parent, friend = self.new_number(), self.new_number()
        child, insert = self._new_child(parent, friend)
        change: Change = ((("parents", parent), "parent"), child, (("parents", friend), "friend"))
        first, last = (
            (NEW_PARENT, (self.number, row_id, value)) for row_id, value in ((parent, "parent"), (friend, "friend"))
        )
        return Statements(change, first, insert, last)

    def _child(self, parents: list[int]) -> Step:
        change, statement = self._new_child(self.random.choice(parents), self.random.choice([None, *parents]))
        return Statements((change,), statement)

    def _many_children(self, parents: list[int]) -> Step:
        made = [self._new_child(self.random.choice(parents), None) for _ in range(20)]
        values: tuple[object, ...] = tuple(value for _, (_, parameters) in made for value in parameters)
        places = ", ".join(["(%s, %s, %s, %s)"] * len(made))
        return Statements(tuple(change for change, _ in made), (f"INSERT INTO children VALUES {places}", values))

    def _befriend(self, parents: list[int]) -> Step:
        children = self._children()
        if not children:
            return self._child(parents)
        child, friend = self.random.choice(list(children)), self.random.choice(parents)
        statement = ("UPDATE children SET friend = %s WHERE id = %s", (friend, child))
        return Statements(((("children", child), (children[child][0], friend)),), statement)

    def _move(self, parents: list[int]) -> Step:
        """A parent gets another key."""
        old, new = self.random.choice(parents), self.new_number()
        change: list[tuple[Row, object]] = [(("parents", old), None), (("parents", new), f"was {old}")]
        for child, family in self._children().items():
            if old in family:
                moved = tuple(new if one == old else one for one in family)
                change.append((("children", child), moved))
        statement = ("UPDATE parents SET id = %s, v = %s WHERE id = %s", (new, f"was {old}", old))
        return Statements(tuple(change), statement)

    def _delete(self, parents: list[int]) -> Step:
        gone = self.random.choice(parents)
        return Statements(self._without({gone}), ("DELETE FROM parents WHERE id = %s", (gone,)))

    def _delete_many(self, parents: list[int]) -> Step:
        gone = {parent for parent in parents if parent % 2 == 0}
        return Statements(
            self._without(gone), ("DELETE FROM parents WHERE writer = %s AND id %% 2 = 0", (self.number,))
        )

    def _without(self, gone: set[int]) -> Change:
        """What is left of families when these parents are gone."""
        change: list[tuple[Row, object]] = [(("parents", parent), None) for parent in gone]
        for child, (parent, friend) in self._children().items():
            if parent in gone:
                change.append((("children", child), None))
            elif friend in gone:
                change.append((("children", child), (parent, None)))
        return tuple(change)

    def _child_of_nobody(self, parents: list[int]) -> Step:
        _, never = self._new_child(self.random.choice(parents), None)
        _, wrong = self._new_child(-1, None)
        return Forbidden(FOREIGN_KEY_VIOLATION, never, wrong)

    def _friend_of_nobody(self, parents: list[int]) -> Step:
        """Refused by the commit."""
        _, wrong = self._new_child(self.random.choice(parents), -1)
        _, never = self._new_child(self.random.choice(parents), None)
        return Forbidden(FOREIGN_KEY_VIOLATION, wrong, never)
